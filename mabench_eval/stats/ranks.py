"""Ranks with error bars: for every row the set of ranks that it may have, right for all rows at once.

Intervals that overlap say little of ranks: over shared clips two figures move together, so that their difference is
known far better than either of them, and forty rows have 780 pairs, some of which differ by luck. Here the differences
of all pairs decide, at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mabench_eval.stats.clustered import CONFIDENCE, holm

RankSet = tuple[int, int]
"""Best and worst rank that a row may have; 1 is best."""


def rank_sets(values: ArrayLike, p_values: ArrayLike) -> list[RankSet]:
    """Sets that hold the true ranks of all rows at once with 95 % confidence.

    One row is better than another when its figure is, and the difference of the two is significant at 5 % among those
    of all pairs (Holm 1979). A row's ranks are from 1 + the rows better than it to M - the rows worse than it: Mogstad,
    Romano, Shaikh and Wilhelm 2024, "Inference for Ranks with Applications to Mobility across Neighbourhoods and
    Academic Achievement across Countries", Review of Economic Studies 91(1), section 3, where the critical value is
    that of a bootstrap. Holm's holds whatever the pairs have to do with each other, and small p-values of Student's
    distribution hold on few clips, where a bootstrap's do not; for independent rows it costs 3 % of a margin.

    Args:
        values: (M,) figures, more is better.
        p_values: (M, M), two-sided, of no difference between two rows; above the diagonal.
    """
    figures, tests = np.asarray(values, np.float64), np.asarray(p_values, np.float64)
    rows = len(figures)
    first, second = np.triu_indices(rows, 1)

    significant = np.zeros((rows, rows), bool)
    significant[first, second] = np.array(holm(list(tests[first, second]))) <= 1 - CONFIDENCE
    better = (significant | significant.T) & (figures[None, :] > figures[:, None])
    return [(1 + int(better[row].sum()), rows - int(better[:, row].sum())) for row in range(rows)]
