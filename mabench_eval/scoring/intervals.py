"""The figures of a run, question by question, and their 95 % intervals by clips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from mabench_eval.runfiles import Interval
from mabench_eval.stats import (
    TOP_LEVEL,
    ClusterTable,
    cluster_table,
    estimate,
    mean_interval,
    proportion_interval,
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


def top_of(figure: str) -> float:
    """The best score that a figure can be: 5 of levels and their average, else 100."""
    return float(TOP_LEVEL) if figure == "open AVG" or figure.rpartition(" ")[2] in LEVELS else 100.0


def score_intervals(figures: QuestionScores, *, trials: Mapping[str, int] | None = None) -> dict[str, Interval]:
    """Each figure, and each average whose figures are all there, with its 95 % interval.

    Of an accuracy Wilson's with the effective sample size of the clustered error (``wilson``); of anything else
    Student's with that error, on the scale of the log odds, and of an average with the degrees of freedom of its part
    on the fewest clips (``student``).

    Args:
        figures: Question by question.
        trials: Accuracy -> its answers, repeats counted each; None: one a question, for figures of just 0 and 100.
    """
    if not figures:
        return {}
    if trials is None:
        trials = {figure: len(scores) for figure, scores in figures.items() if _is_proportion(scores)}
    columns = {figure: by_clip(scores.values()) for figure, scores in figures.items()}
    return table_intervals(list(figures), cluster_table(columns), trials)


def table_intervals(figures: Sequence[str], table: ClusterTable, trials: Mapping[str, int]) -> dict[str, Interval]:
    """The same of sums by clip, a column a figure."""
    averages = averages_among(figures)
    found = estimate(table, weights_of(averages, figures))
    return {
        name: _interval(value, error, clips, top_of(name), trials.get(name))
        for name, value, error, clips in zip(
            [*figures, *averages], found.values.tolist(), found.errors.tolist(), found.clips.tolist(), strict=True
        )
    }


def _interval(value: float, error: float, clips: int, top: float, trials: int | None) -> Interval:
    """``trials``: of an accuracy its answers, else None."""
    if clips < 2:
        return Interval(value, clips, None, None, None, None)
    if trials is None:
        return Interval(value, clips, error, *mean_interval(value, error, clips, top), "student")
    low, high = proportion_interval(value / top, error / top, trials, clips)
    return Interval(value, clips, error, top * low, top * high, "wilson")


def _is_proportion(scores: Mapping[str, tuple[str, float]]) -> bool:
    return all(score in (0.0, 100.0) for _, score in scores.values())
