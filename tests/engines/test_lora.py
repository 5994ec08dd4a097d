"""What of a LoRA adapter vLLM does not take is told before it starts, from the adapter's two files alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.vllm.lora import lora_problems

LANGUAGE = "base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight"
VISION = "base_model.model.model.visual.blocks.0.attn.qkv.lora_A.weight"


def problems(folder: Path, names: list[str], **config: Any) -> list[str]:
    """Of an adapter with these tensors, which are empty, and this configuration."""
    (folder / "adapter_config.json").write_text(json.dumps({"r": 16, **config}), encoding="utf-8")
    header = json.dumps({name: {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for name in names}).encode()
    (folder / "adapter_model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    return lora_problems(LocalSettings("org/model", lora=str(folder)))


def test_an_adapter_of_the_language_model_is_taken(tmp_path: Path) -> None:
    plain: dict[str, Any] = {"use_dora": False, "modules_to_save": None, "bias": "none", "rank_pattern": {}}
    assert problems(tmp_path, [LANGUAGE], **plain) == []


@pytest.mark.parametrize(
    ("names", "config", "message"),
    [
        ([LANGUAGE, VISION], {}, "changes the vision part, e.g. base_model.model.model.visual.blocks.0"),
        ([LANGUAGE], {"use_dora": True}, "is a DoRA adapter"),
        ([LANGUAGE], {"modules_to_save": ["merger"]}, "has modules saved whole (modules_to_save: merger)"),
        ([LANGUAGE], {"bias": "lora_only"}, "has biases"),
        ([LANGUAGE], {"r": 1024}, "has rank 1024"),
    ],
)
def test_what_vllm_would_leave_out_is_refused(
    tmp_path: Path, names: list[str], config: dict[str, Any], message: str
) -> None:
    (problem,) = problems(tmp_path, names, **config)
    assert message in problem and "take --engine transformers" in problem
