"""Errors a user can act on: what was wrong, where, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from mabench_eval.text import cut, visible

LONGEST_MESSAGE = 1_500
"""Characters of a message or of one problem: whatever a file holds, an error fits on a screen."""
LONGEST_HINT = 6_000
"""Of a hint, which may hold a command to repeat."""


class MabenchError(Exception):
    """Base of all errors this library raises on purpose; the command line prints it without a traceback."""

    def __init__(self, message: str, *, problems: Sequence[str] = (), hint: str = "") -> None:
        self.message = _shown(message, LONGEST_MESSAGE)
        """One sentence: what is wrong, and where."""
        super().__init__(self.message)
        self.problems = tuple(_shown(problem, LONGEST_MESSAGE) for problem in problems)
        """The problems one by one, where there are several; all of them, found in one pass."""
        self.hint = _shown(hint, LONGEST_HINT)
        """What to do next; empty when the message already says it."""

    def __str__(self) -> str:
        lines = [self.message, *(f"  - {problem}" for problem in self.problems)]
        return "\n".join([*lines, self.hint] if self.hint else lines)


def _shown(text: str, most: int) -> str:
    """The text as any terminal, journal or notebook may show it: names in it come from elsewhere."""
    return visible(cut(text, most))


class InputError(MabenchError):
    """Bad input (a question file, a card, an option, a missing clip). Nothing was run."""


class ClipError(MabenchError):
    """One clip cannot be read or decoded; its questions become errors and the run goes on."""


class ModelError(MabenchError):
    """The model cannot go on at all: it does not load, or every question fails."""


class JournalError(MabenchError):
    """The journal cannot be written (disk full, folder in use). Its records are intact."""


def did_you_mean(name: str, known: Mapping[str, Any] | list[str]) -> str:
    """A suggestion, ready to append to a message; empty when nothing known is close."""
    folded = {str(k).casefold(): str(k) for k in known}
    close = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return f"; did you mean {folded[close[0]]!r}?" if close else ""
