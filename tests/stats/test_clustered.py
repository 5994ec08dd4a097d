"""Clustered errors, the bootstrap over clips and the tests, against hand-derived numbers and simulated truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval.stats.clustered import (
    ClusterTable,
    bootstrap,
    cluster_table,
    half_width,
    holm,
    p_value,
    percentile_interval,
    smallest_difference,
    standard_errors,
    wilson_interval,
)


def table(**clips: list[float]) -> ClusterTable:
    """One column."""
    return cluster_table({"figure": clips})


def test_the_clustered_error_by_hand() -> None:
    """Means 0.5; deviations by clip: a +1 (two right of two: 2 - 2*0.5), b -1, c 0. 3/2 * (1+1+0) / 6^2 = 1/12."""
    assert standard_errors(table(a=[1, 1], b=[0, 0], c=[1, 0]))[0] == pytest.approx(math.sqrt(1 / 12))


def test_with_one_question_a_clip_it_is_the_ordinary_one() -> None:
    """Four answers, one wrong: variance 3/16 * 4/3 = 1/4 (n - 1), over n: 1/16."""
    assert standard_errors(table(a=[1], b=[1], c=[1], d=[0]))[0] == pytest.approx(1 / 4)


def test_of_clips_whose_questions_agree_it_is_that_of_the_clips() -> None:
    """Twelve equal answers on each of four clips are worth four."""
    alone, twelve = table(a=[1], b=[1], c=[1], d=[0]), table(a=[1] * 12, b=[1] * 12, c=[1] * 12, d=[0] * 12)
    assert standard_errors(alone) == pytest.approx(standard_errors(twelve))


def test_one_clip_has_no_error_and_an_empty_column_no_mean() -> None:
    both = cluster_table({"one": {"a": [1, 0]}, "none": {}})
    assert both.means[0] == 0.5
    assert np.isnan(both.means[1])
    assert np.isnan(standard_errors(both)).all()
    assert list(both.clips) == [1, 0]
    assert percentile_interval(bootstrap(both, 50)[:, 1]) is None


def naive_bootstrap(found: ClusterTable, weights: np.ndarray) -> np.ndarray:
    """The same by loops."""
    rows = []
    for drawn in weights:
        sums = [sum(drawn[c] * found.sums[c, k] for c in range(len(drawn))) for k in range(found.sums.shape[1])]
        counts = [sum(drawn[c] * found.counts[c, k] for c in range(len(drawn))) for k in range(found.sums.shape[1])]
        rows.append([s / n if n else math.nan for s, n in zip(sums, counts, strict=True)])
    return np.array(rows)


def test_the_bootstrap_draws_whole_clips_the_same_for_all_columns() -> None:
    from mabench_eval.stats import clustered as statistics

    columns = {"x": {"a": [1.0, 0.0], "b": [1.0], "c": [0.0, 0.0, 1.0]}, "y": {"a": [1.0], "c": [0.5]}}
    found = cluster_table(columns)
    (weights,) = statistics._weights(3, 40, seed=7)
    assert (weights.sum(axis=1) == 3).all()
    assert bootstrap(found, 40, seed=7) == pytest.approx(naive_bootstrap(found, weights), nan_ok=True)


def test_blocks_of_the_bootstrap_leave_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from mabench_eval.stats import clustered as statistics

    found = table(a=[1], b=[0], c=[1, 1])
    monkeypatch.setattr(statistics, "_BLOCK", 10)  # three replicates of three clips at a time
    assert bootstrap(found, 100, seed=1).shape == (100, 1)
    assert bootstrap(found, 100, seed=1) == pytest.approx(bootstrap(found, 100, seed=1))


def test_the_bootstraps_spread_is_the_clustered_error() -> None:
    random = np.random.default_rng(0)
    clips = {str(clip): list(random.random(6) < random.beta(1, 1)) for clip in range(400)}
    found = table(**clips)
    spread = bootstrap(found, 4000).std()
    assert spread == pytest.approx(standard_errors(found)[0], rel=0.05)


def test_wilson_by_hand() -> None:
    """All of four right: low = n / (n + z^2) = 4 / (4 + 3.8415) = 0.5101; 1 of 2: 0.0945 to 0.9055 (published)."""
    assert wilson_interval(1.0, 4) == pytest.approx((0.5101, 1.0), abs=1e-4)
    assert wilson_interval(0.5, 2) == pytest.approx((0.0945, 0.9055), abs=1e-4)


def test_p_values_and_power_by_hand() -> None:
    """Of many clips 1.96 errors are 5 %; of 11 (10 degrees of freedom) 2.228, and t(0.8) is 0.879 (printed tables)."""
    assert p_value(1.96, 1.0, 100_000) == pytest.approx(0.05, abs=1e-4)
    assert p_value(-2.228, 1.0, 11) == pytest.approx(0.05, abs=1e-4)
    assert (p_value(0.0, 0.0, 2), p_value(0.1, 0.0, 2)) == (1.0, 0.0)
    assert smallest_difference(1.0, 100_000) == pytest.approx(1.95996 + 0.84162, abs=1e-4)
    assert smallest_difference(1.0, 11) == pytest.approx(2.228 + 0.879, abs=1e-3)
    assert half_width(2.0, 11) == pytest.approx(2 * 2.228, abs=1e-3)


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
    by_error = by_draws = ignoring = 0
    for number in range(2000):
        found = simulated(random, 200, 12)
        mean, error = found.means[0], standard_errors(found)[0]
        by_error += abs(mean - 0.5) <= 1.96 * error
        low, high = percentile_interval(bootstrap(found, 400, seed=number)) or (0, 0)
        by_draws += low <= 0.5 <= high
        ignoring += abs(mean - 0.5) <= 1.96 * math.sqrt(mean * (1 - mean) / (200 * 12))
    assert by_error / 2000 == pytest.approx(0.95, abs=0.015)
    assert by_draws / 2000 == pytest.approx(0.95, abs=0.015)
    assert ignoring / 2000 < 0.75  # Beta(1.5, 1.5) has variance 1/16: errors are 1.9 times as large as these say
