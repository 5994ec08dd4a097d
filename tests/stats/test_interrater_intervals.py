"""All judges of a panel with their intervals, against a loop over clips left out and hand-derived numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from mabench_eval.stats.interrater import (
    AgreementFigure,
    LevelAgreement,
    PairAgreement,
    agreement,
    krippendorff_alpha,
)
from tests.support.naive_interrater import NAN, PAIRWISE, Scores, array, common, digits, naive_alpha, naive_kappa


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
    result = agreement(scores, names, clips)
    assert result.alpha.value == krippendorff_alpha(scores)
    assert result.items == np.count_nonzero(np.count_nonzero(~np.isnan(scores), axis=0) >= 2)
    assert [list(pair.judges) for pair in result.pairs] == [names[:2], names[::2], names[1:]]
    for pair, (a, b) in zip(result.pairs, combinations(scores, 2), strict=True):
        assert pair.n == len(common(a, b))
        assert all(pair_figure(pair, name).value == figure(a, b) for name, (figure, _) in PAIRWISE.items())


def fishers(value: float | None, without: Sequence[float | None]) -> Any:
    """tanh(artanh v -+ t SE / (1 - v^2)), SE of the jackknife; none where a figure lacks or the value is at an end."""
    there = [each for each in without if each is not None]
    clips = len(without)
    if value is None or abs(value) == 1 or clips < 2 or len(there) < clips:
        return (None, None)
    mean = sum(there) / clips
    error = math.sqrt((clips - 1) / clips * sum((each - mean) ** 2 for each in there))
    if error < 1e-9:
        return (None, None)
    half = float(student.ppf(0.975, clips - 1)) * error / (1 - value**2)
    return pytest.approx((math.tanh(math.atanh(value) - half), math.tanh(math.atanh(value) + half)), abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.integers(2, 6))
def test_kappa_and_alpha_match_a_loop_over_clips_left_out(seed: int, clips: int) -> None:
    scores, names, of = example(seed, items=15, clips=clips)
    scores[2, 4:] = NAN  # the third judge scored little, so some clips say nothing of it

    def left_out(items: Sequence[int], figure: Callable[[Sequence[int]], float | None]) -> list[float | None]:
        return [figure([i for i in items if of[i] != clip]) for clip in sorted({of[item] for item in items})]

    result = agreement(scores, names, of)
    usable = [item for item in range(15) if np.count_nonzero(~np.isnan(scores[:, item])) >= 2]
    without = left_out(usable, lambda kept: naive_alpha(scores[:, kept]))
    assert (result.alpha.low, result.alpha.high) == fishers(result.alpha.value, without)
    for pair, (a, b) in zip(result.pairs, combinations(range(3), 2), strict=True):
        both = [item for item in range(15) if not np.isnan(scores[[a, b], item]).any()]
        without = left_out(both, lambda kept, a=a, b=b: naive_kappa(list(scores[a, kept]), list(scores[b, kept])))  # type: ignore[misc]
        assert (pair.kappa.low, pair.kappa.high) == fishers(pair.kappa.value, without)


def test_shares_have_wilsons_interval_by_hand() -> None:
    """Four clips of one answer, three of them equal: Wilson's of 3 among 4 is 30.06 to 95.44 (z^2 = 3.8415).

    (0.75 + 3.8415/8) / (1 + 3.8415/4) = 0.6275; z / 1.9604 * sqrt(0.75 * 0.25 / 4 + 3.8415/64) = 0.3269. The clustered
    error is sqrt(4/3 * 0.75) / 4 = 0.25, larger than sqrt(0.1875 / 4): the effective number is that of the clips, 4.
    """
    found = agreement(array([1, 2, 3, 4], [1, 2, 3, 0]), ["a", "b"], list("wxyz")).pairs[0].exact
    assert (found.value, found.low, found.high) == pytest.approx((75, 30.06, 95.44), abs=0.01)


def test_order_of_items_changes_no_bit() -> None:
    scores, names, clips = example()
    result = agreement(scores, names, clips)
    order = np.random.default_rng(0).permutation(len(clips))
    assert agreement(scores[:, order], names, [clips[item] for item in order]) == result


def test_items_without_two_scores_change_no_bit() -> None:
    scores, names, clips = example()
    more = np.hstack([scores, array([5, NAN], [NAN, NAN], [NAN, NAN])])
    assert agreement(more, names, [*clips, "another", "clip 0"]) == agreement(scores, names, clips)


def test_intervals_hold_the_value() -> None:
    for seed in range(5):
        result = agreement(*example(seed))
        for figure in (result.alpha, *(pair_figure(pair, name) for pair in result.pairs for name in PAIRWISE)):
            assert figure.low is not None and figure.value is not None and figure.high is not None
            assert figure.low < figure.value < figure.high


def test_whole_clips_are_left_out() -> None:
    """Every item three times in its clip is no new evidence: kappa and the shares do not see it, nor do intervals.

    If items were left out one by one, the intervals would shrink by about the square root of 3.
    """
    scores, names, clips = example(items=20)
    once = agreement(scores, names, clips).pairs
    thrice = agreement(np.tile(scores, 3), names, clips * 3).pairs
    for pair, larger in zip(once, thrice, strict=True):
        assert larger.n == 3 * pair.n
        for name in PAIRWISE:
            assert asdict(pair_figure(larger, name)) == pytest.approx(asdict(pair_figure(pair, name)), abs=1e-12)


def test_full_agreement_is_no_certainty() -> None:
    """Six clips, all equal: Wilson's interval of 6 of 6 is 6 / (6 + 3.8415) = 60.97 % and more; kappa has none."""
    result = agreement(array(digits("012345"), digits("012345")), ["a", "b"], list("uvwxyz"))
    assert result.alpha == result.pairs[0].kappa == AgreementFigure(1.0, None, None)
    exact = result.pairs[0].exact
    assert (exact.value, exact.low, exact.high) == pytest.approx((100, 60.97, 100), abs=0.01)


def test_what_does_not_exist_is_none() -> None:
    none = AgreementFigure(None, None, None)
    # All scores are 4: no disagreement is expected, but the judges do agree on every item.
    constant = agreement(array([4, 4, 4], [4, 4, 4]), ["a", "b"], list("xyz"))
    assert constant.alpha == none and constant.pairs[0].kappa == none
    assert constant.pairs[0].exact.value == 100.0
    apart = agreement(array([1, NAN], [NAN, 1]), ["a", "b"], ["x", "y"])
    assert apart.pairs == (PairAgreement(("a", "b"), 0, none, none, none),)
    assert apart.alpha == none and apart.items == 0
    assert agreement(array([1, 2]), ["alone"], ["x", "y"]) == LevelAgreement(none, 0, ())
    assert agreement(np.empty((2, 0)), ["a", "b"], []).items == 0


def test_one_clip_has_no_interval() -> None:
    result = agreement(array([0, 0, 1, 2], [0, 1, 1, 2]), ["a", "b"], ["x"] * 4)
    assert asdict(result.pairs[0].kappa) == {"value": pytest.approx(0.8), "low": None, "high": None}
    assert result.alpha.low is None and result.alpha.value is not None


def test_a_figure_that_hangs_on_one_clip_has_no_interval() -> None:
    """Without either clip all scores are one level, of which kappa says nothing."""
    pair = agreement(array([0, 5], [1, 5]), ["a", "b"], ["x", "y"]).pairs[0]
    assert pair.kappa.value is not None and pair.kappa.low is None
