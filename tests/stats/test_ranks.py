"""Rank sets against hand-derived cases, a naive version, and benchmarks whose true ranks are known."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval.stats import ranks
from mabench_eval.stats.clustered import ClusterTable, Floats, bootstrap
from mabench_eval.stats.ranks import RankSet, rank_sets


def swings(*rows: dict[int, float], replicates: int = 21) -> Floats:
    """(replicates, rows) deviations, all 0 but those named. The 95 % quantile of 21 values is the second greatest."""
    found = np.zeros((replicates, len(rows)))
    for row, deviations in enumerate(rows):
        for replicate, deviation in deviations.items():
            found[replicate, row] = deviation
    return found


THREE = swings({0: 2, 1: -2}, {2: 1, 3: -1}, {})
"""Errors of the pairs of a, b, c: a - b is off by 2, 2, 1, 1: sqrt(10/21); a - c by 2, 2: sqrt(8/21); b - c by 1, 1:
sqrt(2/21). The greatest |t|: in replicates 0 and 1 of a - c, 2 / sqrt(8/21) = sqrt(21/2) = 3.24, which is more than
2 / sqrt(10/21) = 2.90; in 2 and 3 of b - c, 1 / sqrt(2/21), the same. So c = sqrt(21/2), and what a pair must differ by
is c * SE: a - b sqrt(5) = 2.236, a - c sqrt(4) = 2, b - c sqrt(1) = 1."""


@pytest.mark.parametrize(
    ("values", "ranks"),
    [
        ((2.1, 0.9, 0.0), [(1, 2), (1, 3), (2, 3)]),  # 2.1 > 2: a before c; 1.2 and 0.9 are too little
        ((2.1, 1.1, 0.0), [(1, 2), (1, 2), (3, 3)]),  # 1.1 > 1: b before c too
        ((3.3, 1.1, 0.0), [(1, 2), (1, 2), (3, 3)]),  # a - b = 2.2 < 2.236
        ((3.4, 1.1, 0.0), [(1, 1), (2, 2), (3, 3)]),  # a - b = 2.3 > 2.236
        ((0.0, 1.2, 2.1), [(2, 3), (1, 3), (1, 2)]),  # c before a by 2.1 > 2; c - b = 0.9 < 1, b - a = 1.2 < 2.236
    ],
    ids=str,
)
def test_three_rows_by_hand(values: tuple[float, ...], ranks: list[RankSet]) -> None:
    assert rank_sets(values, np.array(values) + THREE) == ranks


def test_two_equal_columns_share_their_ranks_and_a_clear_winner_has_its_own() -> None:
    same = swings({0: 2, 1: -2}, {0: 2, 1: -2})
    assert rank_sets([50, 50], 50 + same) == [(1, 2), (1, 2)]
    # c = sqrt(21/2) and SE = sqrt(8/21) to both, as above: 2 points are needed, and 10 are there
    winner = swings({0: 2, 1: -2}, {}, {})
    assert rank_sets([60, 50, 50], np.array([60, 50, 50]) + winner) == [(1, 1), (2, 3), (2, 3)]


def test_a_difference_that_never_changes_needs_no_error() -> None:
    """Rows that move together: 0.5 points apart in every draw, however far each of them moves."""
    together = swings({0: 20, 1: -20}, {0: 20, 1: -20})
    assert rank_sets([50.5, 50], np.array([50.5, 50]) + together) == [(1, 1), (2, 2)]
    assert rank_sets([50, 50.5, 50], np.full((5, 3), [50, 50.5, 50])) == [(2, 3), (1, 1), (2, 3)]


def test_pairs_of_no_spread_take_no_part_in_the_quantile() -> None:
    """A third row at a fixed distance of the second changes nothing of the first two but the count of ranks."""
    values, moves = np.array([2.1, 0.0, -1.0]), swings({0: 2, 1: -2}, {}, {})
    assert rank_sets(values[:2], values[:2] + moves[:, :2]) == [(1, 1), (2, 2)]  # 2.1 > 2
    assert rank_sets(values, values + moves) == [(1, 1), (2, 2), (3, 3)]
    values[0] = 1.9
    assert rank_sets(values, values + moves) == [(1, 2), (1, 2), (3, 3)]


def test_a_row_without_a_figure_takes_no_part() -> None:
    values, moves = np.array([2.1, math.nan, 0.0, 9.0]), swings({0: 2, 1: -2}, {}, {}, {})
    draws = values + moves
    draws[:, 3] = math.nan  # a figure, and no draw of it
    assert rank_sets(values, draws) == [(1, 1), None, (2, 2), None]
    assert rank_sets([math.nan], np.full((5, 1), math.nan)) == [None]


def test_a_draw_that_lacks_a_figure_is_left_out() -> None:
    """The two replicates with a swing of 2 go: what is left never moves."""
    values, moves = np.array([1.0, 0.0]), swings({0: 2, 1: -2}, {})
    draws = values + moves
    assert rank_sets(values, draws) == [(1, 2), (1, 2)]
    draws[:2, 1] = math.nan
    assert rank_sets(values, draws) == [(1, 1), (2, 2)]


def test_few_rows_and_no_draws() -> None:
    assert rank_sets([], np.zeros((5, 0))) == []
    assert rank_sets([3.0], np.full((5, 1), 3.0)) == [(1, 1)]
    # each draw lacks one of the two: nothing is known of the pair
    assert rank_sets([1.0, 0.0], [[1.0, math.nan], [math.nan, 0.0]]) == [(1, 2), (1, 2)]


def naive(values: Floats, draws: Floats) -> list[RankSet]:
    """The same by loops over pairs and draws; every pair has an error."""
    rows = range(len(values))
    error = {(i, j): float(np.std(draws[:, i] - draws[:, j])) for i, j in permutations(rows, 2)}
    greatest = [
        max(abs((draw[i] - draw[j]) - (values[i] - values[j])) / error[i, j] for i, j in error) for draw in draws
    ]
    c = float(np.quantile(greatest, 0.95))
    ahead = {(i, j) for i, j in error if values[i] - values[j] > c * error[i, j]}
    return [(1 + sum((j, i) in ahead for j in rows), len(values) - sum((i, j) in ahead for j in rows)) for i in rows]


@given(st.integers(0, 10_000), st.integers(2, 6), st.floats(0.1, 20))
def test_it_is_the_naive_version(seed: int, rows: int, spread: float) -> None:
    random = np.random.default_rng(seed)
    values = 50 + spread * random.standard_normal(rows)
    draws = values + random.standard_normal((40, rows)) + random.standard_normal((40, 1))
    found = rank_sets(values, draws)
    assert found == naive(values, draws)
    order = random.permutation(rows)  # the order of the rows is of no account
    assert rank_sets(values[order], draws[:, order]) == [found[row] for row in order]


def test_widened_clips_more_is_asked() -> None:
    """Student's distribution with 27 degrees of freedom has 2.5 % above 2.0518 (published), the normal above 1.96; the
    error grows by sqrt(28/27) = 1.01835: 2.0895. Here c = sqrt(21/2) = 3.2404, which becomes
    3.2404 + 37.265/108 + (1786.3 + 544.4 + 9.7)/(96 * 729) = 3.6189, times 1.01835: 3.6853; times sqrt(8/21): 2.275.
    """
    assert ranks._widened(1.959964, 28) == pytest.approx(2.0895, abs=1e-3)
    moves = swings({0: 2, 1: -2}, {})
    for apart, found in ((2.26, [(1, 2), (1, 2)]), (2.29, [(1, 1), (2, 2)])):
        assert rank_sets([apart, 0], np.array([apart, 0]) + moves, clips=28) == found
        assert rank_sets([apart, 0], np.array([apart, 0]) + moves) == [(1, 1), (2, 2)]


def simulated(random: np.random.Generator, gaps: Floats, clips: int = 60, questions: int = 6) -> ClusterTable:
    """Runs on the same clips. What makes a clip hard makes it hard for all: the chance of a right answer is that of the
    clip, uniform in 0.2-0.6, plus the run's gap; so runs are in the order of their gaps, whatever the clips."""
    chance = random.uniform(0.2, 0.6, (clips, 1)) + gaps
    right = random.binomial(questions, chance).astype(float)
    return ClusterTable(right, np.full(right.shape, float(questions)))


