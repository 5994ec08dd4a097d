"""How far people agree who put the same items into categories without an order: answers, decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np

from mabench_eval.stats.clustered import Floats
from mabench_eval.stats.interrater import AgreementFigure, coincidences, jackknifed, joint, ratio, shared

_MISSING = -1


@dataclass(frozen=True, slots=True)
class NominalPair:
    """How far two raters agree."""

    raters: tuple[str, str]
    n: int
    """Items that both rated."""
    exact: AgreementFigure
    """Percent of items with the same category."""
    kappa: AgreementFigure
    """Cohen's."""


@dataclass(frozen=True, slots=True)
class NominalAgreement:
    """How far all raters agree."""

    items: int
    """Items with two ratings or more."""
    exact: AgreementFigure
    """Percent of items on which all who rated them agree."""
    kappa: AgreementFigure
    """Fleiss's."""
    alpha: AgreementFigure
    """Krippendorff's, nominal."""
    pairs: tuple[NominalPair, ...]


def nominal_agreement(
    ratings: Sequence[Sequence[str | None]], names: Sequence[str], clips: Sequence[str]
) -> NominalAgreement:
    """All raters together and every two of them, with 95 % intervals by clips, as `agreement` has them.

    Cohen's kappa (1960, Educational and Psychological Measurement 20, 37-46) is 1 - (1 - p_o) / (1 - p_e): p_o the
    share of common items with the same category, p_e the share expected of raters with the same marginals who rate
    independently. Fleiss's (1971, Psychological Bulletin 76, 378-382) has one marginal for all raters, p_e the sum of
    its squares, and p_o the share of agreeing pairs of ratings of an item; here an item counts by its ratings, so that
    items need not have equally many. Krippendorff's alpha is the same with pairs drawn without putting back. None where
    no disagreement is expected: one category alone.

    Args:
        ratings: (raters, items), a category each, None for none.
        names: (raters,), each once.
        clips: (items,), the name of each item's clip.

    Raises:
        ValueError: Shapes that do not fit, a name twice.
    """
    if len(set(names)) < len(names) or {len(row) for row in ratings} - {len(clips)} or len(names) != len(ratings):
        raise ValueError("ratings are (raters, items), with a name each, once, and a clip each")
    categories = {
        each: place for place, each in enumerate(sorted({r for row in ratings for r in row if r is not None}))
    }
    found = [[_MISSING if each is None else categories[each] for each in row] for row in ratings]
    levels = np.array(found, np.int64).reshape(len(names), len(clips))
    usable = np.count_nonzero(levels != _MISSING, axis=0) >= 2
    levels, size = levels[:, usable], max(1, len(categories))
    kept = [clip for clip, keep in zip(clips, usable, strict=True) if keep]
    place_of = {clip: place for place, clip in enumerate(sorted(set(kept)))}
    places = np.array([place_of[clip] for clip in kept], np.int64)

    pairs = []
    for first, second in combinations(range(len(names)), 2):
        tables = joint(levels[first], levels[second], places, len(place_of), size)
        exact = shared(np.trace(tables, axis1=1, axis2=2), tables.sum(axis=(1, 2)))
        pairs.append(NominalPair((names[first], names[second]), int(tables.sum()), exact, jackknifed(_cohen, tables)))

    together, scale = coincidences(levels, places, len(place_of), size) if len(kept) else (np.zeros((0, size, size)), 1)
    lowest = np.where(levels == _MISSING, size, levels).min(axis=0, initial=size)
    of_one_mind = lowest == levels.max(axis=0, initial=_MISSING)
    return NominalAgreement(
        len(kept),
        share_by_clip(list(map(bool, of_one_mind)), kept),
        jackknifed(_fleiss, together),
        jackknifed(partial(_alpha, scale=scale), together),
        tuple(pairs),
    )


def share_by_clip(agreed: Sequence[bool], clips: Sequence[str]) -> AgreementFigure:
    """Percent of items that are so, with a 95 % interval by clips; both (items,)."""
    place_of = {clip: place for place, clip in enumerate(sorted(set(clips)))}
    places = np.array([place_of[clip] for clip in clips], np.int64)
    so, items = (np.bincount(places, weights, len(place_of)) for weights in (np.asarray(agreed, np.float64), None))
    return shared(so.astype(np.float64), items.astype(np.float64))


def _cohen(tables: Floats) -> Floats:
    counts = tables.sum(axis=(-2, -1))
    by_chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1)
    return 1 - ratio(counts * (counts - _agreed(tables)), counts**2 - by_chance)


def _fleiss(tables: Floats) -> Floats:
    """Of coincidences, whose sum is the number of ratings."""
    counts = tables.sum(axis=(-2, -1))
    by_chance = (tables.sum(axis=-1) ** 2).sum(axis=-1)
    return 1 - ratio(counts * (counts - _agreed(tables)), counts**2 - by_chance)


def _alpha(tables: Floats, scale: int) -> Floats:
    """Of coincidences that stand times ``scale``."""
    counts = tables.sum(axis=(-2, -1))
    by_chance = (tables.sum(axis=-1) ** 2).sum(axis=-1)
    return 1 - ratio((counts - scale) * (counts - _agreed(tables)), counts**2 - by_chance)


def _agreed(tables: Floats) -> Floats:
    return np.asarray(np.trace(tables, axis1=-2, axis2=-1))
