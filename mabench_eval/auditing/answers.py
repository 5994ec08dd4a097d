"""What the answers say of each other: how often each is right, and answers of one clip that cannot all be true."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mabench_eval.answers import read_labels
from mabench_eval.auditing.findings import Finding, Share
from mabench_eval.auditing.structure import MA_52, Clips, Parts, coded
from mabench_eval.scoring import score_intervals
from mabench_eval.taxonomy import label, task_order
from mabench_eval.types import Question


def shares(questions: Sequence[Question]) -> list[Share]:
    """How often each answer of each closed task is right, with intervals by clips."""
    shares = []
    tasks: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        if question.answer is not None and (question.options or question.answer in ("Yes", "No")):
            tasks[question.task].append(question)
    for task in sorted(tasks, key=task_order):
        asked = tasks[task]
        possible = sorted({letter for question in asked for letter in question.options}) or ["No", "Yes"]
        columns = {
            answer: {question.qid: (question.clip, 100.0 * (question.answer == answer)) for question in asked}
            for answer in possible
        }
        even = 100 / len(possible)
        for answer, figure in score_intervals(columns).items():
            shares.append(Share(task, answer, figure.value, figure.low, figure.high, even, len(asked)))
    return shares


def contradictions(clips: Clips, parts: Parts = MA_52) -> list[Finding]:
    """Codes that mark the answer, and answers of one clip that cannot all be true."""
    return [_codes(clips), _taxonomy(clips, parts), _reasons(clips), _disagreeing(clips)]


def _codes(clips: Clips) -> Finding:
    known = [
        question for asked in clips.values() for question in asked if question.answer is not None and coded(question)
    ]
    places = tuple(question.qid for question in known if question.answer in coded(question))
    message = "the right option is the one with the code"
    return Finding(
        "codes on the right option", len(places), len(known), "answered questions with codes", message, places
    )


def _labels(asked: Sequence[Question]) -> dict[str, tuple[str, Question]]:
    """Task -> the label of its right option, and the question."""
    return {
        question.task: (label(question.options[question.answer]), question)
        for question in asked
        if question.task in ("CMAR", "FMAR") and question.answer is not None
    }


def _taxonomy(clips: Clips, parts: Parts) -> Finding:
    places, checked = [], 0
    for asked in clips.values():
        known = _labels(asked)
        if len(known) == 2:
            checked += 1
            (part, coarse), (action, fine) = known["CMAR"], known["FMAR"]
            if parts.get(action) != part:
                places += [coarse.qid, fine.qid]
    message = "the right body part is not the one that the right micro-action belongs to"
    return Finding("CMAR against FMAR", len(places) // 2, checked, "clips", message, tuple(places), "ill-posed")


def _reasons(clips: Clips) -> Finding:
    places, checked = [], 0
    for asked in clips.values():
        known = {task: name for task, (name, _) in _labels(asked).items()}
        for question in asked:
            if question.task != "MARE" or question.answer is None:
                continue
            named = read_labels(question.answer)
            pairs = [(named.coarse, known.get("CMAR")), (named.fine, known.get("FMAR"))]
            compared = [one == other for one, other in pairs if one and other]
            checked += bool(compared)
            places += [] if all(compared) else [question.qid]
    message = "the reference concludes with another label than the clip's CMAR or FMAR answer"
    return Finding(
        "MARE against CMAR and FMAR", len(places), checked, "MARE questions", message, tuple(places), "ill-posed"
    )


def _disagreeing(clips: Clips) -> Finding:
    same: dict[tuple[str, str, str], list[Question]] = defaultdict(list)
    for clip, asked in clips.items():
        for question in asked:
            if question.answer in ("Yes", "No"):
                same[question.task, clip, " ".join(question.text.lower().split())].append(question)
    groups = [group for group in same.values() if len(group) > 1]
    places = [q.qid for group in groups if len({q.answer for q in group}) > 1 for q in group]
    message = "the same words on the same clip have the answers Yes and No"
    return Finding(
        "duplicates that disagree",
        len(places),
        sum(map(len, groups)),
        "duplicates",
        message,
        tuple(places),
        "ill-posed",
    )
