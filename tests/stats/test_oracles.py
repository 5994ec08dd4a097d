"""The statistics against SciPy, where it has the same thing: one question a clip is the ordinary case."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mabench_eval.stats.clustered import (
    bootstrap,
    cluster_table,
    half_width,
    p_value,
    percentile_interval,
    smallest_difference,
    standard_errors,
    wilson_interval,
)


@pytest.mark.parametrize(("right", "n"), [(0, 7), (1, 7), (5, 9), (50, 100), (1999, 2000), (12, 12)])
def test_wilsons_interval(right: int, n: int) -> None:
    theirs = stats.binomtest(right, n).proportion_ci(method="wilson")
    assert wilson_interval(right / n, n) == pytest.approx((theirs.low, theirs.high))


def test_the_clustered_error_of_one_question_a_clip_is_the_standard_error_of_the_mean() -> None:
    scores = np.random.default_rng(0).normal(size=40)
    found = cluster_table({"x": {str(clip): [score] for clip, score in enumerate(scores)}})
    assert standard_errors(found)[0] == pytest.approx(stats.sem(scores))


def test_the_p_value_of_a_paired_difference() -> None:
    """SciPy's paired test: of one question a clip the clustered error is the ordinary one."""
    random = np.random.default_rng(1)
    first, second = random.normal(size=400), random.normal(0.1, 1, size=400)
    table = cluster_table({"x": {str(clip): [change] for clip, change in enumerate(second - first)}})
    theirs = stats.ttest_rel(second, first)
    assert table.means[0] / standard_errors(table)[0] == pytest.approx(theirs.statistic)
    assert p_value(table.means[0], standard_errors(table)[0], 400) == pytest.approx(theirs.pvalue)
    interval = theirs.confidence_interval(0.95)
    assert half_width(standard_errors(table)[0], 400) == pytest.approx((interval.high - interval.low) / 2)


def test_the_smallest_difference_is_found_with_its_power() -> None:
    """Of estimates with that true value and an error of 1, four of five are beyond 1.96."""
    quantile = stats.norm.ppf(0.975)
    assert stats.norm.sf(quantile, loc=smallest_difference(1.0, 1_000_000)) == pytest.approx(0.8, abs=1e-5)


def test_the_bootstraps_interval() -> None:
    scores = np.random.default_rng(2).random(200)
    ours = percentile_interval(bootstrap(cluster_table({"x": {str(c): [s] for c, s in enumerate(scores)}}))[:, 0])
    theirs = stats.bootstrap(
        (scores,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(3)
    ).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.003)
