"""Runs made by 0.1.0, before its scores had types: read, and taken by every verb."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mabench_eval.cli import main
from mabench_eval.runfiles import RunScores, read_run_files, sample_row, to_json
from mabench_eval.runs import judge_run, merge_runs, read_run
from mabench_eval.tables import scores_markdown
from tests.support.paths import DATA, ROOT

OLD = DATA / "runs-0.1.0"
RUNS = sorted(path.parent.relative_to(OLD) for path in OLD.glob("*/*/run.json"))


def as_recorded(results: Path) -> None:
    """Their demo has other questions now: their own stand beside them, and are where the runs say."""
    questions = (results / "demo").rename(results.parent / "demo")
    shutil.copytree(ROOT / "demo" / "videos", questions / "videos")
    for file in results.glob("*/*/run.json"):
        record = json.loads(file.read_text(encoding="utf-8"))
        record["config"]["data"] = str(questions)
        record["benchmark"] |= {"file": str(questions / "questions.json"), "clips": str(questions / "videos")}
        file.write_text(json.dumps(record), encoding="utf-8")


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The runs in a folder of their own, which is the working folder as it was: one includes ``my_model.py``."""
    shutil.copytree(OLD, tmp_path / "results")
    as_recorded(tmp_path / "results")
    (tmp_path / "results" / "my_model.py").rename(tmp_path / "my_model.py")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "results"


OF_NOTHING = "; the same as the model's own closed answer on - % of 0 clips"
"""What that version said of the label where there was nothing to compare it with."""


@pytest.mark.parametrize("run", RUNS, ids=str)
def test_what_is_read_is_what_is_written(run: Path) -> None:
    """Byte for byte but for the schema, which 0.1.0 did not write."""
    files = read_run_files(OLD / run)
    scores = files.scores.to_json()
    assert scores.pop("schema") == 1
    for name, value in (("scores.json", scores), ("run.json", to_json(files.record))):
        assert json.dumps(value, indent=2, ensure_ascii=False) + "\n" == (OLD / run / name).read_text(encoding="utf-8")
    lines = [json.dumps(sample_row(sample), ensure_ascii=False) for sample in files.samples()]
    assert lines == (OLD / run / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    page = (OLD / run / "scores.md").read_text(encoding="utf-8")
    assert scores_markdown(files.scores) == page.replace(OF_NOTHING, "")


def figures_of(scores: RunScores) -> dict[str, tuple[float, int, float | None]]:
    """What an interval is of, without its bounds: that version drew them, this one computes them."""
    return {name: (figure.value, figure.clips, figure.se) for name, figure in (scores.intervals or {}).items()}


@pytest.mark.parametrize("run", RUNS, ids=str)
def test_judged_again_its_figures_are_the_same(run: Path, old: Path) -> None:
    """The answers are read anew from what the model said, and the offline judge is the same."""
    before = read_run_files(old / run)
    after = judge_run(old / run, "lexical")
    assert after.scores.tasks == before.scores.tasks
    assert figures_of(after.scores) == figures_of(before.scores)
    assert list(after.samples) == before.samples()
    assert (after.record.identity, after.record.totals) == (before.record.identity, before.record.totals)
    assert after.record.sessions[0] == before.record.sessions[0]
    assert len(read_run(old / run).questions) == len(after.samples)


@pytest.mark.parametrize(
    "words",
    [
        "compare RUN OTHER",
        "compare RUN OTHER --html OUT",
        "report RUN -o OUT",
        "plot RUN OTHER --kind bars -o OUT.svg",
        "plot RUN --kind confusion -o OUT.svg",
        "submit RUN --fill -o OUT",
        "leaderboard RUN OTHER --dir BOARD",
        "leaderboard RUN --add --dir BOARD --html",
        "status results",
        "judge RUN --judge lexical",
    ],
)
def test_every_verb_takes_it(words: str, old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if words.startswith("plot"):
        pytest.importorskip("matplotlib")
    (tmp_path / "board").mkdir()
    shutil.copy(ROOT / "leaderboard" / "paper.json", tmp_path / "board")
    run, other = (str(old / each) for each in RUNS)
    places = {"RUN": run, "OTHER": other, "OUT": "out", "OUT.svg": "out.svg", "BOARD": "board"}
    assert main([places.get(word, word) for word in words.split()]) == 0, capsys.readouterr().err


def test_its_questions_are_those_of_the_recorded_file_or_of_data(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It kept none. The file must hold the very questions that the run was made on, wherever it is."""
    run = old / RUNS[0]
    record = json.loads((run / "run.json").read_text())
    record["config"]["data"] = "somewhere/demo"
    record["benchmark"]["file"] = "somewhere/demo/questions.json"
    (run / "run.json").write_text(json.dumps(record))
    words = ["report", str(run), "-o", str(tmp_path / "page.html")]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert f"{run} was made by an early version, which kept no questions, and somewhere/demo/questions.json" in error
    assert error.count("\n") == 2 and "--data DATA" in error
    assert main([*words, "--data", str(tmp_path / "demo")]) == 0

    (tmp_path / "somewhere" / "demo").mkdir(parents=True)
    recorded = Path(shutil.copy(OLD / "demo" / "questions.json", tmp_path / "somewhere" / "demo"))
    assert main(words) == 0
    recorded.write_text(recorded.read_text().replace("?", "??", 1))
    capsys.readouterr()
    assert main(words) == 2
    assert f"somewhere/demo/questions.json has changed since the run {run}" in capsys.readouterr().err
    assert main([*words, "--data", str(recorded)]) == 2
    assert "--data DATA" in capsys.readouterr().err


def test_its_shards_are_merged(old: Path) -> None:
    """The run in two parts gives the answers of the whole one; nothing is asked."""
    shutil.copytree(DATA / "shards-0.1.0", old / "shards")
    result, notes = merge_runs(sorted((old / "shards" / "my-model").iterdir()), data=str(old.parent / "demo"))
    (whole,) = (old / "my-model").iterdir()
    assert notes == []
    assert [(s.qid, s.response, s.prediction, s.correct) for s in result.samples] == [
        (s.qid, s.response, s.prediction, s.correct) for s in read_run_files(whole).samples()
    ]
