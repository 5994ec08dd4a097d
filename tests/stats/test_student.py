"""Student's distribution against its closed forms, SciPy, and the normal one."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from mabench_eval.stats.student import t_p_value, t_quantile


def test_with_one_and_two_degrees_of_freedom_there_are_closed_forms() -> None:
    """One: 1 - 2 atan(t) / pi, Cauchy's, so 1/2 at t = 1. Two: 1 - t / sqrt(2 + t^2)."""
    assert t_p_value(1.0, 1) == pytest.approx(0.5)
    assert t_p_value(1 / math.sqrt(7), 2) == pytest.approx(1 - (1 / math.sqrt(7)) / math.sqrt(2 + 1 / 7))
    assert t_quantile(0.05, 1) == pytest.approx(math.tan(math.pi * 0.475))
    assert t_quantile(0.05, 1) == pytest.approx(12.7062, abs=1e-4)
    assert t_quantile(0.05, 2) == pytest.approx(4.30265, abs=1e-5)


@pytest.mark.parametrize("freedom", [1, 2, 3, 27, 49, 999, 100_000])
@pytest.mark.parametrize("t", [0.0, 1e-6, 0.3, 1.0, 1.96, 3.5, 8.0, 40.0])
def test_tails_are_scipys(t: float, freedom: int) -> None:
    assert t_p_value(t, freedom) == pytest.approx(2 * stats.t.sf(t, freedom), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("freedom", [1, 2, 5, 27, 999])
@pytest.mark.parametrize("tail", [1.0, 0.9, 0.4, 0.05, 1e-4, 1e-9])
def test_quantiles_are_scipys(tail: float, freedom: int) -> None:
    assert t_quantile(tail, freedom) == pytest.approx(stats.t.isf(tail / 2, freedom), rel=1e-9, abs=1e-9)


def test_of_many_it_is_the_normal_one() -> None:
    assert t_quantile(0.05, 10_000_000) == pytest.approx(stats.norm.isf(0.025), abs=1e-6)
