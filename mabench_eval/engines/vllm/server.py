"""vLLM's asynchronous engine, in an event loop on a thread of its own."""

from __future__ import annotations

import multiprocessing
import os
import weakref
from collections.abc import Mapping
from typing import Any

from mabench_eval.engines.asynchronous import EventLoopThread
from mabench_eval.engines.vllm import versions

SHUTDOWN_TIMEOUT_S = 10.0
"""Seconds to wait for the end of the loop's thread, which is a daemon: it keeps no process alive."""


class Server:
    """A running engine. It ends, and its memory is free, when nothing refers to it any more."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        """Start it, which takes from seconds to minutes. Raises what vLLM raises."""
        # Its processes must not be forked: a copy of this one could hold a lock of one of its threads, which decode.
        os.environ.setdefault("VLLM_WORKER_MULTIPROC_METHOD", "spawn")
        self.loop = EventLoopThread("vllm")
        before = set(multiprocessing.active_children())
        try:
            self.engine = self.loop.run(_start(arguments))
        except BaseException:  # also when the user interrupts: without its processes the start ends at once
            for child in set(multiprocessing.active_children()) - before:
                child.terminate()
            self.loop.close(SHUTDOWN_TIMEOUT_S)
            raise
        weakref.finalize(self, _shut_down, self.engine, self.loop)


async def _start(arguments: Mapping[str, Any]) -> Any:
    return versions.start_engine(arguments)


def _shut_down(engine: Any, loop: EventLoopThread) -> None:
    """End the engine, its processes and the loop. Called once, from any thread."""
    engine.shutdown()
    loop.close(SHUTDOWN_TIMEOUT_S)
