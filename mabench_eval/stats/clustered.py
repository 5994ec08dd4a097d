"""Error bars of figures over questions that share clips: a clip, not a question, is an independent draw.

Twelve questions are asked about one clip, and what makes a clip hard makes all of them hard: questions are no
independent draws, and intervals that take them for such are too narrow. Here a clip is the unit everywhere.

``python -m benchmarks.intervals`` measures on simulated benchmarks of known truth how often each interval holds it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mabench_eval.stats.student import t_p_value, t_quantile

CONFIDENCE = 0.95
"""Of all intervals."""
POWER = 0.80
_ROUNDING = 1e-9
"""An error of figures of 0-5 or 0-100 that is nothing but rounding."""
_GREATEST_EXPONENT = 700.0
"""Of e in a float, with some room."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClusterTable:
    """Figures of several columns (tasks, models, levels) as sums over clips."""

    sums: Floats
    """(clips, columns): sum of the scores of a clip's questions."""
    counts: Floats
    """(clips, columns): number of those questions; 0 where a column has none on a clip."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Means of the columns of a table, and then weighted sums of them, with what their errors follow from."""

    values: Floats
    """(figures,): mean over questions; NaN where there is none, or a part has none."""
    influences: Floats
    """(clips, figures): what each clip adds to the figure over its expectation; a figure's sum is 0."""
    present: NDArray[np.bool_]
    """(clips, figures): whether the clip has a question of the figure, or of one of its parts."""
    clips: NDArray[np.int64]
    """(figures,): clips with a question; of a sum the number in its part with the fewest."""

    @property
    def errors(self) -> Floats:
        """(figures,): clustered standard error of each; NaN with fewer than two clips.

        sqrt(C/(C-1) * sum over clips of (sum over its questions of (score - mean))^2) / n: Miller 2024 (arXiv
        2411.00640), section 2.2, where the double sum over pairs within a cluster is this square; C/(C-1) is the usual
        correction for a small number of clusters (Cameron and Miller 2015, section II.B). In a weighted sum a clip's
        influences are summed before they are squared, since its questions of different tasks are no more independent
        than those of one.
        """
        return _errors(self.influences, self.present.sum(axis=0))

    def errors_apart(self, figures: Sequence[int]) -> Floats:
        """(M, M): clustered standard error of the difference of every two of M figures, paired by clip."""
        influences, present = self.influences[:, figures], self.present[:, figures]
        apart = np.zeros((len(figures), len(figures)))
        for row in range(len(figures)):  # one figure against all: memory is that of the influences
            either = (present | present[:, [row]]).sum(axis=0)
            apart[row] = _errors(influences - influences[:, [row]], either)
        return apart


def cluster_table(columns: Mapping[str, Mapping[str, Sequence[float]]]) -> ClusterTable:
    """Sums by clip. ``columns``: name -> clip -> the scores of its questions. Clips may differ between columns."""
    clips = sorted({clip for column in columns.values() for clip in column})
    sums, counts = np.zeros((len(clips), len(columns))), np.zeros((len(clips), len(columns)))
    rows = {clip: row for row, clip in enumerate(clips)}
    for place, column in enumerate(columns.values()):
        for clip, scores in column.items():
            sums[rows[clip], place], counts[rows[clip], place] = math.fsum(scores), len(scores)
    return ClusterTable(sums, counts)


