"""The figures of a run, question by question, and their 95 % intervals by clips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from mabench_eval.runfiles import Interval
from mabench_eval.stats import (
    bootstrap,
    cluster_table,
    combined,
    effective_sample_size,
    percentile_interval,
    standard_errors,
    wilson_interval,
)
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN
from mabench_eval.types import Sample

_SCORED = [f"{task} {level}" for task in OFFICIAL_OPEN for level in LEVELS]
AVERAGES: Mapping[str, Mapping[str, float]] = {
    "closed AVG": dict.fromkeys(OFFICIAL_CLOSED, 1 / 6),
    "open AVG": dict.fromkeys(_SCORED, 1 / 6),
    "final": {**dict.fromkeys(OFFICIAL_CLOSED, 1 / 12), **dict.fromkeys(_SCORED, 20 / 12)},
}
"""Average -> figure -> its weight: the paper's averages, and the final score on 0-100 (a level counts 20 times)."""
FEW_CLIPS = 30
"""Clips below which a bootstrap's percentiles are too narrow for a proportion."""

QuestionScores = Mapping[str, Mapping[str, tuple[str, float]]]
"""Figure (a task, or ``TASK LEVEL``) -> question id -> (clip, score): 0 or 100, or 0-5; of repeats the mean."""
AnswerScores = Mapping[str, Mapping[str, tuple[str, Sequence[float]]]]
"""The same with the score of each answer: one, or as many as the question was asked."""


@dataclass(frozen=True, slots=True)
class GradedAnswer:
    """What the figures need of a sample, where that is all there is; options as printed."""

    qid: str
    clip: str
    task: str
    correct: bool | None
    levels: Mapping[str, float] | None


def answer_scores(samples: Iterable[Sample | GradedAnswer]) -> dict[str, dict[str, tuple[str, list[float]]]]:
    """The figures in the paper's order, those of plugins last. Errors, and what is not judged, are in none."""
    figures: dict[str, dict[str, tuple[str, list[float]]]] = {}
    for sample in samples:
        scores = {f"{sample.task} {level}": float(score) for level, score in (sample.levels or {}).items()}
        if sample.correct is not None:
            scores[sample.task] = 100.0 * sample.correct
        for figure, score in scores.items():
            figures.setdefault(figure, {}).setdefault(sample.qid, (sample.clip, []))[1].append(score)
    return {figure: figures[figure] for figure in sorted(figures, key=_rank)}


def question_scores(samples: Iterable[Sample | GradedAnswer]) -> dict[str, dict[str, tuple[str, float]]]:
    """The same, each question once: the mean of its answers, so that repeats stay one draw of the question."""
    return {
        figure: {qid: (clip, fmean(scores)) for qid, (clip, scores) in questions.items()}
        for figure, questions in answer_scores(samples).items()
    }


def _rank(figure: str) -> tuple[int, str]:
    order = [*OFFICIAL_CLOSED, *_SCORED]
    return (order.index(figure) if figure in order else len(order)), figure


def averages_among(figures: Iterable[str]) -> dict[str, Mapping[str, float]]:
    """The averages whose figures are all there."""
    present = set(figures)
    return {name: weights for name, weights in AVERAGES.items() if set(weights) <= present}


def weights_of(averages: Mapping[str, Mapping[str, float]], figures: Sequence[str]) -> list[list[float]]:
    """(figures, averages): the weight of each figure in each average."""
    return [[weights.get(figure, 0.0) for weights in averages.values()] for figure in figures]


def by_clip(scores: Iterable[tuple[str, float]]) -> dict[str, list[float]]:
    """Clip -> its scores."""
    clips: dict[str, list[float]] = {}
    for clip, score in scores:
        clips.setdefault(clip, []).append(score)
    return clips


def score_intervals(
    figures: QuestionScores, seed: int = 0, *, trials: Mapping[str, int] | None = None
) -> dict[str, Interval]:
    """Each figure, and each average whose figures are all there, with its 95 % interval.

    The interval is the middle of 10,000 draws of whole clips (``bootstrap``), or for an accuracy on fewer than 30
    clips, or without any spread, Wilson's with the effective sample size of the clustered error (``wilson``).

    Args:
        figures: Question by question.
        seed: Of the draws.
        trials: Accuracy -> its answers, repeats counted each; None: one a question, for figures of just 0 and 100.
    """
    if not figures:
        return {}
    columns = {figure: by_clip(scores.values()) for figure, scores in figures.items()}
    if trials is None:
        trials = {figure: len(scores) for figure, scores in figures.items() if _is_proportion(scores)}

    # Averages are columns too, made of the figures' means, errors and draws, so that all share the same draws.
    averages = averages_among(figures)
    table, weights = cluster_table(columns), np.array(weights_of(averages, list(figures))).reshape(len(figures), -1)
    values = [*table.means, *combined(table.means[None], weights)[0]]
    errors = [*standard_errors(table), *standard_errors(table, weights)]
    draws = bootstrap(table, seed=seed)
    draws = np.concatenate([draws, combined(draws, weights)], axis=1)

    intervals = {}
    for place, name in enumerate([*figures, *averages]):
        clips = len(set().union(*(columns[part] for part in averages.get(name, {name: 1.0}))))
        value, error = float(values[place]), float(errors[place])
        bounds, method = percentile_interval(draws[:, place]) if clips > 1 else None, "bootstrap"
        if bounds and name in trials and (clips < FEW_CLIPS or bounds[0] == bounds[1]):
            size = effective_sample_size(value / 100, error / 100, trials[name], clips)
            low, high = wilson_interval(value / 100, size)
            bounds, method = (100 * low, 100 * high), "wilson"
        intervals[name] = (
            Interval(value, clips, error, *bounds, method) if bounds else Interval(value, clips, None, None, None, None)
        )
    return intervals


def _is_proportion(scores: Mapping[str, tuple[str, float]]) -> bool:
    return all(score in (0.0, 100.0) for _, score in scores.values())
