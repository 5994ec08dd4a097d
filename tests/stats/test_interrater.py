"""Agreement among judges: every expected number is derived beside it, or published and named."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mabench_eval.stats.interrater import (
    agreement,
    exact_agreement,
    krippendorff_alpha,
    weighted_kappa,
    within_one_agreement,
)
from tests.support.naive_interrater import NAN, PAIRWISE, Scores, array, digits, naive_alpha

# -- published examples -------------------------------------------------------------------------------------

KRIPPENDORFF = array(digits("123321412..."), digits("1233224125.3"), digits(".3332342251."), digits("12332441251."))
"""Four observers, twelve units: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"; also the example of
``kripp.alpha`` in the R package irr."""

NEWS = array(
    digits("112.001122.01311211000201001111223222221"),
    digits("1130000.21102311121000302102111122222221"),
    digits("203000222100221123001.30.1012202.2232.21"),
    digits(".13....0.10022...31.103021122..122...12."),
    digits("2..0001.2....3112..0.0..2.0..20.2.2222.1"),
)
"""Five observers, forty newspaper articles: Hayes & Krippendorff 2007, Communication Methods and Measures 1, 77-89,
Table 1."""

ANXIETY = [digits("33345523522615221243"), digits("36462424332333221334"), digits("21443216111233113322")]
"""Three judges, twenty subjects, levels 1-6: the data ``anxiety`` of the R package irr."""


def test_alpha_of_krippendorff_2011() -> None:
    """Published: ordinal alpha 0.815 (Krippendorff 2011; fast-krippendorff's tests give the same)."""
    alpha = krippendorff_alpha(KRIPPENDORFF)
    assert alpha is not None and round(alpha, 3) == 0.815
    # Unit 12 has one score; the others have 40: of the levels 1-5 there are 9, 13, 10, 5 and 3.
    assert [np.count_nonzero(KRIPPENDORFF[:, :11] == level) for level in range(6)] == [0, 9, 13, 10, 5, 3]
    assert alpha == pytest.approx(naive_alpha(KRIPPENDORFF), abs=1e-14)


def test_alpha_of_hayes_and_krippendorff_2007() -> None:
    """Published: ordinal alpha 0.7598 (Hayes & Krippendorff 2007)."""
    alpha = krippendorff_alpha(NEWS)
    assert alpha is not None and round(alpha, 4) == 0.7598
    assert alpha == pytest.approx(naive_alpha(NEWS), abs=1e-14)


def test_kappa_of_irr() -> None:
    """Published: ``kappa2(anxiety[,1:2], "squared")``, an example in the manual of irr, is 0.297 (pyirr's test_kappa2).

    Squared differences, summed over the 20 subjects: 50. Over all 20 x 20 pairs of a score of the first and a score
    of the second: 1422. 1 - (50 / 20) / (1422 / 400) = 1 - 1000 / 1422 = 0.29677.
    """
    first, second = (np.array(judge) - 1 for judge in ANXIETY[:2])  # levels 1-6 become 0-5
    assert weighted_kappa(first, second) == pytest.approx(1 - 1000 / 1422, abs=1e-15)
    assert round(1 - 1000 / 1422, 3) == 0.297


def test_kappa_of_irr_with_a_level_that_nobody_gives() -> None:
    """Published: ``kappa2(anxiety[,2:3], "squared")`` of irr is 0.2520325, by statsmodels' test_inter_rater.py.

    Neither judge gives a 5, and irr numbers the levels that occur: its 6 is the level after 4. So it is here. The
    squares then sum to 46 over the subjects and to 1230 over all pairs: 1 - 46 x 20 / 1230.
    """
    second, third = ([{6: 5}.get(int(level), level) - 1 for level in judge] for judge in ANXIETY[1:])
    assert weighted_kappa(second, third) == pytest.approx(1 - 920 / 1230, abs=1e-15)
    assert round(1 - 920 / 1230, 7) == 0.2520325


# -- by hand ------------------------------------------------------------------------------------------------


def test_kappa_by_hand() -> None:
    # Observed: (0 + 1 + 0 + 0) / 4. Expected, a's 0, 0, 1, 2 against b's 0, 1, 1, 2: (6 + 6 + 2 + 6) / 16 = 20 / 16.
    assert weighted_kappa([0, 0, 1, 2], [0, 1, 1, 2]) == pytest.approx(1 - (1 / 4) / (20 / 16))  # 0.8
    assert weighted_kappa([0, 5], [5, 0]) == -1.0  # observed 25, expected (0 + 25 + 25 + 0) / 4 = 12.5
    # The item that only one scored is in neither sum.
    assert weighted_kappa([0, NAN, 0, 5, 1, 2], [0, 3, 1, NAN, 1, 2]) == pytest.approx(0.8)


def test_kappa_where_judges_do_not_vary() -> None:
    assert weighted_kappa([3, 3, 3], [3, 3, 3]) is None  # expected 0
    assert weighted_kappa([2, 2], [4, 4]) == 0.0  # observed 4, expected 4
    assert weighted_kappa([3, 3, 3, 3], [1, 2, 4, 5]) == 0.0  # observed (4 + 1 + 1 + 4) / 4, expected the same
    assert weighted_kappa([1, NAN], [NAN, 1]) is None and weighted_kappa([], []) is None


def test_shares_by_hand() -> None:
    a, b = [0, 1, 2, 3, 5, NAN], [0, 2, 4, 3, 4, 1]  # differences 0, 1, 2, 0, 1 over five common items
    assert exact_agreement(a, b) == pytest.approx(40)  # 2 of 5
    assert within_one_agreement(a, b) == pytest.approx(80)  # 4 of 5
    assert exact_agreement([NAN], [1]) is None and within_one_agreement([NAN], [1]) is None


def test_alpha_by_hand() -> None:
    # Scores 0 0 | 0 1 | 5 5: n = 6, of level 0, 1 and 5: 3, 1 and 2. Mean ranks 1.5, 3.5 and 5 (less 0.5):
    # d01 = 2^2 = 4, d05 = 3.5^2 = 12.25, d15 = 1.5^2 = 2.25. Only 0 and 1 coincide, once each way: sum(o d) = 2 x 4.
    # sum(n n d) = 2 (3 x 1 x 4 + 3 x 2 x 12.25 + 1 x 2 x 2.25) = 180. 1 - (6 - 1) 8 / 180 = 7 / 9.
    assert krippendorff_alpha(array([0, 0, 5], [0, 1, 5])) == pytest.approx(7 / 9)
    # Ordinal: only the order counts, so a 2 in the place of the 5 changes nothing.
    assert krippendorff_alpha(array([0, 0, 2], [0, 1, 2])) == pytest.approx(7 / 9)
    # 1 1 2 | 2 2 .: the first item adds 1 / (3 - 1) a pair: o11 = o12 = o21 = 1; the second o22 = 2. n = 5, n1 = 2,
    # n2 = 3, d12 cancels: 1 - (5 - 1) (1 + 1) / (2 x 2 x 3) = 1 / 3.
    assert krippendorff_alpha(array([1, 2], [1, 2], [2, NAN])) == pytest.approx(1 / 3)
    # One item, two different scores: (2 - 1) (1 + 1) / (1 + 1) = 1.
    assert krippendorff_alpha(array([0], [5])) == 0.0


def test_alpha_that_does_not_exist() -> None:
    assert krippendorff_alpha(array([1, NAN, 3], [NAN, 2, NAN])) is None  # no item has two scores
    assert krippendorff_alpha(array([4, 4, NAN], [4, 4, 1])) is None  # the 1 has no partner: all others are 4
    assert krippendorff_alpha(array([1, 2, 3])) is None  # one judge
    assert krippendorff_alpha(np.empty((3, 0))) is None


@pytest.mark.parametrize("wrong", [6, -1, 2.5, math.inf, -math.inf])
def test_other_values_are_refused(wrong: float) -> None:
    for call in (weighted_kappa, exact_agreement, within_one_agreement):
        with pytest.raises(ValueError, match=rf"integer 0-5 or NaN; 1 are not, the first {float(wrong)}"):
            call([1, 2], [1, wrong])
    with pytest.raises(ValueError, match="integer 0-5 or NaN"):
        krippendorff_alpha(array([1, wrong], [1, 2]))
    with pytest.raises(ValueError, match="integer 0-5 or NaN"):
        agreement(array([1, wrong], [1, 2]), ["a", "b"], ["x", "y"])


def test_shapes_that_do_not_fit_are_refused() -> None:
    scores = array([1, 2], [1, 2])
    with pytest.raises(ValueError, match="the same items, not 2 and 3"):
        weighted_kappa([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="2 dimension"):
        krippendorff_alpha([1, 2])
    for names, clips in ((["a"], ["x", "y"]), (["a", "b"], ["x"])):
        with pytest.raises(ValueError, match=r"shape \(2, 2\) do not fit"):
            agreement(scores, names, clips)
    with pytest.raises(ValueError, match="a name stands twice"):
        agreement(scores, ["a", "a"], ["x", "y"])


# -- in general ---------------------------------------------------------------------------------------------

levels = st.integers(0, 5).map(float)


@st.composite
def tables(draw: st.DrawFn, fewest: int = 1, most: int = 4) -> Scores:
    items = draw(st.integers(0, 12))
    judge = st.lists(st.one_of(levels, st.just(NAN)), min_size=items, max_size=items)
    return np.array(draw(st.lists(judge, min_size=fewest, max_size=most)), np.float64)


@settings(deadline=None)
@given(tables(2, 2))
def test_pairs_match_the_loops_and_are_symmetric(scores: Scores) -> None:
    a, b = scores
    for figure, naive in PAIRWISE.values():
        value = figure(a, b)
        assert value == (None if (slow := naive(a, b)) is None else pytest.approx(slow, abs=1e-12))
        assert value == figure(b, a)  # to the last bit: the sums are of integers


@settings(deadline=None)
@given(tables())
def test_alpha_matches_the_loops(scores: Scores) -> None:
    slow = naive_alpha(scores)
    assert krippendorff_alpha(scores) == (None if slow is None else pytest.approx(slow, abs=1e-12))


@settings(deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_order_of_items_and_raters_and_unscored_items_change_nothing(scores: Scores, random: Any) -> None:
    value = krippendorff_alpha(scores)
    assert value is None or value <= 1
    items, raters = list(range(scores.shape[1])), list(range(scores.shape[0]))
    random.shuffle(items)
    random.shuffle(raters)
    lonely = np.full((scores.shape[0], 2), NAN)
    lonely[0, 0] = 5  # one score: no pair
    assert krippendorff_alpha(np.hstack([lonely, scores[raters][:, items]])) == value


@settings(deadline=None)
@given(st.lists(levels, min_size=2))
def test_the_same_scores_agree_fully(scores: list[float]) -> None:
    assume(len(set(scores)) > 1)
    assert weighted_kappa(scores, scores) == 1 and exact_agreement(scores, scores) == 100
    assert krippendorff_alpha(array(scores, scores, scores)) == 1


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3))), st.integers(0, 2))
def test_levels_that_nobody_gives_change_nothing(pairs: list[tuple[int, int]], shift: int) -> None:
    a, b = [float(x) for x, _ in pairs], [float(y) for _, y in pairs]
    up, over = [x + shift for x in a], [y + shift for y in b]
    assert weighted_kappa(up, over) == weighted_kappa(a, b)
    assert krippendorff_alpha(array(up, over)) == krippendorff_alpha(array(a, b))


@settings(deadline=None)
@given(st.lists(st.tuples(levels, levels), min_size=1))
def test_kappa_is_the_concordance_of_lin(pairs: list[tuple[float, float]]) -> None:
    """2 cov / (var + var + (difference of means)^2), with 1 / n: Lin 1989, Biometrics 45, 255-268."""
    a, b = np.array(pairs).T
    spread = a.var() + b.var() + (a.mean() - b.mean()) ** 2
    assume(spread > 0)
    assert weighted_kappa(a, b) == pytest.approx(2 * np.mean((a - a.mean()) * (b - b.mean())) / spread, abs=1e-12)
