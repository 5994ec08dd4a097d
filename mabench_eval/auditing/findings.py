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
class Shortcut:
    """How far one rule goes on one task without the video, on clips that it has not seen."""

    task: str
    rule: str
    told: str
    """What the rule does."""
    accuracy: float
    """Percent; a question on which the rule says nothing counts as a guess (1 / options)."""
    low: float | None
    """95 % interval by clips, percent."""
    high: float | None
    applies: int
    """Questions on which it says something."""
    questions: int
    clips: int
    chance: float
    """Accuracy of a uniform guess, percent."""
    best: float | None = None
    """The best model of the paper on this task, percent, by name; None for a task that the paper has not."""
    best_name: str | None = None

    @property
    def above_best(self) -> Literal["no", "yes", "clearly"]:
        """``clearly``: the whole interval lies above the paper's best."""
        if self.best is None or self.accuracy <= self.best:
            return "no"
        return "clearly" if self.low is not None and self.low > self.best else "yes"


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
