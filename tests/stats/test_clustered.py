"""Clustered errors, intervals and tests, against hand-derived numbers and simulated truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval.stats.clustered import (
    ClusterTable,
    cluster_table,
    correlation_interval,
    difference_interval,
    estimate,
    half_width,
    holm,
    mean_interval,
    p_value,
    smallest_difference,
    wilson_interval,
)


def table(**clips: list[float]) -> ClusterTable:
    """One column."""
    return cluster_table({"figure": clips})


def test_the_clustered_error_by_hand() -> None:
    """Means 0.5; deviations by clip: a +1 (two right of two: 2 - 2*0.5), b -1, c 0. 3/2 * (1+1+0) / 6^2 = 1/12."""
    assert estimate(table(a=[1, 1], b=[0, 0], c=[1, 0])).errors[0] == pytest.approx(math.sqrt(1 / 12))


def test_with_one_question_a_clip_it_is_the_ordinary_one() -> None:
    """Four answers, one wrong: variance 3/16 * 4/3 = 1/4 (n - 1), over n: 1/16."""
    assert estimate(table(a=[1], b=[1], c=[1], d=[0])).errors[0] == pytest.approx(1 / 4)


def test_of_clips_whose_questions_agree_it_is_that_of_the_clips() -> None:
    """Twelve equal answers on each of four clips are worth four."""
    alone, twelve = table(a=[1], b=[1], c=[1], d=[0]), table(a=[1] * 12, b=[1] * 12, c=[1] * 12, d=[0] * 12)
    assert estimate(alone).errors == pytest.approx(estimate(twelve).errors)


def test_one_clip_has_no_error_and_an_empty_column_no_mean() -> None:
    found = estimate(cluster_table({"one": {"a": [1, 0]}, "none": {}}), [[0.5], [0.5]])
    assert found.values[0] == 0.5
    assert np.isnan(found.values[1:]).all()  # the sum lacks a part
    assert np.isnan(found.errors).all()
    assert list(found.clips) == [1, 0, 0]


def test_a_sum_has_the_clips_of_its_part_with_the_fewest() -> None:
    """Four clips of one column, two of them of the other: one degree of freedom. A part of no weight is no part."""
    columns = cluster_table({"x": {"a": [1], "b": [0], "c": [1], "d": [1]}, "y": {"a": [1], "b": [0]}, "z": {"e": [1]}})
    found = estimate(columns, np.array([[0.5, 1], [0.5, 0], [0, 0]]))
    assert found.values == pytest.approx([0.75, 0.5, 1, 0.625, 0.75])
    assert list(found.clips) == [4, 2, 1, 2, 4]
    # influences: of x 1/16, -3/16, 1/16, 1/16; of y 1/4, -1/4; half of each, summed by clip: 5/32, -7/32, 1/32, 1/32
    assert found.errors[3] == pytest.approx(math.sqrt(4 / 3 * (25 + 49 + 1 + 1) / 32**2))


def test_errors_of_differences_are_paired_by_clip() -> None:
    """a and b are right on the same clips but one: b - a is 0, 0, 0, 1. Mean 1/4, deviations -1/4 (x3), 3/4."""
    found = estimate(
        cluster_table(
            {
                "a": dict(zip("wxyz", [[1], [1], [0], [0]], strict=True)),
                "b": dict(zip("wxyz", [[1], [1], [0], [1]], strict=True)),
            }
        )
    )
    apart = found.errors_apart([0, 1])
    assert apart[0, 1] == apart[1, 0] == pytest.approx(math.sqrt(4 / 3 * (3 / 16 + 9 / 16)) / 4)
    assert (apart[0, 0], apart[1, 1]) == (0, 0)


def test_rounding_is_no_spread() -> None:
    """Means of thirds that differ in their last bit."""
    assert estimate(table(a=[0.1, 0.2, 0.3], b=[0.3, 0.2, 0.1], c=[0.2, 0.1, 0.3])).errors[0] == 0


def test_the_interval_of_a_mean_by_hand() -> None:
    """4.5 of 5 with an error of 0.1 on 11 clips (t = 2.228): log odds ln 9, error 0.1 * 5 / (4.5 * 0.5) = 0.2222.

    2.1972 -+ 2.228 * 0.2222: odds 5.486 and 14.77; 5 * 5.486 / 6.486 = 4.229 and 5 * 14.77 / 15.77 = 4.683.
    """
    assert mean_interval(4.5, 0.1, 11, 5) == pytest.approx((4.229, 4.683), abs=1e-3)
    assert mean_interval(95.0, 40.0, 2, 100) == pytest.approx((0, 100), abs=1e-9)  # never beyond what a score can be


def test_no_spread_is_no_certainty() -> None:
    """Three clips, all at 5 of 5: a share of up to 1 - 0.025^(1/3) = 0.7076 may be otherwise, at 0."""
    assert mean_interval(5.0, 0.0, 3, 5) == pytest.approx((5 * (1 - 0.7076), 5), abs=1e-3)
    assert mean_interval(0.0, 0.0, 3, 5) == pytest.approx((0, 5 * 0.7076), abs=1e-3)
    assert mean_interval(3.0, 0.0, 3, 5) == pytest.approx((3 - 3 * 0.7076, 3 + 2 * 0.7076), abs=1e-3)
    assert difference_interval(0.0, 0.0, 3, 100) == pytest.approx((-70.76, 70.76), abs=0.01)
    assert difference_interval(100.0, 0.0, 3, 100) == pytest.approx((100 - 2 * 70.76, 100), abs=0.01)


@given(st.floats(0, 1), st.just(0) | st.floats(0.01, 1), st.integers(2, 2000), st.sampled_from([5.0, 100.0]))
def test_every_interval_has_a_width_and_stays_on_the_scale(value: float, spread: float, clips: int, top: float) -> None:
    # the greatest error of a mean of C clips is that of half of them at either end
    error = spread * math.sqrt(value * (1 - value) / (clips - 1)) if 1e-6 < value < 1 - 1e-6 else 0.0
    low, high = mean_interval(top * value, top * error, clips, top)
    assert 0 <= low <= top * value <= high <= top
    assert low < high
    low, high = difference_interval(top * value, top * error, clips, top)
    assert -top <= low <= top * value <= high <= top
    assert low < high


def test_fishers_scale_by_hand() -> None:
    """0.8 with an error of 0.05 on 11 clips: artanh 1.0986 -+ 2.228 * 0.05 / 0.36: 0.6582 and 0.8870."""
    assert correlation_interval(0.8, 0.05, 11) == pytest.approx((0.6582, 0.8870), abs=1e-3)
    assert correlation_interval(1.0, 0.0, 11) is None


def test_wilson_by_hand() -> None:
    """All of four right: low = n / (n + z^2) = 4 / (4 + 3.8415) = 0.5101; 1 of 2: 0.0945 to 0.9055 (published)."""
    assert wilson_interval(1.0, 4) == pytest.approx((0.5101, 1.0), abs=1e-4)
    assert wilson_interval(0.5, 2) == pytest.approx((0.0945, 0.9055), abs=1e-4)


def test_p_values_and_power_by_hand() -> None:
    """Of many clips 1.96 errors are 5 %; of 11 (10 degrees of freedom) 2.228, and t(0.8) is 0.879 (printed tables)."""
    assert p_value(1.96, 1.0, 100_000, 100) == pytest.approx(0.05, abs=1e-4)
    assert p_value(1.96, 1.0, None, 100) == pytest.approx(0.05, abs=1e-4)
    assert p_value(-2.228, 1.0, 11, 100) == pytest.approx(0.05, abs=1e-4)
    assert smallest_difference(1.0, 100_000) == pytest.approx(1.95996 + 0.84162, abs=1e-4)
    assert smallest_difference(1.0, 11) == pytest.approx(2.228 + 0.879, abs=1e-3)
    assert half_width(2.0, 11) == pytest.approx(2 * 2.228, abs=1e-3)


def test_two_clips_prove_nothing() -> None:
    """Both changed from 0 to 100: the sign test's 2 / 2^2. Six clips: 2 / 64. A change by half as much: 2 / 1.5^6."""
    assert p_value(100.0, 0.0, 2, 100) == pytest.approx(0.5)
    assert p_value(-100.0, 0.0, 6, 100) == pytest.approx(1 / 32)
    assert p_value(50.0, 0.0, 6, 100) == pytest.approx(2 / 1.5**6)
    assert p_value(0.0, 0.0, 2, 100) == 1.0


