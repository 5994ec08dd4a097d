"""The questions that are left when verifiers and reviewers are done: the one place from which audit and export read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mabench_eval.construction.decisions.reviewers import read_reviews
from mabench_eval.construction.decisions.rewordings import Rewordings
from mabench_eval.construction.decisions.rounds import Resolution, resolve
from mabench_eval.construction.folder import QUESTIONS, VERIFIED, BuildFolder
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.construction.verification import Verification
from mabench_eval.errors import InputError
from mabench_eval.journal import fingerprint
from mabench_eval.runfiles import each_line, read_lines

CORRECTED = "corrected"
"""Key of a question's evidence: what reviewers made its answer of, who and why."""


@dataclass(frozen=True, slots=True)
class FinalQuestions:
    """What is exported."""

    questions: tuple[BuiltQuestion, ...]
    """In the order of ``questions.jsonl``."""
    rejected: Counter[str]
    """Why a verifier left questions out -> how many."""
    dropped: Counter[str]
    """Why reviewers did -> how many."""
    not_verified: int
    """Of ``questions``, those of which no verifier could say anything, or that changed since."""
    digest: str
    """Of all questions and answers: what was found of one digest says nothing of another."""
    reviewed: int = 0
    """Of all questions that verifiers left, those on which somebody has decided."""
    corrected: int = 0
    """Of ``questions``, those that have an answer of the reviewers'."""
    reworded: int = 0
    """Of ``questions``, those that have words of theirs."""
    disputed: int = 0
    """Left out until somebody adjudicates: reviewers differ."""


@dataclass(frozen=True, slots=True)
class VerifiedQuestions:
    """The questions that no verifier rejects."""

    questions: tuple[BuiltQuestion, ...]
    """In the order of ``questions.jsonl``."""
    verified: Mapping[str, Verification]
    """qid -> what verifiers say of it as it is worded now; those of which nothing is said are not there."""
    rejected: Counter[str]
    """Why the others are out -> how many."""


def verified_questions(folder: BuildFolder) -> VerifiedQuestions:
    """The questions of a build without those that verifiers reject: what reviewers are shown.

    Raises InputError where there are no questions yet, and for a file that is damaged.
    """
    file, again = folder.path / QUESTIONS, f"mabench-eval build {folder.path}"
    if not file.is_file():
        raise InputError(f"{file} is missing: no questions have been made", hint=f"Make them: {again} ask")
    asked = read_lines(BuiltQuestion, file, f"{again} ask writes it anew.")
    said = _verifications(folder, f"{again} verify writes it anew.")

    # A verdict hangs on the words that were checked: of other words it says nothing.
    checked = {(each.qid, each.digest): each for each in said}
    verified = {each.qid: found for each in asked if (found := checked.get((each.qid, each.digest)))}
    rejected = {qid: found.rejected for qid, found in verified.items() if found.rejected is not None}
    left = tuple(question for question in asked if question.qid not in rejected)
    return VerifiedQuestions(left, verified, Counter(rejected.values()))


def final_questions(folder: BuildFolder) -> FinalQuestions:
    """The questions of a build when verifiers and reviewers are done with them.

    What a verifier rejects or reviewers drop is out, and what reviewers dispute until it is adjudicated. Answers that
    they corrected and words that they changed are in place; new words are those of every question of the statement.
    Raises InputError where there are no questions yet, and for a file that is damaged.
    """
    checked = verified_questions(folder)
    decisions = read_reviews(folder.path).by_question(checked.questions)
    resolved = {each.qid: resolve(decisions.get(each.digest, ())) for each in checked.questions}
    rewordings = Rewordings((each, resolved[each.qid]) for each in checked.questions)

    left, dropped, disputed, not_verified = [], Counter[str](), 0, 0
    for question in checked.questions:
        resolution = resolved[question.qid]
        decision = resolution.decision
        if resolution.disputed or rewordings.is_disputed(question, decision):
            disputed += 1
        elif decision is not None and decision.act == "drop":
            dropped[decision.reason or "other"] += 1
        else:
            changed = rewordings.reword(_corrected(question, resolution))
            left.append((question, changed))
            not_verified += changed != question or not _is_verified(checked.verified, question)
    questions = tuple(changed for _, changed in left)
    return FinalQuestions(
        questions,
        checked.rejected,
        dropped,
        not_verified,
        _digest(questions),
        reviewed=sum(bool(each.reviewers) for each in resolved.values()),
        corrected=sum(before.answer != after.answer for before, after in left),
        reworded=sum(before.text != after.text for before, after in left),
        disputed=disputed,
    )


@dataclass(frozen=True, slots=True)
class Reference:
    """What became of the reference of an open question."""

    asked: str
    """As it was when the question was made."""
    final: str | None
    """As verifiers and reviewers left it; None: they took the question out."""


def final_references(
    folder: BuildFolder, final: FinalQuestions, tasks: Iterable[str]
) -> dict[tuple[str, str], Reference]:
    """(clip, task) -> the reference of its question in the open ``tasks``: what captions may be taught as.

    Where a clip has several questions of a task, one whose reference was corrected decides. ``final``: what is left of
    the build's questions. Raises InputError for a file that is damaged.
    """
    file, wanted = folder.path / QUESTIONS, frozenset(tasks)
    left: dict[tuple[str, str], str] = {}
    for question in final.questions:
        if question.task in wanted and ((question.clip, question.task) not in left or CORRECTED in question.evidence):
            left[question.clip, question.task] = question.answer
    again = f"mabench-eval build {folder.path} ask writes it anew."
    return {
        (question.clip, question.task): Reference(question.answer, left.get((question.clip, question.task)))
        for question in each_line(BuiltQuestion, file, again)
        if question.task in wanted
    }


def _corrected(question: BuiltQuestion, resolution: Resolution) -> BuiltQuestion:
    decision = resolution.decision
    if decision is None or decision.answer is None:
        return question
    corrected = {"from": question.answer, "by": list(resolution.reviewers), "reason": decision.reason}
    return replace(question, answer=decision.answer, evidence={**question.evidence, CORRECTED: corrected})


def _verifications(folder: BuildFolder, again: str) -> list[Verification]:
    file = folder.path / VERIFIED
    return read_lines(Verification, file, again) if file.is_file() else []


def _is_verified(verified: Mapping[str, Verification], question: BuiltQuestion) -> bool:
    """Whether somebody who could see what is asked for agrees: one who has the text alone says nothing of the truth."""
    found = verified.get(question.qid)
    return found is not None and any(
        verdict.finding == "agrees" and verdict.manner != "blind" for verdict in found.verdicts
    )


def _digest(questions: Sequence[BuiltQuestion]) -> str:
    return fingerprint([[question.qid, question.digest, question.answer] for question in questions])
