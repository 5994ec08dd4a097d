"""Options of a multiple-choice question, parsed from its text."""

from __future__ import annotations

import re
from collections.abc import Sequence

_OPTION_LINE = re.compile(r"^\s*([A-Z])\s*[.):]\s*(\S.*?)\s*$")


def parse_options(text: str, letters: Sequence[str]) -> dict[str, str]:
    """Letter -> option as printed, codes kept: ``A. Shaking body - A1`` gives ``{"A": "Shaking body - A1"}``.

    ``letters`` are those the task allows, in order. Raises ValueError saying what is wrong when the text has no
    two options, or when they are not lettered A, B, C, ... without gap.
    """
    found = [(match[1], match[2]) for line in text.splitlines()[1:] if (match := _OPTION_LINE.match(line))]
    got = [letter for letter, _ in found]
    if len(found) < 2:
        raise ValueError("no options found; they stand in the question text, one a line, as `A. Lower limb`")
    if got != list(letters[: len(got)]):
        raise ValueError(f"options are lettered {', '.join(got)}; expected {', '.join(letters)} in this order")
    return dict(found)