def estimate(table: ClusterTable, combinations: ArrayLike | None = None) -> Estimates:
    """The mean of each column, and of each combination after them.

    Args:
        table: Sums by clip.
        combinations: (columns, combinations) weights of weighted sums, as for averages of tasks; None: no sums.
    """
    present = table.counts > 0
    weights = np.zeros((present.shape[1], 0)) if combinations is None else np.asarray(combinations, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = table.sums.sum(axis=0) / table.counts.sum(axis=0)
        influences = np.where(present, (table.sums - table.counts * means) / table.counts.sum(axis=0), 0.0)

    of_sums = weights != 0
    lacks_a_part = of_sums[np.isnan(means)].any(axis=0)
    sums = np.where(lacks_a_part, np.nan, np.where(np.isnan(means), 0.0, means) @ weights)
    clips = present.sum(axis=0)
    fewest = np.where(of_sums, clips[:, None], np.iinfo(np.int64).max).min(axis=0, initial=np.iinfo(np.int64).max)
    return Estimates(
        np.concatenate([means, sums]),
        np.concatenate([influences, influences @ weights], axis=1),
        np.concatenate([present, present.astype(np.float64) @ of_sums > 0], axis=1),
        np.concatenate([clips, fewest]),
    )


def _errors(influences: Floats, clips: NDArray[np.int64]) -> Floats:
    """(figures,): of influences (clips, figures) the clustered errors; what is only rounding is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        variances = np.where(clips > 1, clips / (clips - 1) * (influences**2).sum(axis=0), np.nan)
    errors = np.sqrt(variances)
    return np.where(errors <= _ROUNDING, 0.0, errors)


def effective_sample_size(share: float, error: float, questions: int, clips: int) -> float:
    """Independent questions that would have this clustered error: n / design effect (Kish 1965), from clips to n."""
    independent = math.sqrt(share * (1 - share) / questions)
    if error == 0:
        return float(clips)
    return min(float(questions), max(float(clips), questions * (independent / error) ** 2))


def proportion_interval(share: float, error: float, trials: int, clips: int) -> tuple[float, float]:
    """95 % interval of a proportion: Wilson's, with the effective sample size of its clustered error.

    Args:
        share: 0-1.
        error: Its clustered error.
        trials: That it is the share of.
        clips: That they are on, two or more.
    """
    return wilson_interval(share, effective_sample_size(share, error, trials, clips))


def wilson_interval(share: float, n: float) -> tuple[float, float]:
    """Score interval of a proportion (Wilson 1927). ``share``: 0-1; ``n``: trials, may be an effective number.

    Unlike a bootstrap it has a width when all answers are right or all are wrong.
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def mean_interval(value: float, error: float, clips: int, top: float) -> tuple[float, float]:
    """95 % interval of a mean of scores from 0 to ``top``; two clips or more.

    Student's on the scale of the log odds, L = ln(v / (top - v)), whose error is that of v times
    top / (v (top - v)) (delta method): it stays between 0 and ``top``, and leans towards the middle near either end, as
    the scores there do. Where all clips are alike: `alike_interval`.
    """
    value = min(max(value, 0.0), top)  # beyond by rounding alone
    if error == 0:
        return alike_interval(value, clips, 0.0, top)
    half = half_width(error, clips) * top / (value * (top - value))
    against = (top - value) / value
    return _share(against, half) * top, _share(against, -half) * top


def _share(against: float, less: float) -> float:
    """1 / (1 + e^less (odds against)), which is 0 where the exponential has no float."""
    return 1 / (1 + against * math.exp(less)) if less < _GREATEST_EXPONENT else 0.0


def correlation_interval(value: float, error: float, clips: int) -> tuple[float, float] | None:
    """95 % interval of a figure from -1 to 1 by an error from so many clips, two or more.

    Student's on Fisher's scale artanh(v), whose error is that of v over 1 - v^2 (Fisher 1921; delta method). None where
    the figure is at an end, or does not change with the clips: what spread it has is not seen.
    """
    if error <= _ROUNDING or abs(value) >= 1:
        return None
    middle, half = math.atanh(value), half_width(error, clips) / (1 - value**2)
    return math.tanh(middle - half), math.tanh(middle + half)


def alike_interval(value: float, clips: int, bottom: float, top: float) -> tuple[float, float]:
    """95 % interval where every clip has the same mean ``value``, of scores from ``bottom`` to ``top``.

    No spread among C clips does not mean that there is none: up to a share u of all clips may be otherwise without
    showing one, where (1 - u)^C = 0.025 (Clopper and Pearson 1934, for none of C), and those may be anything.
    """
    unseen = 1 - ((1 - CONFIDENCE) / 2) ** (1 / clips)
    return value - unseen * (value - bottom), value + unseen * (top - value)


def difference_interval(difference: float, error: float, clips: int, top: float) -> tuple[float, float]:
    """95 % interval of a mean of paired differences, of scores from 0 to ``top``; two clips or more.

    Student's with the clustered error, within -top to top; where all clips are alike: `alike_interval`.
    """
    if error == 0:
        return alike_interval(difference, clips, -top, top)
    half = half_width(error, clips)
    return max(-top, difference - half), min(top, difference + half)


def p_value(difference: float, error: float, clips: int | None, top: float) -> float:
    """Two-sided, of no difference between means of scores from 0 to ``top``.

    By Student's distribution with C - 1 degrees of freedom (None: as many as make no difference). Where every clip has
    the same difference d, the confidence at which `alike_interval` reaches 0: 2 (top / (top + |d|))^C, which for
    d = top is the sign test's 2 / 2^C.
    """
    if error == 0:
        return min(1.0, 2 * (top / (top + abs(difference))) ** (clips or math.inf))
    if clips is None:
        return math.erfc(abs(difference) / error / math.sqrt(2))
    return t_p_value(difference / error, clips - 1)


def half_width(error: float, clips: int) -> float:
    """Half of a 95 % interval by an error from so many clips, two or more: t(0.975, clips - 1) SE.

    Cameron and Miller 2015, section VI.D: with few clusters Student's distribution, not the normal one.
    """
    return t_quantile(1 - CONFIDENCE, clips - 1) * error


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted so that the chance of any false alarm among all of them is bounded (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def smallest_difference(error: float, clips: int) -> float:
    """The true difference that a two-sided test at 5 % finds with a power of 80 %: (t(0.975) + t(0.8)) SE.

    Miller 2024 (arXiv 2411.00640), section 5, solved for the effect, with Student's quantiles for clips - 1.
    """
    return half_width(error, clips) + t_quantile(2 * (1 - POWER), clips - 1) * error
