"""How far judges agree who score the same open answers: integers 0-5, some of them missing.

Every figure comes from a table of counts over the six levels. The tables of all clips are made once; what a figure is
without one clip comes from their sum less that clip's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from math import lcm

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mabench_eval.stats.clustered import ClusterTable, Floats, correlation_interval, estimate, proportion_interval
from mabench_eval.stats.metrics import TOP_LEVEL

Levels = NDArray[np.int64]
Figure = Callable[[Floats], Floats]
"""Tables (..., 6, 6) to values (...), NaN where the figure does not exist."""

_ALL_LEVELS = np.arange(TOP_LEVEL + 1)
_SIZE = len(_ALL_LEVELS)
_SQUARES = np.subtract.outer(_ALL_LEVELS, _ALL_LEVELS).astype(np.float64) ** 2
_MISSING = -1


@dataclass(frozen=True, slots=True)
class AgreementFigure:
    """A figure of agreement with its 95 % interval by clips; None where there is none."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How far two judges agree on one level."""

    judges: tuple[str, ...]
    n: int
    """Answers that both scored."""
    kappa: AgreementFigure
    """Quadratic weighted kappa."""
    exact: AgreementFigure
    """Percent of equal scores."""
    within_one: AgreementFigure
    """Percent of scores at most one apart."""


@dataclass(frozen=True, slots=True)
class LevelAgreement:
    """How far the judges of a panel agree on one level."""

    alpha: AgreementFigure
    """Krippendorff's alpha, ordinal."""
    items: int
    """Answers with two scores or more."""
    pairs: tuple[PairAgreement, ...]


def weighted_kappa(a: ArrayLike, b: ArrayLike) -> float | None:
    """Quadratic weighted kappa of two judges (Cohen 1968, Psychological Bulletin 70, 213-220).

    1 - sum(o d) / sum(e d): o the joint counts of the items that both scored, e the counts expected of judges with
    the same marginals who score independently, d = (level of a - level of b)^2. A level nobody gives has no counts,
    so it changes nothing; nor does adding the same number to all levels.

    Args:
        a: Scores of one judge (items,), integers 0-5, NaN for none.
        b: Scores of the other judge on the same items.

    Returns:
        At most 1 (the same score everywhere); 0 at chance, negative below it. 0 too when one judge always gives the
        same level and the other does not, or when both do and differ: observed and expected disagreement are then
        equal. None without a common item, or when both always give one and the same level: none is expected then.

    Raises:
        ValueError: Other values, or two shapes.
    """
    return _existing(_kappa(_pair(a, b)))


def exact_agreement(a: ArrayLike, b: ArrayLike) -> float | None:
    """Share of common items with the same score, in percent, 0-100; None of none. Errors as ``weighted_kappa``."""
    return _existing(_share(_pair(a, b), 0))


def within_one_agreement(a: ArrayLike, b: ArrayLike) -> float | None:
    """Share of common items whose scores differ by at most 1, in percent, 0-100; None of none.

    Errors as ``weighted_kappa``.
    """
    return _existing(_share(_pair(a, b), 1))


def krippendorff_alpha(scores: ArrayLike) -> float | None:
    """Krippendorff's alpha with the ordinal metric (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability").

    1 - D_o / D_e over the pairs of scores that one item got from two judges. Items with fewer than two scores have
    no pair and are left out.

    Args:
        scores: (raters, items), integers 0-5, NaN for none; any number of raters.

    Returns:
        At most 1; 0 where scores are as good as shuffled among the items, negative for disagreement beyond that.
        None when no item has two scores, or when all such scores are the same level: no disagreement is expected.

    Raises:
        ValueError: Other values, or not two dimensions.
    """
    levels = _levels(scores, 2)
    tables, scale = coincidences(levels, np.zeros(levels.shape[1], np.int64), 1)
    return _existing(_alpha(tables[0], scale))


