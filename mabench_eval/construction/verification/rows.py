"""What was said of the questions by those who checked them: the lines of ``verified.jsonl``."""

from __future__ import annotations

from dataclasses import dataclass
from sys import intern
from typing import Literal, get_args

SCHEMA = 1
"""Of the form of a line."""
Manner = Literal["rules", "descriptor", "blind", "frames"]
"""What it went by: the question's words read back and the descriptor; a model with the descriptor and without the
answer; a model with the text alone; a model that sees frames."""
Finding = Literal["agrees", "contradicts", "not verified"]
"""Against the question's answer. ``not verified``: no reading, or no reply that could be read: never "fine"."""

State = Literal["verified", "not verified", "rejected"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one verifier says of one question."""

    manner: Manner
    by: str
    """``rules``, or the model's name."""
    finding: Finding
    answer: str | None = None
    """That it gave; None where it gave none."""
    reason: str = ""
    """A line: what was read, or why nothing was."""

    def __post_init__(self) -> None:
        """What many verdicts have alike is kept once."""
        for name in ("manner", "by", "finding", "answer", "reason"):
            content = getattr(self, name)
            if content is not None:
                object.__setattr__(self, name, intern(content))


@dataclass(frozen=True, slots=True)
class Verification:
    """All that is said of one question."""

    schema: int
    qid: str
    digest: str
    """``BuiltQuestion.digest``."""
    verdicts: tuple[Verdict, ...]
    rejected: str | None
    """Why the question is left out, in words that are counted; None: it stays."""
    priority: float = 0.0
    """Order of review, the highest first: 1 for a model that sees otherwise, 1/4 for each of the rules and the verifier
    that could not say anything."""

    @property
    def state(self) -> State:
        """Verified: somebody who could see what is asked for agrees; one who has the text alone says nothing of it."""
        if self.rejected is not None:
            return "rejected"
        sees = (verdict for verdict in self.verdicts if verdict.manner != "blind")
        return "verified" if any(verdict.finding == "agrees" for verdict in sees) else "not verified"
