"""How far words go on what was held out, and by chance."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from mabench_eval.auditing.looks import statement_of
from mabench_eval.auditing.words import HeldOut, _deal, _Table, read_words
from mabench_eval.types import Question


def asked(number: int, text: str, answer: str) -> Question:
    return Question(f"SAD_{number}", "SAD", f"c{number // 2}", text, {}, answer)


def by_clip(question: Question) -> str:
    return question.clip


def read(questions: Sequence[Question], repeats: int = 1, **ways: object) -> HeldOut:
    (found,) = read_words(questions, [by_clip], 10, repeats, 0)
    assert found is not None
    return found


def test_words_that_tell_are_learnt_on_other_clips() -> None:
    texts = {"No": "Does the head always move?", "Yes": "Does the head move?"}
    found = read([asked(n, texts[answer], answer) for n, answer in enumerate(["Yes", "No", "No", "Yes"] * 10)])
    assert found.right.mean() == 1
    assert found.by_lot.mean() == pytest.approx(0.5, abs=0.02)
    assert found.by_lot.max() < 1


def test_what_is_said_of_a_fold_does_not_depend_on_its_answers() -> None:
    """The formula against the plain way: fit on the other folds alone, with the same features and penalty."""
    lot = np.random.default_rng(3)
    words = ["head", "hand", "foot", "up", "down", "early", "late"]
    rows = [asked(n, " ".join(lot.choice(words, 3)), lot.choice(["Yes", "No"])) for n in range(30)]
    table = _Table.of(rows)
    fold = _deal([row.clip for row in rows], 5, "x")
    answers = next(iter(table.blocks(3, lot)))
    hits = table.hits(answers, table.weigh(answers), fold)
    x, y = table._vectors.toarray(), 2.0 * answers - 1
    for number in range(5):
        there, rest = fold == number, fold != number
        weights = np.linalg.solve(x[rest].T @ x[rest] + 4 * np.eye(x.shape[1]), x[rest].T @ y[rest])
        assert (hits[there] == (np.sign(x[there] @ weights) == y[there])).all()


def test_by_words_and_by_texts_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are many texts the same matrix is worked out from the words."""
    lot = np.random.default_rng(4)
    shown = [[str(word) for word in lot.permutation(["Nodding", "Waving", "Tiptoe", "Shrugging"])] for _ in range(30)]
    rows = [
        Question(f"F_{n}", "FMAR", f"c{n}", "?", dict(zip("ABCD", names, strict=True)), str(lot.choice(list("ABCD"))))
        for n, names in enumerate(shown)
    ]
    plain = read(rows)
    monkeypatch.setattr("mabench_eval.auditing.words._DENSE", 10)
    again = read(rows)
    assert again.right == pytest.approx(plain.right)
    assert again.by_lot == pytest.approx(plain.by_lot)


def test_by_chance_of_all_answers_that_there_are() -> None:
    """Six questions of two statements on six clips, each left out alone: over all 64 sets of answers half are right.

    Of a statement's three answers the two others decide, or are one of each, a tie: all alike three are right (2 of 8
    sets); two against one: of the two each sees one of either, a tie, half a hit each, and the third sees two of the
    others, a miss: one (6 of 8). The mean is (2 * 3 + 6 * 1) / 8 = 1.5 of 3, and the spread ((2 * 9 + 6 * 1) / 8 -
    2.25) = 0.75, as much as three coins have. Words that both statements have would make it wider.
    """
    texts = ["head", "hand"] * 3
    accuracies = []
    for answers in product(["Yes", "No"], repeat=6):
        rows = [
            Question(f"S_{n}", "SAD", f"c{n}", t, {}, a) for n, (t, a) in enumerate(zip(texts, answers, strict=True))
        ]
        table = _Table.of(rows)
        table = _Table(table._vectors[:, :2], table.question, table._right, choice=False)  # without the constant
        given = next(iter(table.blocks(1, np.random.default_rng(0))))[:, :1]
        accuracies.append(float(table.hits(given, table.weigh(given), np.arange(6)).sum()))
    assert np.mean(accuracies) == pytest.approx(3)
    assert np.var(accuracies) == pytest.approx(2 * 0.75)


def test_exact_balance_is_wrong_more_often_than_chance() -> None:
    """Each statement once Yes and once No, on different clips: whoever saw one is wrong on the other."""
    rows = [Question(f"S_{n}", "SAD", f"c{n}", f"w{n // 2}", {}, "Yes" if n % 2 else "No") for n in range(40)]
    found = read(rows, repeats=5)
    assert found.right.mean() < 0.15
    (by_statement,) = read_words(rows, [statement_of], 10, 5, 0)
    assert by_statement is not None
    assert by_statement.right.mean() == pytest.approx(0.5)


def test_clips_and_statements_are_held_out_whole() -> None:
    fold = _deal(["a", "b", "a", "c", "b", "d"], 3, "x")
    assert fold[0] == fold[2] and fold[1] == fold[4]
    assert sorted(np.bincount(_deal([str(n) for n in range(7)], 3, "y"))) == [2, 2, 3]


def test_the_same_statement_is_the_same_words_or_options() -> None:
    one, other = asked(1, "Does it  Move?", "Yes"), asked(2, "does it move?", "No")
    assert statement_of(one) == statement_of(other)
    shown = Question("F_1", "FMAR", "c", "Which?", {"A": "Waving", "B": "Nodding - B1"}, "A")
    turned = Question("F_2", "FMAR", "d", "What?", {"A": "Nodding", "B": "Waving"}, "A")
    assert statement_of(shown) == statement_of(turned)


def test_one_clip_leaves_nothing_to_learn_from() -> None:
    rows = [Question(f"S_{n}", "SAD", "c", f"w{n}", {}, "Yes") for n in range(4)]
    assert read_words(rows, [by_clip], 10, 1, 0) == [None]
