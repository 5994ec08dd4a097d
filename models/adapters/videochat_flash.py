"""VideoChat-Flash's ``chat``, which decodes a file by itself, 64 frames at least: here it is given the run's frames."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from mabench_eval import Checkpoint, Frames, Request, one_text


class Clip(NamedTuple):
    """Pixels (T, H, W, 3) in 0-255 and words about them, in place of a path; the code prints it at each question."""

    pixels: Any
    words: str

    def __repr__(self) -> str:
        count, height, width, _ = self.pixels.shape
        return f"{count} frames of {width}x{height}"


class Adapter:
    """Frames and the length of their clip, in the family's own words, before the question."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._tokenizer = checkpoint.tokenizer()
        # ``chat`` casts pixels to float16, in some revisions whatever the weights are
        self._model = checkpoint.model(torch_dtype=checkpoint.dtype("float16"))
        self._model.config.mm_llm_compress = False  # as in the family's own evaluation
        code: Any = sys.modules[type(self._model).__module__]
        if not hasattr(code, "load_video"):
            raise RuntimeError(f"{checkpoint.repo} decodes by other code than this adapter knows: no load_video")
        code.load_video = _as_given

    def prepare(self, frames: Frames) -> Clip:
        """What the code's ``load_video`` is to give."""
        count, seconds = len(frames.pixels), frames.total / frames.fps
        words = f"\nThe video lasts for {seconds:.2f} seconds, and {count} frames are uniformly sampled from it. "
        return Clip(frames.pixels, words)

    def answer(self, seen: Any, request: Request) -> str:
        """One call of ``chat``; stop tokens are its own."""
        text: str = self._model.chat(
            seen,
            self._tokenizer,
            one_text(request),
            chat_history=None,
            return_history=False,
            max_num_frames=len(seen.pixels),
            generation_config=self._checkpoint.generation(request),
        )
        return text


def _as_given(video_path: Clip, **_: Any) -> Clip:
    """In place of the code's ``load_video``: what ``prepare`` made."""
    return video_path
