"""The formulas behind the figures: numbers in, numbers out, None where a figure does not exist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum

TOP_LEVEL = 5
"""Best score of a level; a level times 100 / 5 stands on the scale of an accuracy."""


def percent(part: int, whole: int) -> float | None:
    """``part`` of ``whole`` in percent, 0-100; None of nothing."""
    return 100 * part / whole if whole else None


def coverage(present: int, total: int) -> float:
    """Share of questions that are not missing, in percent, 0-100. Of no questions none is missing: 100."""
    return 100 * present / total if total else 100.0


def mean(values: Sequence[float | None]) -> float | None:
    """Arithmetic mean; None unless every value exists, and of no values.

    A mean over the parts that happen to exist would be a different figure under the same name.
    """
    present = [value for value in values if value is not None]
    if not values or len(present) < len(values):
        return None
    return fsum(present) / len(present)


def chance_corrected(accuracy: float | None, chance: float | None) -> float | None:
    """How far an accuracy is from guessing (0) to perfect (100): (a - c) / (1 - c), as in Cohen's kappa (1960).

    Args:
        accuracy: In percent, 0-100.
        chance: Accuracy of a uniform guess, 0-1.

    Returns:
        100 when all is right, 0 at chance, negative below it; None without accuracy or chance, or when
        guessing is always right.
    """
    if accuracy is None or chance is None or chance >= 1:
        return None
    return 100 * ((accuracy / 100 - chance) / (1 - chance))


def balanced_accuracy(pairs: Iterable[tuple[str, bool]]) -> float | None:
    """Mean of the recalls on Yes and on No references, in percent, 0-100 (Brodersen et al. 2010).

    Args:
        pairs: One (reference, correct) a question. Always answering Yes gives 50, whatever the share of Yes.

    Returns:
        None when one of the two references does not occur.
    """
    right = {"Yes": 0, "No": 0}
    all_of = {"Yes": 0, "No": 0}
    for reference, correct in pairs:
        all_of[reference] += 1
        right[reference] += correct
    return mean([percent(right[reference], all_of[reference]) for reference in all_of])


def final_score(accuracies: Sequence[float | None], levels: Sequence[float | None]) -> float | None:
    """Final score, 0-100: the mean of all sub-scores, each on 0-100 (MA-Bench's challenge track).

    Args:
        accuracies: In percent, 0-100; six in MA-Bench.
        levels: Level means, 0-5, counted times 20; six in MA-Bench.

    Returns:
        None unless every part exists.
    """
    scaled = [None if level is None else level * (100 / TOP_LEVEL) for level in levels]
    return mean([*accuracies, *scaled])
