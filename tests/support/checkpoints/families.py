"""The native multimodal families: what each takes, and who loads it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from . import fixed, qwen
from .kit import Parts, Shape

Medium = Literal["video", "images"]
TOWER = MappingProxyType({"vision_tower.": "vision_tower.vision_model."})
Maker = Callable[[Any, Shape], Parts]


@dataclass(frozen=True)
class Family:
    """A family of checkpoints that transformers loads without code from the Hub."""

    name: str
    model_type: str
    """``model_type`` of its ``config.json``."""
    inputs: frozenset[Medium]
    make: Maker
    vllm_class: str | None
    """The class of vLLM 0.32 that serves it; None where there is none."""
    published_names: Mapping[str, str]
    """Prefixes of weight names: as transformers 5.23 saves them, and as in the published files.

    vLLM 0.32 reads the published names alone, transformers both.
    """
    auto_class: str
    """The class of transformers whose ``from_pretrained`` loads it."""
    since: int
    """The first version of transformers that knows it, as far as the versions that engine transformers takes go."""


def _family(
    name: str,
    make: Maker,
    *inputs: Medium,
    vllm: str | None,
    renames: Mapping[str, str] | None = None,
    model_type: str = "",
    auto_class: str = "AutoModelForImageTextToText",
    since: int = 4,
) -> Family:
    return Family(name, model_type or name, frozenset(inputs), make, vllm, renames or {}, auto_class, since)


def _installed() -> int:
    """The first number of transformers' version, without importing it; where it is not installed that of the newest."""
    try:
        return int(importlib.metadata.version("transformers").split(".")[0])
    except importlib.metadata.PackageNotFoundError:
        return 5


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        _family("qwen2_vl", qwen.qwen2_vl, "video", "images", vllm="Qwen2VLForConditionalGeneration"),
        _family("qwen2_5_vl", qwen.qwen2_5_vl, "video", "images", vllm="Qwen2_5_VLForConditionalGeneration"),
        _family("qwen3_vl", qwen.qwen3_vl, "video", "images", vllm="Qwen3VLForConditionalGeneration"),
        _family("video_llama_3", qwen.video_llama_3, "video", "images", vllm=None, since=5),
        _family(
            "llava_next_video",
            fixed.llava_next_video,
            "video",
            "images",
            vllm="LlavaNextVideoForConditionalGeneration",
            renames=TOWER,
        ),
        _family(
            "llava_onevision",
            fixed.llava_onevision,
            "video",
            "images",
            vllm="LlavaOnevisionForConditionalGeneration",
            renames=TOWER,
        ),
        _family("internvl", fixed.internvl, "video", "images", vllm="InternVLForConditionalGeneration"),
        _family("pixtral", fixed.pixtral, "images", model_type="llava", vllm="LlavaForConditionalGeneration"),
        _family("phi4_multimodal", fixed.phi4_multimodal, "images", vllm=None, auto_class="AutoModelForCausalLM"),
    )
    if family.since <= _installed()
}
"""Those that the transformers installed here knows."""
