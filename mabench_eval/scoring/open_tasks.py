"""Scores of the open tasks: means, spread and agreement of the judges, and the labels that answers name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from mabench_eval.answers import read_labels
from mabench_eval.runfiles import JudgeScores, LabelScores, PanelScores
from mabench_eval.stats import TOP_LEVEL, agreement, mean, percent
from mabench_eval.taxonomy import label
from mabench_eval.types import Outcome, Question, Sample

if TYPE_CHECKING:
    from mabench_eval.catalogue import TaskCard

HIGH = 4
"""The lowest score that counts as good: main points right, a minor one missing."""
LABELLED = "MARE"
"""The open task whose answers name a coarse and a fine label."""
CLOSED_OF = {"coarse": "CMAR", "fine": "FMAR"}
"""Label -> the closed task that asks for it."""


def judged(samples: Sequence[Sample]) -> list[Sample]:
    """Samples with levels; none when no answer was judged.

    Unreadable answers and refusals have their zeros by rule, without a judge. When there are answers and not
    one of them was judged (no judge, or a dead one), those zeros alone would pass for the model's score.
    """
    answers = [sample for sample in samples if sample.outcome is Outcome.ANSWERED]
    if answers and all(sample.levels is None for sample in answers):
        return []
    return [sample for sample in samples if sample.levels is not None]


def level_means(task: TaskCard, samples: Iterable[Sample]) -> dict[str, float | None]:
    """Level -> mean over the judged samples, 0-5."""
    rows = [sample.levels for sample in samples if sample.levels is not None]
    return {level: mean([row[level] for row in rows]) for level in task.levels}


def by_rule(samples: Iterable[Sample]) -> int:
    """Answers that are 0 without a judge."""
    return sum(sample.by_rule is True for sample in samples)


def judge_scores(task: TaskCard, samples: Sequence[Sample], judge: str) -> JudgeScores:
    """What one judge gave to the samples of an open task; zeros by rule are those of every judge."""
    answers = [sample for sample in samples if sample.outcome is Outcome.ANSWERED]
    rows = [levels for sample in answers if (levels := _given(sample, judge)) is not None]
    if rows or not answers:  # as in `judged`: zeros by rule alone are no score
        rows += [dict.fromkeys(task.levels, 0)] * by_rule(samples)
    counts = {level: Counter(row[level] for row in rows) for level in task.levels}
    return JudgeScores(
        judged=len(rows),
        levels={level: mean([row[level] for row in rows]) for level in task.levels},
        histogram={level: tuple(count[score] for score in range(TOP_LEVEL + 1)) for level, count in counts.items()},
        high={level: percent(sum(row[level] >= HIGH for row in rows), len(rows)) for level in task.levels},
    )


def panel_scores(task: TaskCard, samples: Sequence[Sample], judges: Sequence[str]) -> PanelScores:
    """What several judges gave to the samples of an open task together; agreement is over answers they read."""
    answers = [sample for sample in samples if sample.outcome is Outcome.ANSWERED]
    clips = [sample.clip for sample in answers]
    complete = [sample for sample in answers if sample.levels is not None]
    zeros = [0.0] * by_rule(samples)
    medians, agreements = {}, {}
    for level in task.levels:
        given = [[(_given(sample, judge) or {}).get(level, np.nan) for sample in answers] for judge in judges]
        agreements[level] = agreement(np.array(given, float).reshape(len(judges), len(answers)), judges, clips)
        middles = [median(judgment["levels"][level] for judgment in (s.judgments or {}).values()) for s in complete]
        medians[level] = mean([*middles, *zeros]) if complete or not answers else None
    return PanelScores(medians, agreements)


def _given(sample: Sample, judge: str) -> Mapping[str, int] | None:
    levels: Mapping[str, int] | None = (sample.judgments or {}).get(judge, {}).get("levels")
    return levels


def label_scores(
    samples: Sequence[Sample], questions: Iterable[Question], answers: Sequence[Sample]
) -> dict[str, LabelScores]:
    """Accuracy of the labels that MARE answers name, and how often they are the model's own closed answers.

    A response that names no label, or another than its reference, is wrong.

    Args:
        samples: The samples of MARE, of each question the first.
        questions: The benchmark's: options of the closed tasks.
        answers: All first samples of the run, options as printed: the model's own answers to CMAR and FMAR.

    Returns:
        ``coarse`` and ``fine``.
    """
    responses = [
        (sample.clip, read_labels(sample.reference or ""), read_labels(sample.prediction or ""))
        for sample in samples
        if sample.outcome is not Outcome.ERROR
    ]
    chosen = option_labels(questions, {sample.qid: sample.prediction for sample in answers})
    scores = {}
    for kind, task in CLOSED_OF.items():
        labels = [(clip, getattr(reference, kind), getattr(named, kind)) for clip, reference, named in responses]
        graded = [(reference, named) for _, reference, named in labels if reference is not None]
        pairs = [(chosen[task][clip], named) for clip, _, named in labels if named and clip in chosen[task]]
        scores[kind] = LabelScores(
            accuracy=percent(sum(reference == named for reference, named in graded), len(graded)),
            named=percent(sum(named is not None for _, named in graded), len(graded)),
            n=len(graded),
            same_as_closed=percent(sum(closed == named for closed, named in pairs), len(pairs)),
            pairs=len(pairs),
        )
    return scores


def option_labels(questions: Iterable[Question], letters: Mapping[str, str | None]) -> dict[str, dict[str, str]]:
    """Closed task that asks for a label -> clip -> the label behind a letter of its question.

    ``letters``: question id -> letter, of an answer or a reference; other predictions name no option.
    """
    labels: dict[str, dict[str, str]] = {task: {} for task in CLOSED_OF.values()}
    for question in questions:
        option = question.options.get(letters.get(question.qid) or "")
        if question.task in labels and option:
            labels[question.task].setdefault(question.clip, label(option))
    return labels
