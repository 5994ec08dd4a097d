"""What of a LoRA adapter an engine cannot run whole is told before it starts, from headers and configuration alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.catalogue import ModelCard
from mabench_eval.engines import open_engine
from mabench_eval.engines.local.lora import LoraFacts, read_lora
from mabench_eval.engines.vllm import versions

LANGUAGE, VISION = "model.language_model.layers.{}.self_attn.{}", "model.visual.blocks.{}.attn.{}"
LINEAR = [
    *(LANGUAGE.format(layer, name) for layer in (0, 1) for name in ("q_proj", "o_proj")),
    *(VISION.format(block, name) for block in (0, 1) for name in ("qkv", "proj")),
    "model.visual.merger.linear_fc1",
]
LANGUAGE_MODULES = [module for module in LINEAR if "language_model" in module]
WITHOUT_MERGER = LINEAR[:-1]
BASE = [
    *(f"{module}.weight" for module in LINEAR),
    "model.visual.merger.linear_fc1.bias",
    "model.language_model.norm.weight",
    "mtp.layers.0.self_attn.q_proj.weight",
]
"""A vision-language model of two layers and two blocks, and a head for speculation that transformers does not load."""
PLAIN: dict[str, Any] = {"use_dora": False, "modules_to_save": None, "bias": "none", "rank_pattern": {}}
PROJECTIONS: dict[str, Any] = {"target_modules": ["q_proj", "o_proj"]}
ALL: dict[str, Any] = {"target_modules": ["q_proj", "o_proj", "qkv", "attn.proj"]}


def write_tensors(file: Path, names: Iterable[str]) -> None:
    """A safetensors file whose tensors have no bytes: headers alone are read."""
    header = {name: {"dtype": "F32", "shape": [8, 64], "data_offsets": [0, 0]} for name in names}
    packed = json.dumps(header).encode()
    file.write_bytes(len(packed).to_bytes(8, "little") + packed)


def write(
    folder: Path, modules: Iterable[str], *others: str, base: Iterable[str] | None = BASE, **config: Any
) -> dict[str, str]:
    """An adapter with two matrices for each of the modules, and its checkpoint; the settings that name both."""
    matrices = [f"{module}.lora_{matrix}.weight" for module in modules for matrix in "AB"]
    adapter, checkpoint = folder / "adapter", folder / "base"
    for place in (adapter, checkpoint):
        place.mkdir(exist_ok=True)
    names = [f"base_model.model.{name}" for name in (*matrices, *others)]
    write_tensors(adapter / "adapter_model.safetensors", names)
    (adapter / "adapter_config.json").write_text(json.dumps({"r": 8, **PLAIN, **config}), encoding="utf-8")
    (checkpoint / "config.json").write_text("{}", encoding="utf-8")
    if base is not None:
        write_tensors(checkpoint / "model.safetensors", base)
    return {"repo": str(checkpoint), "lora": str(adapter)}


def told(settings: dict[str, str], engine: str = "vllm") -> list[str]:
    """What the engine says of the adapter; the packages that this machine lacks are another matter."""
    problems = open_engine(ModelCard("tiny", engine, "", settings=settings), 0).problems()
    return [problem for problem in problems if settings["lora"] in problem]


def without(modules: Iterable[str], part: str) -> list[str]:
    return [module for module in modules if part not in module]


@pytest.mark.parametrize("engine", ["vllm", "transformers"])
def test_an_adapter_of_the_language_model_is_taken(tmp_path: Path, engine: str) -> None:
    for targets in (["q_proj", "o_proj"], r".*language_model.*_proj", LANGUAGE_MODULES):
        assert told(write(tmp_path, LANGUAGE_MODULES, target_modules=targets), engine) == []


def test_an_adapter_of_all_parts_is_taken_where_the_vision_part_can_be(tmp_path: Path) -> None:
    settings = write(tmp_path, WITHOUT_MERGER, **ALL)
    assert told(settings, "transformers") == []
    (problem,) = told(settings)
    assert "changes the vision part, e.g. model.visual.blocks.0.attn.qkv.lora_A.weight" in problem
    assert "take --engine transformers" in problem


@pytest.mark.parametrize("engine", ["vllm", "transformers"])
def test_an_adapter_without_a_block_that_it_names_is_a_problem(tmp_path: Path, engine: str) -> None:
    """Two modules of a block, two matrices each: four tensors. A named part that is all gone is no less missing."""
    *_, problem = told(write(tmp_path, without(WITHOUT_MERGER, "blocks.0"), **ALL), engine)
    assert "lacks what its adapter_config.json names, e.g. model.visual.blocks.0.attn.qkv.lora_A (4 missing)" in problem
    *_, problem = told(write(tmp_path, LANGUAGE_MODULES, **ALL), engine)
    assert "e.g. model.visual.blocks.0.attn.qkv.lora_A (8 missing)" in problem
    expression = {"target_modules": ".*(q_proj|o_proj|attn.*)"}
    *_, problem = told(write(tmp_path, without(WITHOUT_MERGER, "layers.1"), **expression), engine)
    assert "e.g. model.language_model.layers.1.self_attn.q_proj.lora_A (4 missing)" in problem


def test_one_matrix_of_a_pair_is_missing_too(tmp_path: Path) -> None:
    first, *others = LANGUAGE_MODULES
    (problem,) = told(write(tmp_path, others, f"{first}.lora_A.weight", **PROJECTIONS))
    assert f"{first}.lora_B (1 missing)" in problem


def test_layers_and_modules_that_are_left_out_on_purpose_are_not_missing(tmp_path: Path) -> None:
    first = without(LANGUAGE_MODULES, "layers.1")
    assert told(write(tmp_path, first, layers_to_transform=[0], **PROJECTIONS)) == []
    assert told(write(tmp_path, first, exclude_modules=r".*layers\.1.*", **PROJECTIONS)) == []


def test_checkpoints_of_other_versions_name_their_parts_otherwise(tmp_path: Path) -> None:
    """As Qwen2.5-VL: ``model.layers.0`` in the file is ``model.language_model.layers.0`` in the model."""
    base = [name.replace("model.visual", "visual").replace("model.language_model", "model") for name in BASE]
    assert told(write(tmp_path, WITHOUT_MERGER, base=base, **ALL), "transformers") == []
    expression = {"target_modules": r"model\.(language_model|visual\.blocks).*(proj|qkv)"}
    settings = write(tmp_path, without(WITHOUT_MERGER, "blocks.1"), base=base, **expression)
    (problem,) = told(settings, "transformers")
    assert "e.g. model.visual.blocks.1.attn.qkv.lora_A (4 missing)" in problem


def test_without_the_checkpoint_what_is_named_in_full_is_looked_for(tmp_path: Path) -> None:
    settings = write(tmp_path, LANGUAGE_MODULES[:3], base=None, target_modules=LANGUAGE_MODULES)
    (problem,) = told(settings)
    assert f"{LANGUAGE_MODULES[3]}.lora_A (2 missing)" in problem
    assert told(write(tmp_path, LANGUAGE_MODULES[:3], base=None, target_modules=["q_proj"])) == []


def test_modules_saved_whole_are_looked_for(tmp_path: Path) -> None:
    """The merger has a weight and a bias."""
    config = {**PROJECTIONS, "modules_to_save": ["merger"]}
    weight, bias = (f"model.visual.merger.linear_fc1.{kind}" for kind in ("weight", "bias"))
    assert told(write(tmp_path, LANGUAGE_MODULES, weight, bias, **config), "transformers") == []
    (problem,) = told(write(tmp_path, LANGUAGE_MODULES, weight, **config), "transformers")
    assert f"e.g. {bias} (1 missing)" in problem


def test_magnitudes_of_dora_are_looked_for(tmp_path: Path) -> None:
    config: dict[str, Any] = {"target_modules": ["q_proj"], "use_dora": True}
    modules = [module for module in LANGUAGE_MODULES if "q_proj" in module]
    whole = [f"{module}.lora_magnitude_vector" for module in modules]
    assert told(write(tmp_path, modules, *whole, **config), "transformers") == []
    (problem,) = told(write(tmp_path, modules, whole[0], **config), "transformers")
    assert f"{modules[1]}.lora_magnitude (1 missing)" in problem


def test_embeddings_have_matrices_too() -> None:
    names = ["model.embed_tokens.lora_embedding_A", "model.embed_tokens.lora_embedding_B"]
    facts = LoraFacts({"target_modules": ["embed_tokens"]}, dict.fromkeys(names, (8, 64)))
    assert facts.missing(["model.embed_tokens.weight"]) == []


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"use_dora": True}, "is a DoRA adapter"),
        ({"modules_to_save": ["merger"]}, "has modules saved whole (modules_to_save: merger)"),
        ({"bias": "lora_only"}, "has biases"),
        ({"r": 1024}, "has rank 1024, above 512"),
        ({"rank_pattern": {"q_proj": 600}}, "has rank 600, above 512"),
        ({"init_lora_weights": "pissa"}, "was begun by changing the base's weights (init_lora_weights: pissa)"),
        ({"layer_replication": [[0, 1]]}, "is of another kind (layer_replication)"),
    ],
)
def test_what_vllm_does_not_take_is_refused(
    tmp_path: Path, config: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "lora_fields", lambda: {"rank_pattern"})
    problem = told(write(tmp_path, LANGUAGE_MODULES, **{**PROJECTIONS, **config}))[0]
    assert message in problem and "which vllm does not take: take --engine transformers" in problem


def test_ranks_of_their_own_are_refused_by_versions_that_do_not_read_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a version scales all modules as if they had the rank that most have."""
    settings = write(tmp_path, LANGUAGE_MODULES, rank_pattern={"q_proj": 16}, **PROJECTIONS)
    monkeypatch.setattr(versions, "lora_fields", lambda: {"rank_pattern"})
    assert told(settings) == []
    assert read_lora(tmp_path / "adapter").rank == 16
    monkeypatch.setattr(versions, "lora_fields", frozenset)
    assert "has modules of other ranks or scales (rank_pattern)" in told(settings)[0]


@pytest.mark.parametrize("engine", ["vllm", "transformers"])
def test_other_kinds_and_formats_are_refused(tmp_path: Path, engine: str) -> None:
    settings = write(tmp_path, LANGUAGE_MODULES, peft_type="IA3")
    assert told(settings, engine) == [f"{settings['lora']} is no LoRA adapter (peft_type: IA3)"]
    (problem,) = told(write(tmp_path, LANGUAGE_MODULES, target_modules="("), engine)
    assert "cannot be read" in problem

    settings = write(tmp_path, LANGUAGE_MODULES, **PROJECTIONS)
    weights = tmp_path / "adapter" / "adapter_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    (problem,) = told(settings, engine)
    assert "has no adapter_model.safetensors" in problem
