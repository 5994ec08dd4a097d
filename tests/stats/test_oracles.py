"""The statistics against SciPy, where it has the same thing: one question a clip is the ordinary case."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mabench_eval.stats.clustered import (
    alike_interval,
    cluster_table,
    difference_interval,
    estimate,
    p_value,
    smallest_difference,
    wilson_interval,
)


@pytest.mark.parametrize(("right", "n"), [(0, 7), (1, 7), (5, 9), (50, 100), (1999, 2000), (12, 12)])
def test_wilsons_interval(right: int, n: int) -> None:
    theirs = stats.binomtest(right, n).proportion_ci(method="wilson")
    assert wilson_interval(right / n, n) == pytest.approx((theirs.low, theirs.high))


def test_the_clustered_error_of_one_question_a_clip_is_the_standard_error_of_the_mean() -> None:
    scores = np.random.default_rng(0).normal(size=40)
    found = cluster_table({"x": {str(clip): [score] for clip, score in enumerate(scores)}})
    assert estimate(found).errors[0] == pytest.approx(stats.sem(scores))


def test_the_p_value_of_a_paired_difference() -> None:
    """SciPy's paired test: of one question a clip the clustered error is the ordinary one."""
    random = np.random.default_rng(1)
    first, second = random.normal(size=400), random.normal(0.1, 1, size=400)
    table = cluster_table({"x": {str(clip): [change] for clip, change in enumerate(second - first)}})
    difference, error = estimate(table).values[0], estimate(table).errors[0]
    theirs = stats.ttest_rel(second, first)
    assert difference / error == pytest.approx(theirs.statistic)
    assert p_value(difference, error, 400, 100) == pytest.approx(theirs.pvalue)
    interval = theirs.confidence_interval(0.95)
    assert difference_interval(difference, error, 400, 100) == pytest.approx((interval.low, interval.high))


def test_nothing_otherwise_among_so_many_clips() -> None:
    """The exact bound of a share of which none was seen; the sign test, where all clips changed as far as can be."""
    theirs = stats.binomtest(0, 28).proportion_ci(method="exact")
    assert alike_interval(0.0, 28, 0.0, 1.0) == pytest.approx((0.0, theirs.high))
    assert p_value(100.0, 0.0, 9, 100.0) == pytest.approx(stats.binomtest(9, 9).pvalue)


def test_the_smallest_difference_is_found_with_its_power() -> None:
    """Of estimates with that true value and an error of 1, four of five are beyond 1.96."""
    quantile = stats.norm.ppf(0.975)
    assert stats.norm.sf(quantile, loc=smallest_difference(1.0, 1_000_000)) == pytest.approx(0.8, abs=1e-5)