def agreement(scores: ArrayLike, names: Sequence[str], clips: Sequence[str]) -> LevelAgreement:
    """All judges together and every two of them, with 95 % intervals by clips, whose answers are not independent.

    Shares of agreement have Wilson's interval with the effective sample size of the clustered error. Kappa and alpha
    have Student's on Fisher's scale, with the error of the jackknife over clips (Efron and Tibshirani 1993, "An
    Introduction to the Bootstrap", ch. 11): sqrt((C-1)/C * sum of (figure without a clip - their mean)^2). Items
    without two scores say nothing about agreement, nor do clips that have no others.

    Args:
        scores: (raters, items), integers 0-5, NaN for none.
        names: (raters,), each once.
        clips: (items,), the name of each item's clip.

    Returns:
        Pairs in the order of ``names``. There is no interval on fewer than two clips, and none of a kappa or alpha that
        is 1, whose spread cannot be seen, or that does not exist without one of the clips.

    Raises:
        ValueError: Other values or shapes, a name twice.
    """
    levels = _levels(scores, 2)
    _check(levels, names, clips)
    usable = np.count_nonzero(levels != _MISSING, axis=0) >= 2
    levels = levels[:, usable]
    kept = [clip for clip, keep in zip(clips, usable, strict=True) if keep]
    place_of = {clip: place for place, clip in enumerate(sorted(set(kept)))}
    places = np.array([place_of[clip] for clip in kept], np.int64)

    together, scale = coincidences(levels, places, len(place_of))
    pairs = []
    for first, second in combinations(range(len(names)), 2):
        tables = joint(levels[first], levels[second], places, len(place_of))
        pairs.append(
            PairAgreement(
                judges=(names[first], names[second]),
                n=int(tables.sum()),
                kappa=jackknifed(_kappa, tables),
                exact=_shared(tables, 0),
                within_one=_shared(tables, 1),
            )
        )
    return LevelAgreement(jackknifed(partial(_alpha, scale=scale), together), len(kept), tuple(pairs))


# -- input -------------------------------------------------------------------------------------------------


def _levels(scores: ArrayLike, dimensions: int) -> Levels:
    """The scores as integers 0-5, -1 for none, in the same shape."""
    array = np.asarray(scores, np.float64)
    if array.ndim != dimensions:
        raise ValueError(f"scores have {dimensions} dimension(s), not {array.ndim}")
    missing = np.isnan(array)
    wrong = array[~(missing | np.isin(array, _ALL_LEVELS))]
    if wrong.size:
        raise ValueError(f"a score is an integer 0-{TOP_LEVEL} or NaN; {wrong.size} are not, the first {wrong[0]}")
    return np.where(missing, _MISSING, array).astype(np.int64)


def _check(levels: Levels, names: Sequence[str], clips: Sequence[str]) -> None:
    if levels.shape != (len(names), len(clips)):
        raise ValueError(f"scores of shape {levels.shape} do not fit {len(names)} names and {len(clips)} clips")
    if len(set(names)) < len(names):
        raise ValueError(f"a name stands twice in {', '.join(names)}")


# -- tables ------------------------------------------------------------------------------------------------


def _pair(a: ArrayLike, b: ArrayLike) -> Floats:
    """The joint counts of two judges, (6, 6)."""
    first, second = _levels(a, 1), _levels(b, 1)
    if first.shape != second.shape:
        raise ValueError(f"two judges score the same items, not {first.size} and {second.size}")
    return joint(first, second, np.zeros(first.size, np.int64), 1).reshape(_SIZE, _SIZE)


def joint(a: Levels, b: Levels, places: Levels, clips: int, size: int = _SIZE) -> Floats:
    """Joint counts of two judges in each clip, (clips, size, size): a's level by b's, over the items both scored."""
    both = (a != _MISSING) & (b != _MISSING)
    cells = (places * size + a) * size + b
    counts = np.bincount(cells[both], minlength=clips * size**2)
    return counts.reshape(clips, size, size).astype(np.float64)


