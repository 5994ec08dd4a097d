"""References of closed questions as other files write them, read where there is one reading.

Official are the option's letter, ``Yes`` and ``No``. Read besides: a letter in another form (``g``, ``(G)``), a letter
with its option (``G. Body-hand``), an option's text, its number, and yes and no in other words (``yes``, ``true``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mabench_eval import taxonomy
from mabench_eval.text import cut

OFFICIAL = ""
LETTER, LETTERED, TEXT = "a letter in another form", "a letter with its option", "an option's text"
NUMBER, WORD = "an option's number", "yes or no in other words"
_LETTER = re.compile(r"[(\[]?([A-Za-z])[)\]]?[.:]?")
_LETTERED = re.compile(r"[(\[]?([A-Za-z])\s?[.:)\]]+\s*(\S.*)", re.DOTALL)
_SEPARATORS = re.compile(r"[\s_-]+")
_WORDS = {"yes": "Yes", "y": "Yes", "true": "Yes", "no": "No", "n": "No", "false": "No"}
SHOWN = 60
"""Characters of an answer that a message repeats."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a row has as the answer."""

    answer: str
    """Letter, ``Yes`` or ``No``; of a number, its digits: the whole file tells from what it counts."""
    form: str
    """How it is written; ``OFFICIAL`` for the official form."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row whose answer is an option's number."""

    row: int
    """Counted from 1."""
    number: int
    options: int
    """How many there are."""


def read_choice_reference(value: Any, options: Mapping[str, str]) -> Reference:
    """The letter that a row's answer means, or the option's number. Raises ValueError."""
    if isinstance(value, str) and value in options:
        return Reference(value, OFFICIAL)
    if isinstance(value, int | float) and not isinstance(value, bool) and value == int(value):
        return Reference(str(int(value)), NUMBER)
    text = _text(value)

    readings: dict[str, str] = {}
    if (alone := _LETTER.fullmatch(text)) and alone[1].upper() in options:
        readings[alone[1].upper()] = LETTER
    if lettered := _LETTERED.fullmatch(text):
        readings |= {letter: LETTERED for letter in _named(lettered[2], options) if letter == lettered[1].upper()}
    readings |= dict.fromkeys(_named(text, options), TEXT)
    if text.isascii() and text.isdigit() and len(text) < 3:
        readings[str(int(text))] = NUMBER
    if len(readings) != 1:
        means = " and ".join(readings) or f"none of {', '.join(options)}"
        raise ValueError(f"answer {cut(value, SHOWN)!r} is {means}")
    ((answer, form),) = readings.items()
    return Reference(answer, form)


def read_word_reference(value: Any, words: Sequence[str]) -> Reference:
    """The word, of those that a task allows, that a row's answer means. Raises ValueError."""
    if isinstance(value, str) and value in words:
        return Reference(value, OFFICIAL)
    text = str(value) if isinstance(value, bool) else _text(value)
    word = _WORDS.get(text.rstrip(".!").casefold())
    if word is None or word not in words:
        raise ValueError(f"answer {cut(text, SHOWN)!r} is none of {', '.join(words)}")
    return Reference(word, WORD)


def count_base(answers: Sequence[Numbered]) -> tuple[int | None, dict[int, str]]:
    """From what the numbers of a file count, 0 or 1; None, and row -> what is wrong, where that is not certain.

    A 0 is a number only where they count from 0, the number of the options only where they count from 1.
    """
    outside = [each for each in answers if not 0 <= each.number <= each.options]
    if outside:
        what = "answer {} is the number of none of {}"
        return None, {each.row: what.format(cut(str(each.number), SHOWN), each.options) for each in outside}
    first = next((each.row for each in answers if each.number == 0), None)
    last = next((each.row for each in answers if each.number == each.options), None)
    if first and last:
        why = f"options are counted from 0 in row {first}, and from 1 in row {last}"
    elif first or last:
        return (0 if first else 1), {}
    else:
        why = "no row of the file tells whether options are counted from 0 or from 1"
    return None, {each.row: f"answer {each.number}: {why}; write the letter" for each in answers}


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"'answer' must be a text, found {value!r}")
    return value.strip()


def _named(text: str, options: Mapping[str, str]) -> list[str]:
    """Letters of the options with this text, else of those with this text but for their code."""
    wanted = _plain(text)
    printed = [letter for letter, option in options.items() if _plain(option) == wanted]
    return printed or [letter for letter, option in options.items() if _plain(taxonomy.label(option)) == wanted]


def _plain(text: str) -> str:
    """A text without upper and lower case; spaces and hyphens are one, a full stop at the end is none."""
    return _SEPARATORS.sub(" ", text.strip().rstrip(".").casefold())