@pytest.mark.parametrize("gaps", [(0.0, 0.02, 0.1, 0.3), (0.1, 0.1, 0.1, 0.1), (0.0, 0.0, 0.3, 0.3)], ids=str)
def test_the_true_ranks_of_all_rows_are_held_at_once(gaps: tuple[float, ...]) -> None:
    """Of 600 benchmarks; rows that are truly equal share a set of ranks, which must be held whole."""
    truth = [(1 + sum(g > own for g in gaps), len(gaps) - sum(g < own for g in gaps)) for own in gaps]
    random, held = np.random.default_rng(1), 0
    for number in range(600):
        found = simulated(random, np.array(gaps))
        sets = rank_sets(found.means, bootstrap(found, 400, seed=number), clips=60)
        held += all(each and each[0] <= low and high <= each[1] for each, (low, high) in zip(sets, truth, strict=True))
    assert held / 600 >= 0.93


def test_shared_clips_tell_apart_what_separate_ones_do_not() -> None:
    """Two runs on the same clips, 5 points apart: paired draws know more than draws of each run on its own.

    A clip's chance varies by 0.4^2 / 12 = 0.0133, and thirty answers to it by about 0.24 / 30 = 0.008. The difference
    has an error of sqrt(2 * 0.008 / 60) = 1.6 points where clips are shared, else of sqrt(2 * 0.0213 / 60) = 2.7.
    """
    random, decided = np.random.default_rng(0), {"paired": 0, "unpaired": 0}
    for number in range(100):
        found = simulated(random, np.array([0.0, 0.05]), questions=30)
        alone = [ClusterTable(found.sums[:, [run]], found.counts[:, [run]]) for run in (0, 1)]
        unpaired = np.concatenate([bootstrap(run, 400, seed=2 * number + k) for k, run in enumerate(alone)], axis=1)
        for name, draws in (("paired", bootstrap(found, 400, seed=number)), ("unpaired", unpaired)):
            decided[name] += rank_sets(found.means, draws) == [(2, 2), (1, 1)]
    assert decided["paired"] > decided["unpaired"] + 25
