"""Prompts and frames as checkpoints take them: marks and special tokens of a prompt, frames as one video."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mabench_eval.types import Frames


def strip_video_marks(text: str, processor: Any) -> str:
    """A prompt of Qwen3-VL without the marks that its template puts around the video.

    Its processor writes a pair of marks around each frame. Up to transformers 4.57 these replaced the template's pair;
    since 5.0 that pair stays around them, and the model has not been trained on that. Other prompts stay as they are.
    """
    marked = "<|vision_start|><|video_pad|><|vision_end|>"
    return text.replace(marked, "<|video_pad|>") if type(processor).__name__.startswith("Qwen3VL") else text


def needs_special_tokens(text: str, tokenizer: Any) -> bool:
    """Whether the tokenizer is to add the token that opens a prompt: not where the template has written it."""
    opening = tokenizer.bos_token
    return not (opening and text.startswith(opening))


def fill_frames(frames: Frames, processor: Any) -> Frames:
    """The frames, the last repeated up to as many as the processor merges into one: Qwen's take no single frame."""
    merged = getattr(getattr(processor, "video_processor", None), "temporal_patch_size", 1)
    missing = merged - len(frames.pixels) if isinstance(merged, int) else 0
    if missing <= 0:
        return frames
    return replace(
        frames,
        pixels=np.concatenate([frames.pixels, np.repeat(frames.pixels[-1:], missing, axis=0)]),
        indices=frames.indices + frames.indices[-1:] * missing,
        timestamps=frames.timestamps + frames.timestamps[-1:] * missing,
    )
