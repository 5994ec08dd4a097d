"""From an event loop on a thread of its own to an iterator: how asynchronous engines have the shape of a model."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any

from mabench_eval.types import ClipWork, Response

Draw = Callable[[], ClipWork | None]
"""The next clip; None when there is none. Blocks while it is decoded, so it is called on another thread."""
Emit = Callable[[Response], None]
Ask = Callable[[Draw, Emit], Coroutine[Any, Any, None]]
"""Asks everything that ``Draw`` gives, and hands each response to ``Emit``."""


def stream(ask: Ask, work: Iterable[ClipWork], name: str) -> Iterator[Response]:
    """Run ``ask`` in an event loop on a thread called ``name``; yield the responses as they come.

    What ``ask`` raises is raised here. When the caller stops, what is in flight is cut off.
    """
    coming: queue.SimpleQueue[Response | BaseException | None] = queue.SimpleQueue()
    loop = asyncio.new_event_loop()
    clips = iter(work)
    asking = loop.create_task(ask(lambda: next(clips, None), coming.put))

    def run() -> None:
        try:
            loop.run_until_complete(asking)
            coming.put(None)
        except BaseException as error:  # noqa: BLE001 - raised again on the caller's thread
            coming.put(error)
        finally:
            loop.close()

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        while (response := coming.get()) is not None:
            if isinstance(response, BaseException):
                raise response
            yield response
    finally:
        with contextlib.suppress(RuntimeError):  # it has just ended by itself
            loop.call_soon_threadsafe(asking.cancel)
        thread.join()


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """One of the errors of nested task groups: where there are several they all say the same."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
