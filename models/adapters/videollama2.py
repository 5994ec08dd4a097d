"""The package ``videollama2``: VideoLLaMA2 and VideoLLaMA2.1, on one NVIDIA GPU, as float16."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from mabench_eval import Checkpoint, Frames, ModelError, Request, one_text


class Adapter:
    """Frames as one video without times before the question; the package writes the tag and the system message."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        if checkpoint.settings.dtype not in ("auto", "float16"):
            raise ModelError("the package videollama2 knows float16 alone", hint="Leave --dtype out.")
        self._checkpoint, self._package = checkpoint, import_module("videollama2")
        # one device: by itself the package spreads the model over all GPUs, and its calls then mix them up
        loaded = self._package.model_init(checkpoint.download(), device=checkpoint.device)
        model, self._processor, self._tokenizer = loaded
        self._model = checkpoint.decoding_plainly(model)

    def prepare(self, frames: Frames) -> Any:
        """(T, 3, S, S), S of the checkpoint's vision tower."""
        count = len(frames.pixels)
        # the number is the frames' own: by the checkpoint's, black frames would follow them
        video = self._processor["video"](list(frames.pixels), num_frames=count)
        if len(video) != count:
            raise ValueError(f"videollama2 takes {len(video)} frames at most, not {count}")
        return video

    def answer(self, seen: Any, request: Request) -> str:
        """One call of ``mm_infer``; stop tokens are its own."""
        given = {"model": self._model, "tokenizer": self._tokenizer, **self._checkpoint.generation(request)}
        text: str = self._package.mm_infer(seen, one_text(request), modal="video", **given)
        return text
