"""Agreement in categories without an order, against figures worked out by hand."""

from __future__ import annotations

import pytest

from mabench_eval.stats import nominal_agreement


def clips(count: int) -> list[str]:
    return [f"c{number}" for number in range(count)]


def test_cohens_kappa_of_two() -> None:
    # 10 items: both Yes on 4, both No on 3, anna Yes and ben No on 2, the other way on 1.
    anna = ["Yes"] * 4 + ["No"] * 3 + ["Yes"] * 2 + ["No"]
    ben = ["Yes"] * 4 + ["No"] * 3 + ["No"] * 2 + ["Yes"]
    found = nominal_agreement([anna, ben], ["anna", "ben"], clips(10))
    (pair,) = found.pairs
    assert (pair.n, pair.exact.value, found.exact.value) == (10, 70.0, 70.0)
    # p_o = 0.7; p_e = 0.6 x 0.5 + 0.4 x 0.5 = 0.5
    assert pair.kappa.value == pytest.approx((0.7 - 0.5) / (1 - 0.5))
    assert pair.kappa.low is not None and pair.kappa.high is not None
    assert pair.kappa.low < 0.4 < pair.kappa.high


def test_fleiss_kappa_and_alpha_of_three() -> None:
    # 4 items, 12 ratings, A 7 and B 5. Agreeing pairs of an item: 3/3, 1/3, 3/3, 1/3.
    ratings = [["A", "A", "B", "A"], ["A", "A", "B", "B"], ["A", "B", "B", "A"]]
    found = nominal_agreement(ratings, ["a", "b", "c"], clips(4))
    observed, by_chance = (1 + 1 / 3 + 1 + 1 / 3) / 4, (7 / 12) ** 2 + (5 / 12) ** 2
    assert found.kappa.value == pytest.approx((observed - by_chance) / (1 - by_chance))
    without_putting_back = (7 * 6 + 5 * 4) / (12 * 11)
    assert found.alpha.value == pytest.approx((observed - without_putting_back) / (1 - without_putting_back))
    assert (found.items, found.exact.value) == (4, 50.0)  # all three agree on the first and the third


def test_items_of_one_rater_say_nothing() -> None:
    found = nominal_agreement([["A", "B", None], ["A", None, "C"]], ["a", "b"], clips(3))
    assert (found.items, found.exact.value, found.pairs[0].n) == (1, 100.0, 1)
    assert found.kappa.value is None  # one category alone: no disagreement is expected


def test_nothing_in_common() -> None:
    found = nominal_agreement([["A", None], [None, "B"]], ["a", "b"], clips(2))
    assert (found.items, found.exact.value, found.kappa.value, found.alpha.value) == (0, None, None, None)
    assert nominal_agreement([], [], clips(2)).items == 0


def test_intervals_are_by_clip() -> None:
    """Twenty items on two clips are two draws, not twenty."""
    one, other = ["A", "B"] * 10, ["A", "B"] * 8 + ["A", "A"] * 2
    apart = nominal_agreement([one, other], ["a", "b"], clips(20)).exact
    together = nominal_agreement([one, other], ["a", "b"], ["x"] * 10 + ["y"] * 10).exact
    assert apart.value == together.value == 90.0
    assert apart.low is not None and together.low is not None and together.low < apart.low


@pytest.mark.parametrize("names", [["a", "a"], ["a"]])
def test_shapes_and_names_fit(names: list[str]) -> None:
    with pytest.raises(ValueError, match="ratings are"):
        nominal_agreement([["A"], ["A"]], names, clips(1))
