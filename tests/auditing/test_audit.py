"""Shortcuts on clips that were held out, the flags, and the command."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import mabench_eval
from mabench_eval import evaluate
from mabench_eval.auditing import BY_CLIP, TextProbe, audit, report_markdown
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.packages import install_command
from mabench_eval.types import Question
from tests.support.benchmarks import rows_of_clip, write_benchmark, write_rows
from tests.support.paths import SHARED


def yes_no(clip: str, number: int, text: str, answer: str) -> Question:
    return Question(f"SAD_{number}", "SAD", clip, text, {}, answer)


def options(number: int, shown: Sequence[str], answer: str) -> Question:
    lettered = dict(zip("ABCDE", shown, strict=False))
    return Question(f"FMAR_{number}", "FMAR", f"c{number}", "Which?", lettered, answer)


def test_the_probe_of_one_answer_alone_gives_it_and_an_unknown_task_none() -> None:
    probe = TextProbe().fit([yes_no("a", 1, "Does it move?", "No"), yes_no("b", 2, "Does it stop?", "No")])
    assert probe.answers([yes_no("c", 3, "Will it rain?", "Yes"), options(1, ("x", "y"), "A")]) == ["No", None]


def test_to_an_open_question_it_gives_the_most_typical_reference() -> None:
    texts = ("the head moves up", "the head moves down", "nothing at all happens here")
    known = [Question(f"MADU_{n}", "MADU", f"c{n}", "Describe.", {}, text) for n, text in enumerate(texts)]
    (answer,) = TextProbe().fit(known).answers([Question("MADU_9", "MADU", "d", "Describe.", {}, None)])
    assert answer in texts[:2]


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Thirty clips whose Yes/No questions can be told apart by one word."""
    return write_rows(
        tmp_path / "labelled.json", [row for n in range(30) for row in rows_of_clip(f"clip{n}", n, answers=True)]
    )


def test_data_without_answers_has_structure_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_benchmark(tmp_path / "data", 3, answers=False)
    flags = tmp_path / "f.json"
    assert main(["audit", "--data", str(data), "--flags", str(flags)]) == 0
    out = capsys.readouterr().out
    assert "has no answers: how far one gets without the video cannot be measured" in out
    assert "words, other clips" not in out
    assert {q["guessed"] for q in json.loads(flags.read_text())["questions"].values()} == {None}


def test_one_clip_holds_nothing_out(tmp_path: Path) -> None:
    found = audit(str(write_benchmark(tmp_path / "data", 1)))
    assert BY_CLIP not in {row.look for row in found.readings}
    assert report_markdown(found)


def test_without_scikit_learn_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    with pytest.raises(InputError, match="needs scikit-learn") as error:
        audit("demo")
    assert error.value.hint == install_command("audit")
    assert audit("demo", probe=False).readings == ()


@pytest.mark.parametrize("words", [["--folds", "1"], ["--repeats", "0"]])
def test_odd_numbers_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--data", "demo", *words]) == 2
    assert "at least 2 folds and 1 repeat" in capsys.readouterr().err


