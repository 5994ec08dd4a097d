"""Letters and rotations, by hand."""

from __future__ import annotations

import math

import pytest

from mabench_eval.runfiles import LetterScores
from mabench_eval.scoring.option_bias import circular_scores, letter_scores
from mabench_eval.types import Outcome, Sample

LETTERS = ("A", "B", "C")


def sample(prediction: str, reference: str | None, qid: str = "q", rotation: int = 0, clip: str = "c") -> Sample:
    """An answer by its letter, or ``-`` for none that can be read, ``!`` for an error."""
    outcome = {"-": Outcome.UNPARSABLE, "!": Outcome.ERROR}.get(prediction, Outcome.ANSWERED)
    read = prediction if outcome is Outcome.ANSWERED else None
    correct = None if reference is None or outcome is Outcome.ERROR else read == reference
    return Sample(qid, "T", clip, outcome, prediction, read, reference, correct, rotation=rotation)


def turned(predictions: str, reference: str | None, qid: str, clip: str = "c") -> list[Sample]:
    """The answers to the rotations of a question of three options; its reference moves up by a place each time."""
    first = None if reference is None else LETTERS.index(reference)
    return [
        sample(letter, None if first is None else LETTERS[(first - place) % 3], qid, place, clip)
        for place, letter in enumerate(predictions)
    ]


def test_shares_and_recalls_by_hand() -> None:
    """Said A A A B, one unreadable, one failed; right were A A B B, C, and the failed one's C, which does not count."""
    pairs = [("A", "A"), ("A", "A"), ("A", "B"), ("B", "B"), ("-", "C"), ("!", "C")]
    letters, rstd = letter_scores(LETTERS, [sample(*pair) for pair in pairs])
    assert letters == {
        "A": LetterScores(predicted=75, reference=40, recall=100),  # 3 of 4 readable; 2 of 5 with a response; 2 of 2
        "B": LetterScores(predicted=25, reference=40, recall=50),
        "C": LetterScores(predicted=0, reference=20, recall=0),
    }
    assert rstd == pytest.approx(math.sqrt((50**2 + 0 + 50**2) / 3))  # recalls 100, 50, 0


def test_without_references_what_was_said_alone() -> None:
    letters, rstd = letter_scores(LETTERS, [sample("C", None), sample("B", None)])
    assert letters["C"] == LetterScores(predicted=50, reference=None, recall=None)
    assert rstd is None
    assert letter_scores(LETTERS, [])[0]["A"] == LetterScores(None, None, None)


def test_right_all_round_by_hand() -> None:
    """Four questions of three options.

    q1, right is B: said B, A, C, each time the place where it stands. q2, right is A: said A, A, A: right as printed
    alone. q3, right is A: said B, A, C: always the second printed option, wrong each time and consistent. q4 failed
    under one rotation and counts in nothing.
    """
    samples = [
        *turned("BAC", "B", "q1", "a"),
        *turned("AAA", "A", "q2", "a"),
        *turned("BAC", "A", "q3", "b"),
        *turned("A!A", "A", "q4", "b"),
    ]
    found = circular_scores(LETTERS, samples)
    assert (found.n, found.total) == (3, 4)
    assert found.plain and found.circular and found.gap
    values = [found.plain.value, found.circular.value, found.gap.value]
    assert values == pytest.approx([200 / 3, 100 / 3, 100 / 3])
    assert found.by_rotation == pytest.approx((200 / 3, 100 / 3, 100 / 3))
    assert found.consistent == pytest.approx(200 / 3)  # q1 and q3
    assert found.chance == pytest.approx(100 / 27)
    assert {letter.reference for letter in found.letters.values()} == {100 / 3}
    # said over all rotations: B, A, C, A, A, A, B, A, C: five A of nine
    assert found.letters["A"].predicted == pytest.approx(500 / 9)
    # the gap: clip a has 1 of 2, clip b 0 of 1; deviations 1 - 2/3 and -1/3; error sqrt(2 x 2/9) / 3, on 0-1
    assert found.gap.se == pytest.approx(100 * math.sqrt(4 / 9) / 3)
    assert (found.gap.clips, found.gap.method) == (2, "wilson")


def test_what_cannot_be_read_is_wrong_and_never_consistent() -> None:
    found = circular_scores(LETTERS, [*turned("---", "A", "q1"), *turned("A-B", "A", "q2")])
    assert found.plain and found.circular
    assert (found.n, found.plain.value, found.circular.value, found.consistent) == (2, 50, 0, 0)


def test_questions_of_fewer_options_have_fewer_rotations() -> None:
    """Chances 1/27 and 1/4 of a question of three and one of two options; under the third rotation one question."""
    two = [sample("A", "A", "q2", 0), sample("B", "B", "q2", 1)]
    found = circular_scores(LETTERS, [*turned("ACB", "A", "q1"), *two])
    assert found.chance == pytest.approx(100 * (1 / 27 + 1 / 4) / 2)
    assert found.circular
    assert (found.by_rotation, found.circular.value, found.consistent) == ((100, 100, 100), 100, 100)


def test_of_nothing_nothing_is_known() -> None:
    found = circular_scores(LETTERS, turned("!!!", "A", "q"))
    assert (found.n, found.total, found.plain, found.chance, found.by_rotation) == (0, 1, None, None, ())