def coincidences(levels: Levels, places: Levels, clips: int, size: int = _SIZE) -> tuple[Floats, int]:
    """Krippendorff's coincidences in each clip, (clips, size, size), times a scale that makes them integers.

    An item with m >= 2 scores adds each of its m (m - 1) ordered pairs of scores by two judges with the weight
    1 / (m - 1). Times the least common multiple of all m - 1 the weights are integers, and sums of integers are
    exact in every order: neither the order of items nor the number of threads can move the last bit.
    """
    counts = np.count_nonzero(levels[:, :, None] == np.arange(size), axis=0)  # (items, size)
    scored = counts.sum(axis=1)
    paired = scored >= 2
    counts, others = counts[paired], scored[paired] - 1
    scale = lcm(*(int(number) for number in np.unique(others)))
    # A score makes no pair with itself.
    pairs = counts[:, :, None] * (counts[:, None, :] - np.eye(size))
    tables = np.zeros((clips, size, size))
    np.add.at(tables, places[paired], pairs * (scale / others)[:, None, None])
    return tables, scale


# -- figures of tables -------------------------------------------------------------------------------------


def _kappa(tables: Floats) -> Floats:
    counts = tables.sum(axis=(-2, -1))
    observed = (tables * _SQUARES).sum(axis=(-2, -1))
    # Both sums stand times the number of items: all terms stay integers.
    expected = ((tables.sum(axis=-1) @ _SQUARES) * tables.sum(axis=-2)).sum(axis=-1)
    return 1 - ratio(counts * observed, expected)


def _share(tables: Floats, distance: int) -> Floats:
    """Counts at most ``distance`` off the diagonal, in percent."""
    return 100 * ratio(_near(tables, distance), tables.sum(axis=(-2, -1)))


def _near(tables: Floats, distance: int) -> Floats:
    return np.asarray((tables * (distance**2 >= _SQUARES)).sum(axis=(-2, -1)))


def _alpha(tables: Floats, scale: int) -> Floats:
    """Alpha = 1 - (n - 1) sum(o_ck d_ck) / sum(n_c n_k d_ck), of coincidences that stand times ``scale``.

    The ordinal d_ck = (n_c / 2 + n_{c+1} + ... + n_{k-1} + n_k / 2)^2 is the squared difference of the mean ranks of
    the levels c and k among all n scores.
    """
    counts = tables.sum(axis=-1)
    # Twice the mean rank, times the scale; factors common to all d_ck cancel.
    ranks = 2 * counts.cumsum(axis=-1) - counts
    squares = (ranks[..., :, None] - ranks[..., None, :]) ** 2
    observed = (tables * squares).sum(axis=(-2, -1))
    expected = (counts[..., :, None] * counts[..., None, :] * squares).sum(axis=(-2, -1))
    return 1 - ratio((counts.sum(axis=-1) - scale) * observed, expected)


def ratio(part: Floats, whole: Floats) -> Floats:
    """NaN where the whole is 0."""
    ratio = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=ratio, where=np.asarray(whole) > 0)
    return ratio


def _existing(value: Floats) -> float | None:
    return None if np.isnan(value) else float(value)


# -- intervals ---------------------------------------------------------------------------------------------


def jackknifed(figure: Figure, tables: Floats) -> AgreementFigure:
    """A figure of the sum of the clips' tables (clips, size, size)."""
    carrying = tables[tables.any(axis=(-2, -1))]
    whole, clips = carrying.sum(axis=0), len(carrying)
    value = _existing(figure(whole))
    without = figure(whole - carrying)
    if value is None or clips < 2 or np.isnan(without).any():
        return AgreementFigure(value, None, None)
    error = float(np.sqrt((clips - 1) / clips * ((without - without.mean()) ** 2).sum()))
    low, high = correlation_interval(value, error, clips) or (None, None)
    return AgreementFigure(value, low, high)


def _shared(tables: Floats, distance: int) -> AgreementFigure:
    """The share of counts at most ``distance`` off the diagonal of the clips' tables, percent."""
    return shared(_near(tables, distance), tables.sum(axis=(-2, -1)))


def shared(agreed: Floats, items: Floats) -> AgreementFigure:
    """Percent of items that are agreed on, with Wilson's interval; both (clips,), sums of each clip."""
    value = _existing(100 * ratio(agreed.sum(), items.sum()))
    found = estimate(ClusterTable(agreed[:, None], items[:, None]))
    clips = int(found.clips[0])
    if value is None or clips < 2:
        return AgreementFigure(value, None, None)
    low, high = proportion_interval(value / 100, float(found.errors[0]), int(items.sum()), clips)
    return AgreementFigure(value, 100 * low, 100 * high)
