"""An adapter's corpus: the frames it was trained by are those it is shown, and what it was trained on is no test."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate
from mabench_eval.benchmark import MA52
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.planning import RunConfig, prepare
from mabench_eval.planning.training import adapter_name
from mabench_eval.runfiles import CorpusRecord, TrainedClip, to_json
from tests.support.paths import ROOT

CLIP_5 = next((ROOT / "demo" / "videos").glob("demo_05.mp4"))


def adapter(
    tmp_path: Path, clips: dict[str, str], persons: dict[str, tuple[str, ...]] | None = None, subjects: str = MA52
) -> Path:
    """A folder that could be an adapter's; ``clips``: name -> sha256; ``persons``: who is seen in some of them."""
    folder = tmp_path / "adapter"
    folder.mkdir()
    trained = tuple(TrainedClip(name, sha256, (persons or {}).get(name, ())) for name, sha256 in clips.items())
    sampling = {"rule": "llamafactory", "frames": 8}
    record = CorpusRecord(1, "c0ffee", "demo", {"MADU": 1}, "clips", sampling, trained, subjects, {}, 0, "lm")
    (folder / "corpus.json").write_text(json.dumps(to_json(record)), encoding="utf-8")
    return folder


def config(lora: Path, tmp_path: Path, **choices: Any) -> RunConfig:
    """Of a model in Python with a setting of that name: what reads the record does not ask which engine it is."""
    folder = tmp_path / "models"
    folder.mkdir(exist_ok=True)
    (folder / "tuned.yaml").write_text(
        "name: tuned\nengine: python\ndescription: x\nneeds_frames: true\nsettings: {lora: null}\n", encoding="utf-8"
    )
    (folder / "tuned.py").write_text(
        "from mabench_eval import register_model\n\n\n@register_model('tuned')\ndef tuned(frames, prompt):\n"
        "    return 'B'\n",
        encoding="utf-8",
    )
    return RunConfig("tuned", settings={"lora": str(lora)}, include=(tmp_path,), output=tmp_path / "results", **choices)


def test_the_rule_of_the_corpus_is_that_of_the_run_unless_another_is_named(tmp_path: Path) -> None:
    lora = adapter(tmp_path, {})
    assert prepare(config(lora, tmp_path), asks=False).config.sampling == "llamafactory"
    assert prepare(config(lora, tmp_path, sampling="uniform"), asks=False).config.sampling == "uniform"
    assert prepare(RunConfig("constant", output=tmp_path), asks=False).config.sampling == "uniform"


def test_clips_that_were_trained_on_are_no_test(tmp_path: Path) -> None:
    digest = hashlib.sha256(CLIP_5.read_bytes()).hexdigest()
    lora = adapter(tmp_path, {"demo_03": "0" * 64, "renamed": digest, "other": "1" * 64})
    with pytest.raises(InputError) as caught:
        prepare(config(lora, tmp_path), asks=False)
    (problem,) = caught.value.problems
    assert "trained on 2 of the clips that it would be tested on" in problem  # one by its name, one by its bytes
    run = prepare(config(lora, tmp_path, allow_trained=True), asks=False)
    assert run.trained_on and set(run.trained_on.test_clips) == {"demo_03", "demo_05"}
    assert run.identity["trained_clips"] == 2
    clean = prepare(config(adapter_without(tmp_path), tmp_path), asks=False)
    assert "trained_clips" not in clean.identity


def adapter_without(tmp_path: Path) -> Path:
    (tmp_path / "clean").mkdir()
    return adapter(tmp_path / "clean", {"other": "1" * 64})


def test_other_frames_and_other_clips_of_the_same_people_are_told(tmp_path: Path) -> None:
    lora = adapter(tmp_path, {"demo_99": "0" * 64}, persons={"demo_99": ("2",)}, subjects=r"demo_(\d)")
    run = prepare(config(lora, tmp_path, frames=4), asks=False)
    assert run.trained_on
    frames, people = run.trained_on.warnings(4)
    assert "trained with 8 frames a clip, and is shown 4" in frames
    assert "people in 9 of the test clips, demo_2" in people  # demo_20 to demo_28


