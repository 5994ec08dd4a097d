"""What reviewers decide: kept at once, weighed over rounds, and what it makes of the questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.construction import BuildFolder, BuildSettings
from mabench_eval.construction.decisions import (
    BlindAnswer,
    Decision,
    Notebook,
    check_decision,
    check_name,
    final_questions,
    read_reviews,
    resolve,
    review_order,
    review_report,
    reviewer_folder,
    take_in,
)
from mabench_eval.construction.folder import QUESTIONS, VERIFIED, write_rows
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.construction.verification import Verdict, Verification
from mabench_eval.errors import InputError, JournalError

CHOICE = "Which body part?\nA. Head\nB. Body\nC. Upper limb"


def still(number: int, part: str, answer: str = "Yes") -> BuiltQuestion:
    """A question about a statement; the same words on another clip are the same statement's."""
    text = f"Does the {part} keep still throughout the clip?"
    return BuiltQuestion(1, f"SAD_{number}", f"c{number}", "SAD", text, answer, f"SAD/stillness/{part}", "template", {})


HEADS = [still(number, "head", answer) for number, answer in enumerate(["Yes", "No", "Yes"])]
TORSO = still(3, "torso")
PARTS = BuiltQuestion(1, "CMAR_4", "c4", "CMAR", CHOICE, "B", None, "template", {"label": "Body"})
TOLD = BuiltQuestion(1, "MADU_5", "c5", "MADU", "Describe the movement.", "The head leads.", None, "template", {})
ALL = [*HEADS, TORSO, PARTS, TOLD]


@pytest.fixture
def folder(tmp_path: Path) -> BuildFolder:
    write_rows(tmp_path / QUESTIONS, ALL)
    return BuildFolder(tmp_path, BuildSettings(1, "videos", "labels.csv"))


def decision(question: BuiltQuestion, by: str, act: str = "accept", round_: int = 1, **more: object) -> Decision:
    if act != "accept":
        more = {"reason": "ambiguous", **more}
    return Decision(question.digest, question.qid, by, round_, "Yes", act, shown=question.answer, **more)  # type: ignore[arg-type]


def write(folder: BuildFolder, *decisions: Decision) -> None:
    for each in decisions:
        with closing(Notebook(reviewer_folder(folder.path, each.reviewer), each.reviewer)) as notebook:
            notebook.write_decision(each)


# -- journals ----------------------------------------------------------------------------------------------


def test_a_decision_is_on_disk_at_once_and_a_later_one_replaces_it(folder: BuildFolder) -> None:
    with closing(Notebook(reviewer_folder(folder.path, "anna"), "anna")) as notebook:
        notebook.write_decision(decision(TORSO, "anna"))
        assert [each.act for each in read_reviews(folder.path).decisions] == ["accept"]  # while it is open
        notebook.write_decision(decision(TORSO, "anna", "drop", note="no\x1b[31mte"))
        notebook.write_decision(decision(TORSO, "anna", round_=2))
    said = read_reviews(folder.path)
    assert [(each.round, each.act) for each in said.decisions] == [(1, "drop"), (2, "accept")]
    assert said.reviewers == ("anna",) and said.decisions[0].note == "no\x1b[31mte"


def test_one_process_writes_a_reviewers_journal(folder: BuildFolder) -> None:
    place = reviewer_folder(folder.path, "anna")
    with closing(Notebook(place, "anna")), pytest.raises(JournalError, match="in use"):
        Notebook(place, "anna")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "-a", "a b", "ä", "a\n", "x" * 65, "../../etc", "a\0"])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(InputError, match="no name of a reviewer"):
        check_name(name)


def test_folders_of_other_names_and_damaged_lines_are_passed_over(folder: BuildFolder) -> None:
    write(folder, decision(TORSO, "anna"), decision(HEADS[0], "anna"))
    (folder.path / "reviews" / ".hidden").mkdir()
    file = folder.path / "reviews" / "anna" / "journal.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0].replace(b"accept", b"reject") + lines[1])
    said = read_reviews(folder.path)
    assert [each.qid for each in said.decisions] == ["SAD_0"] and "line dropped" in said.warnings[0]


# -- what decisions come to --------------------------------------------------------------------------------


