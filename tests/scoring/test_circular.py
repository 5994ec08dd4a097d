"""Choices asked with every rotation of their options: who says a letter and who knows the answer, told apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate, register_model
from mabench_eval.auditing import audit, write_flags
from mabench_eval.cli import main
from mabench_eval.runfiles import ChoiceScores, CircularScores, LetterScores
from mabench_eval.runs.rejudging import judge_run
from mabench_eval.taxonomy import label
from mabench_eval.types import ClipWork, Response
from tests.support.benchmarks import write_benchmark

RIGHT = {"CMAR": "Head", "FMAR": "Nodding"}


@pytest.fixture
def models() -> None:
    """One says A; one knows the label of a choice."""

    @register_model("always-a", needs_frames=False)
    def always_a(frames: Any, prompt: str) -> str:
        return "A"

    @register_model("knows", needs_frames=False)
    class Knows:
        def __init__(self, settings: Any, seed: int) -> None: ...

        def generate(self, work: Iterator[ClipWork]) -> Iterator[Response]:
            for item in work:
                for r in item.requests:
                    (letter,) = (a for a, option in r.options.items() if label(option) == RIGHT[r.task])
                    yield Response(r.key, text=letter)


def values(task: CircularScores) -> list[float | None]:
    """Plain and circular accuracy and the gap between them."""
    return [figure.value if figure else None for figure in (task.plain, task.circular, task.gap)]


def test_always_the_same_letter_is_never_right_all_round(models: None, tmp_path: Path) -> None:
    """Of five rotations of FMAR one has Nodding behind A: the printed one. Recalls 100, 0, 0, 0, 0: deviation 40."""
    data = str(write_benchmark(tmp_path / "data", clips=3))
    result = evaluate("always-a", data=data, tasks="cmar,fmar", circular=True, output=tmp_path)
    task, found = result.scores.tasks["FMAR"], result.scores.circular
    assert found and isinstance(task, ChoiceScores)
    assert (task.accuracy, result.scores.accuracy("CMAR")) == (100, 0)
    assert values(found["FMAR"]) == [100, 0, 100]
    assert found["FMAR"].by_rotation == (100, 0, 0, 0, 0)
    assert found["CMAR"].by_rotation == (0, 100, 0, 0, 0, 0, 0)  # Head, the second, is first after one place
    assert [found["FMAR"].consistent, found["FMAR"].chance] == pytest.approx([0, 100 / 5**5])
    assert task.letters["A"] == LetterScores(predicted=100, reference=100, recall=100)
    assert task.letters["B"] == LetterScores(predicted=0, reference=0, recall=None)
    assert task.rstd is None  # a single letter is ever right as printed
    assert {found["FMAR"].letters[letter].reference for letter in "ABCDE"} == {20}
    assert found["FMAR"].rstd == pytest.approx(40)


def test_who_knows_the_label_finds_it_behind_any_letter(models: None, tmp_path: Path) -> None:
    data = str(write_benchmark(tmp_path / "data", clips=3))
    result = evaluate("knows", data=data, tasks="cmar,fmar", circular=True, output=tmp_path)
    assert result.scores.circular
    for found in result.scores.circular.values():
        assert values(found) == [100, 100, 0]
        assert (found.consistent, found.rstd) == (100, 0)
    # three clips, all 0: Wilson's interval from 0 to z^2 / (3 + z^2), 56 %
    gap = result.scores.circular["CMAR"].gap
    assert gap and gap.high == pytest.approx(100 * 3.8415 / 6.8415, abs=0.01)


def test_without_references_there_is_consistency_and_what_was_said(models: None, tmp_path: Path) -> None:
    data = str(write_benchmark(tmp_path / "data", clips=2, answers=False))
    result = evaluate("knows", data=data, tasks="fmar", circular=True, output=tmp_path)
    found = (result.scores.circular or {})["FMAR"]
    assert (found.plain, found.circular, found.gap, found.consistent) == (None, None, None, 100)
    assert found.by_rotation == (None,) * 5
    assert found.letters["C"] == LetterScores(predicted=20, reference=None, recall=None)
    page = (result.folder / "scores.md").read_text()
    assert ("predicted" in page, "recall" in page) == (True, False)


def test_letters_are_on_the_terminal_when_they_were_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_benchmark(tmp_path / "data", clips=2)
    words = ["--model", "random", "--data", str(data), "--judge", "none", "--output", str(tmp_path / "out")]
    assert main(words) == 0
    assert "RStd" not in capsys.readouterr().out
    assert main([*words, "--circular", "--repeats", "2"]) == 0
    out = capsys.readouterr().out
    assert "RStd" in out and "By rotation" in out and "CMAR, all rotations" in out
    assert "Every question asked 2 times" in out


def test_a_rotation_that_failed_is_missing_and_asked_again(tmp_path: Path) -> None:
    broken = True

    @register_model("shy", needs_frames=False)
    class Shy:
        """Breaks on the coarse question with the fourth option first."""

        def __init__(self, settings: Any, seed: int) -> None: ...

        def generate(self, work: Iterator[ClipWork]) -> Iterator[Response]:
            for item in work:
                for r in item.requests:
                    fails = broken and r.task == "CMAR" and r.options["A"] == "Lower limb"
                    yield Response(r.key, error="no") if fails else Response(r.key, text="A")

    data = str(write_benchmark(tmp_path / "data", clips=2))
    choices: dict[str, Any] = {"tasks": "cmar,fmar", "circular": True, "judge": "none", "output": tmp_path}
    first = evaluate("shy", data=data, **choices)
    assert (first.complete, first.scores.coverage, first.scores.outcomes["error"]) == (False, 100.0, 0)
    assert {name: (found.n, found.total) for name, found in (first.scores.circular or {}).items()} == {
        "CMAR": (0, 2),
        "FMAR": (2, 2),
    }
    assert "2 of 2 CMAR questions lack the answer to a rotation" in (first.folder / "scores.md").read_text()
    broken = False
    again = evaluate("shy", data=data, **choices)
    assert (again.complete, again.folder) == (True, first.folder)
    assert (again.scores.circular or {})["CMAR"].n == 2
    assert again.record.totals.answers == 2 * (7 + 5)


def test_flags_are_those_of_the_question_as_printed(tmp_path: Path) -> None:
    """A rotated text is no other data, and its answers are in no clean accuracy."""
    write_flags(audit("demo", probe=False), tmp_path / "audit.json")
    choices: dict[str, Any] = {"tasks": "fmar,madu", "limit": 4, "flags": tmp_path / "audit.json"}
    result = evaluate("random", repeats=2, circular=True, output=tmp_path, **choices)
    assert result.scores.flags
    clean = result.scores.flags.clean
    assert (clean["FMAR"].n, clean["FMAR"].value) == (4, result.scores.accuracy("FMAR"))
    assert judge_run(result.folder, "lexical").scores.flags == result.scores.flags
