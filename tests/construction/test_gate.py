"""The gate of a build: what it finds, what it keeps, and what the command says."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mabench_eval.cli import main
from mabench_eval.construction import BuildFolder, ClipRow, audit_build, gate_state, read_gate
from mabench_eval.construction.folder import (
    CLIPS,
    GATE,
    LEFT_OUT,
    QUESTIONS,
    VERIFIED,
    BuildSettings,
    write_rows,
    write_settings,
)
from mabench_eval.construction.questions import BuiltQuestion, Statement
from mabench_eval.construction.verification import Verdict, Verification
from mabench_eval.errors import InputError
from mabench_eval.packages import install_command
from tests.support.benchmarks import write_rows as write_questions

PARTS = ("head", "torso", "left hand", "right hand", "left foot", "right foot")
CLIP_COUNT = 60


def built(answer: Callable[[random.Random, Statement], str], seed: int = 4) -> list[BuiltQuestion]:
    """Two questions a clip, stillness or repetition of two different parts."""
    lot, numbers = random.Random(seed), list(range(1000))
    lot.shuffle(numbers)
    rows = []
    for clip in range(CLIP_COUNT):
        for part in lot.sample(PARTS, 2):
            statement = Statement("SAD", lot.choice(("stillness", "repetition")), (part,))
            text = {"stillness": "Does the {} stay still?", "repetition": "Does the {} go back and forth?"}
            asked, told = text[statement.family].format(part), answer(lot, statement)
            qid = f"SAD_{numbers.pop():04d}"
            rows.append(BuiltQuestion(1, qid, f"p{clip % 7}_c{clip}", "SAD", asked, told, statement.id, "template", {}))
    return rows


def coin(lot: random.Random, _: Statement) -> str:
    return lot.choice(("Yes", "No"))


def by_family(lot: random.Random, statement: Statement) -> str:
    return "Yes" if statement.family == "stillness" else "No"


@pytest.fixture
def folder(tmp_path: Path) -> BuildFolder:
    made = write_settings(tmp_path, BuildSettings(1, str(tmp_path / "videos"), "labels.csv"))
    write_rows(tmp_path / LEFT_OUT, [])
    write_rows(tmp_path / CLIPS, [row(clip) for clip in range(CLIP_COUNT)])
    write_rows(tmp_path / QUESTIONS, built(coin))
    return made


def row(clip: int) -> ClipRow:
    name = f"p{clip % 7}_c{clip}"
    about = (60, 2.0, 30.0, 240, 320, "B1", "Nodding", "Head", f"p{clip % 7}")
    return ClipRow(name, f"{name}.mp4", f"{clip:064x}", *about)


def test_fair_questions_pass_and_the_record_says_what_they_cover(folder: BuildFolder) -> None:
    """60 clips of 7 persons and one action; of two parts a clip each is named in a third of 120 questions, about 20."""
    assert gate_state(folder) == "missing"
    record = audit_build(folder)
    assert record.passed
    assert (record.coverage.clips, record.coverage.actions, record.coverage.of_actions) == (60, 1, 52)
    assert (record.coverage.persons, record.coverage.tasks) == (7, {"SAD": 120})
    assert sum(record.coverage.parts.values()) == 120
    assert sum(record.coverage.answers["SAD"].values()) == 120
    assert "family" in {reading.look for reading in record.readings}
    assert gate_state(folder) == "passed"
    assert read_gate(folder) == record


def test_what_was_looked_at_is_not_looked_at_again(folder: BuildFolder) -> None:
    record = audit_build(folder)
    before = (folder.path / GATE).stat().st_mtime_ns
    assert audit_build(folder) == record
    assert (folder.path / GATE).stat().st_mtime_ns == before
    text = (folder.path / GATE).read_bytes()
    (folder.path / GATE).unlink()
    audit_build(folder)
    assert (folder.path / GATE).read_bytes() == text


def test_another_answer_or_clip_makes_it_stale(folder: BuildFolder) -> None:
    rows = built(coin)
    audit_build(folder)
    flipped = {"Yes": "No", "No": "Yes"}[rows[0].answer]
    write_rows(folder.path / QUESTIONS, [replace(rows[0], answer=flipped), *rows[1:]])
    assert gate_state(folder) == "stale"
    write_rows(folder.path / QUESTIONS, rows)
    assert gate_state(folder) == "passed"
    write_rows(folder.path / CLIPS, [replace(row(0), subject="somebody"), *map(row, range(1, CLIP_COUNT))])
    assert gate_state(folder) == "stale"


def test_a_leak_is_refused_with_what_tells(
    folder: BuildFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    write_rows(folder.path / QUESTIONS, built(by_family))
    assert main(["build", str(folder.path), "audit"]) == 1
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    words = " ".join(out.split())
    assert "refused: SAD:" in words
    assert "words, other statements 100.0 % (by chance 50.0)" in words
    yes = sum(q.answer == "Yes" for q in built(by_family))
    assert f"stillness {yes} of {yes}" in words
    assert gate_state(folder) == "failed"
    assert read_gate(folder).telling["SAD"].families["repetition"] == (120 - yes, 0)  # type: ignore[union-attr]


def test_the_command_says_what_passed(folder: BuildFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", str(folder.path), "audit"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "questions on 60 of 60 clips, of 1 of 52 actions, 7 persons: SAD 120" in out
    assert "passed: none of" in out
    assert main(["build", str(folder.path), "audit", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["passed"] is True


def test_a_blind_model_is_a_look(folder: BuildFolder) -> None:
    """It gives the right answer to 58 of 60 questions that it was asked; what it said of other words is passed over."""
    rows = built(coin)
    said = [
        Verification(1, q.qid, q.digest if n < 60 else "other", (Verdict("blind", "m", "agrees", answer),), None)
        for n, q in enumerate(rows)
        for answer in [q.answer if n >= 2 else {"Yes": "No", "No": "Yes"}[q.answer]]
    ]
    write_rows(folder.path / VERIFIED, said)
    record = audit_build(folder)
    blind = next(reading for reading in record.readings if reading.look == "blind model")
    assert (blind.applies, blind.verdict) == (60, "leak")
    assert blind.accuracy == pytest.approx(100 * 58 / 60)
    assert not record.passed


def test_people_of_training_data_are_refused(folder: BuildFolder, tmp_path: Path) -> None:
    """The build knows its persons from its labels, the other file's are found by the regular expression."""
    other = {"video": "p3_elsewhere.mp4", "task": "SAD", "qid": "SAD_1", "question": "Does it?", "answer": "Yes"}
    file = write_questions(tmp_path / "train.json", [other])
    subjects = replace(folder.settings, subjects=r"^p\d+")
    named = write_settings(folder.path, subjects)
    record = audit_build(named, [str(file)])
    assert [(f.check, f.places) for f in record.gate.faults] == [("people in both files", ("p3",))]
    assert gate_state(named) == "failed"


