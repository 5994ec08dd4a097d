"""How far reviewers agree, and how often people who look are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mabench_eval.construction.decisions.final import final_questions, verified_questions
from mabench_eval.construction.decisions.reviewers import read_reviews
from mabench_eval.construction.decisions.rounds import ADJUDICATION, ALL
from mabench_eval.construction.folder import BuildFolder
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.stats import AgreementFigure, NominalAgreement, nominal_agreement, share_by_clip

UNSURE = "cannot tell"
"""The category of a blind answer that is none."""


@dataclass(frozen=True, slots=True)
class TaskAgreement:
    """How far reviewers agree on the questions of a task."""

    task: str
    blind: NominalAgreement
    """In their blind answers; "cannot tell" is one of them."""
    decisions: NominalAgreement
    """In what they decide in the first round: act and, where it is corrected, the answer."""


@dataclass(frozen=True, slots=True)
class BlindAccuracy:
    """How often the blind answers of a reviewer are those of the final questions."""

    reviewer: str
    task: str
    n: int
    """Final questions of the task that they answered blind."""
    accuracy: AgreementFigure
    """Percent; "cannot tell" is wrong."""


@dataclass(frozen=True, slots=True)
class ReviewReport:
    """How far a review is."""

    questions: int
    """That reviewers are shown: all but those that verifiers reject."""
    reviewed: int
    """Those on which somebody has decided."""
    by_reviewer: Mapping[str, Mapping[str, int]]
    """Name -> act -> decisions in the first round."""
    corrected: int
    reworded: int
    dropped: int
    disputed: int
    adjudicated: int
    """Decisions of the third round."""
    agreement: tuple[TaskAgreement, ...]
    """Tasks of which two reviewers have seen a question."""
    accuracy: tuple[BlindAccuracy, ...]
    warnings: tuple[str, ...]
    """What of the journals was not readable."""


def review_report(folder: BuildFolder) -> ReviewReport:
    """How far a review is, and what it says. Raises InputError where there are no questions yet."""
    asked = verified_questions(folder).questions
    final, said = final_questions(folder), read_reviews(folder.path)
    holding = [each for found in said.by_question(asked).values() for each in found]
    first = [each for each in holding if each.round == ALL]
    names = said.reviewers
    blinds = {(each.reviewer, each.digest): each.answer or UNSURE for each in said.blinds}
    decided = {(each.reviewer, each.digest): " ".join(filter(None, (each.act, each.answer))) for each in first}

    agreement = []
    for task in sorted({each.task for each in asked}):
        questions = [each for each in asked if each.task == task]
        found = TaskAgreement(task, _agreement(questions, names, blinds), _agreement(questions, names, decided))
        if found.blind.items or found.decisions.items:
            agreement.append(found)
    digests = {each.qid: each.digest for each in asked}
    return ReviewReport(
        len(asked),
        final.reviewed,
        {name: _counted([each.act for each in first if each.reviewer == name]) for name in names},
        final.corrected,
        final.reworded,
        final.dropped.total(),
        final.disputed,
        sum(each.round == ADJUDICATION for each in holding),
        tuple(agreement),
        tuple(_accuracies(final.questions, digests, names, blinds)),
        said.warnings,
    )


def _agreement(
    questions: Sequence[BuiltQuestion], names: Sequence[str], said: Mapping[tuple[str, str], str]
) -> NominalAgreement:
    ratings = [[said.get((name, each.digest)) for each in questions] for name in names]
    return nominal_agreement(ratings, names, [each.clip for each in questions])


def _accuracies(
    questions: Sequence[BuiltQuestion],
    digests: Mapping[str, str],
    names: Sequence[str],
    blinds: Mapping[tuple[str, str], str],
) -> list[BlindAccuracy]:
    """Of final questions, by the digests that they had when they were shown."""
    found = []
    for name in names:
        for task in sorted({each.task for each in questions}):
            answers = [(each, blinds.get((name, digests[each.qid]))) for each in questions if each.task == task]
            given = [(each.clip, said == each.answer) for each, said in answers if said is not None]
            if given:
                right = [is_right for _, is_right in given]
                accuracy = share_by_clip(right, [clip for clip, _ in given])
                found.append(BlindAccuracy(name, task, len(given), accuracy))
    return found


def _counted(acts: Sequence[str]) -> dict[str, int]:
    return {act: acts.count(act) for act in dict.fromkeys(sorted(acts))}
