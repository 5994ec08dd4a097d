"""A judge written in Python: a registered function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mabench_eval.catalogue import REGISTRY, JudgeCard
from mabench_eval.engines import identity, registered
from mabench_eval.errors import LONGEST_LINE, error_at, trace_of
from mabench_eval.judging.base import Judge, Note, quiet
from mabench_eval.judging.judged import judgment_problem
from mabench_eval.text import cut
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
                judgment = function(request)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's judge may raise anything
                yield Judgment(request.key, error=error_at(error), traceback=trace_of(error))
            else:
                yield checked(judgment, request)


def checked(judgment: object, request: JudgeRequest) -> Judgment:
    """The judgment, if it is that request's, with an integer 0-5 for each level asked; else "no score", and why."""
    if not isinstance(judgment, Judgment) or judgment.key != request.key:
        given = type(judgment).__name__ if not isinstance(judgment, Judgment) else "one with another request's key"
        return Judgment(request.key, error=f"expected a Judgment of this request, got {given}")
    if problem := judgment_problem(judgment):
        return Judgment(request.key, error=f"the judge's Judgment: {problem}")
    if judgment.levels is None or set(judgment.levels) == set(request.levels):
        return judgment
    expected = f"expected an integer 0-5 for each of {', '.join(request.levels)}"
    return Judgment(request.key, error=cut(f"{expected}, got {dict(judgment.levels)}", LONGEST_LINE))
