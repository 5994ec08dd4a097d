"""A model of the catalogue as a stage of a build asks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Generic, TypeVar

from mabench_eval.catalogue import ModelCard
from mabench_eval.construction.asking.asks import Ask, AskForecast, Told, UnreadableError
from mabench_eval.construction.asking.rounds import SAMPLING, Asking, Came, Put
from mabench_eval.engines import open_engine
from mabench_eval.errors import ModelError
from mabench_eval.journal import Budget, Journal, Price, Records, fingerprint
from mabench_eval.types import AnswerKind, Json, Request, Shot

Value = TypeVar("Value")
Note = Callable[[str], None]
SEED = 0
"""Where an endpoint takes one."""
_AGAIN = """Your reply could not be used: {problem}.

Reply once more, in the form asked for, and with nothing else."""
_FLAG = re.compile(r"--(base-url|api-key-env|set)\b|--model-id\b")
"""Options of a model under test in an engine's advice."""


class TextModel:
    """A model of the catalogue in a role of a build."""

    def __init__(self, card: ModelCard, role: str) -> None:
        """Nothing is loaded or connected. Raises InputError for an engine that does not exist, or odd settings."""
        self.name, self.role = card.name, role
        self.looks = card.needs_frames
        """Whether it can be shown frames."""
        self._engine = open_engine(card, SEED)

    @cached_property
    def identity(self) -> Json:
        """All that a reply depends on besides what is asked; code and weights are hashed once."""
        return self._engine.identity

    @property
    def price(self) -> Price | None:
        """US dollars per million tokens."""
        return self._engine.price

    def problems(self, budget: Budget, *, looks: bool = False) -> list[str]:
        """What is missing, a line each; and why a limit of cost could not be kept, where there is one."""
        found = self._engine.problems()
        if looks and not self.looks:
            found.append("it looks at no frames: take a model that does (see `list models`)")
        if looks and self._engine.max_images is not None and self._engine.max_images < SAMPLING.count:
            found.append(f"it takes at most {self._engine.max_images} images, and is to see {SAMPLING.count}")
        if budget.limit is not None:
            found += [f"--max-cost: {problem}" for problem in self._engine.budget_problems(looks=looks)]
        return [self._advice(f"--{self.role} {self.name}: {problem}") for problem in found]

    def warnings(self) -> list[str]:
        """What a user should know before anything is spent, a line each."""
        return self._engine.warnings()

    def key(self, ask: Ask[Value]) -> str:
        """Names the first reply in the journal."""
        asked = {"system": ask.system, "user": ask.user, "max_tokens": ask.max_tokens, "schema": ask.schema}
        if ask.clip is not None:
            asked |= {"clip": ask.clip.identity, "sampling": SAMPLING.identity()}
        return fingerprint({"role": self.role, "model": self.identity, **asked})

    def forecast(self, asks: Iterable[Ask[Value]], records: Records) -> AskForecast:
        """What is not in the journal yet, and the most that it can cost. Nothing is asked or written."""
        asked: set[str] = set()
        usd = 0.0
        for put in self._puts(asks):
            if (missing := _missing(put, records)) is not None and missing.key not in asked:
                asked.add(missing.key)
                usd += self._engine.most_usd(missing, SAMPLING.count if put.ask.clip else 0)
        free = not asked or not self._engine.remote
        return AskForecast(len(asked), usd if free or self.price is not None else None)

    def ask(self, asks: Iterable[Ask[Value]], journal: Journal, budget: Budget, note: Note) -> Generator[Told[Value]]:
        """Each of them once, in any order: what the journal holds first, without a call.

        An ask whose reply cannot be read is asked once more when all others have been. ``asks`` is gone through
        twice: a list, or an object that makes them anew each time; an iterator is made a list. Raises ModelError
        where the model cannot go on at all, JournalError.
        """
        asking = Asking(self._engine, self.name, self.role, journal, budget, note)
        again: list[Put[Value]] = []
        try:
            for came in asking.replies(self._puts(asks)):
                told = _read(came)
                if told.problem is None:
                    yield told
                else:
                    again.append(_second(came, told.problem))
            yield from map(_read, asking.replies(again))
        except ModelError as error:
            if error.trace:  # of no text: a line of the log
                journal.append("error", error=error.message, traceback=error.trace, role=self.role)
            raise ModelError(error.message, problems=error.problems, hint=self._advice(error.hint)) from error

    def _puts(self, asks: Iterable[Ask[Value]]) -> _Puts[Value]:
        return _Puts(list(asks) if isinstance(asks, Iterator) else asks, self._request)

    def _request(self, ask: Ask[Value]) -> Request:
        return Request(
            self.key(ask),
            qid=ask.about,
            task=self.role,
            kind=AnswerKind.TEXT,
            options={},
            system_prompt=ask.system,
            user_prompt=ask.user,
            max_tokens=ask.max_tokens,
            schema=ask.schema,
        )

    def _advice(self, text: str) -> str:
        """An engine's advice, which names the options of a model under test, for this role."""
        return _FLAG.sub(lambda flag: f"--{self.role}-{flag[1] or 'model'}", text)


@dataclass(frozen=True, slots=True)
class _Puts(Generic[Value]):
    """Asks as they are put the first time, made anew each time that they are gone through."""

    asks: Iterable[Ask[Value]]
    request: Callable[[Ask[Value]], Request]

    def __iter__(self) -> Iterator[Put[Value]]:
        return (Put(ask, self.request(ask)) for ask in self.asks)


def _read(came: Came[Value]) -> Told[Value]:
    ask = came.put.ask
    if came.text is None:
        return Told(ask, error=came.error)
    try:
        return Told(ask, value=ask.read(came.text))
    except UnreadableError as error:
        return Told(ask, problem=str(error))


def _second(came: Came[Value], problem: str) -> Put[Value]:
    """The same conversation, with the reply that could not be read, and what was wrong with it."""
    first, reply, words = came.put.request, came.text or "", _AGAIN.format(problem=problem)
    key = fingerprint({"first": first.key, "reply": reply, "again": words})
    shots = (Shot(first.user_prompt, reply or "(empty)"),)
    return Put(came.put.ask, replace(first, key=key, user_prompt=words, shots=shots))


def _missing(put: Put[Value], records: Records) -> Request | None:
    """The request whose reply is not there: the first, or the second where the first cannot be read."""
    record = records.answers.get(put.request.key)
    if record is None:
        return put.request
    came = Came(put, text=record["text"])
    told = _read(came)
    if told.problem is None:
        return None
    second = _second(came, told.problem).request
    return None if second.key in records.answers else second
