"""H2OVL Mississippi's ``chat``, which opens picture files by itself. A frame is one tile of 448 pixels."""

from __future__ import annotations

from typing import Any

from PIL import Image

from mabench_eval import Checkpoint, Frames, Request, picture_files, pictures, user_message

SIDE = 448


class Adapter:
    """Frames as picture files, announced by their numbers before the question, as on the model's card."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._model = checkpoint.model()
        self._tokenizer = checkpoint.tokenizer(use_fast=False)

    def prepare(self, frames: Frames) -> Any:
        """Pictures of one tile."""
        # ``chat`` would resize to the same pixels, but anew for each question and from files ten times larger
        return [each.resize((SIDE, SIDE), Image.Resampling.BICUBIC) for each in pictures(frames)]

    def answer(self, seen: Any, request: Request) -> str:
        """One call of ``chat``; stop tokens are its own."""
        with picture_files(seen) as files:
            text: str = self._model.chat(
                self._tokenizer,
                files,
                user_message(self._model.config.model_type, request, ["image"] * len(seen)),
                self._checkpoint.generation(request),
                max_tiles=1,
                history=None,
                return_history=False,
            )
        return text
