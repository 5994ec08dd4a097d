"""Samples: each question with all that became of it, read from the journal's records alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mabench_eval.answers.reading import read
from mabench_eval.catalogue import TaskCard
from mabench_eval.journal import Records
from mabench_eval.types import Outcome, Question, Sample, StopReason, Variant

NOT_ASKED = "not asked yet"
NOT_JUDGED = "not judged"
REFUSED = ("refusal", "content_filter")


def read_samples(
    questions: Sequence[Question], keys: Mapping[Variant, str], records: Records, tasks: Sequence[TaskCard]
) -> list[Sample]:
    """The samples of a run, in the questions' order, not yet judged; ``keys`` are those of the questions' answers.

    Answers are read anew each time: the journal keeps the model's words, never what was made of them.
    """
    cards = {task.name: task for task in tasks}
    return [read_sample(question, cards[question.task], keys[question.variant], records) for question in questions]


def read_sample(question: Question, task: TaskCard, key: str, records: Records) -> Sample:
    """The sample of one question, whose request has this key."""
    record = records.answers.get(key)
    if record is None:
        return failed(question, records.errors[key]["error"] if key in records.errors else NOT_ASKED)
    return sample_of(question, task, record["text"], stop_reason=record.get("stop_reason"), frames=record.get("frames"))


def sample_of(
    question: Question,
    task: TaskCard,
    text: str,
    *,
    stop_reason: StopReason | None = None,
    frames: Sequence[int] | None = None,
) -> Sample:
    """The sample of a response text; one that was refused or filtered, and holds no answer, is a refusal."""
    outcome, prediction = read(task.answer, text, question.options)
    if stop_reason in REFUSED and outcome is Outcome.UNPARSABLE:
        outcome = Outcome.REFUSED
    labelled, answered = question.answer is not None, outcome is Outcome.ANSWERED
    zero = labelled and not task.closed and not answered  # no description, no reasons: 0 by rule, no judge is asked
    return Sample(
        question.qid,
        question.task,
        question.clip,
        outcome,
        text,
        prediction,
        question.answer,
        correct=prediction == question.answer if labelled and task.closed else None,
        levels=dict.fromkeys(task.levels, 0) if zero else None,
        by_rule=True if zero else None,
        stop_reason=stop_reason,
        frames=tuple(frames) if frames else None,
        error=NOT_JUDGED if labelled and not task.closed and answered else None,
        repeat=question.repeat,
        rotation=question.rotation,
    )


def failed(question: Question, error: str) -> Sample:
    """The sample of a question that has no response."""
    return Sample(
        question.qid,
        question.task,
        question.clip,
        Outcome.ERROR,
        None,
        None,
        question.answer,
        error=error,
        repeat=question.repeat,
        rotation=question.rotation,
    )
