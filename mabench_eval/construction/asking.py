"""Texts asked of a model by a stage of a build: read strictly, asked once more where they cannot be read, paid once.

A reply is a record in the build's journal, under a key made of all that it depends on. So a stage that was cut off, or
whose reader has changed, reads the replies that are there, and asks for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from mabench_eval.catalogue import ModelCard
from mabench_eval.engines import Engine, Model, open_engine
from mabench_eval.errors import InputError
from mabench_eval.journal import COSTS, Budget, Journal, Price, Records, fingerprint
from mabench_eval.runfiles import response_fields
from mabench_eval.types import AnswerKind, Clip, ClipWork, Frames, Json, Request, Response, Shot

Value = TypeVar("Value")
Note = Callable[[str], None]
SEED = 0
"""Where an endpoint takes one."""
_AGAIN = """Your reply could not be used: {problem}.

Reply once more, in the form asked for, and with nothing else."""
PROTOCOL = fingerprint([_AGAIN])
"""Of the words above: part of the key of every second reply."""


class UnreadableError(Exception):
    """A reply is not what was asked for; the text says why, in words that the model can act on."""


@dataclass(frozen=True, slots=True)
class Ask(Generic[Value]):
    """One text asked of a model."""

    about: str
    """What it is about: a clip, a statement, a question; unique within the stage."""
    system: str
    user: str
    read: Callable[[str], Value]
    """The value of a reply. Raises UnreadableError."""
    max_tokens: int
    schema: Json | None = None
    """JSON schema of the reply, for engines that can hold the model to it; ``read`` checks it all the same."""


@dataclass(frozen=True, slots=True)
class Told(Generic[Value]):
    """What came of it: a value, a problem, or an error; never two of them."""

    ask: Ask[Value]
    value: Value | None = None
    problem: str | None = None
    """Why the second reply could not be read either: the model is not asked again."""
    error: str | None = None
    """Why there is no reply: the next run asks again."""


@dataclass(frozen=True, slots=True)
class AskForecast:
    """What a stage would ask for."""

    calls: int
    """Replies that are not in the journal; each may be asked for twice."""
    most_usd: float | None
    """That they can cost at most, once each; None: the price is not known."""


class TextModel:
    """A model of the catalogue, asked by the stage of a build."""

    def __init__(self, card: ModelCard, stage: str) -> None:
        """Nothing is loaded or connected. Raises InputError for an engine that does not exist."""
        self.name, self._stage = card.name, stage
        self._engine = open_engine(card, SEED)

    @property
    def identity(self) -> Json:
        """All that a reply depends on besides what is asked."""
        return self._engine.identity

    @property
    def price(self) -> Price | None:
        """US dollars per million tokens."""
        return self._engine.price

    def problems(self, budget: Budget) -> list[str]:
        """What is missing, a line each; and why a limit of cost could not be kept, where there is one."""
        found = self._engine.problems()
        if budget.limit is not None:
            found += [f"--max-cost: {problem}" for problem in self._engine.budget_problems(looks=False)]
        return [f"model {self.name!r}: {problem}" for problem in found]

    def warnings(self) -> list[str]:
        """What a user should know before anything is spent, a line each."""
        return [f"model {self.name!r}: {warning}" for warning in self._engine.warnings()]

    def key(self, ask: Ask[Value]) -> str:
        """Names the first reply in the journal."""
        asked = {"system": ask.system, "user": ask.user, "max_tokens": ask.max_tokens, "schema": ask.schema}
        return fingerprint({"stage": self._stage, "model": self.identity, **asked})

    def forecast(self, asks: Iterable[Ask[Value]], records: Records) -> AskForecast:
        """What is not in the journal yet."""
        calls, usd = 0, 0.0
        for ask in asks:
            if self.key(ask) not in records.answers:
                calls, usd = calls + 1, usd + self._engine.most_usd(self._request(ask), 0)
        return AskForecast(calls, None if usd == 0.0 and self._engine.remote and self.price is None else usd)

    def ask(self, asks: Iterable[Ask[Value]], journal: Journal, budget: Budget, note: Note) -> Iterator[Told[Value]]:
        """Each of them once, in any order: what the journal holds first, without a call.

        An ask whose reply cannot be read is asked once more when all others have been. Those for which no money was
        left are not yielded. Raises ModelError where the model cannot go on at all, JournalError.
        """
        asking = _Asking(self._engine, self._stage, journal, budget, note)
        again: list[tuple[Ask[Value], Request]] = []
        for told in asking.round((ask, self._request(ask)) for ask in asks):
            if isinstance(told, Told):
                yield told
            else:
                again.append(told)
        for told in asking.round(again, last=True):
            assert isinstance(told, Told), "nothing is asked a third time"
            yield told

    def _request(self, ask: Ask[Value]) -> Request:
        return Request(
            self.key(ask),
            qid=ask.about,
            task=self._stage,
            kind=AnswerKind.TEXT,
            options={},
            system_prompt=ask.system,
            user_prompt=ask.user,
            max_tokens=ask.max_tokens,
            schema=ask.schema,
        )


class _Asking:
    """One pass of a stage over its asks."""

    def __init__(self, engine: Engine, stage: str, journal: Journal, budget: Budget, note: Note) -> None:
        self._engine, self._stage, self._journal, self._budget, self._note = engine, stage, journal, budget, note
        self._engine.budget = budget
        self._loaded: Model | None = None

    def round(
        self, asks: Iterable[tuple[Ask[Value], Request]], *, last: bool = False
    ) -> Iterator[Told[Value] | tuple[Ask[Value], Request]]:
        """What came of each; or, unless it is the last round, the second request of one that could not be read."""
        known: list[tuple[Ask[Value], Request, str]] = []
        in_hand: dict[str, list[tuple[Ask[Value], Request]]] = {}

        def unanswered() -> Iterator[ClipWork]:
            for ask, request in asks:
                if self._budget.reached:
                    return
                record = self._journal.records.answers.get(request.key)
                if record is not None:
                    known.append((ask, request, record["text"]))
                elif request.key in in_hand:  # word for word the same
                    in_hand[request.key].append((ask, request))
                else:
                    in_hand[request.key] = [(ask, request)]
                    yield ClipWork(Clip(""), None, (request,))

        def drained() -> Iterator[Told[Value] | tuple[Ask[Value], Request]]:
            while known:
                yield _read(*known.pop(), last=last)

        for response in self._responses(unanswered()):
            yield from drained()
            error = self._keep(response, in_hand[response.key][0][0].about)
            for ask, request in in_hand.pop(response.key):
                if error is not None:
                    yield Told(ask, error=error)
                else:
                    yield _read(ask, request, response.text or "", last=last)
        yield from drained()

    def _responses(self, work: Iterator[ClipWork]) -> Iterator[Response]:
        """The model is loaded when the first of them has no reply in the journal."""
        first = next(work, None)
        if first is None:
            return
        if self._loaded is None:
            self._loaded = self._engine.load(self._note, _no_frames)
        yield from self._loaded.generate(_chained(first, work))

    def _keep(self, response: Response, about: str) -> str | None:
        """Write a reply into the journal; or why there is none, which is returned."""
        try:
            given = response_fields(response)
        except InputError as unfit:  # from an author's model
            response, given = Response(response.key, error=str(unfit)), {}
        if response.text is not None:
            self._journal.append("answer", response.key, **given, qid=about, task=self._stage)
            return None
        error = response.error or "the model gave no text"
        besides = {name: given[name] for name in (*COSTS, "traceback") if name in given}
        self._journal.append("error", response.key, qid=about, task=self._stage, error=error, **besides)
        return error


def _read(ask: Ask[Value], request: Request, reply: str, *, last: bool) -> Told[Value] | tuple[Ask[Value], Request]:
    """The value of a reply; or the request that tells the model what was wrong with it."""
    try:
        return Told(ask, value=ask.read(reply))
    except UnreadableError as error:
        problem = str(error)
    if last:
        return Told(ask, problem=problem)
    words = _AGAIN.format(problem=problem)
    key = fingerprint({"first": request.key, "reply": reply, "again": words})
    shots = (Shot(request.user_prompt, reply or "(empty)"),)
    return ask, replace(request, key=key, user_prompt=words, shots=shots)


def _chained(first: ClipWork, others: Iterator[ClipWork]) -> Iterator[ClipWork]:
    yield first
    yield from others


def _no_frames(clip: Clip) -> Frames:
    raise AssertionError("a writer sees texts alone")
