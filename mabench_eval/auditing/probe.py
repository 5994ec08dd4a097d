"""How far do words alone go? A text-only probe: TF-IDF of the question and a logistic regression, no video.

scikit-learn (extra ``audit``) does the work. Nothing is tuned: words and pairs of words, the library's own C = 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mabench_eval.auditing.findings import Word
from mabench_eval.packages import install_command, lacks
from mabench_eval.taxonomy import task_order
from mabench_eval.types import Question

INSTALL = install_command("audit")
"""For authors' models that need scikit-learn too."""


class TextProbe:
    """Learns, task by task, what the words of a question say of its answer.

    Of a Yes/No question it reads the question; of a choice the options, each by itself, and takes the one that most
    looks like a right one; to an open question it gives the most typical answer it has learnt from.
    """

    def __init__(self) -> None:
        self._closed: dict[str, _Classifier] = {}
        self._typical: dict[str, str] = {}

    def fit(self, questions: Sequence[Question]) -> TextProbe:
        """Learn from questions with answers; those without are passed over. Raises InputError without scikit-learn."""
        tasks: dict[str, list[Question]] = defaultdict(list)
        for question in questions:
            if question.answer is not None:
                tasks[question.task].append(question)
        with one_thread():
            for task, asked in tasks.items():
                if is_closed(asked[0]):
                    self._closed[task] = _Classifier(asked)
                else:
                    self._typical[task] = _most_typical([question.answer or "" for question in asked])
        return self

    def answers(self, questions: Sequence[Question]) -> list[str | None]:
        """An answer to each question; None where its task was not learnt."""
        found: dict[str, str] = {}
        for task, classifier in self._closed.items():
            asked = [question for question in questions if question.task == task]
            found |= {question.qid: answer for question, answer in zip(asked, classifier.answers(asked), strict=True)}
        return [found.get(question.qid) or self._typical.get(question.task) for question in questions]

    def words(self, count: int) -> list[Word]:
        """The ``count`` heaviest words for each answer of each closed task."""
        tasks = sorted(self._closed, key=task_order)
        return [word for task in tasks for word in self._closed[task].words(task, count)]


def is_closed(question: Question) -> bool:
    """Whether a labelled question is answered by a letter, or by Yes or No."""
    return bool(question.options) or question.answer in ("Yes", "No")


class _Classifier:
    """Which texts of one task are right: of Yes/No questions the question (right is Yes), of choices each option."""

    def __init__(self, asked: Sequence[Question]) -> None:
        self._choice = bool(asked[0].options)
        self._right = np.array([right for question in asked for right in _rights(question)])
        self._vectors = text_vectors()
        self._counts = self._vectors.fit_transform([text for question in asked for text in option_texts(question)])
        self._model = _regression().fit(self._counts, self._right) if len(set(self._right)) == 2 else None

    def answers(self, asked: Sequence[Question]) -> list[str]:
        """The likeliest answer of each question; of equally likely options the first."""
        if not asked:
            return []
        scores = iter(self._scores([text for question in asked for text in option_texts(question)]))
        return [_likeliest(question, [next(scores) for _ in option_texts(question)]) for question in asked]

    def _scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """How far each text looks right: above 0 it does."""
        if self._model is None:  # all that was learnt from had one answer
            return np.full(len(texts), 1.0 if self._right[0] else -1.0)
        return np.asarray(self._model.decision_function(self._vectors.transform(texts)))

    def words(self, task: str, count: int) -> list[Word]:
        """The heaviest words either way, with the texts that hold them."""
        if self._model is None:
            return []
        names, weights, there = self._vectors.get_feature_names_out(), self._model.coef_[0], self._counts > 0
        with_word = {right: np.asarray(there[self._right == right].sum(axis=0)).ravel() for right in (True, False)}
        words = []
        for right, answer in ((True, "right" if self._choice else "Yes"), (False, "wrong" if self._choice else "No")):
            own: list[Word] = []
            for place in np.argsort(-weights if right else weights, kind="stable"):
                counts = int(with_word[right][place]), int(with_word[not right][place])
                word = Word(task, answer, str(names[place]), float(weights[place]), *counts)
                if len(own) < count and not any(_same(word, other) for other in own):
                    own.append(word)
            words += own
        return words


def _same(word: Word, other: Word) -> bool:
    """Whether two words say the same: one holds the other, and they stand in the same texts as far as counts tell."""
    counts = (word.of_answer, word.of_others) == (other.of_answer, other.of_others)
    return counts and (word.word in other.word or other.word in word.word)


def option_texts(question: Question) -> list[str]:
    """What is looked at, one by one."""
    return list(question.options.values()) or [question.text]


def _rights(question: Question) -> list[bool]:
    """Which of them are right."""
    return [letter == question.answer for letter in question.options] or [question.answer == "Yes"]


def _likeliest(question: Question, scores: Sequence[float]) -> str:
    if not question.options:
        return "Yes" if scores[0] > 0 else "No"
    return list(question.options)[int(np.argmax(scores))]


def _most_typical(texts: Sequence[str]) -> str:
    """The text whose TF-IDF is on average most like that of all."""
    vectors = text_vectors().fit_transform(texts)
    return texts[int(np.argmax(np.asarray(vectors @ np.asarray(vectors.mean(axis=0)).ravel())))]


def text_vectors(most: int | None = None) -> Any:
    """TF-IDF of words and pairs of words, the ``most`` frequent or all. Raises InputError without scikit-learn."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError as error:
        raise lacks("the text-only probe", error, "audit") from error
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=most)


def one_thread() -> Any:
    """Problems of this size are slower on several threads of a linear algebra library, which wait for each other."""
    text_vectors()  # tells where scikit-learn is not installed, with which this comes
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="blas")


def _regression() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1000)
