"""What is asked, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from mabench_eval.answers import json_reply
from mabench_eval.errors import InputError
from mabench_eval.parsing import ContentError
from mabench_eval.runfiles import from_json
from mabench_eval.types import Clip, Json

Value = TypeVar("Value")


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
    clip: Clip | None = None
    """Whose frames the model sees, before the words; None: it sees none. Asks on one clip that follow each other share
    its decoding."""


@dataclass(frozen=True, slots=True)
class Told(Generic[Value]):
    """What came of it: a value, a problem, or an error; never two of them."""

    ask: Ask[Value]
    value: Value | None = None
    problem: str | None = None
    """Why the second reply could not be read either: the model is not asked again."""
    error: str | None = None
    """Why there is no reply, a limit of cost among the reasons: the next run asks again."""


@dataclass(frozen=True, slots=True)
class AskForecast:
    """What a stage would ask for."""

    calls: int
    """Replies that are not in the journal; each that turns out unreadable is asked for once more."""
    most_usd: float | None
    """That they can cost at most; None: the price is not known."""


def read_as(kind: type[Value], reply: str) -> Value:
    """A frozen dataclass from a reply that is one JSON object of its fields. Raises UnreadableError."""
    try:
        return from_json(kind, json_reply(reply), "the JSON object")
    except ContentError as error:
        raise UnreadableError(f"it is not one JSON object ({error})") from error
    except InputError as error:
        raise UnreadableError("; ".join([error.message, *error.problems])) from error
