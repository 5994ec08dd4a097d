"""Entries whose scores do not follow from their samples, and clean and hard accuracies on the page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate, register_model
from mabench_eval.auditing import audit, write_flags
from mabench_eval.cli import main
from mabench_eval.leaderboard import add_entry, check_entries
from mabench_eval.runs.comparison import compare
from mabench_eval.runs.rejudging import judge_run
from tests.support.benchmarks import write_benchmark
from tests.support.leaderboard import COMMITTED, render


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """The committed leaderboard, to be changed."""
    return Path(shutil.copytree(COMMITTED, tmp_path / "leaderboard"))


def entry_of(board: Path) -> Path:
    return next((board / "entries").glob("motion-*.json"))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_committed_entries_follow_from_their_samples() -> None:
    assert check_entries(COMMITTED) == ([], 0)


def test_an_accuracy_that_is_better_than_its_samples_is_told(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty of 28 are right: 71.4286 %."""
    document = json.loads(entry_of(board).read_text(encoding="utf-8"))
    document["scores"]["tasks"]["CMAR"]["accuracy"] = 75.0
    entry_of(board).write_text(json.dumps(document), encoding="utf-8")
    (problem,), _ = check_entries(board)
    assert "CMAR: the entry has 75, its samples give 71.4286" in problem
    assert main(["leaderboard", "--dir", str(board), "--check"]) == 2
    assert "do not follow from the samples" in capsys.readouterr().err


def test_samples_that_were_changed_are_told_in_every_figure_they_enter(board: Path) -> None:
    """One more right answer of CMAR: 21 of 28 are 75 %, the average of six goes up by 3.571 / 6 = 0.595."""
    samples = entry_of(board).with_suffix(".samples.jsonl")
    change(
        samples,
        '"task": "CMAR", "outcome": "answered", "correct": false',
        '"task": "CMAR", "outcome": "answered", "correct": true',
    )
    problems, _ = check_entries(board)
    assert [problem.split(": ")[1] for problem in problems] == ["CMAR", "closed_avg", "final"]
    assert "has 71.4286, its samples give 75" in problems[0]


def test_an_average_that_is_not_that_of_its_tasks_is_told(board: Path) -> None:
    document = json.loads(entry_of(board).read_text(encoding="utf-8"))
    document["scores"]["final"] = None
    entry_of(board).write_text(json.dumps(document), encoding="utf-8")
    (problem,), _ = check_entries(board)
    assert "final: the entry has none, its samples give 60.1" in problem


def test_an_entry_without_samples_is_counted_and_not_refused(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry_of(board).with_suffix(".samples.jsonl").unlink()
    assert check_entries(board) == ([], 1)
    main(["leaderboard", "--dir", str(board), "--html"])
    assert main(["leaderboard", "--dir", str(board), "--check"]) == 0
    assert "1 entries have no samples" in capsys.readouterr().err


def test_clean_and_hard_accuracies_are_on_the_page(board: Path, tmp_path: Path) -> None:
    flags = tmp_path / "audit.json"
    write_flags(audit("demo", folds=3, repeats=1), flags)
    run = evaluate("constant", data="demo", output=tmp_path / "results", flags=flags)
    assert "Clean and hard questions" not in render(board, ())
    add_entry(run.folder, board)
    row = next(
        line
        for line in render(board, ()).split("Clean and hard questions: demo")[1].splitlines()
        if line.startswith("| constant")
    )
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    assert run.scores.flags
    hard = run.scores.flags.hard["closed AVG"]
    assert cells[1:3] == [run.scores.flags.sha256[:8], f"{run.scores.closed_avg:.2f}"]
    assert cells[6] == f"{hard.value:.2f}"
    assert cells[8] == str(hard.n)


def test_line_separators_in_an_answer_end_no_line(tmp_path: Path) -> None:
    """U+2028 and U+0085 are line ends to some readers; in a file of JSON lines they are part of a text."""

    @register_model("separated", needs_frames=False)
    def separated(frames: Any, prompt: str) -> str:
        return "Yes\u2028.\u0085"

    data = write_benchmark(tmp_path / "data", 3)
    runs = [evaluate(name, data=str(data), output=tmp_path / "results").folder for name in ("separated", "constant")]
    assert compare(runs)[0].differences
    assert judge_run(runs[0], "lexical").complete
