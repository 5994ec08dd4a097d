"""Error bars of figures over questions that share clips: clips are drawn, not questions.

Twelve questions are asked about one clip, and what makes a clip hard makes all of them hard: questions are no
independent draws, and intervals that take them for such are too narrow. Here a clip is the unit everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mabench_eval.stats.student import t_p_value, t_quantile

CONFIDENCE = 0.95
"""Of all intervals."""
POWER = 0.80
REPLICATES = 10_000
_BLOCK = 1 << 24
"""Weights drawn at once, so that memory is bounded whatever the number of clips: 64 MiB of float32."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClusterTable:
    """Figures of several columns (tasks, models, levels) as sums over clips."""

    sums: Floats
    """(clips, columns): sum of the scores of a clip's questions."""
    counts: Floats
    """(clips, columns): number of those questions; 0 where a column has none on a clip."""

    @property
    def means(self) -> Floats:
        """(columns,): mean over questions; NaN where there is none."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.sums.sum(axis=0) / self.counts.sum(axis=0))

    @property
    def clips(self) -> NDArray[np.int64]:
        """(columns,): clips with a question."""
        return np.asarray((self.counts > 0).sum(axis=0))


def cluster_table(columns: Mapping[str, Mapping[str, Sequence[float]]]) -> ClusterTable:
    """Sums by clip. ``columns``: name -> clip -> the scores of its questions. Clips may differ between columns."""
    clips = sorted({clip for column in columns.values() for clip in column})
    sums, counts = np.zeros((len(clips), len(columns))), np.zeros((len(clips), len(columns)))
    rows = {clip: row for row, clip in enumerate(clips)}
    for place, column in enumerate(columns.values()):
        for clip, scores in column.items():
            sums[rows[clip], place], counts[rows[clip], place] = math.fsum(scores), len(scores)
    return ClusterTable(sums, counts)


def influences(table: ClusterTable) -> Floats:
    """(clips, columns): what each clip adds to a mean, over its expectation; a column's sum is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((table.sums - table.counts * table.means) / table.counts.sum(axis=0))


def standard_errors(table: ClusterTable, combinations: ArrayLike | None = None) -> Floats:
    """(columns,): clustered standard error of each mean, or of each combination; NaN with fewer than two clips.

    sqrt(C/(C-1) * sum over clips of (sum over its questions of (score - mean))^2) / n: Miller 2024 (arXiv 2411.00640),
    section 2.2, where the double sum over pairs within a cluster is this square; C/(C-1) is the usual correction for a
    small number of clusters (Cameron and Miller 2015, section II.B).

    ``combinations``: (columns, combinations) weights, for averages of tasks: a clip's influences are summed before they
    are squared, since its questions of different tasks are no more independent than those of one.
    """
    influence, present = influences(table), table.counts > 0
    if combinations is not None:
        weights = np.asarray(combinations, np.float64)
        influence = np.where(present, influence, 0.0) @ weights
        present = (present.astype(float) @ np.abs(weights)) > 0
    clips = present.sum(axis=0).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = clips / (clips - 1) * (influence**2).sum(axis=0)
    return np.sqrt(np.where(clips > 1, variance, np.nan))


def bootstrap(table: ClusterTable, replicates: int = REPLICATES, seed: int = 0) -> Floats:
    """(replicates, columns): means when whole clips are drawn anew, as many as there are, with replacement.

    All columns see the same draws, so that differences between columns are paired (cluster bootstrap: Davison and
    Hinkley 1997, section 3.8). A replicate without a question of a column is NaN there.
    """
    draws = np.concatenate(
        [
            np.stack([weights @ table.sums.astype(np.float32), weights @ table.counts.astype(np.float32)])
            for weights in _weights(len(table.sums), replicates, seed)
        ],
        axis=1,
    ).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(draws[0] / draws[1])


def _weights(clips: int, replicates: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """How often each clip is drawn, (some replicates, clips) at a time."""
    random = np.random.default_rng(seed)
    block = max(1, _BLOCK // max(clips, 1))
    for first in range(0, replicates, block):
        rows = min(block, replicates - first)
        drawn = (
            random.integers(0, clips, (rows, clips), dtype=np.int32) + np.arange(rows, dtype=np.int32)[:, None] * clips
        )
        yield np.bincount(drawn.ravel(), minlength=rows * clips).reshape(rows, clips).astype(np.float32)


def combined(means: Floats, weights: Floats) -> Floats:
    """(rows, combinations): weighted sums of (rows, columns) means; a mean of weight 0 may be missing."""
    missing = np.isnan(means)
    lacks_a_part = (missing.astype(float) @ np.abs(weights)) > 0
    return np.asarray(np.where(missing, 0.0, means) @ weights + np.where(lacks_a_part, np.nan, 0.0))


def effective_sample_size(share: float, error: float, questions: int, clips: int) -> float:
    """Independent questions that would have this clustered error: n / design effect (Kish 1965), from clips to n."""
    independent = math.sqrt(share * (1 - share) / questions)
    if error == 0 or math.isnan(error):
        return float(clips)
    return min(float(questions), max(float(clips), questions * (independent / error) ** 2))


def percentile_interval(draws: ArrayLike) -> tuple[float, float] | None:
    """The middle 95 % of a bootstrap's replicates; None when none of them has a value."""
    replicates = np.asarray(draws, np.float64)
    replicates = replicates[np.isfinite(replicates)]
    if not len(replicates):
        return None
    low, high = np.quantile(replicates, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def wilson_interval(share: float, n: float) -> tuple[float, float]:
    """Score interval of a proportion (Wilson 1927). ``share``: 0-1; ``n``: trials, may be an effective number.

    Unlike a bootstrap it has a width when all answers are right or all are wrong.
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def p_value(difference: float, standard_error: float, clips: int) -> float:
    """Two-sided, of no difference, by Student's distribution with clips - 1 degrees of freedom; two clips or more."""
    if standard_error == 0:
        return 1.0 if difference == 0 else 0.0
    return t_p_value(difference / standard_error, clips - 1)


def half_width(standard_error: float, clips: int) -> float:
    """Half of a 95 % interval by an error from so many clips, two or more: t(0.975, clips - 1) SE.

    Cameron and Miller 2015, section VI.D: with few clusters Student's distribution, not the normal one.
    """
    return t_quantile(1 - CONFIDENCE, clips - 1) * standard_error


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted so that the chance of any false alarm among all of them is bounded (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def smallest_difference(standard_error: float, clips: int) -> float:
    """The true difference that a two-sided test at 5 % finds with a power of 80 %: (t(0.975) + t(0.8)) SE.

    Miller 2024 (arXiv 2411.00640), section 5, solved for the effect, with Student's quantiles for clips - 1.
    """
    return half_width(standard_error, clips) + t_quantile(2 * (1 - POWER), clips - 1) * standard_error