def test_rounds() -> None:
    anna, ben = decision(TORSO, "anna"), decision(TORSO, "ben", "drop")
    assert resolve([]).decision is None and not resolve([]).disputed
    assert resolve([anna]).decision == anna  # one reviewer: their word
    assert resolve([anna, decision(TORSO, "ben")]).decision == anna  # of one mind
    assert resolve([anna, ben]).disputed
    again = decision(TORSO, "ben", round_=2)
    assert resolve([anna, ben, again]).decision == anna  # ben has come round
    judge = decision(TORSO, "eva", "correct", 3, answer="No")
    assert resolve([anna, ben, judge]).decision == judge
    assert resolve([anna, ben, judge, decision(TORSO, "eve", "drop", 3)]).disputed  # adjudicators differ too


def test_reasons_and_notes_are_no_dispute_but_answers_and_words_are() -> None:
    drops = [decision(PARTS, name, "drop", reason=why) for name, why in (("a", "other"), ("b", "not visible"))]
    assert not resolve(drops).disputed
    corrections = [decision(PARTS, name, "correct", answer=letter) for name, letter in (("a", "A"), ("b", "C"))]
    assert resolve(corrections).disputed


def test_final_questions(folder: BuildFolder) -> None:
    before = final_questions(folder)
    write(
        folder,
        decision(HEADS[0], "anna", "drop"),
        decision(HEADS[1], "anna", "correct", answer="Yes"),
        decision(TORSO, "anna"),
        decision(TORSO, "ben", "drop"),
        decision(TOLD, "ben", "correct", answer="The left hand leads."),
    )
    final = final_questions(folder)
    assert [each.qid for each in final.questions] == ["SAD_1", "SAD_2", "CMAR_4", "MADU_5"]
    assert [each.answer for each in final.questions] == ["Yes", "Yes", "B", "The left hand leads."]
    corrected = {"from": "No", "by": ["anna"], "reason": "ambiguous"}
    assert final.questions[0].evidence["corrected"] == corrected
    assert (final.dropped, final.disputed, final.corrected, final.reviewed) == (Counter(ambiguous=1), 1, 2, 4)
    assert final.digest != before.digest  # the gate must be passed again


def test_new_words_are_the_statements_everywhere(folder: BuildFolder) -> None:
    words = "Does the head stay still the whole time?"
    write(folder, decision(HEADS[0], "anna", "reword", text=words), decision(HEADS[1], "anna"))
    final = final_questions(folder)
    assert [each.text for each in final.questions[:4]] == [words, words, words, TORSO.text]
    assert [each.answer for each in final.questions[:3]] == ["Yes", "No", "Yes"]  # a statement has both answers
    assert final.questions[0].wording == "reviewed by anna" and final.reworded == 3
    assert final.digest != final_questions(replace_questions(folder, ALL[1:])).digest


def replace_questions(folder: BuildFolder, questions: list[BuiltQuestion]) -> BuildFolder:
    write_rows(folder.path / QUESTIONS, questions)
    return folder


def test_two_rewordings_of_one_statement_are_a_dispute(folder: BuildFolder) -> None:
    write(
        folder,
        decision(HEADS[0], "anna", "reword", text="Does the head stay still the whole time?"),
        decision(HEADS[1], "ben", "reword", text="Does the head remain still throughout the clip?"),
    )
    final = final_questions(folder)
    assert final.disputed == 2 and final.reworded == 0 and final.questions[0] == HEADS[2]


def test_the_stem_of_a_choice_changes_and_its_options_stay(folder: BuildFolder) -> None:
    write(folder, decision(PARTS, "anna", "reword", text="Which part of the body?"))
    texts = [each.text for each in final_questions(folder).questions if each.task == "CMAR"]
    assert texts == ["Which part of the body?\nA. Head\nB. Body\nC. Upper limb"]


def test_a_decision_on_another_answer_counts_no_more(folder: BuildFolder) -> None:
    write(folder, decision(TORSO, "anna"), decision(HEADS[0], "anna", "drop"))
    replace_questions(folder, [replace(HEADS[0], answer="No"), *HEADS[1:], replace(TORSO, answer="No")])
    final = final_questions(folder)  # tracked anew: torso is open again, words that were no good are no better
    assert (final.reviewed, final.dropped.total()) == (1, 1)


