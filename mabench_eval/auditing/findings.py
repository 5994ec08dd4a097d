"""What the audit looks for and what it finds: one shape for all checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mabench_eval.stats import CONFIDENCE

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


Verdict = Literal["chance", "outside", "leak", "labels"]
"""``outside``: beyond 95 % of chance for this look alone; ``leak``: beyond it among all looks of the file (Holm).
``labels``: outside, and not a fault of the questions: all of a task offer the same labels, of which clips have some
more often than others."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How far one look goes on one task without the video, beside what chance gives."""

    task: str
    look: str
    what: str
    """What it points at where it says most; empty for words, which are learnt."""
    accuracy: float
    """Percent right, of the questions on which it says something."""
    chance: float
    """The same when answers are drawn by lot, percent."""
    chance_low: float
    """95 % of what chance gives lie from here ..."""
    chance_high: float
    """... to here."""
    p: float
    """Two-sided: how often chance gives a figure so far off; of a look that points at several things, any of them."""
    adjusted: float
    """The same among all looks of the file (Holm 1979)."""
    applies: int
    """Questions on which it says something."""
    questions: int
    """Of the task."""
    clips: int
    judged: bool
    """Whether it counts; see ``labels`` of ``Verdict``."""
    reached: float
    """Percent of the task that who knows this gets right: the complement where the look is wrong more often than
    right, a guess where it says nothing."""
    low: float | None
    """95 % interval of it by clips, percent."""
    high: float | None
    best: float | None = None
    """The best model of the paper on this task, percent, by name; None for a task that the paper has not."""
    best_name: str | None = None

    @property
    def verdict(self) -> Verdict:
        """What it means."""
        if self.chance_low <= self.accuracy <= self.chance_high:
            return "chance"
        if not self.judged:
            return "labels"
        return "leak" if self.adjusted <= 1 - CONFIDENCE else "outside"

    @property
    def above_best(self) -> Literal["no", "yes", "clearly"]:
        """``clearly``: the whole interval lies above the paper's best."""
        if self.best is None or self.reached <= self.best:
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
