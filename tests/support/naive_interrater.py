"""Agreement as the formulas stand in the papers: pair by pair, in loops. Scores are 0-5 or NaN, a row a judge."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from mabench_eval.stats.interrater import exact_agreement, weighted_kappa, within_one_agreement

Scores = NDArray[np.float64]
NAN = math.nan


def array(*judges: Sequence[float]) -> Scores:
    return np.array(judges, np.float64)


def digits(text: str) -> list[float]:
    """One score a character, "." for none."""
    return [NAN if character == "." else float(character) for character in text]


def common(a: Sequence[float], b: Sequence[float]) -> list[tuple[float, float]]:
    return [(x, y) for x, y in zip(a, b, strict=True) if not math.isnan(x) and not math.isnan(y)]


def naive_kappa(a: Sequence[float], b: Sequence[float]) -> float | None:
    both = common(a, b)
    observed = math.fsum((x - y) ** 2 for x, y in both) * len(both)
    expected = math.fsum((x - y) ** 2 for x, _ in both for _, y in both)
    return 1 - observed / expected if expected else None


def naive_share(a: Sequence[float], b: Sequence[float], distance: int) -> float | None:
    both = common(a, b)
    return 100 * sum(abs(x - y) <= distance for x, y in both) / len(both) if both else None


def naive_alpha(scores: Scores) -> float | None:
    units = [[int(value) for value in unit if not math.isnan(value)] for unit in scores.T]
    units = [unit for unit in units if len(unit) >= 2]
    values = [value for unit in units for value in unit]
    count = Counter(values)

    def distance(c: int, k: int) -> float:
        between = sum(count[g] for g in range(min(c, k), max(c, k) + 1))
        return (between - (count[c] + count[k]) / 2) ** 2

    expected = math.fsum(distance(c, k) for c, k in permutations(values, 2)) / max(1, len(values) * (len(values) - 1))
    weighted = (distance(c, k) / (len(unit) - 1) for unit in units for c, k in permutations(unit, 2))
    return 1 - math.fsum(weighted) / len(values) / expected if expected else None


Figure = Callable[[Sequence[float], Sequence[float]], float | None]
PAIRWISE: dict[str, tuple[Figure, Figure]] = {
    "kappa": (weighted_kappa, naive_kappa),
    "exact": (exact_agreement, partial(naive_share, distance=0)),
    "within_one": (within_one_agreement, partial(naive_share, distance=1)),
}
