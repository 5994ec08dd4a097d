"""Flags on questions: written by an audit, read by runs, clean and hard accuracies beside the official ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.auditing import audit, write_flags
from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.runs.rejudging import judge_run
from mabench_eval.scoring.flagged import FlaggedQuestion, clean_and_hard, read_flags
from mabench_eval.types import Outcome, Sample
from tests.support.benchmarks import Ask, rows_of_clip, write_benchmark, write_rows


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Thirty clips whose Yes/No questions can be told apart by one word."""
    return write_rows(
        tmp_path / "labelled.json", [row for n in range(30) for row in rows_of_clip(f"clip{n}", n, answers=True)]
    )


def test_flags_and_what_is_right_without_them(labelled: Path, tmp_path: Path) -> None:
    """`up` is always Yes, `down` always No: all Yes/No questions are guessed. CMAR and FMAR have one answer each."""
    found = audit(str(labelled), folds=3, repeats=2)
    counts = found.document()["flags"]
    assert counts["guessed"] == 30 * 10
    file = tmp_path / "audit.json"
    write_flags(found, file)
    questions = load_benchmark(str(labelled), load_catalogue(()).tasks).questions
    flags = read_flags(file, questions)
    flags = replace(flags, questions={**flags.questions, "SAD_00002": FlaggedQuestion("", flags=(), guessed=0.5)})
    samples = [
        Sample(q.qid, q.task, q.clip, Outcome.ANSWERED, "Yes", "Yes", q.answer, correct=q.answer == "Yes")
        for q in questions
        if q.task == "SAD"
    ]
    figures = clean_and_hard(samples, flags)
    assert figures.sha256 == flags.sha256
    assert (figures.clean["SAD"].value, figures.clean["SAD"].n) == (100, 1)
    assert (figures.hard["SAD"].value, figures.hard["SAD"].n) == (100, 1)


def test_flags_of_other_data_and_no_flags_are_errors(labelled: Path, tmp_path: Path) -> None:
    questions = load_benchmark(str(labelled), load_catalogue(()).tasks).questions
    file = tmp_path / "audit.json"
    write_flags(audit("demo", probe=False), file)
    with pytest.raises(InputError, match="of other data: it does not know 360"):
        read_flags(file, questions)
    for content in ("no json", "[]", '{"questions": 3}', '{"questions": {"SAD_1": {}}}'):
        file.write_text(content, encoding="utf-8")
        with pytest.raises(InputError, match=r"no file of flags|not valid JSON|of other data"):
            read_flags(file, questions)
    with pytest.raises(InputError, match="cannot be read"):
        read_flags(tmp_path / "none.json", questions)
    with pytest.raises(InputError, match="cannot be written"):
        write_flags(audit("demo", probe=False), tmp_path / "none" / "audit.json")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five clips, with their videos."""
    return write_benchmark(tmp_path / "data", clips=5, videos=True)


@pytest.fixture
def flagged(data: Path, tmp_path: Path) -> Path:
    """Flags of five clips: of each task's questions on the first clip one is flagged, on the second one was guessed."""
    found = audit(str(data), probe=False)
    file = tmp_path / "flags.json"
    write_flags(found, file)
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    for qid, each in document["questions"].items():
        if qid.split("_")[0] not in ("MADU", "MARE"):
            each["guessed"] = 0.4
    document["questions"]["SAD_00002"]["flags"] = ["ill-posed"]
    document["questions"]["SAD_00103"] |= {"flags": ["guessed"], "guessed": 0.6}
    return write_rows(file, document)  # type: ignore[arg-type]


def test_a_run_tells_both_beside_the_official_figures(ask: Ask, data: Path, flagged: Path) -> None:
    """Yes always: of ten SAD questions the five on `up` are right. Flagged: one right (on clip 0) and one wrong
    (clip 1), so clean 4 of 8; guessed: the wrong one, so hard 5 of 9."""
    scores = ask(data, flags=flagged).scores
    assert scores.accuracy("SAD") == 50
    assert scores.flags
    clean, hard = scores.flags.clean, scores.flags.hard
    assert (clean["SAD"].value, clean["SAD"].n) == (50, 8)
    assert [hard["SAD"].value, hard["SAD"].n] == pytest.approx([500 / 9, 9])
    assert (hard["CMAR"].value, hard["CMAR"].n) == (100, 5)
    assert hard["closed AVG"].n == 5 + 5 + 4 * 10 - 1


def test_flags_change_no_answer_and_no_official_figure(ask: Ask, data: Path, flagged: Path) -> None:
    plain, with_flags = ask(data), ask(data, flags=flagged)
    assert plain.folder == with_flags.folder
    assert with_flags.scores.flags
    assert replace(with_flags.scores, flags=None) == plain.scores
    assert f"--flags {flagged}" in with_flags.record.command


def test_judged_again_they_stay(ask: Ask, data: Path, flagged: Path) -> None:
    first = ask(data, flags=flagged)
    again = judge_run(first.folder, "lexical")
    assert again.scores.flags == first.scores.flags


def test_scores_of_a_prediction_file_have_them_too(
    ask: Ask, data: Path, flagged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ask(data)
    words = ["score", str(run.folder / "submission.json"), "--data", str(data), "--flags", str(flagged), "--json"]
    assert main(words) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["flags"]["clean"]["SAD"]["n"] == 8
    assert main(words[:-1]) == 0
    assert "Clean" in capsys.readouterr().out


def test_the_tables_show_them(ask: Ask, data: Path, flagged: Path) -> None:
    text = (ask(data, flags=flagged).folder / "scores.md").read_text(encoding="utf-8")
    assert "## Clean and hard questions" in text
    assert "| SAD " in text.split("## Clean and hard questions")[1]


def test_flags_of_other_data_stop_a_run_before_it_starts(ask: Ask, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    write_flags(audit("demo", probe=False), file)
    with pytest.raises(InputError, match="nothing was run") as error:
        ask(data, flags=file)
    assert "of other data" in error.value.problems[0]
