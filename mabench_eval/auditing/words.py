"""How far words go on questions that were held out, and how far they go by chance.

The learner is ridge regression on TF-IDF with a penalty of 4: the first Newton step, from zero, of logistic regression
with scikit-learn's C = 1, whose curvature there is a quarter. It reads the same to a point or two, and it is linear in
the answers: what it predicts of a fold that was left out follows from one matrix for all answers at once,

    y_F - prediction_F = (G_FF)^-1 (G y)_F,    G = (K + penalty I)^-1,    K = X X' + 1

(the leave-one-out formula of Allen 1974 for a fold), so that hundreds of sets of answers drawn by lot cost little more
than the real ones. They are needed: under answers by lot the expected accuracy is exactly that of a guess, since no
answer enters its own prediction; but a question and another are learnt from each other, which makes both right or both
wrong: accuracies spread 1.2 to 1.3 times as widely as the binomial, more where texts recur (about sqrt(1 + 2 / pi) for
a linear learner). Balance that somebody has made exact shifts the mean, and is found as what it is, below chance.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mabench_eval.auditing.probe import option_texts, text_vectors
from mabench_eval.stats import Floats
from mabench_eval.types import Question

PENALTY = 4.0
LARGEST_FOLD = 500
"""Texts in a fold: on large files there are more than ten folds, which costs less."""
MANY = 5_000
"""Texts of a task from which on one deal is enough, and fewer draws: their spread is small, and each costs more."""
DRAWS, DRAWS_OF_MANY = 400, 200
MOST_WORDS = 2_000
"""Words and pairs of words, the most frequent, of a task with many texts."""
_DENSE = 2_000
"""Texts up to which the matrix of all texts by all is the cheaper way."""
_AT_ONCE = 4_000_000
"""Numbers in a block of draws."""
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Readings of one task under one way of dealing."""

    right: Floats
    """(questions,): share of the deals in which the words give the right answer, 0-1."""
    by_lot: Floats
    """(draws,): accuracies under answers drawn by lot, 0-1."""


