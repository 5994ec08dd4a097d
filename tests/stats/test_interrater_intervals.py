"""All judges of a panel with their bootstrap intervals, against a loop over the same draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import combinations
from statistics import quantiles
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mabench_eval.stats.interrater import (
    AgreementFigure,
    LevelAgreement,
    PairAgreement,
    agreement,
    krippendorff_alpha,
)
from tests.support.naive_interrater import NAN, PAIRWISE, Scores, array, common, digits, naive_alpha


def example(seed: int = 3, raters: int = 3, items: int = 60, clips: int = 20) -> tuple[Scores, list[str], list[str]]:
    """Judges who mostly differ by at most one level, and leave a tenth of the items unscored."""
    random = np.random.default_rng(seed)
    scores = np.clip(random.integers(0, 6, items) + random.integers(-1, 2, (raters, items)), 0, 5).astype(float)
    scores[random.random(scores.shape) < 0.1] = NAN
    return scores, [f"judge {number}" for number in range(raters)], [f"clip {item % clips}" for item in range(items)]


def pair_figure(pair: PairAgreement, name: str) -> AgreementFigure:
    """One of the figures in ``PAIRWISE``."""
    figure: AgreementFigure = getattr(pair, name)
    return figure


def test_result_has_the_single_figures() -> None:
    scores, names, clips = example()
    result = agreement(scores, names, clips, replicates=50)
    assert result.alpha.value == krippendorff_alpha(scores)
    assert result.items == np.count_nonzero(np.count_nonzero(~np.isnan(scores), axis=0) >= 2)
    assert [list(pair.judges) for pair in result.pairs] == [names[:2], names[::2], names[1:]]
    for pair, (a, b) in zip(result.pairs, combinations(scores, 2), strict=True):
        assert pair.n == len(common(a, b))
        assert all(pair_figure(pair, name).value == figure(a, b) for name, (figure, _) in PAIRWISE.items())


def interval(values: Sequence[float | None]) -> list[Any]:
    """The first and the last of 39 cuts into 40 parts: 2.5 % and 97.5 % of the values that exist."""
    exist = [value for value in values if value is not None]
    cuts = quantiles(exist, n=40, method="inclusive") if 2 * len(exist) >= len(values) else [None]
    return [pytest.approx(cuts[0], abs=1e-12), pytest.approx(cuts[-1], abs=1e-12)]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.integers(2, 6))
def test_intervals_match_a_loop_over_the_same_draws(seed: int, clips: int) -> None:
    scores, names, of = example(seed, items=15, clips=clips)
    scores[2, 4:] = NAN  # the third judge scored little, so some replicates have no figure of theirs
    usable = [item for item in range(15) if np.count_nonzero(~np.isnan(scores[:, item])) >= 2]
    order = sorted({of[item] for item in usable})
    generator = np.random.default_rng(seed)
    drawn = [generator.integers(len(order), size=len(order)) for _ in range(20)]
    samples = [scores[:, [item for place in places for item in usable if of[item] == order[place]]] for places in drawn]
    result = agreement(scores, names, of, replicates=20, seed=seed)
    assert [result.alpha.low, result.alpha.high] == interval([naive_alpha(sample) for sample in samples])
    for pair, (a, b) in zip(result.pairs, combinations(range(3), 2), strict=True):
        one_clip = len({of[item] for item in usable if not np.isnan(scores[[a, b], item]).any()}) < 2
        for name, (_, naive) in PAIRWISE.items():
            values = [None if one_clip else naive(sample[a], sample[b]) for sample in samples]
            figure = pair_figure(pair, name)
            assert [figure.low, figure.high] == interval(values)


def test_order_of_items_changes_no_bit_and_the_seed_does() -> None:
    scores, names, clips = example()
    result = agreement(scores, names, clips, replicates=100)
    order = np.random.default_rng(0).permutation(len(clips))
    assert agreement(scores[:, order], names, [clips[item] for item in order], replicates=100) == result
    assert agreement(scores, names, clips, replicates=100, seed=1).alpha.low != result.alpha.low


def test_items_without_two_scores_change_no_bit() -> None:
    scores, names, clips = example()
    more = np.hstack([scores, array([5, NAN], [NAN, NAN], [NAN, NAN])])
    assert agreement(more, names, [*clips, "another", "clip 0"], 100) == agreement(scores, names, clips, 100)


def test_intervals_hold_the_value() -> None:
    for seed in range(5):
        result = agreement(*example(seed), replicates=400)
        for figure in (result.alpha, *(pair_figure(pair, name) for pair in result.pairs for name in PAIRWISE)):
            assert figure.low is not None and figure.value is not None and figure.high is not None
            assert figure.low < figure.value < figure.high


def test_whole_clips_are_drawn() -> None:
    """Every item three times in its clip is no new evidence: kappa and the shares do not see it, nor do intervals.

    If items were drawn one by one, the intervals would shrink by about the square root of 3.
    """
    scores, names, clips = example(items=20)
    once = agreement(scores, names, clips, replicates=100).pairs
    thrice = agreement(np.tile(scores, 3), names, clips * 3, replicates=100).pairs
    for pair, larger in zip(once, thrice, strict=True):
        assert larger.n == 3 * pair.n
        for name in PAIRWISE:
            assert asdict(pair_figure(larger, name)) == pytest.approx(asdict(pair_figure(pair, name)), abs=1e-12)


def test_full_agreement_has_no_width() -> None:
    full = AgreementFigure(1.0, 1.0, 1.0)
    result = agreement(array(digits("012345"), digits("012345")), ["a", "b"], list("uvwxyz"), replicates=100)
    assert result.alpha == full and result.pairs[0].kappa == full
    assert result.pairs[0].exact == AgreementFigure(100.0, 100.0, 100.0)


def test_what_does_not_exist_is_none() -> None:
    none = AgreementFigure(None, None, None)
    # All scores are 4: no disagreement is expected, but the judges do agree on every item.
    constant = agreement(array([4, 4, 4], [4, 4, 4]), ["a", "b"], list("xyz"), replicates=20)
    assert constant.alpha == none and constant.pairs[0].kappa == none
    assert constant.pairs[0].exact == AgreementFigure(100.0, 100.0, 100.0)
    apart = agreement(array([1, NAN], [NAN, 1]), ["a", "b"], ["x", "y"], replicates=20)
    assert apart.pairs == (PairAgreement(("a", "b"), 0, none, none, none),)
    assert apart.alpha == none and apart.items == 0
    assert agreement(array([1, 2]), ["alone"], ["x", "y"]) == LevelAgreement(none, 0, ())
    assert agreement(np.empty((2, 0)), ["a", "b"], []).items == 0


def test_one_clip_has_no_interval() -> None:
    result = agreement(array([0, 0, 1, 2], [0, 1, 1, 2]), ["a", "b"], ["x"] * 4, replicates=20)
    assert asdict(result.pairs[0].kappa) == {"value": pytest.approx(0.8), "low": None, "high": None}
    assert result.alpha.low is None and result.alpha.value is not None


def test_replicates_that_mostly_lack_a_figure_give_no_interval() -> None:
    """Two clips: the second shows agreement on 5, the first on 0. A replicate has both with probability 1 / 2.

    Drawn twice, one clip has a single level, so kappa exists in the mixed replicates alone: seeds decide by which
    side of a half their share is on, and shares of agreement exist in all.
    """
    kinds = set()
    for seed in range(20):
        drawn = np.random.default_rng(seed).integers(2, size=(9, 2))
        mixed = int(np.count_nonzero(drawn[:, 0] != drawn[:, 1]))
        pair = agreement(array([0, 5], [0, 5]), ["a", "b"], ["x", "y"], replicates=9, seed=seed).pairs[0]
        bound = 1.0 if mixed > 4 else None
        assert pair.kappa == AgreementFigure(1.0, bound, bound)
        assert pair.exact.low == 100.0
        kinds.add(mixed > 4)
    assert kinds == {True, False}
