"""What of a figure's error is luck: the answers to one question, drawn again and again, against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from mabench_eval.runfiles import Interval, RepeatFigure, RepeatScores
from mabench_eval.scoring.intervals import AnswerScores, averages_among


@dataclass(frozen=True, slots=True)
class VarianceComponents:
    """Where the variance of a figure comes from, squared units; None where too little is there to tell."""

    questions: int
    within: float | None
    """Mean over questions of the unbiased variance of a question's answers, those with two answers or more."""
    between: float | None
    """Unbiased variance of the questions' means, less what luck adds to it; at least 0."""
    luck: float | None
    """What luck adds to the variance of the figure: within / (K n), for n questions of K answers."""


def repeat_scores(answers: AnswerScores, intervals: Mapping[str, Interval]) -> RepeatScores:
    """How far answers to one question differ, how far questions do, and what of the error the first makes up.

    A score is its question's own mean plus the luck of one answer. By the law of total variance the mean over n
    questions of K answers each has the variance (between + within / K) / n: Miller 2024 (arXiv 2411.00640), section
    3.1. More repeats make within / (K n) smaller, and nothing else.

    Args:
        answers: Of each figure and question the scores of its answers: 0 or 100, or 0-5.
        intervals: Figure or average -> its interval, of the questions' means.
    """
    components = {
        figure: _components([scores for _, scores in questions.values()]) for figure, questions in answers.items()
    }
    for name, weights in averages_among(answers).items():
        parts = [(weight, components[figure]) for figure, weight in weights.items()]
        known = [weight**2 * part.luck for weight, part in parts if part.luck is not None]
        luck = sum(known) if len(known) == len(parts) else None
        components[name] = VarianceComponents(sum(part.questions for _, part in parts), None, None, luck)
    return RepeatScores(
        max((len(scores) for questions in answers.values() for _, scores in questions.values()), default=0),
        {name: _figure(each, intervals[name].se) for name, each in components.items()},
    )


def _components(questions: Sequence[Sequence[float]]) -> VarianceComponents:
    """Of the scores of each question's answers, at least one each. Where answers are missing K is a harmonic mean."""
    several = [variance(scores) for scores in questions if len(scores) > 1]
    if not several:
        return VarianceComponents(len(questions), None, None, None)
    within = fmean(several)
    of_one = within * fmean(1 / len(scores) for scores in questions)
    means = [fmean(scores) for scores in questions]
    between = max(0.0, variance(means) - of_one) if len(means) > 1 else None
    return VarianceComponents(len(questions), within, between, of_one / len(questions))


def _figure(components: VarianceComponents, error: float | None) -> RepeatFigure:
    luck = components.luck
    share = None if luck is None or not error else min(100.0, 100 * luck / error**2)
    return RepeatFigure(components.questions, components.within, components.between, error, share)