def read_words(
    asked: Sequence[Question], ways: Sequence[Callable[[Question], str]], folds: int, repeats: int, seed: int
) -> list[HeldOut | None]:
    """How far the words of one task's questions go, with folds of each of the ``ways``.

    Args:
        asked: Closed questions with answers, all of one task.
        ways: Question -> what is held out as a whole: its clip, its statement.
        folds: At least; fewer where there are fewer to deal.
        repeats: How often they are dealt anew; 1 where there are many texts.
        seed: Of deals and draws.

    Returns:
        None for a way that leaves nothing to learn from. Raises InputError without scikit-learn.
    """
    table = _Table.of(asked)
    many = len(table.question) > MANY
    draws = DRAWS_OF_MANY if many else DRAWS
    names = [[way(question) for question in asked] for way in ways]
    folds = max(folds, -(-len(table.question) // LARGEST_FOLD))
    deals = [
        [_deal(of, min(folds, len(set(of))), f"{seed}:{repeat}") for repeat in range(1 if many else repeats)]
        if len(set(of)) > 1
        else []
        for of in names
    ]
    right = [np.zeros(len(asked)) for _ in ways]
    by_lot: list[list[Floats]] = [[] for _ in ways]
    for number, answers in enumerate(table.blocks(draws, np.random.default_rng(seed))):
        weighed = table.weigh(answers)
        for way, dealt in enumerate(deals):
            if dealt:
                hits = reduce(np.add, (table.hits(answers, weighed, fold) for fold in dealt)) / len(dealt)
                if number == 0:
                    right[way] = hits[:, 0]
                by_lot[way].append(hits[:, 1:].mean(axis=0) if number == 0 else hits.mean(axis=0))
    return [
        HeldOut(each, np.concatenate(lots)) if dealt else None
        for each, lots, dealt in zip(right, by_lot, deals, strict=True)
    ]


def _deal(names: Sequence[str], folds: int, seed: str) -> NDArray[np.int64]:
    """(questions,): the fold of each; what has one name is in one fold."""
    shuffled = sorted(set(names))
    random.Random(seed).shuffle(shuffled)
    fold = {name: place % folds for place, name in enumerate(shuffled)}
    return np.array([fold[name] for name in names])


class _Table:
    """The texts of one task as numbers: of a Yes/No question the question, of a choice each option."""

    def __init__(self, vectors: Any, question: NDArray[np.int64], right: NDArray[np.bool_], choice: bool) -> None:
        self.question = question
        """(texts,): place of the question that a text belongs to."""
        self._starts = np.flatnonzero(np.diff(question, prepend=-1))
        self._sizes = np.diff(self._starts, append=len(question))
        self._right, self._choice, self._vectors = right, choice, vectors
        self._inner = self._whole = None
        if len(question) <= _DENSE:
            kernel = (vectors @ vectors.T).toarray()
            self._whole = np.linalg.inv(kernel + PENALTY * np.eye(len(question)))
        else:  # by words rather than by texts (Woodbury): G = (I - X (X'X + penalty I)^-1 X') / penalty
            kernel = (vectors.T @ vectors).toarray()
            self._inner = np.linalg.inv(kernel + PENALTY * np.eye(vectors.shape[1]))

    @classmethod
    def of(cls, asked: Sequence[Question]) -> _Table:
        """Raises InputError without scikit-learn."""
        from scipy.sparse import csr_matrix, hstack

        texts = [option_texts(question) for question in asked]
        question = np.repeat(np.arange(len(asked)), [len(each) for each in texts])
        rights = [letter == q.answer for q in asked for letter in q.options] or [q.answer == "Yes" for q in asked]
        flat = [text for each in texts for text in each]
        words = text_vectors(MOST_WORDS if len(flat) > _DENSE else None).fit_transform(flat)
        constant = csr_matrix(np.ones((len(flat), 1)))
        return cls(hstack([words, constant]).tocsr(), question, np.array(rights), bool(asked[0].options))

    def blocks(self, draws: int, lot: np.random.Generator) -> Iterator[NDArray[np.bool_]]:
        """(texts, columns): which texts are right; the first column is true, the others are by lot."""
        width = max(1, _AT_ONCE // len(self.question))
        for begin in range(0, draws, width):
            count = min(width, draws - begin)
            if self._choice:
                chosen = self._starts[:, None] + lot.integers(0, self._sizes[:, None], (len(self._sizes), count))
                drawn = np.zeros((len(self.question), count), bool)
                drawn[chosen, np.arange(count)] = True
            else:
                drawn = lot.integers(0, 2, (len(self.question), count)).astype(bool)
            yield np.column_stack([self._right, drawn]) if begin == 0 else drawn

    def weigh(self, answers: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Answers as numbers, and G times these."""
        numbers = answers.astype(np.float64)
        numbers = numbers - (1 / self._sizes[self.question])[:, None] if self._choice else 2 * numbers - 1
        if self._whole is not None:
            return numbers, self._whole @ numbers
        return numbers, (numbers - self._vectors @ (self._inner @ (self._vectors.T @ numbers))) / PENALTY

    def hits(self, answers: NDArray[np.bool_], weighed: tuple[Floats, Floats], fold: NDArray[np.int64]) -> Floats:
        """(questions, columns): whether what was learnt on other folds is right; of a tie the share of a guess."""
        numbers, products = weighed
        scores = np.empty_like(numbers)
        for texts in _members(fold[self.question]):
            scores[texts] = numbers[texts] - np.linalg.solve(self._block(texts), products[texts])
        if not self._choice:
            agreement = np.where(answers, scores, -scores)
            return np.where(np.abs(agreement) <= _TIE, 0.5, agreement > 0)
        best = np.maximum.reduceat(scores, self._starts)[self.question] - _TIE <= scores
        found = np.add.reduceat(best & answers, self._starts, dtype=np.float64)
        return np.asarray(found / np.add.reduceat(best, self._starts, dtype=np.float64))

    def _block(self, texts: NDArray[np.int64]) -> Floats:
        """G of the texts of a fold."""
        if self._whole is not None:
            return np.asarray(self._whole[np.ix_(texts, texts)])
        rows = self._vectors[texts]
        return np.asarray((np.eye(len(texts)) - (rows @ (rows @ self._inner).T).T) / PENALTY)


def _members(fold: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The places of each fold's texts."""
    order = np.argsort(fold, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(fold[order])) + 1)
