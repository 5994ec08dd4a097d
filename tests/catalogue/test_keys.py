"""Answers are asked anew after a change of anything that they rest on, and only then. Each case was seen to fail."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import compare, evaluate
from mabench_eval.catalogue import ModelCard
from mabench_eval.engines import open_engine
from mabench_eval.journal import read_journal
from mabench_eval.pages import report_page
from mabench_eval.runs import judge_run
from tests.support.benchmarks import write_benchmark
from tests.support.paths import DATA, ROOT

CODE = "from mabench_eval import register_model\n@register_model('mine', needs_frames=False{depends})\n"


def run(folder: Path, model: str, *words: str) -> dict[str, int]:
    """Run a command in the folder, as a user would; its answers to SAD."""
    command = [sys.executable, "-m", "mabench_eval", "--model", model, "--tasks", "sad", "--json", *words]
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env={**os.environ, **paths})
    assert done.returncode == 0, done.stderr
    predictions: dict[str, int] = json.loads(done.stdout)["tasks"]["SAD"]["predictions"]
    return predictions


@pytest.mark.slow
def test_an_edited_module_of_a_folder_model(tmp_path: Path) -> None:
    """Seen: 79.17 again from a model whose code had been made to say No always."""
    shutil.copytree(ROOT / "models" / "motion", tmp_path / "models" / "mine")
    model = tmp_path / "models" / "mine" / "model.py"
    model.write_text(model.read_text("utf-8").replace('register_model("motion")', 'register_model("mine")'), "utf-8")
    (tmp_path / "models" / "mine.yaml").write_text("name: mine\nengine: python\ndescription: mine\n")
    words = ("--include", str(tmp_path), "--limit", "4")
    before = run(tmp_path, "mine", *words)
    assert set(before) == {"Yes", "No"}
    assert run(tmp_path, "mine", *words) == before

    answers = tmp_path / "models" / "mine" / "answers.py"
    text = answers.read_text("utf-8").replace("def answer_yes_no(", "def _answer_yes_no(")
    answers.write_text(text + "\n\ndef answer_yes_no(*_: object) -> bool:\n    return False\n", "utf-8")
    assert run(tmp_path, "mine", *words) == {"Yes": 0, "No": sum(before.values())}


def test_an_edited_module_that_a_file_imports(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=1)
    (tmp_path / "mine.py").write_text(
        CODE.format(depends="") + "def mine(frames, prompt):\n    import h\n    return h.a\n"
    )
    for answer in ("Yes", "No"):
        (tmp_path / "h.py").write_text(f"a = {answer!r}\n")
        assert run(tmp_path, "mine", "--include", "mine.py", "--data", str(data))[answer] == 2


def test_an_edited_file_that_depends_names(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=1)
    code = CODE.format(depends=", depends=['weights.txt']")
    (tmp_path / "mine.py").write_text(f"{code}def mine(frames, prompt):\n    return open('weights.txt').read()\n")
    for answer in ("Yes", "No"):
        (tmp_path / "weights.txt").write_text(answer)
        assert run(tmp_path, "mine", "--include", "mine.py", "--data", str(data))[answer] == 2


@pytest.mark.parametrize("setting", ["repo", "lora"])
def test_overwritten_middle_bytes_of_weights(setting: str, tmp_path: Path) -> None:
    """Of large files only the first and the last mebibyte used to be read."""
    settings = {"repo": "owner/name", setting: str(tmp_path)}
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(bytes(5 << 20))

    def identity() -> Any:
        return open_engine(ModelCard("mine", "transformers", "", settings=settings), 0).identity[setting]

    before = identity()
    assert identity() == before
    with (tmp_path / "model.safetensors").open("r+b") as stream:
        stream.seek(5 << 19)
        stream.write(b"\x01")
    assert identity() != before


def test_the_sum_of_small_files_is_as_it_was(tmp_path: Path) -> None:
    """Answers of version 0.1.0 with a small checkpoint or adapter hold. The value is that version's."""
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(bytes(2 << 20))
    identity = open_engine(ModelCard("mine", "transformers", "", settings={"repo": str(tmp_path)}), 0).identity
    assert identity["repo"] == "sha256:810dc7a61962ef21bc8551e00a1996d11cd4d8f64c4bde91472b0e9a4fc6e344"


@pytest.fixture
def old_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a run that version 0.1.0 made; the working directory is where its command was given."""
    shutil.copytree(DATA / "runs-0.1.0", tmp_path / "old")
    shutil.copytree(ROOT / "demo" / "videos", tmp_path / "old" / "demo" / "videos")
    for file in (tmp_path / "old").glob("*/*/run.json"):  # the demo that they name has other questions now
        record = json.loads(file.read_text("utf-8"))
        record["config"]["data"] = "demo/questions.json"
        record["benchmark"] |= {"file": "demo/questions.json", "clips": "demo/videos"}
        file.write_text(json.dumps(record), "utf-8")
    monkeypatch.chdir(tmp_path / "old")
    (folder,) = (tmp_path / "old" / "my-model").iterdir()
    return folder


def test_a_run_of_version_0_1_0_goes_on_without_a_question(old_run: Path) -> None:
    """A file alone has the key it had: its answers are those in the journal, each as it was."""
    before = dict(read_journal(old_run).answers)
    samples = (old_run / "samples.jsonl").read_bytes()
    result = evaluate("my-model", limit=2, data="./demo", output=Path(), include=(Path("my_model.py"),))
    assert result.folder.resolve() == old_run
    assert read_journal(old_run).answers == before
    assert len(before) == 24
    assert result.complete
    assert (old_run / "samples.jsonl").read_bytes() == samples


def test_a_run_of_version_0_1_0_is_reported_judged_and_compared(old_run: Path) -> None:
    """As the folder stands; judging asks the judge alone."""
    before = dict(read_journal(old_run).answers)
    (other,) = Path("constant").iterdir()
    assert "my-model" in report_page(old_run)
    (pair,) = compare([old_run, other])
    assert {difference.figure for difference in pair.differences} >= {"CMAR", "SAD"}
    assert judge_run(old_run, "lexical").complete
    assert read_journal(old_run).answers == before
    assert "my-model" in report_page(old_run)
