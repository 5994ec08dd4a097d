"""The bridge between asynchronous engines and the iterators of a model: an event loop on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from mabench_eval.types import ClipWork, Response

Value = TypeVar("Value")
Emit = Callable[[Response], None]


class Draw(Protocol):
    """Draws the next clip and prepares it, on a thread beside the loop: both may take long."""

    def __call__(self, prepare: Callable[[ClipWork], Value]) -> Awaitable[Value | None]:
        """What ``prepare`` makes of the next clip; None when there is none."""


AskAll = Callable[[Draw, Emit], Coroutine[Any, Any, None]]
"""Asks the requests of every clip that ``Draw`` gives, and hands each response to ``Emit``."""


class EventLoopThread:
    """An event loop that runs on a daemon thread until it is closed."""

    def __init__(self, name: str) -> None:
        """``name``: the thread's."""
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._loop = self._runner.get_loop()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with self._runner:  # which cancels, and waits for, what still runs at the end
            self._runner.run(self._stopped.wait())

    def close(self, timeout_s: float | None = None) -> None:
        """Cancel what still runs and end the thread; wait for it at most ``timeout_s`` seconds (None: no limit).

        May be called from any thread, the loop's own among them.
        """
        with contextlib.suppress(RuntimeError):  # closed before
            self._loop.call_soon_threadsafe(self._stopped.set)
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout_s)

    def run(self, coroutine: Coroutine[Any, Any, Value]) -> Value:
        """Run a coroutine in the loop, and wait for what it returns or raises."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def stream(self, ask: AskAll, work: Iterable[ClipWork]) -> Generator[Response]:
        """Run ``ask`` in the loop; yield the responses as they come, and raise what it raises.

        When the caller stops early, what is in flight is cancelled, and no clip is being drawn any more on return.
        """
        clips = iter(work)
        coming: SimpleQueue[Response | asyncio.Task[None]] = SimpleQueue()
        """The responses, and then the task that has ended."""

        with ThreadPoolExecutor(1, thread_name_prefix="clips") as pool:

            def draw(prepare: Callable[[ClipWork], Value]) -> Awaitable[Value | None]:
                return self._loop.run_in_executor(pool, _next_prepared, clips, prepare)

            async def start() -> asyncio.Task[None]:
                task = self._loop.create_task(ask(draw, coming.put))
                task.add_done_callback(coming.put)
                return task

            task = self.run(start())
            try:
                while isinstance(item := coming.get(), Response):
                    yield item
            except BaseException:  # GeneratorExit and Ctrl-C too: nothing may go on behind the caller's back
                self._loop.call_soon_threadsafe(task.cancel)
                while isinstance(item := coming.get(), Response):
                    pass
                if not item.cancelled():
                    item.exception()  # retrieved, else asyncio logs it: the caller has an error of its own
                raise

        try:
            task.result()
        except BaseExceptionGroup as group:
            raise _first(group) from None


class ClipLimit:
    """Bounds the clips in progress by their weight, since each keeps its frames in memory. Lives in one event loop."""

    def __init__(self, most: int) -> None:
        """``most``: the total weight at which no further clip is let in."""
        self._most, self._weight = most, 0
        self._changed = asyncio.Event()

    async def wait(self) -> None:
        """Wait until a clip may be let in."""
        while self._weight >= self._most:
            self._changed.clear()
            await self._changed.wait()

    def enter(self, weight: int, requests: int) -> Callable[[object], None]:
        """Let a clip in; it has left when what is returned has been called once for each of its requests."""
        self._weight += weight
        remaining = requests

        def request_ended(_: object) -> None:
            nonlocal remaining
            remaining -= 1
            if not remaining:
                self._weight -= weight
                self._changed.set()

        return request_ended


def _next_prepared(clips: Iterator[ClipWork], prepare: Callable[[ClipWork], Value]) -> Value | None:
    clip = next(clips, None)
    return None if clip is None else prepare(clip)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """One of the errors of nested task groups: where there are several they have one cause."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
