"""The whole way of Table 4 with the real LLaMA-Factory: corpus, three recipes, adapters, the table.

A tiny random checkpoint stands for the model. It needs an environment of its own (see ``.ci/run``), else it is skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from mabench_eval.cli import main
from mabench_eval.engines.local.lora import lora_problems
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.vllm.lora import beyond_vllm
from mabench_eval.parsing import parse_json
from mabench_eval.runfiles import read_corpus
from mabench_eval.training.recipes import FREEZE
from tests.support.paths import ROOT

if find_spec("llamafactory") is None:
    pytest.skip("LLaMA-Factory is not installed: it has a leg of its own in .ci/run", allow_module_level=True)

STEPS = 5
TRAINED, TESTED = ("demo_01", "demo_05"), ("demo_02", "demo_07")
CONVERSATIONS = 4
"""MADU and MARE on two clips: all of them are a step, so that losses can be compared."""
PARTS = {"vision": {"visual"}, "lm": {"language_model"}, "all": {"visual", "language_model"}}
"""Recipe -> parts of the model that its adapter changes."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint, a corpus of two clips of the demo, and two others to test on."""
    from tests.support.checkpoints import build

    folder = tmp_path_factory.mktemp("table4")
    build("qwen3_vl", folder / "tiny")
    rows = json.loads((ROOT / "demo" / "questions.json").read_text(encoding="utf-8"))
    (folder / "videos").mkdir()
    for name, clips in (("train", TRAINED), ("test", TESTED)):
        chosen = [row for row in rows if row["video"].removesuffix(".mp4") in clips]
        (folder / f"{name}.json").write_text(json.dumps(chosen), encoding="utf-8")
        for clip in clips:
            shutil.copy(ROOT / "demo" / "videos" / f"{clip}.mp4", folder / "videos")
    words = ["export-train", folder / "train.json", "-o", folder / "corpus", "--exclude", folder / "test.json"]
    assert main([*map(str, words), "--frames", "4", "--datasets"]) == 0
    return folder


@pytest.fixture(scope="module")
def adapters(place: Path) -> dict[str, Path]:
    """Each recipe as its user starts it, but for a few steps on the tiny checkpoint."""
    changes = {
        "model_name_or_path": place / "tiny",
        "max_steps": STEPS,
        "learning_rate": 0.02,
        "lora_dropout": 0,
        "gradient_accumulation_steps": CONVERSATIONS,
        "lr_scheduler_type": "constant",
        "logging_steps": 1,
        "bf16": "false",
        "preprocessing_num_workers": 1,
        "gradient_checkpointing": "false",
    }
    variables = {**os.environ, "DISABLE_VERSION_CHECK": "1", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2"}
    for recipe in FREEZE:
        words = ["train", f"recipes/{recipe}.yaml", *(f"{name}={value}" for name, value in changes.items())]
        done = subprocess.run(
            [str(Path(sys.executable).with_name("llamafactory-cli")), *words],
            cwd=place / "corpus",
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
    return {recipe: place / "corpus" / "adapters" / recipe for recipe in FREEZE}


def test_datasets_opens_the_corpus(place: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")

    rows = datasets.load_dataset(str(place / "corpus" / "datasets"), split="train", cache_dir=str(tmp_path))
    plain = (place / "corpus" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert list(rows) == [json.loads(line) for line in plain] and len(plain) == CONVERSATIONS


def test_the_loss_falls(adapters: dict[str, Path]) -> None:
    for recipe, folder in adapters.items():
        lines = (folder / "trainer_log.jsonl").read_text(encoding="utf-8").splitlines()
        losses = [row["loss"] for line in lines if "loss" in (row := json.loads(line))]
        assert len(losses) == STEPS
        assert losses[-1] < losses[0], recipe


def test_each_recipe_changes_the_parts_that_it_names(adapters: dict[str, Path]) -> None:
    for recipe, folder in adapters.items():
        with (folder / "adapter_model.safetensors").open("rb") as stream:
            names = parse_json(stream.read(int.from_bytes(stream.read(8), "little")), recipe).keys() - {"__metadata__"}
        assert {part for name in names for part in ("visual", "language_model") if part in name} == PARTS[recipe]


def test_the_record_travels_with_the_adapter(adapters: dict[str, Path], place: Path) -> None:
    corpus = read_corpus(place / "corpus")
    assert corpus
    for recipe, folder in adapters.items():
        record = read_corpus(folder)
        assert record and (record.sha256, record.recipe) == (corpus.sha256, recipe)
        assert {clip.clip for clip in record.clips} == set(TRAINED)


def test_table_4_in_one_command(adapters: dict[str, Path], place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ",".join(f"{recipe}={folder}" for recipe, folder in adapters.items())
    words = ["--model", place / "tiny", "--engine", "transformers", "--data", place / "test.json", "--frames", "4"]
    words += ["--output", place / "results", "--lora", f"none,{chosen}", "--tasks", "sad,ppr,madu"]
    assert main(list(map(str, words))) == 0
    said = capsys.readouterr().out
    assert {line.split("  ")[0].strip() for line in said.splitlines()} >= {f"{recipe} - none" for recipe in FREEZE}
    answers, records = {}, {}
    for folder in (place / "results" / "tiny").iterdir():
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        recipe = record["trained_on"]["recipe"] if record.get("trained_on") else "none"
        lines = (folder / "samples.jsonl").read_text(encoding="utf-8").splitlines()
        answers[recipe], records[recipe] = [json.loads(line)["response"] for line in lines], record
    assert answers.keys() == {"none", *FREEZE}
    for recipe in FREEZE:
        assert answers[recipe] != answers["none"], recipe
        assert records[recipe]["trained_on"]["test_clips"] == 0
        assert records[recipe]["config"]["sampling"] == "uniform"  # as the corpus was sampled


def test_what_was_trained_on_is_no_test(
    adapters: dict[str, Path], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", place / "tiny", "--engine", "transformers", "--data", place / "train.json", "--frames", "4"]
    words += ["--output", place / "results", "--lora", adapters["lm"]]
    assert main(list(map(str, words))) == 2
    assert "trained on 2 of the clips that it would be tested on" in capsys.readouterr().err


def test_vllm_takes_the_adapter_of_the_language_model_alone(adapters: dict[str, Path], place: Path) -> None:
    problems = {
        recipe: lora_problems(LocalSettings(str(place / "tiny"), lora=str(folder)), "vllm", beyond_vllm)
        for recipe, folder in adapters.items()
    }
    assert problems["lm"] == []
    for recipe in ("vision", "all"):
        assert "changes the vision part" in problems[recipe][0] and "--engine transformers" in problems[recipe][0]
