"""Rank sets against hand-derived cases and benchmarks whose true ranks are known."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval.stats.clustered import ClusterTable, Estimates, Floats, estimate, p_value
from mabench_eval.stats.ranks import RankSet, rank_sets


def pairwise(rows: int, pairs: dict[tuple[int, int], float]) -> Floats:
    """(rows, rows), 1 but for the named pairs."""
    found = np.ones((rows, rows))
    for pair, p in pairs.items():
        found[pair] = p
    return found


@pytest.mark.parametrize(
    ("pairs", "ranks"),
    [
        ({}, [(1, 3), (1, 3), (1, 3)]),
        # three pairs: the smallest p counts three times, the next twice, the greatest once
        ({(0, 2): 0.02}, [(1, 3), (1, 3), (1, 3)]),  # 0.06
        ({(0, 2): 0.016}, [(1, 2), (1, 3), (2, 3)]),  # 0.048: a before c
        ({(0, 2): 0.016, (1, 2): 0.026}, [(1, 2), (1, 3), (2, 3)]),  # 0.052
        ({(0, 2): 0.016, (1, 2): 0.024}, [(1, 2), (1, 2), (3, 3)]),  # 0.048: b before c too
        ({(0, 2): 0.016, (1, 2): 0.024, (0, 1): 0.04}, [(1, 1), (2, 2), (3, 3)]),
    ],
    ids=str,
)
def test_three_rows_by_hand(pairs: dict[tuple[int, int], float], ranks: list[RankSet]) -> None:
    assert rank_sets([3.0, 2.0, 1.0], pairwise(3, pairs)) == ranks


def test_equal_rows_share_their_ranks_and_a_clear_winner_has_its_own() -> None:
    assert rank_sets([50, 50], pairwise(2, {})) == [(1, 2), (1, 2)]
    assert rank_sets([60, 50, 50], pairwise(3, {(0, 1): 1e-6, (0, 2): 1e-6})) == [(1, 1), (2, 3), (2, 3)]
    assert rank_sets([3.0], pairwise(1, {})) == [(1, 1)]
    assert rank_sets([], pairwise(0, {})) == []


@given(st.lists(st.integers(0, 3), min_size=1, max_size=7))
def test_the_order_of_rows_is_of_no_account(values: list[int]) -> None:
    """A permutation of the rows permutes the sets."""
    rows = len(values)
    p = np.random.default_rng(sum(values)).random((rows, rows)) ** 4
    p = np.triu(p, 1) + np.triu(p, 1).T
    found = rank_sets(values, p)
    order = np.random.default_rng(rows).permutation(rows)
    assert rank_sets(np.array(values)[order], p[np.ix_(order, order)]) == [found[row] for row in order]
    assert all(1 <= best <= worst <= rows for best, worst in found)


def simulated(random: np.random.Generator, gaps: Floats, clips: int = 60, questions: int = 6) -> ClusterTable:
    """Runs on the same clips. What makes a clip hard makes it hard for all: the chance of a right answer is that of the
    clip, uniform in 0.2-0.6, plus the run's gap; so runs are in the order of their gaps, whatever the clips."""
    chance = random.uniform(0.2, 0.6, (clips, 1)) + gaps
    right = random.binomial(questions, chance).astype(float)
    return ClusterTable(right, np.full(right.shape, float(questions)))


def ranked(found: Estimates, *, paired: bool = True) -> list[RankSet]:
    rows = len(found.values)
    errors = found.errors_apart(range(rows)) if paired else np.hypot(found.errors[:, None], found.errors[None, :])
    p = np.ones((rows, rows))
    for one, other in combinations(range(rows), 2):
        apart = float(found.values[other] - found.values[one])
        p[one, other] = p_value(apart, float(errors[one, other]), int(found.clips[one]), 1.0)
    return rank_sets(found.values, p)


@pytest.mark.parametrize("gaps", [(0.0, 0.02, 0.1, 0.3), (0.1, 0.1, 0.1, 0.1), (0.0, 0.0, 0.3, 0.3)], ids=str)
@pytest.mark.parametrize("clips", [12, 60])
def test_the_true_ranks_of_all_rows_are_held_at_once(gaps: tuple[float, ...], clips: int) -> None:
    """Of 600 benchmarks; rows that are truly equal share a set of ranks, which must be held whole."""
    truth = [(1 + sum(g > own for g in gaps), len(gaps) - sum(g < own for g in gaps)) for own in gaps]
    random, held = np.random.default_rng(1), 0
    for _ in range(600):
        sets = ranked(estimate(simulated(random, np.array(gaps), clips)))
        held += all(each[0] <= low and high <= each[1] for each, (low, high) in zip(sets, truth, strict=True))
    assert held / 600 >= 0.93


def test_shared_clips_tell_apart_what_separate_ones_do_not() -> None:
    """Two runs on the same clips, 5 points apart: paired errors know more than errors of each run on its own.

    A clip's chance varies by 0.4^2 / 12 = 0.0133, and thirty answers to it by about 0.24 / 30 = 0.008. The difference
    has an error of sqrt(2 * 0.008 / 60) = 1.6 points where clips are shared, else of sqrt(2 * 0.0213 / 60) = 2.7.
    """
    random, decided = np.random.default_rng(0), {True: 0, False: 0}
    for _ in range(100):
        found = estimate(simulated(random, np.array([0.0, 0.05]), questions=30))
        for paired in decided:
            decided[paired] += ranked(found, paired=paired) == [(2, 2), (1, 1)]
    assert decided[True] > decided[False] + 25
