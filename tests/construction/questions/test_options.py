"""Options that do not tell: which wrong labels, how often, at which letters."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval.construction.questions.options import coarse_options, fine_options, lettered, letters
from mabench_eval.taxonomy import MICRO_ACTIONS, body_part

MA52 = {action: str(body_part(action)) for action in MICRO_ACTIONS.values()}


@pytest.fixture(scope="module")
def asked() -> tuple[list[str], list[list[str]]]:
    """3,000 questions of labels that are all as frequent."""
    lot = Random(1)
    rights = [lot.choice(list(MA52)) for _ in range(3000)]
    options = fine_options(rights, MA52)
    return rights, [options.wrong(right, lot) for right in rights]


def test_four_others_near_and_far(asked: tuple[list[str], list[list[str]]]) -> None:
    """Three of one part and two of another; the right one in three of five among the three: 0.6 * 2 + 0.4 * 1 near."""
    near = []
    for right, wrong in zip(*asked, strict=True):
        assert len({right, *wrong}) == 5
        assert sorted(Counter(MA52[label] for label in [right, *wrong]).values()) == [2, 3]
        near.append(sum(MA52[label] == MA52[right] for label in wrong))
    assert sum(near) / len(near) == pytest.approx(1.6, abs=0.04)


def test_each_label_is_four_times_as_often_wrong_as_right(asked: tuple[list[str], list[list[str]]]) -> None:
    """58 times right each: 4 * 58 = 231 times wrong, give or take four standard deviations of 15."""
    wrong = Counter(label for each in asked[1] for label in each)
    assert set(wrong) == set(MA52)
    assert all(abs(wrong[label] - 4 * 3000 / 52) < 4 * 15 for label in MA52)


def test_the_right_one_is_any_of_its_five(asked: tuple[list[str], list[list[str]]]) -> None:
    """Neither the label that is an option most often, nor one of the three of a part, is right more often than one in
    five: 600 of 3,000, give or take three standard deviations of 22."""
    rights, wrongs = asked
    often = Counter(label for right, wrong in zip(rights, wrongs, strict=True) for label in [right, *wrong])
    guessed = trio = 0
    for right, wrong in zip(rights, wrongs, strict=True):
        options = sorted([right, *wrong])
        guessed += max(options, key=lambda label: often[label]) == right
        parts = Counter(MA52[label] for label in options)
        trio += min(label for label in options if parts[MA52[label]] == 3) == right
    assert abs(guessed - 600) < 3 * 22
    assert abs(trio - 600) < 3 * 22


def test_frequent_labels_are_wrong_the_more_often() -> None:
    """One of 52 labels has 150 of 660 questions, the others 10: it is wrong about 4 * 150 times."""
    lot = Random(2)
    often = "Playing objects"
    rights = [often] * 150 + [label for label in MA52 if label != often for _ in range(10)]
    options = fine_options(rights, MA52)
    wrong = Counter(label for right in rights for label in options.wrong(right, lot))
    assert 500 < wrong[often] < 700


@pytest.mark.parametrize(
    ("actions", "count"),
    [
        ({"a": "x"}, 0),
        ({"a": "x", "b": "x"}, 1),
        ({"a": "x", "b": "y", "c": "z"}, 2),
        (dict.fromkeys("abcdefghij", "x"), 4),
        ({name: name for name in "abcdefghij"}, 4),  # parts with one action
        ({**dict.fromkeys("abcd", "x"), "e": "y"}, 4),
    ],
)
def test_any_taxonomy_gets_as_many_options_as_it_has(actions: dict[str, str], count: int) -> None:
    lot = Random(0)
    rights = [label for label in actions for _ in range(5)]
    options = fine_options(rights, actions)
    for right in rights:
        wrong = options.wrong(right, lot)
        assert len({right, *wrong}) == 1 + len(wrong) == 1 + count


def test_other_parts_are_the_options_of_cmar() -> None:
    parts = [f"part {number}" for number in range(12)]
    assert sorted(coarse_options("part 3", parts[:7], Random(0))) == [p for p in parts[:7] if p != "part 3"]
    many = coarse_options("part 3", parts, Random(0))
    assert len({*many, "part 3"}) == 7


@given(st.lists(st.integers(2, 7), max_size=60), st.integers(0, 99))
def test_letters_are_as_often_right_as_each_other_up_to_one(sizes: list[int], seed: int) -> None:
    chosen = letters(sizes, Random(seed))
    for size in set(sizes):
        counts = Counter(letter for letter, of in zip(chosen, sizes, strict=True) if of == size)
        assert set(counts) <= set("ABCDEFG"[:size])
        assert max(counts.values()) - min(counts[letter] for letter in "ABCDEFG"[:size]) <= 1


def test_the_right_option_stands_at_its_letter() -> None:
    text = lettered("Which?", "Nodding", ["Waving", "Tiptoe"], "B", Random(0))
    lines = text.splitlines()
    assert lines[0] == "Which?"
    assert lines[2] == "B. Nodding"
    assert {line[3:] for line in lines[1:]} == {"Nodding", "Waving", "Tiptoe"}
