"""The questions that are left when verifiers and reviewers are done: the one place from which audit and export read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mabench_eval.construction.folder import QUESTIONS, VERIFIED, BuildFolder
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.construction.verification import Verification
from mabench_eval.errors import InputError
from mabench_eval.journal import fingerprint
from mabench_eval.runfiles import read_lines


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


def final_questions(folder: BuildFolder) -> FinalQuestions:
    """The questions of a build without those that verifiers reject.

    Raises InputError where there are no questions yet, and for a file that is damaged.
    """
    file, again = folder.path / QUESTIONS, f"mabench-eval build {folder.path}"
    if not file.is_file():
        raise InputError(f"{file} is missing: no questions have been made", hint=f"Make them: {again} ask")
    asked = read_lines(BuiltQuestion, file, f"{again} ask writes it anew.")
    said = _verifications(folder, f"{again} verify writes it anew.")

    # A verdict hangs on the words that were checked: of other words it says nothing.
    checked = {(each.qid, each.digest): each for each in said}
    verified = {question.qid: checked.get((question.qid, question.digest)) for question in asked}
    rejected = {qid: each.rejected for qid, each in verified.items() if each is not None and each.rejected is not None}
    left = tuple(question for question in asked if question.qid not in rejected)
    return FinalQuestions(
        left,
        Counter(rejected.values()),
        Counter(),
        sum(not _is_verified(verified, question) for question in left),
        _digest(left),
    )


def _verifications(folder: BuildFolder, again: str) -> list[Verification]:
    file = folder.path / VERIFIED
    return read_lines(Verification, file, again) if file.is_file() else []


def _is_verified(verified: Mapping[str, Verification | None], question: BuiltQuestion) -> bool:
    """Whether somebody who could see what is asked for agrees: one who has the text alone says nothing of the truth."""
    found = verified[question.qid]
    return found is not None and any(
        verdict.finding == "agrees" and verdict.manner != "blind" for verdict in found.verdicts
    )


def _digest(questions: Sequence[BuiltQuestion]) -> str:
    return fingerprint([[question.qid, question.digest, question.answer] for question in questions])
