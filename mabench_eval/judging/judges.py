"""Judges: who scores open answers, and the way from a card to its judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from mabench_eval.catalogue import JudgeCard
from mabench_eval.catalogue.schema import did_you_mean
from mabench_eval.engines.python import identity, registered
from mabench_eval.errors import InputError
from mabench_eval.registry import REGISTRY
from mabench_eval.types import Json, JudgeRequest, Judgment

HIGHEST = 5
"""Levels are integers 0-5."""


class Judge(Protocol):
    """Who scores open answers."""

    @property
    def identity(self) -> Json:
        """All that the scores depend on besides rubric, reference and answer."""

    def judge(self, requests: Iterable[JudgeRequest]) -> Iterator[Judgment]:
        """Score each request; yield judgments as they come, in any order, keyed as the requests."""


class PythonJudge:
    """A registered function ``f(request) -> Judgment``, run in this process."""

    def __init__(self, card: JudgeCard) -> None:
        self._card = card
        self._code = registered(card, REGISTRY.judges)

    @property
    def identity(self) -> Json:
        """The card, and the hash of the code: edited code is another judge."""
        return identity(self._card, self._code)

    def judge(self, requests: Iterable[JudgeRequest]) -> Iterator[Judgment]:
        """Score one after the other; what the function raises, or a level it must not give, is "no score"."""
        function: Callable[[JudgeRequest], Judgment] = self._code.target
        for request in requests:
            try:
                yield checked(function(request), request)
            except Exception as error:  # noqa: BLE001 - a user's judge may raise anything; only this score is lost
                yield Judgment(request.key, error=f"{type(error).__name__}: {error}")


def open_judge(card: JudgeCard) -> Judge:
    """The judge of a card. Raises InputError for an engine that does not exist."""
    if card.engine != "python":
        raise InputError(f"{card.source}: no judge engine {card.engine!r}{did_you_mean(card.engine, ['python'])}")
    return PythonJudge(card)


def checked(judgment: Judgment, request: JudgeRequest) -> Judgment:
    """The judgment, if it has an integer 0-5 for each level asked; else one that says "no score" and why."""
    levels = judgment.levels
    if levels is None:
        return judgment
    good = all(type(levels.get(name)) is int and 0 <= levels[name] <= HIGHEST for name in request.levels)
    if good and set(levels) == set(request.levels):
        return judgment
    return Judgment(request.key, error=f"expected an integer 0-5 for each of {', '.join(request.levels)}, got {levels}")