@pytest.mark.parametrize(
    ("question", "act", "more", "problem"),
    [
        (TORSO, "drop", {"reason": None}, "takes a reason"),
        (TORSO, "drop", {"reason": "because"}, "takes a reason"),
        (TORSO, "correct", {"answer": "Perhaps"}, "none of Yes, No"),
        (TORSO, "correct", {"answer": "Yes"}, "the answer already"),
        (TORSO, "correct", {}, "right answer goes with"),
        (TORSO, "accept", {"answer": "No"}, "right answer goes with"),
        (PARTS, "correct", {"answer": "D"}, "none of A, B, C"),
        (TOLD, "correct", {"answer": " "}, "has words"),
        (TORSO, "reword", {}, "new words go with"),
        (TORSO, "reword", {"text": TORSO.text}, "words already"),
        (TORSO, "reword", {"text": "Does the head keep still?"}, "do not ask for SAD/stillness/torso"),
        (TORSO, "reword", {"text": "Does it?"}, "leave doubt"),
        (PARTS, "reword", {"text": "Which?\nA. Head"}, "one line"),
    ],
)
def test_what_nobody_can_decide(question: BuiltQuestion, act: str, more: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        check_decision(decision(question, "anna", act, **more), question)


def test_what_can_be_decided() -> None:
    check_decision(decision(TORSO, "anna"), TORSO)
    check_decision(decision(TORSO, "anna", "reword", text="Does the torso stay still the whole time?"), TORSO)
    check_decision(decision(PARTS, "anna", "correct", answer="C"), PARTS)


# -- who is shown what -------------------------------------------------------------------------------------


def qids(questions: list[BuiltQuestion]) -> list[str]:
    return [each.qid for each in questions]


def test_the_order_of_review() -> None:
    """What tells nothing of other questions first; among that what is doubtful; the rest as drawn for each reviewer."""
    found = qids(review_order(ALL, {"SAD_3": doubt(0.9)}, {}, "anna"))
    assert found[0] == "SAD_3" and found[4:] == ["CMAR_4", "MADU_5"] and {*found[1:4]} == {"SAD_0", "SAD_1", "SAD_2"}
    assert found == qids(review_order(ALL[::-1], {"SAD_3": doubt(0.9)}, {}, "anna"))
    orders = {tuple(qids(review_order(HEADS, {}, {}, name))) for name in "abcdefgh"}
    assert len(orders) > 1


def doubt(priority: float) -> Verification:
    verdict = Verdict("frames", "model", "contradicts", "No")
    return Verification(1, TORSO.qid, TORSO.digest, (verdict,), None, priority)


def test_overlap_is_what_everybody_is_shown() -> None:
    many = [still(number, "head") for number in range(400)]
    taken = {each.digest: [decision(each, "ben")] for each in many}
    assert not review_order(many, {}, taken, "anna", overlap=0)  # ben has done everything
    shared = review_order(many, {}, taken, "anna", overlap=0.2)
    assert 60 <= len(shared) <= 100  # 80 of 400 are expected, with a deviation of 8
    assert qids(sorted(shared, key=lambda q: q.qid)) == qids(
        sorted(review_order(many, {}, taken, "eva", overlap=0.2), key=lambda q: q.qid)
    )
    assert len(review_order(many, {}, taken, "ben", overlap=0)) == 400  # what one has decided stays in sight


def test_later_rounds_show_what_is_disputed() -> None:
    first = [decision(TORSO, "anna"), decision(TORSO, "ben", "drop")]
    found = {TORSO.digest: first, PARTS.digest: [decision(PARTS, "anna"), decision(PARTS, "ben")]}
    assert qids(review_order(ALL, {}, found, "anna", 2)) == ["SAD_3"]
    found[TORSO.digest] = [*first, decision(TORSO, "ben", round_=2)]
    assert qids(review_order(ALL, {}, found, "anna", 2)) == ["SAD_3"]  # it is being discussed
    assert review_order(ALL, {}, found, "eva", 3) == []  # and settled


@pytest.mark.parametrize(
    ("round_", "overlap", "problem"), [(0, 1.0, "--round 0"), (4, 1.0, "--round 4"), (1, 1.5, "1.5")]
)
def test_rounds_and_shares_that_there_are_not(round_: int, overlap: float, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        review_order(ALL, {}, {}, "anna", round_, overlap=overlap)


# -- figures -----------------------------------------------------------------------------------------------


def test_agreement_and_blind_accuracy(folder: BuildFolder) -> None:
    """Three heads and a torso: anna says Yes No Yes Yes, ben Yes No No and cannot tell; true is Yes No Yes Yes."""
    given: dict[str, list[str | None]] = {"anna": ["Yes", "No", "Yes", "Yes"], "ben": ["Yes", "No", "No", None]}
    for name, answers in given.items():
        asked = [*HEADS, TORSO]
        blinds = [BlindAnswer(q.digest, q.qid, name, said) for q, said in zip(asked, answers, strict=True)]
        acts = [decision(q, name) for q in asked[:3]]
        take_in(folder, name, blinds, [*acts, decision(TORSO, name, "drop" if name == "ben" else "accept")])
    report = review_report(folder)
    (sad,) = report.agreement
    # Equal on 2 of 4. Yes 3/4, No 1/4 by anna; Yes 1/4, No 2/4, cannot tell 1/4 by ben: p_e = 3/16 + 2/16.
    assert (sad.task, sad.blind.items, sad.blind.exact.value) == ("SAD", 4, 50.0)
    assert sad.blind.pairs[0].kappa.value == pytest.approx((8 / 16 - 5 / 16) / (1 - 5 / 16))
    assert sad.decisions.exact.value == 75.0  # the torso: accept, drop
    # Of the three that are left (the torso is disputed) anna has all, ben two.
    assert [(each.reviewer, each.n, each.accuracy.value) for each in report.accuracy] == [
        ("anna", 3, 100.0),
        ("ben", 3, pytest.approx(200 / 3)),
    ]
    assert (report.questions, report.reviewed, report.disputed) == (6, 4, 1)
    assert report.by_reviewer == {"anna": {"accept": 4}, "ben": {"accept": 3, "drop": 1}}


# -- taking in ---------------------------------------------------------------------------------------------


@pytest.fixture
def given() -> Iterator[tuple[list[BlindAnswer], list[Decision]]]:
    yield (
        [BlindAnswer(TORSO.digest, "SAD_3", "anna", "No", 2.0, 1000.0)],
        [
            replace(decision(TORSO, "anna", "correct", answer="No"), at=1001.0),
            replace(decision(HEADS[0], "anna"), digest="other", at=1002.0),
            replace(decision(PARTS, "anna", "correct", answer="Z"), at=1003.0),
        ],
    )


def test_taken_in_twice_is_taken_in_once(folder: BuildFolder, given: tuple[list[BlindAnswer], list[Decision]]) -> None:
    first = take_in(folder, "anna", *given)
    assert (first.blinds, first.decisions, first.unknown, len(first.problems)) == (1, 1, 1, 1)
    assert "CMAR_4" in first.problems[0]
    size = (folder.path / "reviews/anna/journal.jsonl").stat().st_size
    again = take_in(folder, "anna", *given)
    assert (again.blinds, again.decisions, again.known, again.kept) == (0, 0, 2, 0)
    assert (folder.path / "reviews/anna/journal.jsonl").stat().st_size == size


def test_the_later_decision_and_the_first_blind_answer_stay(
    folder: BuildFolder, given: tuple[list[BlindAnswer], list[Decision]]
) -> None:
    take_in(folder, "anna", *given)
    blind = replace(given[0][0], answer="Yes", at=2000.0)
    earlier, later = (replace(decision(TORSO, "anna", "drop"), at=at) for at in (900.0, 2000.0))
    taken = take_in(folder, "anna", [blind], [earlier])
    assert (taken.kept, taken.decisions) == (2, 0)
    assert take_in(folder, "anna", [], [later]).decisions == 1
    (kept,) = read_reviews(folder.path).decisions
    assert (kept.act, kept.blind, kept.at) == ("drop", "No", 2000.0)


def test_verified_questions_are_what_reviewers_see(folder: BuildFolder) -> None:
    rejected = Verification(1, TORSO.qid, TORSO.digest, (), "rules: contradicts")
    write_rows(folder.path / VERIFIED, [rejected])
    write(folder, decision(TORSO, "anna"))
    assert review_report(folder).questions == 5 and final_questions(folder).reviewed == 0
