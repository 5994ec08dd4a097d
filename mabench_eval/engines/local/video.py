"""Frames as a video that a checkpoint's processor takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mabench_eval.types import Frames


def filled(frames: Frames, processor: Any) -> Frames:
    """The frames, the last repeated up to as many as the processor merges into one: Qwen's take no single frame."""
    merged = getattr(getattr(processor, "video_processor", None), "temporal_patch_size", 1)
    missing = merged - len(frames.pixels) if isinstance(merged, int) else 0
    if missing <= 0:
        return frames
    pixels = np.concatenate([frames.pixels, np.repeat(frames.pixels[-1:], missing, axis=0)])
    return replace(
        frames,
        pixels=pixels,
        indices=frames.indices + frames.indices[-1:] * missing,
        timestamps=frames.timestamps + frames.timestamps[-1:] * missing,
    )
