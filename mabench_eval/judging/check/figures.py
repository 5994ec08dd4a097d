"""The figures of a judge card: scores in, numbers out. Shares are 0-1, None where there is nothing to count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import fmean
from typing import Any

import numpy as np

from mabench_eval.judging.check.cases import KINDS, Case, Kind

CLEAR = 1.0
"""Points by which a score must fall to count as fallen, or rise to count as risen."""

Levels = Mapping[str, float]
"""Level -> score, 0-5."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A case with all that the judge said of it."""

    case: Case
    levels: tuple[str, ...]
    """The levels asked for."""
    asked: int
    """Times it was put to the judge."""
    scores: Sequence[Levels] = field(default_factory=tuple)
    """One for each time that the judge gave a usable score."""

    @property
    def mean(self) -> Levels | None:
        """Its score on each level, averaged over the repeats; None if the judge never gave one."""
        if not self.scores:
            return None
        return {level: fmean(scores[level] for scores in self.scores) for level in self.levels}


def kind_figures(scored: Sequence[Scored], left_out: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    """One entry a kind and task, in the card's order: how often it applies, means, and changes against its base."""
    tasks = sorted({one.case.question.task for one in scored})
    by_key = {(one.case.kind, one.case.question.qid): one for one in scored}
    entries = []
    for kind in KINDS:
        for task in tasks:
            if kind.task in (None, task):
                own = [one for one in scored if (one.case.kind, one.case.question.task) == (kind.name, task)]
                entries.append(_kind_figures(kind, task, own, by_key, left_out.get((kind.name, task), 0)))
    return entries


def _kind_figures(
    kind: Kind, task: str, scored: Sequence[Scored], by_key: Mapping[tuple[str, str], Scored], left_out: int
) -> dict[str, Any]:
    means = [one.mean for one in scored if one.mean is not None]
    pairs = list(_pairs(kind, scored, by_key))
    names = scored[0].levels if scored else ()
    changes = {level: [after[level] - before[level] for before, after in pairs] for level in names}
    entry: dict[str, Any] = {
        "kind": kind.name,
        "task": task,
        "expectation": kind.expectation,
        "n": len(scored),
        "not_applicable": left_out,
        "without_score": len(scored) - len(means),
        "compared": len(pairs),
        "base": kind.base,
        "mean": {level: mean([one[level] for one in means]) for level in names},
        "change": {level: mean(changes[level]) for level in names},
    }
    if kind.level is not None and scored:
        others = [level for level in names if level != kind.level]
        entry["level"] = kind.level
        entry["sensitivity"] = mean([float(change <= -CLEAR) for change in changes[kind.level]])
        entry["specificity"] = mean(
            [float(all(after[level] - before[level] > -CLEAR for level in others)) for before, after in pairs]
        )
        entry["side_effect"] = {level: entry["change"][level] for level in others}
    if kind.expectation == "no rise":
        most = [max(after[level] - before[level] for level in names) for before, after in pairs]
        entry["rises"] = mean([float(rise >= CLEAR) for rise in most])
        entry["largest_rise"] = max(most, default=None)
    return entry


def _pairs(
    kind: Kind, scored: Sequence[Scored], by_key: Mapping[tuple[str, str], Scored]
) -> Iterator[tuple[Levels, Levels]]:
    """Scores of the base and of the case, for each case where both exist."""
    for one in scored:
        base = by_key.get((kind.base, one.case.question.qid))
        before, after = None if base is None else base.mean, one.mean
        if before is not None and after is not None:
            yield before, after


def separation(kinds: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float | None]]:
    """Task -> level -> mean of the references less that of other clips' references, over the same clips."""
    return {
        entry["task"]: {level: None if change is None else -change for level, change in entry["change"].items()}
        for entry in kinds
        if entry["kind"] == "other clip"
    }


def retest(scored: Sequence[Scored]) -> dict[str, dict[str, Any]]:
    """Task -> how alike the scores are when the same is asked again, over all pairs of repeats of a case.

    ``identical`` is the share of pairs with the same score, ``difference`` the mean absolute difference in points.
    """
    result: dict[str, dict[str, Any]] = {}
    for task in sorted({one.case.question.task for one in scored}):
        mine = [one for one in scored if one.case.question.task == task]
        pairs = [pair for one in mine for pair in combinations(one.scores, 2)]
        gaps = {level: [abs(a[level] - b[level]) for a, b in pairs] for level in mine[0].levels}
        result[task] = {
            "pairs": len(pairs),
            "identical": {level: mean([float(gap == 0) for gap in gaps[level]]) for level in gaps},
            "difference": {level: mean(gaps[level]) for level in gaps},
        }
    return result


def length_bias(scored: Sequence[Scored]) -> dict[str, dict[str, Any]]:
    """Task -> level -> Spearman's correlation of words and score over the wrong answers (``other clip``).

    None where all scores or all lengths are the same.
    """
    result: dict[str, dict[str, Any]] = {}
    for task in sorted({one.case.question.task for one in scored}):
        wrong = [one for one in scored if one.case.question.task == task and one.case.kind == "other clip"]
        means = [(len(one.case.answer.split()), one.mean) for one in wrong if one.mean is not None]
        words = [count for count, _ in means]
        levels = wrong[0].levels if wrong else ()
        result[task] = {
            "n": len(means),
            "spearman": {level: spearman(words, [score[level] for _, score in means]) for level in levels},
        }
    return result


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's rank correlation, -1 to 1: Pearson's of the ranks, ties sharing their mean rank.

    None where one side does not vary. Raises ValueError for sides of different length.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} values cannot be paired")
    if len(set(first)) < 2 or len(set(second)) < 2:
        return None
    return float(np.corrcoef(_ranks(first), _ranks(second))[0, 1])


def _ranks(values: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    _, place, counts = np.unique(np.asarray(values, np.float64), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place], np.float64)


def mean(values: Sequence[float]) -> float | None:
    """Arithmetic mean; None of nothing."""
    return fmean(values) if values else None
