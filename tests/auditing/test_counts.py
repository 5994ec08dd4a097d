"""What is counted at a question file, on files of a few questions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb

import pytest

from mabench_eval.auditing import MA_52, counts
from mabench_eval.auditing.counts import Cell, oddest
from mabench_eval.types import Question


def asked(qid: str, answer: str, text: str = "Does it move?", clip: str = "c") -> Question:
    return Question(qid, "SAD", clip, text, {}, answer)


def choice(number: int, shown: Sequence[str], answer: str, text: str = "Which?") -> Question:
    return Question(f"FMAR_{number}", "FMAR", f"c{number}", text, dict(zip("ABCDE", shown, strict=False)), answer)


def only(cells: Sequence[Cell]) -> Cell:
    (cell,) = cells
    return cell


def hits(count: int, of: int, chance: float) -> Cell:
    return Cell("x", {str(number): number < count for number in range(of)}, chance)


def test_how_odd_a_count_is() -> None:
    """9 of 10 by a coin: 2 (10 + 1) / 1024, as is 1 of 10; 5 of 10 is as even as can be."""
    assert hits(9, 10, 0.5).p == pytest.approx(22 / 1024)
    assert hits(1, 10, 0.5).p == pytest.approx(22 / 1024)
    assert hits(5, 10, 0.5).p == 1


def test_how_odd_a_count_is_with_options() -> None:
    """4 of 6 with five options: (15 * 16 + 6 * 4 + 1) / 15,625 in the tail, twice."""
    tail = Fraction(comb(6, 4) * 4**2 + comb(6, 5) * 4 + 1, 5**6)
    assert hits(4, 6, 0.2).p == pytest.approx(float(2 * tail))


def test_from_where_to_where_chance_goes() -> None:
    """Of 10 coins fewer than 2 are heads in 11 of 1,024 (1.1 %), fewer than 3 in 56 (5.5 %): 2 to 8."""
    assert hits(0, 10, 0.5).span(1) == (0.2, 0.8)
    assert hits(0, 10, 0.5).span(5) == (0.1, 0.9)  # a fifth of 2.5 % is 0.5 %: none in 0.1 %, fewer than 2 in 1.1 %


def test_of_several_cells_the_oddest_counts_at_the_price_of_all() -> None:
    """9 of 10 among three: 3 * 22 / 1024."""
    cell, p = oddest([hits(5, 10, 0.5), hits(9, 10, 0.5), hits(4, 10, 0.5)])
    assert (cell.count, p) == (9, pytest.approx(66 / 1024))
    assert oddest([hits(5, 10, 0.5)] * 3)[1] == 1


def test_numbers() -> None:
    """Even and Yes: 2; odd and No: none; one of seven. Low (1 to 3) and Yes: all three; high and No: 4 and 6."""
    rows = [asked(f"SAD_{n}", answer) for n, answer in enumerate(["Yes", "Yes", "Yes", "No", "Yes", "No"], start=1)]
    even = only(counts.parity([*rows, asked("SAD_8", "No")]))
    assert (even.what, even.count, even.of) == ("even: Yes", 1, 7)
    low = only(counts.size(rows))
    assert (low.what, low.count, low.of) == ("low: Yes", 3 + 2, 6)


def test_letters_have_a_cell_for_each_group_and_letter() -> None:
    rows = [choice(n, "VWXYZ", "A" if n % 2 else "B") for n in range(8)]
    cells = {cell.what: (cell.count, cell.of, cell.chance) for cell in counts.parity(rows)}
    assert len(cells) == 10
    assert cells["odd: A"] == (4, 4, pytest.approx(0.2))
    assert cells["even: A"] == (0, 4, pytest.approx(0.2))
    assert {cell.what: cell.count for cell in counts.same_answer(rows)} == {"A": 4, "B": 4, "C": 0, "D": 0, "E": 0}


def test_length_and_place() -> None:
    """Three and five words, median four: two longer ones, both Yes; of the two shorter one is No. Early: Yes, No."""
    texts = ["Does it move?", "Does it move at all?", "Does it move?", "Does it move at all?"]
    rows = [asked(f"SAD_{n}", a, text) for n, (a, text) in enumerate(zip(["No", "Yes"] * 2, texts, strict=True))]
    longer = only(counts.length(rows))
    assert (longer.what, longer.count, longer.of) == ("longer: Yes", 4, 4)
    early = only(counts.place(rows))
    assert (early.count, early.of) == (1 + 1, 4)


def test_first_words_that_are_few_say_nothing() -> None:
    rows = [asked(f"SAD_{n}", "Yes", "In this clip, does it?") for n in range(12)]
    assert counts.first_words([*rows, asked("SAD_99", "No", "Is it so?")]) == []
    other = [asked(f"SAD_2{n}", "No", "Does the head move?") for n in range(10)]
    found = only(counts.first_words([*rows, *other]))
    assert (found.what, found.count, found.of) == ("does the: Yes", 0, 22)


def test_siblings() -> None:
    """Two clips: Yes and No; No, No, Yes. Of the three pairs one is alike."""
    answers = ["Yes", "No", "No", "No", "Yes"]
    rows = [asked(f"SAD_{n}", a, clip=c) for n, (c, a) in enumerate(zip("ababb", answers, strict=True))]
    cell = only(counts.sibling(rows))
    assert (cell.count, cell.of, cell.chance) == (1, 3, 0.5)
    assert counts.sibling(rows[:2]) == []


def test_options_that_look_otherwise() -> None:
    """Nodding and Tiptoe, alone of their parts, are two of five, and never right: by chance in 40 %."""
    shown = ["Nodding", "Waving", "Tiptoe", "Rubbing hands", "Pointing oneself"]
    cells = {cell.what: cell for cell in counts.looks_of_options([choice(n, shown, "BDE"[n]) for n in range(3)], MA_52)}
    fewest = cells["part that fewest share"]
    assert (fewest.count, fewest.of, fewest.chance) == (0, 3, pytest.approx(0.4))
    assert cells["part that most share"].count == 3
    assert (cells["longest"].count, cells["longest"].chance) == (1, pytest.approx(0.2))  # Pointing oneself: 16
    assert (cells["shortest"].count, cells["shortest"].chance) == (1, pytest.approx(0.4))  # Waving and Tiptoe: 6
    assert "with a code" not in cells


def test_labels_where_they_are_offered() -> None:
    """Waving is offered three times and right twice, Nodding right once of three; the others never."""
    rows = [
        choice(1, ["Waving", "Nodding", "Tiptoe"], "A"),
        choice(2, ["Nodding", "Waving", "Shrugging"], "B"),
        choice(3, ["Shrugging", "Waving", "Nodding"], "C"),
    ]
    cells = {cell.what: (cell.count, cell.of) for cell in counts.labels_offered(rows)}
    assert cells == {"Waving": (2, 3), "Nodding": (1, 3), "Tiptoe": (0, 1), "Shrugging": (0, 2)}


def test_what_is_named_elsewhere() -> None:
    """Of two questions one has its right option named beside it; the other says nothing."""
    told, silent = choice(1, ["Nodding", "Waving", "Tiptoe"], "A"), choice(2, ["Nodding", "Waving", "Tiptoe"], "B")
    beside = Question("SAD_9", "SAD", "c1", "Is the nodding fast?", {}, "Yes")
    cell = only(counts.named_elsewhere([told, silent], [told, silent, beside], MA_52))
    assert (cell.hits, cell.chance) == ({"FMAR_1": True}, pytest.approx(1 / 3))
    assert counts.named_elsewhere([silent], [silent, beside], MA_52) == []