def test_a_damaged_record_is_told(tmp_path: Path) -> None:
    lora = adapter(tmp_path, {})
    (lora / "corpus.json").write_text('{"schema": 1}', encoding="utf-8")
    with pytest.raises(InputError, match=r"corpus\.json"):
        prepare(config(lora, tmp_path), asks=False)


def test_every_table_says_what_was_trained_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lora = adapter(tmp_path, {"demo_03": "0" * 64})
    config(lora, tmp_path)  # which writes the card
    words = [
        "--model",
        "tuned",
        "--include",
        str(tmp_path),
        "--tasks",
        "cmar",
        "--set",
        f"lora={lora}",
        "--output",
        str(tmp_path / "results"),
    ]
    assert main(words) == 2
    assert "--allow-trained" in capsys.readouterr().err
    assert main([*words, "--allow-trained"]) == 0
    assert "TRAINED on 1 of the 28 clips" in capsys.readouterr().out
    (folder,) = (tmp_path / "results" / "tuned").iterdir()
    assert "TRAINED on 1 of the 28 clips" in (folder / "scores.md").read_text(encoding="utf-8")
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["trained_on"]["sha256"] == "c0ffee" and record["trained_on"]["recipe"] == "lm"
    assert "--allow-trained" in record["command"]
    assert evaluate("constant", output=tmp_path / "other").scores.trained_clips == 0


def test_several_adapters_are_a_run_each_and_table_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The model answers by its adapter: B without one, A with it, so that CMAR's accuracies are known."""
    lora = adapter(tmp_path, {})
    config(lora, tmp_path)
    (tmp_path / "models" / "tuned.py").write_text(
        "from mabench_eval import Response, register_model\n\n\n@register_model('tuned')\nclass Tuned:\n"
        "    def __init__(self, settings, seed=0):\n        self.letter = 'A' if settings['lora'] else 'B'\n\n"
        "    def generate(self, work):\n        for clip in work:\n            for request in clip.requests:\n"
        "                yield Response(request.key, text=self.letter)\n",
        encoding="utf-8",
    )
    words = ["--model", "tuned", "--include", str(tmp_path), "--tasks", "cmar", "--output", str(tmp_path / "results")]
    assert main([*words, "--lora", f"none,lm={lora}"]) == 0
    said = capsys.readouterr().out
    rows = {line.split("  ")[0].strip(): line.split() for line in said.splitlines() if line.strip()}
    # the demo's 28 right letters of CMAR are A to G four times each: 4 of 28 are A, and 4 of 28 are B
    assert rows["none"][1] == rows["lm"][1] == "14.29"
    assert "lm - none" in rows
    folders = list((tmp_path / "results" / "tuned").iterdir())
    names = {json.loads((folder / "scores.json").read_text(encoding="utf-8"))["model"] for folder in folders}
    assert names == {"tuned", "tuned + adapter"}  # by the adapter's folder
    assert len(list((tmp_path / "results" / "tuned").iterdir())) == 2


@pytest.mark.parametrize(
    ("lora", "name"),
    [("corpus/adapters/lm", "lm"), ("lm/checkpoint-400", "lm/checkpoint-400"), ("org/micro-lora", "micro-lora")],
)
def test_what_tables_call_an_adapter(lora: str, name: str) -> None:
    assert adapter_name(lora) == name


@pytest.mark.parametrize("given", ["none,none", "a=", "=b", "a=x,a=y"])
def test_adapters_that_make_no_sense(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "constant", "--lora", given]) == 2
    assert "invalid adapters" in capsys.readouterr().err


def test_a_fine_tuned_card_is_not_run_without_its_adapter(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "qwen3-vl-8b-ma-bench-train", "--lora", "none,x=y", "--dry-run"]) == 2
    assert "its base would bear its name" in capsys.readouterr().err