def test_the_command_says_first_and_last_what_must_not_be_overlooked(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    flags, report = tmp_path / "audit.json", tmp_path / "audit.md"
    words = ["audit", "--data", str(labelled), "--flags", str(flags), "--report", str(report), "--repeats", "1"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "ATTENTION: SAD, without the video: words, other clips 100.0 %" in out
    assert max(map(len, out.splitlines())) <= 80
    text = report.read_text(encoding="utf-8")
    assert text.index("> **SAD, without the video") < text.index("## Questions")
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["probe"] == {"folds": 10, "repeats": 1, "seed": 0}
    rows = {(row["task"], row["look"]): row for row in document["readings"]}
    assert rows["SAD", "words, other clips"]["above_best"] == "clearly"
    assert rows["SAD", "words, other clips"]["verdict"] == "leak"
    assert document["passed"] is False


def test_answers_of_a_sample_are_taken_over_by_id(tmp_path: Path) -> None:
    whole = write_rows(tmp_path / "whole.json", [r for n in range(3) for r in rows_of_clip(f"c{n}", n, answers=False)])
    sample = write_rows(tmp_path / "sample.json", rows_of_clip("c1", 1))
    found = audit(str(whole), answers=str(sample), probe=False)
    assert found.tasks["SAD"]["answers"] == 2
    assert {share.task: share.questions for share in found.shares}["CMAR"] == 1
    with pytest.raises(InputError, match="has no answer to a question"):
        audit(str(whole), answers="demo")


def test_names_from_the_file_are_harmless_in_the_report(tmp_path: Path) -> None:
    rows = [{**row, "qid": f"<b>{row['qid']}|"} for row in rows_of_clip("<script>", 0)[2:]]
    found = audit(str(write_rows(tmp_path / "q.json", rows)), probe=False)
    assert "<script>" not in report_markdown(found)
    assert "<b>" not in report_markdown(found)


def test_from_python_it_is_mabench_eval_audit() -> None:
    found = mabench_eval.audit("demo", probe=False)
    assert found.tasks["CMAR"] == {"questions": 28, "clips": 28, "texts": 28, "answers": 28}


def test_the_text_probe_as_a_model(labelled: Path, tmp_path: Path) -> None:
    """Learnt on thirty clips, asked on three others whose questions are worded alike: all Yes/No right."""
    rows = [row for n in range(3) for row in rows_of_clip(f"other{n}", 100 + n)]
    test = write_rows(tmp_path / "test.json", rows)
    settings = {"train_data": str(labelled)}
    result = evaluate("text-probe", data=str(test), output=tmp_path / "results", settings=settings)
    assert [result.scores.accuracy(task) for task in ("SAD", "MAD", "MAS", "PPR")] == [100] * 4
    moved = labelled.rename(tmp_path / "elsewhere.json")
    again = evaluate("text-probe", data=str(test), output=tmp_path / "results", settings={"train_data": str(moved)})
    assert again.folder == result.folder  # the same words learnt from, wherever they lie


def test_the_text_probe_never_learns_from_what_it_is_asked(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", "text-probe", "--output", str(tmp_path / "results")]
    assert main([*words, "--data", str(labelled), "--train-data", str(labelled)]) == 2
    assert "30 of its clips are in the test set, clip0 for one" in capsys.readouterr().err
    assert main([*words, "--data", str(labelled)]) == 2
    assert "--train-data FILE" in capsys.readouterr().err
    blank = write_benchmark(tmp_path / "blank", 2, answers=False)
    assert main([*words, "--data", "demo", "--train-data", str(blank)]) == 2
    assert "has no answers to learn from" in capsys.readouterr().err
    assert main([*words, "--data", "demo", "--train-data", str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err
    assert main(["--model", "random", "--data", "demo", "--train-data", str(labelled)]) == 2
    assert "takes no setting train_data" in capsys.readouterr().err


def test_twins_of_a_folder_are_found_by_their_bytes(tmp_path: Path) -> None:
    """CMAR, FMAR, MADU and MARE do not name the clip: four questions of the second twin have been asked before."""
    data = write_benchmark(tmp_path / "data", clips=3, videos=True)
    shutil.copy(data.parent / "videos" / "clip0.mp4", data.parent / "videos" / "clip2.mp4")
    for clips, count in ((None, 4), (tmp_path / "nothing", 0)):
        found = audit(str(data), clips=clips, probe=False)
        assert next(finding for finding in found.findings if finding.check == "twins").found == count


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the labelled sample, which may not be redistributed")
def test_what_docs_say_of_codes() -> None:
    found = audit(str(SHARED / "mabench_data.json"), answers=str(SHARED / "mabench_labelled_50.json"), probe=False)
    codes = next(finding for finding in found.findings if finding.check == "codes on the right option")
    assert (codes.found, codes.of) == (6, 6)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the labelled sample, which may not be redistributed")
def test_what_docs_say_of_the_labelled_sample() -> None:
    """The figures of docs/audit.md, within what another build of the solver may move."""
    found = audit(str(SHARED / "mabench_labelled_50.json"))
    reads = {(row.task, row.look): row for row in found.readings}
    for task, accuracy in {"SAD": 85.0, "MAD": 84.6, "MAS": 64.2, "PPR": 77.0}.items():
        assert reads[task, BY_CLIP].accuracy == pytest.approx(accuracy, abs=1)
    for task, accuracy in {"SAD": 95, "MAD": 96, "MAS": 84, "PPR": 90}.items():
        assert reads[task, "number"].accuracy == pytest.approx(accuracy)
    above = {row.task: row.above_best for row in found.readings if row.look == BY_CLIP}
    closed = {"SAD": "clearly", "MAD": "clearly", "PPR": "clearly", "MAS": "yes"}  # MAS: 55.7 to 71.9, against 57.30
    assert above == {**closed, "CMAR": "no", "FMAR": "no"}
    assert {row.task for row in found.gate.leaks} == {"SAD", "MAD", "MAS", "PPR", "CMAR", "FMAR"}
