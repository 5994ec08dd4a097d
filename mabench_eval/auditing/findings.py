"""What the audit looks for and what it finds: one shape for all checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Flag = Literal["gave-itself-away", "ill-posed", "guessed"]
"""``gave-itself-away``: the form of an option, or another question on the clip, tells the answer. ``ill-posed``: there
is no one right answer, or the answers of a clip contradict each other. ``guessed``: the text-only probe is right."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check over all questions."""

    check: str
    """What was looked for, a few words."""
    found: int
    """How often it was found."""
    of: int
    """Among how many."""
    unit: str
    """Of what: ``clips``, ``FMAR questions``, ..."""
    told: str
    """What it means, one sentence."""
    places: tuple[str, ...] = ()
    """Where: question ids or clips, all of them."""
    flag: Flag | None = None
    """What the questions of ``places`` are flagged as."""


@dataclass(frozen=True, slots=True)
class Share:
    """How often one answer is the right one in a task."""

    task: str
    answer: str
    share: float
    """Percent of the task's questions."""
    low: float | None
    """95 % interval by clips, percent; None with one clip alone."""
    high: float | None
    even: float
    """The share when all answers are equally frequent, percent."""
    questions: int


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a pair of words that the text-only probe goes by."""

    task: str
    answer: str
    """The answer that it speaks for; for a choice ``right`` or ``wrong``, of the option that holds it."""
    word: str
    weight: float
    """Coefficient of the logistic regression, all questions."""
    of_answer: int
    """Questions (options) with the word where this is the answer."""
    of_others: int
    """Questions (options) with the word where it is not."""
