"""What is wrong with a text that was to be JSON or YAML, and how much either may hold."""

from __future__ import annotations

import re

from mabench_eval.errors import InputError
from mabench_eval.text import cut

LONGEST_NUMBER = 100
"""Digits of a whole number; Python itself reads none of more than 4,300."""
LONGEST_KEY = 1_000
"""Characters of a key."""
DEEPEST = 100
"""Lists and objects in one another; what we read has six."""
HALF = re.compile("[\ud800-\udfff]")
"""Half a character: a lone surrogate."""
SHOWN = 60
"""Characters of a key or value that a message repeats."""


class ContentError(ValueError):
    """A text is not what it should be: (line counted from 1, what is wrong there), one or more."""

    def __init__(self, *problems: tuple[int, str]) -> None:
        super().__init__("; ".join(what for _, what in problems))
        self.problems = problems

    def of(self, where: str, hint: str = "") -> InputError:
        """The same as an error of a file, or of whatever ``where`` names."""
        lines = [f"{where}:{line}: {what}" for line, what in self.problems]
        if len(lines) == 1:
            return InputError(lines[0], hint=hint)
        return InputError(f"{where} cannot be used: {len(lines)} problems", problems=lines, hint=hint)


def repeated(text: str) -> str:
    """A key or value as a message repeats it, in quotes."""
    return repr(cut(text, SHOWN))
