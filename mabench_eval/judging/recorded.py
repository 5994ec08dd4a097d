"""A judge as a finished run has it on record: enough to find its scores in a journal, and nothing of its code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mabench_eval.errors import ModelError
from mabench_eval.journal import Price
from mabench_eval.judging.base import Judge, Note, quiet
from mabench_eval.types import Json, JudgeRequest, Judgment


class RecordedJudge(Judge):
    """Known by its identity. It scores nothing: for that its card or code is needed, from the command line."""

    def __init__(self, name: str, official: bool, identity: Json, price: Price | None) -> None:
        self.name, self.official = name, official
        self._identity, self._price = identity, price

    @property
    def identity(self) -> Json:
        """As the run's record has it."""
        return self._identity

    @property
    def price(self) -> Price | None:
        """As the run's journal has it."""
        return self._price

    def judge(self, requests: Iterable[JudgeRequest], note: Note = quiet) -> Iterator[Judgment]:
        """Raises ModelError."""
        raise ModelError(f"judge {self.name!r} is known from a record alone and can score nothing")
