"""Frames as vLLM's model takes them, made on threads of our own.

vLLM's renderer has one thread for this, which takes 0.25 s of processor time for a clip of eight 1080x1296 frames and
its twelve prompts: four clips a second, whatever the machine and the GPU.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mabench_eval.engines.vllm import versions

MOST_THREADS = 8
"""Threads that prepare frames: more than any GPU needs, and decoding needs cores as well."""

Prompt = dict[str, Any] | Exception
"""What vLLM's ``generate`` takes; or why there is none."""


class Preprocessor:
    """Makes the prompts of clips ready for the engine; used from the engine's event loop."""

    def __init__(self, engine: Any, threads: int | None = None) -> None:
        """``threads``: None: one a core, up to ``MOST_THREADS``."""
        self._engine = engine
        self._new_processor = versions.media_processors(engine)
        self.threads = (threads or min(os.cpu_count() or 1, MOST_THREADS)) if self._new_processor else 1
        """Threads that prepare frames; vLLM's one where the version does not let others."""
        self.seconds = 0.0
        """Processor time of these threads so far; that of vLLM's own is not known."""
        self._pool = ThreadPoolExecutor(self.threads, "media", initializer=versions.one_torch_thread)
        self._own = threading.local()

    async def ready(self, prompts: Sequence[Prompt]) -> Sequence[Prompt]:
        """The prompts of one clip with their frames processed, once for all of them.

        A prompt that cannot be prepared is the error. What has no frames, or cannot be prepared ahead, stays as it is.
        """
        if self._new_processor is None or not any(versions.has_media(prompt) for prompt in prompts):
            return prompts
        made, seconds = await asyncio.get_running_loop().run_in_executor(self._pool, self._process, prompts)
        self.seconds += seconds
        return made

    async def engine_input(self, prompt: dict[str, Any]) -> Any:
        """A ready prompt as ``generate`` takes it; call it right before, in the order of the requests.

        Raises ValueError for a prompt that does not fit, and what processors raise.
        """
        if versions.is_processed(prompt):
            return versions.with_sent_media(self._engine, prompt)
        return await versions.rendered(self._engine, prompt)

    def _process(self, prompts: Sequence[Prompt]) -> tuple[list[Prompt], float]:
        """On a thread of the pool, which has a processor of its own: none is made for several threads."""
        start = time.thread_time()
        if not hasattr(self._own, "process"):
            assert self._new_processor is not None, "else prompts stay as they are"
            self._own.process = self._new_processor()
        made = self._own.process(prompts)
        return made, time.thread_time() - start