@given(st.floats(-100, 100), st.integers(2, 60))
def test_without_spread_the_test_says_what_the_interval_says(difference: float, clips: int) -> None:
    low, high = difference_interval(difference, 0.0, clips, 100)
    assert (p_value(difference, 0.0, clips, 100) < 0.05) == (low > 1e-9 or high < -1e-9)


def test_holm_by_hand() -> None:
    """0.01 * 4, 0.02 * 3, 0.03 * 2 (not below the one before), 0.6 * 1."""
    assert holm([0.6, 0.01, 0.03, 0.02]) == pytest.approx([0.6, 0.04, 0.06, 0.06])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(found: list[float]) -> None:
    adjusted = holm(found)
    assert all(a >= p and a <= 1 for a, p in zip(adjusted, found, strict=True))
    assert [a for _, a in sorted(zip(found, adjusted, strict=True))] == sorted(adjusted)


def simulated(random: np.random.Generator, clips: int, questions: int) -> ClusterTable:
    """A benchmark of clips that are hard or easy: right with a probability drawn for each clip from Beta(1.5, 1.5)."""
    chance = random.beta(1.5, 1.5, clips)
    right = random.binomial(questions, chance).astype(float)[:, None]
    return ClusterTable(right, np.full((clips, 1), float(questions)))


def test_intervals_cover_the_truth_and_those_that_ignore_clips_do_not() -> None:
    """2,000 benchmarks of 200 clips with 12 questions; the true accuracy is 1/2, the mean of Beta(1.5, 1.5)."""
    random = np.random.default_rng(0)
    covers = ignoring = 0
    for _ in range(2000):
        found = estimate(simulated(random, 200, 12))
        mean, error = float(found.values[0]), float(found.errors[0])
        low, high = mean_interval(mean, error, 200, 1.0)
        covers += low <= 0.5 <= high
        ignoring += abs(mean - 0.5) <= 1.96 * math.sqrt(mean * (1 - mean) / (200 * 12))
    assert covers / 2000 == pytest.approx(0.95, abs=0.015)
    assert ignoring / 2000 < 0.75  # Beta(1.5, 1.5) has variance 1/16: errors are 1.9 times as large as these say
