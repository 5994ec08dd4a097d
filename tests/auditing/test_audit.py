"""Shortcuts on clips that were held out, the flags, and the command."""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import mabench_eval
from mabench_eval import evaluate
from mabench_eval.auditing import TextProbe, audit, report_markdown
from mabench_eval.auditing.rules import Answers, apply_rules
from mabench_eval.auditing.shortcuts import Tried, _deal, _tried, find_shortcuts, try_rules
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.types import Question
from tests.support.benchmarks import rows_of_clip, write_benchmark, write_rows
from tests.support.paths import SHARED


def yes_no(clip: str, number: int, text: str, answer: str) -> Question:
    return Question(f"SAD_{number}", "SAD", clip, text, {}, answer)


def leaking(clips: int) -> list[Question]:
    """Two questions a clip: whoever reads `always` knows that the answer is No; numbers tell nothing."""
    lot = random.Random(0)
    questions = []
    for clip in range(clips):
        texts = [("Does the head always move?", "No"), ("Does the head move?", "Yes")]
        lot.shuffle(texts)
        questions += [yes_no(f"c{clip}", 2 * clip + n, text, answer) for n, (text, answer) in enumerate(texts)]
    return questions


def test_every_question_is_answered_once_by_what_was_learnt_on_other_clips() -> None:
    questions = leaking(7)
    seen: list[str] = []

    def rule(known: Sequence[Question]) -> Any:
        def answer(asked: Sequence[Question]) -> Answers:
            assert not {q.clip for q in known} & {q.clip for q in asked}
            assert len(known) + len(asked) == len(questions)
            seen.extend(q.qid for q in asked)
            return ["Yes"] * len(asked)

        return answer

    parts = [_deal([f"c{n}" for n in range(7)], 3, "seed")]
    found = _tried(questions, rule, parts)
    assert sorted(seen) == sorted(q.qid for q in questions)
    assert sorted(len(part) for part in parts[0]) == [2, 2, 3]
    assert {qid: tried.right for qid, tried in found.items()} == {q.qid: float(q.answer == "Yes") for q in questions}


def test_words_that_tell_are_found_and_position_tells_nothing() -> None:
    questions = leaking(40)
    rows = {row.rule: row for row in find_shortcuts(questions, try_rules(questions, repeats=2))}
    assert rows["text probe"].accuracy == 100
    assert rows["text probe"].above_best == "clearly"
    assert 30 < rows["number"].accuracy < 70
    assert rows["same answer"].accuracy <= 50  # as many Yes as No on every clip: there is nothing to learn
    assert "named elsewhere" not in rows  # it has nothing to say of Yes/No questions
    words = {(word.answer, word.word): (word.of_answer, word.of_others) for word in TextProbe().fit(questions).words(3)}
    assert words["No", "always"] == (40, 0)


def test_the_same_rule_on_shuffled_answers_stays_at_chance() -> None:
    """What is learnt must not leak from the clips that are asked: with answers by lot half are right."""
    lot = random.Random(1)
    questions = [
        yes_no(f"c{n // 2}", n, f"Does part {lot.random()} move?", lot.choice(("Yes", "No"))) for n in range(400)
    ]
    rows = {row.rule: row for row in find_shortcuts(questions, try_rules(questions, repeats=1))}
    for rule in ("text probe", "number", "same answer"):
        low, high = rows[rule].low, rows[rule].high
        assert low is not None
        assert high is not None
        assert low - 3 < 50 < high + 3


def test_numbers_that_tell() -> None:
    questions = [yes_no(f"c{n // 2}", n, "Does it move?", "No" if n % 2 else "Yes") for n in range(40)]
    rows = {row.rule: row for row in find_shortcuts(questions, try_rules(questions, repeats=1))}
    assert (rows["number"].accuracy, rows["number"].applies, rows["number"].chance) == (100, 40, 50)


def options(number: int, shown: Sequence[str], answer: str) -> Question:
    lettered = dict(zip("ABCDE", shown, strict=False))
    return Question(f"FMAR_{number}", "FMAR", f"c{number}", "Which?", lettered, answer)


