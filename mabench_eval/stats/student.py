"""Student's distribution: what the normal one becomes when an error is estimated from a few clips."""

from __future__ import annotations

import math
from functools import lru_cache

_TINY, _STEPS, _CLOSE = 1e-300, 500, 1e-15


def t_p_value(t: float, freedom: int) -> float:
    """The probability of a value at least as far from 0 as ``t``, with ``freedom`` (1 or more) degrees of freedom.

    I_x(freedom / 2, 1/2) at x = freedom / (freedom + t^2): Abramowitz and Stegun 1964, 26.7.1 and 26.5.27.
    """
    whole = freedom + t * t
    return _incomplete_beta(freedom / whole, t * t / whole, freedom / 2, 0.5)


@lru_cache(maxsize=256)
def t_quantile(tail: float, freedom: int) -> float:
    """The t that values exceed, on either side, with the probability ``tail`` (above 0, at most 1); by bisection."""
    low, high = 0.0, 1.0
    while t_p_value(high, freedom) > tail:
        low, high = high, 2 * high
    while high - low > _CLOSE * high:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if t_p_value(middle, freedom) > tail else (low, middle)
    return high


def _incomplete_beta(x: float, rest: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), 0 <= x <= 1; ``rest`` is 1 - x, to its last digit.

    The continued fraction of Abramowitz and Stegun 26.5.8, which converges fast for x < (a + 1) / (a + b + 2); beyond,
    by I_x(a, b) = 1 - I_(1-x)(b, a) (26.5.2).
    """
    if x == 0 or rest == 0:
        return x
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(rest, x, b, a)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(scale + a * math.log(x) + b * math.log(rest)) / (a * _fraction(x, a, b))


def _fraction(x: float, a: float, b: float) -> float:
    """1 + d1 / (1 + d2 / (1 + ...)) by Lentz's method (Lentz 1976; Thompson and Barnett 1986)."""
    value, numerator, denominator = 1.0, 1.0, 0.0
    for step in range(1, _STEPS):
        half = step // 2
        if step % 2:
            term = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        else:
            term = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        denominator = 1 / ((1 + term * denominator) or _TINY)
        numerator = (1 + term / numerator) or _TINY
        value *= numerator * denominator
        if abs(numerator * denominator - 1) < _CLOSE:
            break
    return value
