"""Options of a multiple-choice question: parsed from its text, moved in it, put under it where they stand elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

OPTION_KEYS = ("options", "choices", "candidates")
"""Where other files have the options beside the question."""
_OPTION_LINE = re.compile(r"^\s*[(\[]?([A-Z])\s*[.):\]]\s*(\S.*?)\s*$")


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


def text_with_options(text: str, row: Mapping[str, Any]) -> str:
    """The question with the options that its row has beside it under it, one a line, as ``A. Lower limb``.

    They are a list, in order, with letters or without, or an object by letter. Where the text has options already, and
    where the row has none, it stays as printed. Raises ValueError for options that have no one reading.
    """
    keys = [key for key in OPTION_KEYS if row.get(key)]
    if not keys:
        return text
    if len(keys) > 1:
        raise ValueError(f"options stand under {' and '.join(map(repr, keys))}; one of them is enough")
    options = _beside(row[keys[0]], keys[0])

    printed = [(match[1], match[2]) for match in _option_lines(text.splitlines()) if match]
    if printed and printed != options:
        raise ValueError(f"the options in the question's text are not those under {keys[0]!r}")
    return text if printed else "\n".join([text.rstrip(), *(f"{letter}. {option}" for letter, option in options)])


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


def _beside(given: Any, key: str) -> list[tuple[str, str]]:
    """(letter, option) of each that stands under this key of a row."""
    if isinstance(given, dict):
        listed = [(letter.strip(" ().[]:"), option) for letter, option in given.items()]
        if not all(re.fullmatch("[A-Za-z]", letter) for letter, _ in listed):
            raise ValueError(f"{key!r} are called {', '.join(map(repr, list(given)[:8]))}; expected A, B, C, ...")
        options = sorted((letter.upper(), option) for letter, option in listed if isinstance(option, str))
    elif isinstance(given, list):
        options = [(chr(ord("A") + place), option) for place, option in enumerate(given) if isinstance(option, str)]
    else:
        raise ValueError(f"{key!r} must be a list of texts, or texts by letter, found {type(given).__name__}")
    if len(options) < len(given) or any(not text.strip() or len(text.splitlines()) > 1 for _, text in options):
        raise ValueError(f"{key!r} must be texts of one line each")

    # A letter that an option has before it must be its own, and none or all have one.
    lettered = [_OPTION_LINE.match(text) for _, text in options]
    if not any(lettered):
        return [(letter, text.strip()) for letter, text in options]
    if [match and match[1] for match in lettered] != [letter for letter, _ in options]:
        raise ValueError(f"the letters before the {key!r} are not A, B, C, ... in this order")
    return [(match[1], match[2]) for match in lettered if match]
