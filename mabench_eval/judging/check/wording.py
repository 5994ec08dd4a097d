"""Careful substitution in English prose: whole words, the case of the first letter, a or an."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mabench_eval.journal import fingerprint

_ARTICLE = r"(?P<article>\b[Aa]n? )?"


def exchange(text: str, words: Mapping[str, str], keep: str = r"(?!)") -> str:
    """The text with each word replaced, all at once, so that ``{left: right, right: left}`` exchanges two words.

    Args:
        text: Any text.
        words: Word or phrase in lower case -> what stands in its place. The longest one that fits counts.
        keep: Regular expression of what stays as it is, e.g. ``left or right``.

    Returns:
        The text; a capital stays a capital, and ``a``/``an`` right before a replaced word is made to fit.
    """
    alternatives = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    pattern = re.compile(rf"{_ARTICLE}(?:(?P<keep>\b(?:{keep}))|(?P<word>\b(?:{alternatives})\b))", re.IGNORECASE)

    def replaced(match: re.Match[str]) -> str:
        if match["word"] is None:
            return match[0]
        return fitting_article(match["article"], as_written(words[match["word"].lower()], match["word"]))

    return pattern.sub(replaced, text)


def as_written(new: str, old: str) -> str:
    """``new`` with a capital where ``old`` has one."""
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def fitting_article(article: str | None, word: str) -> str:
    """The word behind its article (``"a "`` or ``"an "``, or None): ``an upward``, ``a downward``."""
    if not article:
        return word
    return f"{article[0]}{'n' if word[:1].lower() in 'aeiou' else ''} {word}"


def both_ways(pairs: Mapping[str, str]) -> dict[str, str]:
    """The pairs and their reverse."""
    return {**pairs, **{new: old for old, new in pairs.items()}}


def pick(options: Sequence[str], *of: object) -> str:
    """One of the options, decided by ``of`` alone: the same on every machine, whatever else is picked.

    Raises ValueError for no options.
    """
    if not options:
        raise ValueError("nothing to pick from")
    return min(options, key=lambda option: fingerprint([*map(str, of), option]))
