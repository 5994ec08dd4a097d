"""Arguments of vLLM's engine: from a card's settings, and from the room that prompts and answers need."""

from __future__ import annotations

from typing import Any

from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.vllm import versions
from mabench_eval.engines.vllm.lora import LoraAdapter
from mabench_eval.types import ClipWork

CARD_FRAME_PIXELS = 1080 * 1296
"""Pixels of the frame that a card's ``frame_tokens`` refer to."""
TEXT_TOKENS = 4096
"""Tokens for all of a prompt but its frames; a question of MA-Bench with the words of its task takes a few hundred."""
TEXT_ONLY_TOKENS = 16384
"""The same where no frames are shown, as to a judge."""


def engine_settings(
    settings: LocalSettings,
    seed: int,
    first: ClipWork,
    context: int | None,
    processor: dict[str, Any],
    lora: LoraAdapter | None,
) -> dict[str, Any]:
    """Arguments of vLLM's engine. ``first``: the first clip; ``context``: tokens that the model can read."""
    images = 0 if first.frames is None else len(first.frames.pixels)
    media = {"video": min(images, 1), "image": 0} if settings.input == "video" else {"video": 0, "image": images}
    arguments: dict[str, Any] = {
        "model": settings.repo,
        "revision": settings.revision,
        "trust_remote_code": settings.remote_code,
        "dtype": settings.dtype,
        "seed": seed,
        "max_model_len": settings.max_model_len or model_length(settings, first, context),
        "limit_mm_per_prompt": media,
        "mm_processor_kwargs": processor or None,
        "enable_prefix_caching": True,
        "tensor_parallel_size": settings.tensor_parallel,
        "gpu_memory_utilization": settings.gpu_memory,
        "enforce_eager": versions.on_cpu(),  # graphs are for GPUs; compiling takes longer than it saves
    }
    arguments |= settings.vllm
    if lora:
        arguments |= {"enable_lora": True, "max_lora_rank": lora.rank, "max_loras": 1}
    return arguments


def model_length(settings: LocalSettings, first: ClipWork, context: int | None) -> int | None:
    """Tokens of the longest prompt and answer, with room to spare; None, which means the model's own, if not known.

    vLLM reserves nothing for them, but it starts only if one prompt of this length fits into its memory.
    """
    answer = max(request.max_tokens for request in first.requests)
    if first.frames is None:
        needed = TEXT_ONLY_TOKENS + answer
    elif settings.frame_tokens is None:
        return None
    else:
        count, height, width, _ = first.frames.pixels.shape
        scale = max(1.0, height * width / CARD_FRAME_PIXELS)
        needed = int(1.25 * count * settings.frame_tokens * scale) + TEXT_TOKENS + answer
    rounded = -(-needed // 1024) * 1024
    return min([rounded, *(limit for limit in (settings.context, context) if limit)])
