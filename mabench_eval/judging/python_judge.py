"""A judge written in Python: a registered function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mabench_eval.catalogue import REGISTRY, JudgeCard
from mabench_eval.engines import identity, registered
from mabench_eval.judging.base import HIGHEST, Judge, Note, quiet
from mabench_eval.types import Json, JudgeRequest, Judgment


class PythonJudge(Judge):
    """A registered function ``f(request) -> Judgment``, run in this process."""

    def __init__(self, card: JudgeCard) -> None:
        self._card = card
        self._code = registered(card, REGISTRY.judges)
        self.name, self.official = card.name, card.official

    @property
    def identity(self) -> Json:
        """The card, and the hash of the code: edited code is another judge."""
        return identity(self._card, self._code)

    def judge(self, requests: Iterable[JudgeRequest], note: Note = quiet) -> Iterator[Judgment]:
        """Score one after the other; what the function raises, or a level it must not give, is "no score"."""
        function: Callable[[JudgeRequest], Judgment] = self._code.target
        for request in requests:
            try:
                yield checked(function(request), request)
            except Exception as error:  # noqa: BLE001 - a user's judge may raise anything; only this score is lost
                yield Judgment(request.key, error=f"{type(error).__name__}: {error}")


def checked(judgment: Judgment, request: JudgeRequest) -> Judgment:
    """The judgment, if it has an integer 0-5 for each level asked; else one that says "no score" and why."""
    levels = judgment.levels
    if levels is None:
        return judgment
    in_range = all(type(levels.get(name)) is int and 0 <= levels[name] <= HIGHEST for name in request.levels)
    if in_range and set(levels) == set(request.levels):
        return judgment
    return Judgment(request.key, error=f"expected an integer 0-5 for each of {', '.join(request.levels)}, got {levels}")
