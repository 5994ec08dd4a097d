"""Answers and decisions that were made elsewhere, taken into a reviewer's journal."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from mabench_eval.construction.decisions.final import verified_questions
from mabench_eval.construction.decisions.reviewers import Notebook, reviewer_folder
from mabench_eval.construction.decisions.rows import BlindAnswer, Decision
from mabench_eval.construction.decisions.words import asked_of, check_decision
from mabench_eval.construction.folder import BuildFolder
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.errors import InputError


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of them."""

    reviewer: str
    blinds: int
    """Blind answers that are new."""
    decisions: int
    """Decisions that are new, or take the place of earlier ones."""
    known: int
    """Answers and decisions that were there already."""
    kept: int
    """That differ from what is there: a first blind answer stays, and so does a later decision."""
    unknown: int
    """On questions that the build does not have, or has in other words."""
    problems: tuple[str, ...]
    """What nobody can answer or decide, a line each; it is left out."""


def take_in(
    folder: BuildFolder, reviewer: str, blinds: Iterable[BlindAnswer], decisions: Iterable[Decision]
) -> TakenIn:
    """Check everything, and write what is new to the reviewer's journal. The same again changes nothing.

    Raises InputError for what is no name, and JournalError where the journal is in use or cannot be written.
    """
    questions = {each.digest: each for each in verified_questions(folder).questions}
    counts = dict.fromkeys(("blinds", "decisions", "known", "kept", "unknown", "wrong"), 0)
    problems: list[str] = []
    notebook = Notebook(reviewer_folder(folder.path, reviewer), reviewer)
    try:
        # A later line of the same question is the later word; whoever merges twice gets the same.
        for blind in sorted(blinds, key=lambda each: each.at):
            counts[_take_blind(notebook, blind, questions.get(blind.digest), problems)] += 1
        for decision in sorted(decisions, key=lambda each: each.at):
            counts[_take_decision(notebook, decision, questions.get(decision.digest), problems)] += 1
    finally:
        notebook.close()
    counts.pop("wrong", None)
    return TakenIn(reviewer, **counts, problems=tuple(problems))


def _take_blind(notebook: Notebook, given: BlindAnswer, question: BuiltQuestion | None, problems: list[str]) -> str:
    """What became of it."""
    if question is None:
        return "unknown"
    if given.answer is not None and (problem := asked_of(question).problem(given.answer)):
        problems.append(f"question {question.qid}: {problem}")
        return "wrong"
    before = notebook.blind(given.digest)
    if before is not None:
        return "known" if before.answer == given.answer else "kept"
    notebook.write_blind(replace(given, qid=question.qid, at=_not_later(given.at)))
    return "blinds"


def _take_decision(notebook: Notebook, given: Decision, question: BuiltQuestion | None, problems: list[str]) -> str:
    if question is None:
        return "unknown"
    try:
        check_decision(given, question)
    except InputError as error:
        problems.append(error.message)
        return "wrong"
    before = notebook.decision(given.digest, given.round)
    if before is not None and (before.outcome, before.reason, before.note) == (
        given.outcome,
        given.reason,
        given.note,
    ):
        return "known"
    if before is not None and before.at >= given.at:
        return "kept"
    blind = notebook.blind(given.digest)
    known = blind.answer if blind else given.blind
    notebook.write_decision(replace(given, qid=question.qid, blind=known, at=_not_later(given.at)))
    return "decisions"


def _not_later(at: float) -> float:
    """A clock that goes ahead does not make a decision the last word for ever."""
    return min(at or time.time(), time.time())
