"""InternVL's ``chat``: InternVL2, InternVL2.5, InternVideo2.5. A frame is one tile of 448 pixels."""

from __future__ import annotations

from typing import Any

from mabench_eval import Checkpoint, Frames, Request, normalised, user_message

SIDE = 448


class Adapter:
    """Frames as tiles, each announced by its number, before the question; the family's own system message."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._model = checkpoint.model(use_flash_attn=False)
        self._tokenizer = checkpoint.tokenizer(use_fast=False)

    def prepare(self, frames: Frames) -> Any:
        """(T, 3, 448, 448)."""
        return normalised(frames, SIDE)

    def answer(self, seen: Any, request: Request) -> str:
        """One call of ``chat``; stop tokens are its own."""
        pixels = seen.to(self._model.device, self._model.dtype)
        text: str = self._model.chat(
            self._tokenizer,
            pixels,
            user_message(self._model.config.model_type, request, ["image"] * len(seen)),
            self._checkpoint.generation(request),
            num_patches_list=[1] * len(seen),
            history=None,
            return_history=False,
        )
        return text