def test_a_label_named_beside_its_question_is_refused(folder: BuildFolder) -> None:
    options = "Which?\nA. Nodding\nB. Waving\nC. Tiptoe\nD. Shrugging\nE. Pointing oneself"
    fine = BuiltQuestion(1, "FMAR_0001", "p0_c0", "FMAR", options, "A", None, "template", {})
    rows = built(coin)
    named = replace(
        next(q for q in rows if q.clip == "p0_c0"), qid="SAD_9999", text="Is the nodding slow?", statement=None
    )
    write_rows(folder.path / QUESTIONS, [*rows, fine, named])
    assert [finding.check for finding in audit_build(folder).gate.faults] == ["label named elsewhere"]


def test_what_is_no_question_is_told(folder: BuildFolder) -> None:
    write_rows(folder.path / QUESTIONS, [replace(built(coin)[0], answer="Maybe")])
    with pytest.raises(InputError, match="1 questions are not well formed"):
        audit_build(folder)
    write_rows(folder.path / QUESTIONS, [])
    with pytest.raises(InputError, match="no question is left"):
        audit_build(folder)


def test_without_scikit_learn_it_says_how_to_get_it(
    folder: BuildFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    assert main(["build", str(folder.path), "audit"]) == 2
    assert install_command("audit") in capsys.readouterr().err
    assert gate_state(folder) == "missing"


def test_a_damaged_record_is_told(folder: BuildFolder) -> None:
    (folder.path / GATE).write_text("{}")
    with pytest.raises(InputError, match=r"gate\.json") as error:
        gate_state(folder)
    assert "audit writes it anew" in error.value.hint
