"""The kinds of records in a journal, field by field: what a line may hold, and what it must."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta

from mabench_eval.errors import InputError
from mabench_eval.runfiles import Dollars, Factor, ResponseFields, Tokens, from_json

FORM = 2
"""Number of the journal's form, in each session's record. 1 (not written): lines without a checksum."""
Key = Annotated[str, Meta(max_length=200)]
Time = Annotated[float, Meta(ge=0, le=253_402_300_799)]
"""Seconds since 1970; the year 9999 ends what calendars write."""
Count = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
Level = Annotated[int, Meta(ge=0, le=5)]
Words = Annotated[str, Meta(max_length=20_000)]
"""Of a person: an answer, a question, a note."""
Prices = tuple[Dollars, Dollars, Dollars]
"""Of a million tokens; see ``Price``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The run is worked on from now (``sessions.py``)."""

    at: Time
    key: Key = ""
    form: Count = 1
    version: str = ""
    model: str = ""
    name: str = ""
    """As ``--name`` says; empty: none was given."""
    total: Count | None = None
    price: Prices | None = None
    judgments: Count | None = None
    judges: Mapping[str, Prices | None] | None = None
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A session has come to its end."""

    at: Time
    key: Key = ""
    left: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(ResponseFields):
    """A model's answer."""

    at: Time
    key: Key
    text: str
    error: None = None
    qid: str = ""
    task: str = ""
    repeat: Count = 0
    frames: tuple[Count, ...] | None = None
    copied_from: str | None = None
    role: str = ""
    """In which a benchmark under construction asked: ``writer``, ``verifier``, ..."""
    usd: Dollars | None = None
    """US dollars that it took at the price of that day, where roles have models of their own; None: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeCalls:
    """What judgments and failures have in common: a judge's words, and what its calls took."""

    at: Time
    key: Key
    judge: str = ""
    text: str | None = None
    calls: Count = 0
    prompt_tokens: Tokens = 0
    output_tokens: Tokens = 0
    cached_tokens: Tokens = 0
    unmetered_usd: Dollars = 0.0
    price_factor: Factor | None = None
    traceback: str | None = None
    copied_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(JudgeCalls):
    """A judge's scores."""

    levels: Mapping[str, Level]
    reasons: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(JudgeCalls):
    """Why there is no answer, or there are no scores; of a whole model, without a key."""

    error: str
    qid: str = ""
    task: str = ""
    repeat: Count = 0
    retries: Count = 0
    reasons: Mapping[str, str] | None = None
    role: str = ""
    """As in ``Answer``, as is the next."""
    usd: Dollars | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A unit of work on a benchmark under construction is done."""

    at: Time
    key: Key
    stage: str
    clip: str
    file: str
    """That it made, relative to the folder."""
    sha256: str
    """Of that file."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """A person's answer to a question whose own answer was not shown."""

    at: Time
    key: Key
    digest: Key
    """Of the question as it was shown."""
    qid: Key
    answer: Words | None
    """None: they could not tell."""
    seconds: Time = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a reviewer decided on a question of a benchmark under construction."""

    at: Time
    key: Key
    digest: Key
    qid: Key
    round: Annotated[int, Meta(ge=1, le=3)]
    act: Literal["accept", "correct", "reword", "drop"]
    shown: Words | None = None
    blind: Words | None = None
    answer: Words | None = None
    text: Words | None = None
    reason: Key | None = None
    note: Words = ""
    seconds: Time = 0.0


KINDS: Mapping[str, type] = {
    "session": Session,
    "end": End,
    "answer": Answer,
    "judgment": Judged,
    "unit": Finished,
    "blind": Blind,
    "decision": Decided,
    "error": Failure,
}


def record_problem(record: Any) -> str | None:
    """What does not fit in a record: a kind that is not known, a field of another type or out of its range."""
    kind = record.get("kind") if isinstance(record, dict) else None
    known = KINDS.get(kind) if isinstance(kind, str) else None
    if known is None:
        return "it is of no kind that this version knows"
    try:
        msgspec.convert(record, _QUICK[known])
        return None
    except (msgspec.ValidationError, ValueError):  # the second: half a character where a name stands
        pass
    try:
        from_json(known, record, "it does not fit")
    except InputError as error:
        return ": ".join([error.message, *error.problems[:1]])
    except ValueError:
        pass
    return "it does not fit"


def _quick(kind: type[Any]) -> type:
    """The same fields as a class of msgspec's own: every answer of a run is checked, and a dataclass takes longer."""
    hints = get_type_hints(kind, include_extras=True)
    given = [(each.name, hints[each.name], each.default) for each in fields(kind) if each.default is not MISSING]
    needed = [(each.name, hints[each.name]) for each in fields(kind) if each.default is MISSING]
    return msgspec.defstruct(kind.__name__, [*needed, *given])


_QUICK = {kind: _quick(kind) for kind in KINDS.values()}
