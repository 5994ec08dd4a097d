"""New words of reviewers: a statement has one wording whatever the answer, so they are those of all its questions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mabench_eval.construction.decisions.rounds import Resolution
from mabench_eval.construction.decisions.rows import Decision
from mabench_eval.construction.decisions.words import stem_of
from mabench_eval.construction.questions import BuiltQuestion


class Rewordings:
    """The new words of a build's questions, by what has one wording: a statement, or the stem that choices share."""

    def __init__(self, resolved: Iterable[tuple[BuiltQuestion, Resolution]]) -> None:
        """``resolved``: questions, with what is decided on them."""
        self._words: dict[tuple[str, str], set[str]] = {}
        self._by: dict[tuple[str, str], tuple[str, ...]] = {}
        for question, resolution in resolved:
            decision = resolution.decision
            if decision is not None and decision.text is not None:
                self._words.setdefault(_worded_alike(question), set()).add(decision.text)
                self._by.setdefault(_worded_alike(question), resolution.reviewers)

    def is_disputed(self, question: BuiltQuestion, decision: Decision | None) -> bool:
        """Whether it is to be reworded, and another question of the same wording otherwise: nobody knows which way."""
        reworded = decision is not None and decision.text is not None
        return reworded and len(self._words[_worded_alike(question)]) > 1

    def reword(self, question: BuiltQuestion) -> BuiltQuestion:
        """The question in its new words, where it has any; its options stay."""
        alike = _worded_alike(question)
        words = self._words.get(alike, set())
        if len(words) != 1:
            return question
        rest = question.text.removeprefix(stem_of(question))
        return replace(question, text="".join([*words, rest]), wording=f"reviewed by {', '.join(self._by[alike])}")


def _worded_alike(question: BuiltQuestion) -> tuple[str, str]:
    return question.task, question.statement or stem_of(question)
