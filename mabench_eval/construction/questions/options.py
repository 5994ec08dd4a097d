"""Options of the two tasks that ask for labels: which wrong ones stand beside the right one, and at which letters.

Of FMAR every label is four times as often wrong as right, in expectation: options are drawn so that each of the five is
as likely the right one, whichever five they are. Three are of one body part and two of another, and the right one is as
likely any of them; "two of its own part, two of others" would make it one of the three that share a part.

Drawn, and not counted out: where a label is wrong exactly four times for each time that it is right, whoever knows nine
tenths of the answers knows the labels of the last tenth by what is left (a text probe gets 3 % where chance is 20). For
the same reason the shares of labels are those that more clips would have, as far as these clips tell.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, combinations
from math import comb, prod
from random import Random

import numpy as np

from mabench_eval.construction.questions.figures import Floats

LETTERS = "ABCDEFG"
TRIO, DUO = 3, 2
"""Options of FMAR of the one and of the other body part."""
COARSE_OPTIONS = len(LETTERS)
"""Most options of a question of CMAR."""
_ROUNDS = 300
"""Of scaling, until shares are as they should be."""
_TIER = 1.5
"""Width of what is about the same, in square roots of counts, in which chance has a standard deviation of a half."""
_MOST_SETS = 20_000
"""That are written out."""
_MOST = 0.95
"""How likely a label can be among those that are drawn, at most; and ..."""
_LEAST = 1e-3
"""... the least weight beside that of the likeliest."""


@dataclass(frozen=True, slots=True)
class FineOptions:
    """Draws wrong options for labels. With labels of one body part alone there is no second one: all are of it."""

    groups: tuple[_Group, ...]
    """Labels by body part; of several parts where one does not go by itself."""
    beside: tuple[tuple[float, ...], ...]
    """Group -> how likely the options of each group stand beside its own."""
    group_of: Mapping[str, int]
    """Label -> its group."""

    def wrong(self, right: str, lot: Random) -> list[str]:
        """The wrong options of a question; none where there is no other label."""
        number = self.group_of[right]
        group = self.groups[number]
        if len(self.groups) == 1:
            return group.beside(right, max(group.weights), lot)
        other = self.groups[lot.choices(range(len(self.groups)), self.beside[number])[0]]
        own, others = (TRIO, DUO) if lot.random() < TRIO / (TRIO + DUO) else (DUO, TRIO)
        return [*group.beside(right, own, lot), *other.some(others, lot)]


@dataclass(frozen=True, slots=True)
class _Group:
    """Labels of which some are drawn together, each as often as its share says."""

    labels: tuple[str, ...]
    weights: Mapping[int, Mapping[str, float]]
    """How many are drawn -> a weight a label: how likely a set is, is the product of its weights."""
    sets: dict[tuple[str, int], tuple[list[tuple[str, ...]], list[float]]] = field(default_factory=dict)
    """Sets that were drawn from before, and how likely each is with all those before it."""

    def some(self, count: int, lot: Random) -> list[str]:
        """A set of so many."""
        return self._drawn("", count, count, lot)

    def beside(self, label: str, count: int, lot: Random) -> list[str]:
        """A set of so many with that label in it; without the label."""
        return self._drawn(label, count - 1, count, lot)

    def _drawn(self, without: str, count: int, size: int, lot: Random) -> list[str]:
        weights = self.weights[size]
        others = [label for label in self.labels if label != without]
        if comb(len(others), count) > _MOST_SETS:  # then no label is so likely that it would come up again and again
            while True:
                found = lot.choices(others, [weights[label] for label in others], k=count)
                if len({*found}) == count:
                    return found
        key = (without, size)
        if key not in self.sets:
            sets = list(combinations(others, count))
            self.sets[key] = sets, list(accumulate(prod(weights[label] for label in each) for each in sets))
        sets, sums = self.sets[key]
        return list(lot.choices(sets, cum_weights=sums)[0])


def fine_options(rights: Sequence[str], part_of: Mapping[str, str]) -> FineOptions:
    """For questions with these right labels. ``part_of``: label -> body part, of the whole taxonomy."""
    shares = _expected_shares(rights, list(part_of))
    large = _grouped(part_of, shares)
    counts = (DUO, TRIO) if len(large) > 1 else (min(TRIO + DUO, len(part_of)),)
    groups = [_group(labels, shares, counts) for labels in large]
    return FineOptions(
        tuple(groups),
        _beside(np.array([sum(shares[label] for label in labels) for labels in large])),
        {label: number for number, labels in enumerate(large) for label in labels},
    )


def _grouped(part_of: Mapping[str, str], shares: Mapping[str, float]) -> list[list[str]]:
    """Labels by body part; parts are put together while one of them has a label that would be wrong too seldom.

    Each label is in three of five sets of three and in two of five sets of two: with more than a third of its part's
    questions it is right too often for that, and a part with more than half of all has none to stand beside.
    """
    by_part: dict[str, list[str]] = defaultdict(list)
    for label, part in part_of.items():
        by_part[part].append(label)
    groups = list(by_part.values())

    def share(labels: Sequence[str]) -> float:
        return sum(shares[label] for label in labels)

    def fits(labels: Sequence[str]) -> bool:
        top = max(shares[label] for label in labels) / share(labels)
        return len(labels) > TRIO and top <= _MOST / TRIO and share(labels) <= 1 / 2

    while len(groups) > 1 and not all(map(fits, groups)):
        groups.sort(key=share)
        worst = next(labels for labels in groups if not fits(labels))
        groups.remove(worst)
        groups[0] = groups[0] + worst
    return groups


def coarse_options(right: str, parts: Sequence[str], lot: Random) -> list[str]:
    """The wrong options of CMAR: the other body parts; some of them where there are more than letters."""
    others = [part for part in parts if part != right]
    return lot.sample(others, min(len(others), COARSE_OPTIONS - 1))


def letters(sizes: Sequence[int], lot: Random) -> list[str]:
    """The letter of the right option of each question, of so many options: each letter as often as any, up to one."""
    places: dict[int, list[int]] = defaultdict(list)
    for number, size in enumerate(sizes):
        places[size].append(number)
    chosen = [""] * len(sizes)
    for size, numbers in sorted(places.items()):
        order = lot.sample(LETTERS[:size], size)
        lot.shuffle(numbers)
        for place, number in enumerate(numbers):
            chosen[number] = order[place % size]
    return chosen


def lettered(stem: str, right: str, wrong: Iterable[str], letter: str, lot: Random) -> str:
    """The question's text: its options a line each, the right one at its letter."""
    options = list(wrong)
    lot.shuffle(options)
    options.insert(LETTERS.index(letter), right)
    return "\n".join([stem, *(f"{each}. {option}" for each, option in zip(LETTERS, options, strict=False))])


