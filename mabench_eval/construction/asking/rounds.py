"""A round: every ask of a stage put to its model once, or found in the journal, where each reply goes as it comes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any, Generic, TypeVar

from mabench_eval.construction.asking.asks import Ask
from mabench_eval.engines import Engine, Model
from mabench_eval.errors import InputError, ModelError
from mabench_eval.execution import GIVE_UP_AFTER, AnsweredRequest, answer_clips
from mabench_eval.journal import COSTS, Budget, Journal
from mabench_eval.planning import PlannedClip
from mabench_eval.runfiles import response_fields
from mabench_eval.types import Clip, Frames, Request, Response
from mabench_eval.video import Sampling, decode, prepare_ahead

Value = TypeVar("Value")
SAMPLING = Sampling("uniform", 8)
"""Of the frames of a clip that a model sees: the paper's for models under test."""
NO_CLIP = Clip("")


@dataclass(frozen=True, slots=True)
class Put(Generic[Value]):
    """An ask as it is put to the model: the first time, or the second."""

    ask: Ask[Value]
    request: Request


@dataclass(frozen=True, slots=True)
class Came(Generic[Value]):
    """What came back: a text, or an error."""

    put: Put[Value]
    text: str | None = None
    error: str | None = None


class Asking:
    """A model at work for one role of a build. It is loaded when the first reply is missing."""

    def __init__(self, engine: Engine, name: str, role: str, journal: Journal, budget: Budget, note: Any) -> None:
        self._engine, self._name, self._role, self._note = engine, name, role, note
        self._journal, self._budget = journal, budget
        self._loaded: Model | None = None
        self._failures: int | None = 0
        """Failures so far; None after the first reply."""

    def replies(self, puts: Iterable[Put[Value]]) -> Iterator[Came[Value]]:
        """What came of each: first what the journal holds, then what is asked for, as it comes.

        ``puts`` is gone through twice, and never held: memory is that of the requests in flight. Raises ModelError
        where the model cannot go on at all, JournalError.
        """
        known: set[str] = set()
        for put in puts:
            if record := self._journal.records.answers.get(put.request.key):
                known.add(put.request.key)
                yield Came(put, text=record["text"])
        missing = (put for put in puts if put.request.key not in known)
        if (first := next(missing, None)) is not None:
            yield from _Round(self, chain([first], missing)).replies()

    def model(self) -> Model:
        """Raises ModelError where it cannot be loaded."""
        if self._loaded is None:
            self._engine.budget = self._budget
            self._loaded = self._engine.load(self._note, _no_examples)
        return self._loaded

    def is_over(self) -> bool:
        """Whether nothing more may be asked, for the money."""
        return self._budget.reached

    def known(self, put: Put[Value]) -> Came[Value] | None:
        """What the journal holds."""
        record = self._journal.records.answers.get(put.request.key)
        return None if record is None else Came(put, text=record["text"])

    def not_asked(self, put: Put[Value]) -> Came[Value]:
        """One for which no money was left, or that the model never drew; no record of it is made."""
        why = str(self._budget) if self._budget.reached else f"model {self._name!r} ended before"
        return Came(put, error=f"not asked: {why}")

    def keep(self, answered: AnsweredRequest, about: str) -> Response:
        """Write what came back into the journal. A failure is a line of the log and no reply: it is asked for again."""
        response = answered.response
        try:
            given = response_fields(response)
        except InputError as unfit:  # from an author's model
            response, given = Response(response.key, error=str(unfit)), {}
        besides: dict[str, Any] = {"qid": about, "role": self._role}
        if self._engine.price and not given.keys().isdisjoint(COSTS):
            besides["usd"] = self._engine.price.of(given)

        if response.text is not None:
            self._failures = None
            self._journal.append("answer", response.key, **given, **besides, frames=answered.frames)
            return response
        error = response.error or "the model gave no text"
        costs = {name: given[name] for name in (*COSTS, "price_factor", "traceback") if name in given}
        self._journal.append("error", response.key, error=error, **costs, **besides)
        if not answered.clip_failed:
            self._give_up_if_broken(error)
        return Response(response.key, error=error)

    def _give_up_if_broken(self, error: str) -> None:
        if self._failures is None or self._budget.reached:
            return
        self._failures += 1
        if self._failures >= GIVE_UP_AFTER:
            raise ModelError(
                f"model {self._name!r} failed on its first {self._failures} texts; the last said: {error}",
                hint="Mend that, or name another model; then run the same command again.",
            )


class _Round(Generic[Value]):
    """One pass. Engines draw on threads of their own: what both sides look at is looked at under a lock."""

    def __init__(self, asking: Asking, puts: Iterator[Put[Value]]) -> None:
        self._asking, self._groups = asking, _by_clip(puts)
        self._waiting: dict[str, list[Put[Value]]] = {}
        """Key -> what is with the model; several that are word for word the same are one request."""
        self._late: deque[Came[Value]] = deque()
        """What a reply answered that came between the journal's being asked and this one's turn."""
        self._undrawn: list[Put[Value]] = []
        self._lock = threading.Lock()

    def replies(self) -> Iterator[Came[Value]]:
        with (
            closing(prepare_ahead(self._clips(), lambda planned: _frames(planned.clip))) as prepared,
            closing(answer_clips(self._asking.model(), prepared, self._asking.is_over)) as answers,
        ):
            for answered in answers:
                with self._lock:  # else the next equal ask could miss both the record and this
                    puts = self._waiting.pop(answered.response.key)
                    response = self._asking.keep(answered, puts[0].ask.about)
                yield from (Came(put, response.text, response.error) for put in puts)
                while self._late:
                    yield self._late.popleft()
        yield from self._late

        unasked = chain(chain.from_iterable(self._waiting.values()), self._undrawn, chain.from_iterable(self._groups))
        for put in unasked:
            yield self._asking.not_asked(put)

    def _clips(self) -> Iterator[PlannedClip]:
        for group in self._groups:
            if self._asking.is_over():
                self._undrawn = group
                return
            with self._lock:
                requests = tuple(put.request for put in group if self._is_new(put))
            if requests:
                yield PlannedClip(group[0].ask.clip or NO_CLIP, requests)

    def _is_new(self, put: Put[Value]) -> bool:
        """Whether it is to be asked; else it waits for the same request, or has its reply."""
        if (same := self._waiting.get(put.request.key)) is not None:
            same.append(put)
            return False
        if (came := self._asking.known(put)) is not None:
            self._late.append(came)
            return False
        self._waiting[put.request.key] = [put]
        return True


def _by_clip(puts: Iterable[Put[Value]]) -> Iterator[list[Put[Value]]]:
    """Those on one clip together, where they follow each other; a text alone is a group of its own."""
    for clip, group in groupby(puts, key=lambda put: put.ask.clip):
        if clip is None:
            yield from ([put] for put in group)
        else:
            yield list(group)


def _frames(clip: Clip) -> Frames | None:
    return None if clip is NO_CLIP else decode(clip, SAMPLING)


def _no_examples(clip: Clip) -> Frames:
    raise AssertionError("no examples are shown")
