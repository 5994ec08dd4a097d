"""What a checkpoint will see of a question: the work of its processor, without its weights."""

from __future__ import annotations

from typing import Any

from mabench_eval.engines.local.processor import context_of, load_processor
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.transformers.prompts import Prompts
from mabench_eval.types import Clip, ClipWork, Frames, Json, Request


def preview(settings: LocalSettings, request: Request, frames: Frames) -> Json:
    """The prompt as the chat template writes it, and what the processor makes of the frames.

    Returns ``prompt``, ``prompt_tokens``, ``visual_tokens``, ``pixels`` (name -> shape of each tensor of the media),
    ``frame_size`` (height, width in pixels after resizing; None where the processor does not say), ``context`` and
    ``context_left`` after prompt and longest answer (tokens; None where not known). Raises what transformers raises
    for a checkpoint that cannot be read.
    """
    config, processor = load_processor(settings)
    context = settings.context or context_of(config)

    prompts = Prompts(processor, settings)
    text = prompts.text(request, frames)
    (group,) = prompts.groups(ClipWork(Clip(""), frames, (request,)))
    tokens = group.prefix["input_ids"].shape[1] + len(group.suffixes[0])
    placeholders = 1 if settings.input == "video" else len(frames.pixels)
    return {
        "prompt": text,
        "prompt_tokens": tokens,
        "visual_tokens": tokens - prompts.unexpanded_length(text) + placeholders,
        "pixels": {name: list(value.shape) for name, value in group.prefix.items() if "pixel" in name},
        "frame_size": _frame_size(processor, group.prefix, settings.input),
        "context": context,
        "context_left": None if context is None else context - tokens - request.max_tokens,
    }


def _frame_size(processor: Any, inputs: Any, medium: str) -> list[int] | None:
    """Height and width after resizing: from the grid of patches where there is one, else from the tensor."""
    name, part = ("video", "video_processor") if medium == "video" else ("image", "image_processor")
    grid = inputs.get(f"{name}_grid_thw")
    patch = getattr(getattr(processor, part, None), "patch_size", None)
    if grid is not None and isinstance(patch, int):
        return [int(side) * patch for side in grid[0][1:]]
    pixels = next((inputs[key] for key in ("pixel_values_videos", "pixel_values") if key in inputs), None)
    return None if pixels is None or pixels.dim() < 4 else [int(side) for side in pixels.shape[-2:]]
