"""Ranks with error bars: for every row the set of ranks that it may have, right for all rows at once.

Intervals that overlap say little of ranks: over shared clips two figures move together, so that their difference is
known far better than either of them, and forty rows have 780 pairs, some of which differ by luck. Here the differences
of all pairs decide, at once.
"""

from __future__ import annotations

from math import erfc, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mabench_eval.stats.clustered import CONFIDENCE, Floats
from mabench_eval.stats.student import t_quantile

RankSet = tuple[int, int]
"""Best and worst rank that a row may have; 1 is best."""
_ROUNDING = 1e-6
"""Spread of a difference, as a share of the greatest figure, that is rounding: a bootstrap sums in single precision."""


def rank_sets(values: ArrayLike, draws: ArrayLike, *, clips: int | None = None) -> list[RankSet | None]:
    """Sets that hold the true ranks of all rows at once with 95 % confidence.

    Mogstad, Romano, Shaikh and Wilhelm 2024, "Inference for Ranks with Applications to Mobility across Neighbourhoods
    and Academic Achievement across Countries", Review of Economic Studies 91(1): simultaneous intervals of all pairs'
    differences d, each of d +- c SE(d). SE(d) is the standard deviation of its draws, and c the 95 % quantile, over
    draws, of the greatest |drawn d - d| / SE(d) of all pairs (max-t). One row is better than another when their
    interval is above 0; a row's ranks are from 1 + the rows better than it to M - the rows worse than it.

    A pair whose difference is the same in every draw takes no part in c: it is decided by the figures themselves.

    Args:
        values: (M,) figures, more is better; NaN where a row has none.
        draws: (replicates, M) the same figures drawn anew, a replicate's all from the same clips. A replicate that
            lacks a figure (NaN) is left out, and a row that all of them lack.
        clips: That a replicate draws, two or more. A bootstrap over few clips makes errors too small: of ten equal runs
            on 28 clips all ranks were held in 84 % of simulated benchmarks, and in 92 % with `_widened`. None: as many
            as make no difference.

    Returns:
        M ranks, each among the rows that take part; None for one that does not.
    """
    figures, drawn = np.asarray(values, np.float64), np.asarray(draws, np.float64)
    ranked = np.flatnonzero(~np.isnan(figures) & ~np.isnan(drawn).all(axis=0))
    figures, drawn = figures[ranked], drawn[:, ranked]
    better = _better(figures, drawn[~np.isnan(drawn).any(axis=1)], clips)
    ranks: list[RankSet | None] = [None] * np.size(values)
    for place, row in enumerate(ranked):
        ranks[row] = 1 + int(better[place].sum()), len(ranked) - int(better[:, place].sum())
    return ranks


def _better(values: Floats, draws: Floats, clips: int | None) -> NDArray[np.bool_]:
    """(M, M): whether the second row is better than the first; nowhere without draws."""
    if not draws.size:
        return np.zeros((len(values), len(values)), bool)
    rounding = _ROUNDING * float(np.abs(draws).max())
    errors, greatest = _errors(draws - values, rounding)
    critical = float(np.quantile(greatest, CONFIDENCE))
    margins = np.maximum((_widened(critical, clips) if clips else critical) * errors, rounding)
    return np.asarray(values[None, :] - values[:, None] > margins)


def _errors(deviations: Floats, rounding: float) -> tuple[Floats, Floats]:
    """Of the draws' deviations from the figures, (replicates, M): what `rank_sets` needs of all pairs.

    Returns:
        (M, M) the standard error of each pair's difference, 0 where it is ``rounding`` or less; and (replicates,) the
        greatest |deviation| / error of all other pairs. A row's pairs at a time: memory is that of the draws.
    """
    rows = deviations.shape[1]
    errors, greatest = np.zeros((rows, rows)), np.zeros(len(deviations))
    for row in range(rows - 1):
        apart = deviations[:, row + 1 :] - deviations[:, row, None]
        error = apart.std(axis=0)
        known = error > rounding
        errors[row, row + 1 :] = errors[row + 1 :, row] = np.where(known, error, 0.0)
        if known.any():
            np.maximum(greatest, np.abs(apart[:, known] / error[known]).max(axis=1), out=greatest)
    return errors, greatest


def _widened(critical: float, clips: int) -> float:
    """A normal quantile as that of Student's distribution with clips - 1 degrees of freedom.

    Times sqrt(C / (C-1)), as every clustered error here.
    """
    return t_quantile(erfc(critical / sqrt(2)), clips - 1) * sqrt(clips / (clips - 1))