def test_the_look_of_options_is_learnt() -> None:
    """The right option is always the longest."""
    shown = [("Nodding", "Scratching or touching back", "Waving"), ("Tiptoe", "Waving", "Hands touching fingers")]
    questions = [options(n, shown[n % 2], "B" if n % 2 == 0 else "C") for n in range(8)]
    learnt = apply_rules(questions)["options"](questions)
    assert learnt(questions) == ["B", "C"] * 4
    assert learnt([yes_no("d", 1, "?", "Yes")]) == [None]


def test_a_rule_that_says_nothing_counts_as_a_guess() -> None:
    """Of two questions with three options one is told elsewhere and right: (1 + 1/3) / 2 = 66.67 %."""
    told, silent = options(1, ("Nodding", "Waving", "Tiptoe"), "A"), options(2, ("Nodding", "Waving", "Tiptoe"), "B")
    other = Question("SAD_9", "SAD", "c1", "Is the nodding fast?", {}, "Yes")
    tried = try_rules([told, silent, other], repeats=1)["named elsewhere"]
    assert tried["FMAR_1"] == Tried(1.0, True)
    assert tried["FMAR_2"] == Tried(1 / 3, False)
    row = next(row for row in find_shortcuts([told, silent, other], {"named elsewhere": tried}) if row.task == "FMAR")
    assert row.accuracy == pytest.approx(200 / 3)
    assert (row.applies, row.questions) == (1, 2)


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
    assert "has no answers: how far words alone go cannot be measured" in out
    assert "text probe" not in out
    assert {q["guessed"] for q in json.loads(flags.read_text())["questions"].values()} == {None}


def test_one_clip_holds_nothing_out(tmp_path: Path) -> None:
    found = audit(str(write_benchmark(tmp_path / "data", 1)))
    assert found.shortcuts == ()
    assert found.probe is None
    assert report_markdown(found)


def test_without_scikit_learn_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    with pytest.raises(InputError, match="needs scikit-learn") as error:
        audit("demo")
    assert "mabench_eval[audit]" in error.value.hint
    assert audit("demo", probe=False).shortcuts == ()


@pytest.mark.parametrize("words", [["--folds", "1"], ["--repeats", "0"]])
def test_odd_numbers_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--data", "demo", *words]) == 2
    assert "at least 2 folds and 1 repeat" in capsys.readouterr().err


def test_the_command_says_first_and_last_what_must_not_be_overlooked(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags, report = tmp_path / "audit.json", tmp_path / "audit.md"
    words = ["audit", "--data", str(labelled), "--flags", str(flags), "--report", str(report), "--repeats", "1"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "ATTENTION: SAD, without the video: text probe 100.0 %" in out
    assert max(map(len, out.splitlines())) <= 100
    text = report.read_text(encoding="utf-8")
    assert text.index("> **SAD, without the video") < text.index("## Questions")
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["probe"] == {"folds": 10, "repeats": 1, "seed": 0}
    rows = {(row["task"], row["rule"]): row for row in document["shortcuts"]}
    assert rows["SAD", "text probe"]["above_best"] == "clearly"


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
    reached = {(row.task, row.rule): row.accuracy for row in found.shortcuts}
    for task, accuracy in {"SAD": 84.6, "MAD": 85.2, "MAS": 65.4, "PPR": 75.6}.items():
        assert reached[task, "text probe"] == pytest.approx(accuracy, abs=1)
    for task, accuracy in {"SAD": 95, "MAD": 96, "MAS": 84, "PPR": 90}.items():
        assert reached[task, "number"] == pytest.approx(accuracy)
    above = {row.task: row.above_best for row in found.shortcuts if row.rule == "text probe"}
    closed = {"SAD": "clearly", "MAD": "clearly", "PPR": "clearly", "MAS": "yes"}  # MAS: 56.7 to 73.2, against 57.30
    assert above == {**closed, "CMAR": "no", "FMAR": "no"}
