"""vLLM's asynchronous engine, in an event loop on a thread of its own."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
import weakref
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from mabench_eval.engines.vllm import versions

PATIENCE = 10.0
"""Seconds that the end of the loop's thread is waited for. It is a daemon: it keeps no process alive."""


class Server:
    """A running engine. It ends, and its memory is free, when nobody holds it any longer."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        """Start it, which takes from seconds to minutes. Raises what vLLM raises."""
        # The processes it starts begin anew: a copy of this one could hold a lock of one of its threads, which decode.
        os.environ.setdefault("VLLM_WORKER_MULTIPROC_METHOD", "spawn")
        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._loop.run_forever, name="vllm", daemon=True)
        thread.start()
        before = set(multiprocessing.active_children())
        try:
            self.engine = asyncio.run_coroutine_threadsafe(_start(arguments), self._loop).result()
        except BaseException:  # also when the user stops: without its processes the start comes to its end at once
            for child in set(multiprocessing.active_children()) - before:
                child.terminate()
            _end(None, self._loop, thread)
            raise
        weakref.finalize(self, _end, self.engine, self._loop, thread)

    def begin(
        self, work: Coroutine[Any, Any, None], ended: Callable[[BaseException | None], None]
    ) -> Callable[[], None]:
        """Set a coroutine to work in the engine's loop; returns what cuts it off.

        ``ended`` is called in the loop when it has ended, in whatever way, with what it raised.
        """

        def tell(task: asyncio.Task[None]) -> None:
            ended(asyncio.CancelledError() if task.cancelled() else task.exception())

        async def create() -> asyncio.Task[None]:
            task = self._loop.create_task(work)
            task.add_done_callback(tell)
            return task

        task = asyncio.run_coroutine_threadsafe(create(), self._loop).result()
        return lambda: _cut_off(task, self._loop)


def _cut_off(task: asyncio.Task[None], loop: asyncio.AbstractEventLoop) -> None:
    loop.call_soon_threadsafe(task.cancel)


async def _start(arguments: Mapping[str, Any]) -> Any:
    from vllm.v1.engine.async_llm import AsyncLLM

    return AsyncLLM.from_engine_args(versions.engine_arguments(arguments))


def _end(engine: Any, loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    """Stop the engine, its processes and the loop. Called once, from any thread."""
    if engine is not None:
        engine.shutdown()
    loop.call_soon_threadsafe(lambda: loop.create_task(_finish()))
    if threading.current_thread() is not thread:
        thread.join(PATIENCE)
        if not thread.is_alive():
            loop.close()


async def _finish() -> None:
    """Let every task of the loop end, then stop it."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    asyncio.get_running_loop().stop()
