"""What the server serves: one person at work on a list of questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

from msgspec import Meta

from mabench_eval.construction.decisions import Act, Asked, BlindAnswer
from mabench_eval.types import Json

Words = Annotated[str, Meta(max_length=20_000)]
Seconds = Annotated[float, Meta(ge=0, le=1e7)]


class TooEarlyError(Exception):
    """What was asked for is shown after the blind answer alone, or was settled by it."""


@dataclass(frozen=True, slots=True)
class GivenBlind:
    """What a page sends when somebody has answered blind."""

    answer: Words | None
    """None: they cannot tell."""
    seconds: Seconds = 0.0


@dataclass(frozen=True, slots=True)
class GivenDecision:
    """What a page sends when somebody has decided."""

    act: Act
    answer: Words | None = None
    text: Words | None = None
    reason: Words | None = None
    note: Words = ""
    seconds: Seconds = 0.0


class Session(Protocol):
    """One person at work. Any thread may call; numbers are places in the list of questions."""

    @property
    def name(self) -> str:
        """Who it is."""

    @property
    def clips(self) -> Sequence[Path]:
        """The clips' files; the page knows them by their places alone."""

    def page(self) -> str:
        """The whole page."""

    def state(self) -> Json:
        """What there is to do, and what is done: all questions, a row each."""

    def question(self, number: int) -> Json:
        """One question; its own answer once it was answered blind. Raises IndexError."""

    def tracks(self, number: int) -> Json | None:
        """Where body parts are in its clip, where that is known.

        Raises IndexError, and TooEarlyError before the blind answer.
        """

    def answer(self, number: int, given: GivenBlind) -> Json:
        """Keep a blind answer, and give the question again.

        Raises IndexError, InputError, JournalError, and TooEarlyError for another one than the first.
        """

    def decide(self, number: int, given: GivenDecision) -> Json:
        """Keep a decision, and give the question again. Raises as ``answer`` does."""

    def close(self) -> None:
        """Close what is open."""


def question_row(asked: Asked, clip: int) -> dict[str, Any]:
    """What a page shows of a question before it is answered."""
    return {
        "qid": asked.qid,
        "task": asked.task,
        "name": asked.clip,
        "clip": clip,
        "kind": asked.kind.value,
        "stem": asked.stem,
        "options": [[letter, option] for letter, option in asked.options.items()],
        "answers": list(asked.answers),
    }


def blind_row(blind: BlindAnswer | None) -> Json | None:
    """What a page shows of a blind answer; None where there is none."""
    return None if blind is None else {"answer": blind.answer, "seconds": blind.seconds}