def _expected_shares(rights: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
    """Label -> its share among more clips of the kind, as far as these clips tell: the same for labels alike.

    Counts are drawn together as far as their spread is no more than that of chance: with the mean m and the variance v
    of the counts, m + (1 - m / v) (count - m), the empirical Bayes estimate for Poisson counts with a gamma prior
    (Robbins 1956). Then labels of about the same count share its mean: what one has more than another is within chance,
    and would tell.
    """
    found = Counter(rights)
    counts = np.array([found[label] for label in labels], np.float64)
    mean, spread = counts.mean(), counts.var()
    kept = max(0.0, 1 - mean / spread) if spread else 0.0
    expected = mean + kept * (counts - mean)
    tiers = np.round(np.sqrt(expected) / _TIER)
    shared = np.array([expected[tiers == tier].mean() for tier in tiers])
    return dict(zip(labels, (shared / shared.sum()).tolist(), strict=True))


def _group(labels: Sequence[str], shares: Mapping[str, float], counts: Iterable[int]) -> _Group:
    own = np.array([shares[label] for label in labels])
    found = {count: _weights(own / own.sum(), count).tolist() for count in counts}
    return _Group(tuple(labels), {count: dict(zip(labels, each, strict=True)) for count, each in found.items()})


def _weights(shares: Floats, count: int) -> Floats:
    """(labels,) weights with which each label is in a set of ``count`` as often as ``count`` times its share.

    Found by scaling (Chen, Dempster and Liu 1994, of conditional Poisson sampling). A label can be in every set and no
    more: one with more than its share of a set is wrong too seldom for how often it is right.
    """
    if count >= len(shares):
        return np.ones(len(shares))
    aims = np.minimum(count * shares, _MOST)
    weights = aims / aims.max()
    for _ in range(_ROUNDS):
        weights = weights * aims / _inclusion(weights, count)
        weights = np.maximum(weights / weights.max(), _LEAST)
    return np.asarray(weights)


def _inclusion(weights: Floats, count: int) -> Floats:
    """(labels,) how likely each is in a set of ``count``, by elementary symmetric polynomials."""
    labels = len(weights)
    # A row a label: the polynomials of degree 0 to ``count`` of all other weights. The last row is of all weights.
    found = np.zeros((labels + 1, count + 1))
    found[:, 0] = 1
    for place, weight in enumerate(weights):
        more = weight * found[:, :-1]
        more[place] = 0
        found[:, 1:] += more
    return np.asarray(weights * found[:labels, count - 1] / found[labels, count])


def _beside(shares: Floats) -> tuple[tuple[float, ...], ...]:
    """How likely each group stands beside each other one, so that each is there as often as its share says."""
    if len(shares) == 1:
        return ((1.0,),)
    factors, apart = np.sqrt(shares), 1 - np.eye(len(shares))
    for _ in range(_ROUNDS):
        pairs = apart * np.outer(factors, factors)
        factors = np.maximum(factors * np.sqrt(shares / pairs.sum(axis=1)), _LEAST * factors.max())
    pairs = apart * np.outer(factors, factors)
    return tuple(tuple(row) for row in (pairs / pairs.sum(axis=1, keepdims=True)).tolist())
