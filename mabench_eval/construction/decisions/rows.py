"""What people say of questions: records in the journals below ``reviews/``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mabench_eval.journal import fingerprint

Act = Literal["accept", "correct", "reword", "drop"]
"""What is to become of a question: it stays; its answer was wrong; its words were; it is no good."""
REASONS = ("ambiguous", "not mutually exclusive", "not visible", "wrong side", "wrong answer", "unclear words", "other")
"""Why a question is corrected, reworded or dropped."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What one reviewer decided on one question. A later one of the same reviewer and round replaces it."""

    digest: str
    """Of the question as it was shown (``BuiltQuestion.digest``): a question whose words change is another one."""
    qid: str
    reviewer: str
    round: int
    """1: all questions; 2: those on which two differ; 3: adjudication."""
    blind: str | None
    """The answer given before the question's own was shown; None where the reviewer could not tell."""
    act: Act
    answer: str | None = None
    """The right answer, where it is corrected."""
    text: str | None = None
    """The new words, where it is reworded; without the options, which stay."""
    reason: str | None = None
    """One of ``REASONS``; needed for all but accept."""
    note: str = ""
    seconds: float = 0.0
    """From the question's showing to the decision."""
    at: float = 0.0
    """When it was taken, seconds since 1970; 0: now."""
    shown: str | None = None
    """The question's answer when it was taken; None: not known."""

    def holds_for(self, answer: str) -> bool:
        """Whether it still holds: a decision on one answer says nothing of another, unless the words are no good."""
        return self.act == "drop" or self.shown in (None, answer)

    @property
    def outcome(self) -> tuple[str, str | None, str | None]:
        """What it makes of the question: two reviewers agree where these are the same, whatever their reasons."""
        return self.act, self.answer, self.text


@dataclass(frozen=True, slots=True)
class BlindAnswer:
    """A person's answer to a question whose own answer was not shown."""

    digest: str
    """Of the question as it was shown."""
    qid: str
    reviewer: str
    answer: str | None
    """None: they could not tell."""
    seconds: float = 0.0
    at: float = 0.0
    """When it was given, as in ``Decision``."""


def digest_of(clip: str, task: str, text: str) -> str:
    """Of a question as a person is asked it (``BuiltQuestion.digest``); ``text``: options included."""
    return fingerprint({"clip": clip, "task": task, "text": text})
