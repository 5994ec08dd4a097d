"""InternVideo2-Chat's ``chat``: a clip is one video of 224 pixels, read through 96 queries."""

from __future__ import annotations

from typing import Any

from mabench_eval import Checkpoint, Frames, Request, normalised, one_text

SIDE = 224


class Adapter:
    """The video in a turn of its own, then the question, as on the model's card."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        # other models are built within this one; published runs build them whole, not as empty shapes
        self._model = checkpoint.model(low_cpu_mem_usage=False)
        self._tokenizer = checkpoint.tokenizer(use_fast=False)

    def prepare(self, frames: Frames) -> Any:
        """(T, 3, 224, 224): the middle of each frame."""
        return normalised(frames, SIDE, crop=True)

    def answer(self, seen: Any, request: Request) -> str:
        """One call of ``chat``. It would keep the history of all calls, were it not given one."""
        # all words in one turn: before the video, where ``instruction`` stands, there is no place for examples
        text: str = self._model.chat(
            self._tokenizer,
            "",
            one_text(request),
            media_type="video",
            media_tensor=seen.to(self._model.device, self._model.dtype),
            instruction=None,
            chat_history=[],
            return_history=False,
            generation_config=self._checkpoint.generation(request),
        )
        return text
