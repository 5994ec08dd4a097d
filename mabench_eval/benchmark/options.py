"""Options of a multiple-choice question, parsed from its text, and moved in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

_OPTION_LINE = re.compile(r"^\s*([A-Z])\s*[.):]\s*(\S.*?)\s*$")


def parse_options(text: str, letters: Sequence[str]) -> dict[str, str]:
    """Letter -> option as printed, codes kept: ``A. Shaking body - A1`` gives ``{"A": "Shaking body - A1"}``.

    ``letters`` are those the task allows, in order. Raises ValueError saying what is wrong when the text has no
    two options, or when they are not lettered A, B, C, ... without gap.
    """
    options = [(match[1], match[2]) for match in _option_lines(text.splitlines()) if match]
    if len(options) < 2:
        raise ValueError("no options found; they stand in the question text, one a line, as `A. Lower limb`")

    lettered = [letter for letter, _ in options]
    if lettered != list(letters[: len(lettered)]):
        raise ValueError(f"options are lettered {', '.join(lettered)}; expected {', '.join(letters)} in this order")
    return dict(options)


def question_stem(text: str) -> str:
    """What is asked, without the options: the lines before the first that holds one."""
    lines = text.splitlines()
    first = next((place for place, match in enumerate(_option_lines(lines)) if match), len(lines))
    return "\n".join(lines[:first])


def rotate_options(text: str, places: int) -> str:
    """The text with its options moved up by ``places``; those at the top go to the end.

    The i-th letter gets the option of the (i + places)-th, as printed, codes kept: ``A. Head`` and ``B. Leg - C2``
    moved by 1 are ``A. Leg - C2`` and ``B. Head``. Everything else stays, letters and blanks included.
    """
    lines = text.splitlines(keepends=True)
    matches = _option_lines(lines)
    options = [match[2] for match in matches if match]
    moved = iter(options[places:] + options[:places])
    return "".join(
        line[: match.start(2)] + next(moved) + line[match.end(2) :] if match else line
        for line, match in zip(lines, matches, strict=True)
    )


def _option_lines(lines: Sequence[str]) -> list[re.Match[str] | None]:
    """A match for each line that holds an option; the first line never does, it is the question."""
    return [_OPTION_LINE.match(line) if place else None for place, line in enumerate(lines)]
