"""Damage to time (MADU L3): what the text tells first comes last.

The words that order the phases are reversed, and the phases themselves stay as they are written: ``starts low, then
turns`` becomes ``ends up low, and before that turns``. Two directions in a row change places: ``down, then up``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mabench_eval.judging.check.wording import as_written, fitting_article

_TO = r"(?:up|down|left|right|in|out|for|back)wards?|up|down"
_DIRECTIONS = rf"\b(?:{_TO})(?:(?: and |-)(?:{_TO}))*\b"
_TURN = re.compile(
    rf"(?P<article>\b[Aa]n? )?(?P<one>{_DIRECTIONS})(?P<link>,? (?:and )?(?:then|subsequently) (?:\w+ing )?|"
    rf" before (?:reversing|returning|moving|shifting|turning|going) )(?P<two>{_DIRECTIONS})",
    re.IGNORECASE,
)
_TRANSITION = re.compile(
    r"(?P<verb>\btransition(?:s|ing|ed)?) from (?P<one>(?:an?|the) \w+ [^,.;]{1,60}?)"
    r" to (?P<two>(?:an?|the) [^,.;]*?)(?=[,.;]| and\b)",
    re.IGNORECASE,
)
_END = "\x01"
"""Stands behind a start that became an end, until what the text tells after it is put before it."""

_POSITION = r"(?= (?!to\b|at once\b|by\b|with\b|up\b|after\b)\w)"
_NO_NOUN = r"(?<!\bthe )(?<!\bfrom )(?<!\bits )(?<!\ba )"
_PHASE = r"(?= (?:phases?|segments?|stages?|parts?|portions?)\b)"
_ENDED = (("s", "ends up"), ("ing", "ending up"), ("ed", "ended"), ("began", "ended"), ("", "end up"))
"""Last letters of a verb of starting -> the verb of ending of the same form."""


def _placed(match: re.Match[str]) -> str:
    """``initiates from the left side``: ``ends up on the left side``."""
    verb = next(new for suffix, new in _ENDED if match["initiates"].lower().endswith(suffix))
    rest = match.string[match.end() :]
    return f"{verb} {'on' if re.match(r' (?:the|its|his|her) (?:left|right) side', rest) else 'in'}{_END}"


def _started(match: re.Match[str]) -> str:
    return next(new for suffix, new in _ENDED if match["starts"].lower().endswith(suffix)) + _END


def _before_that(match: re.Match[str]) -> str:
    """``It then turns``: ``Before that, it turns``."""
    return f"before that, {match['subject'].strip().lower()}"


def _said(words: str) -> Callable[[re.Match[str]], str]:
    return lambda _: words


_RULES: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"(?:start(?:s|ing)? at once)[^.;]*", lambda match: match[0]),  # without a rest there is nothing to reverse
    (r"the early and the middle and the late phases?", lambda match: match[0]),
    (r"(?:goes on to the end)", _said("has gone on since the start")),
    (r"the early and the middle phase", _said("the middle and the late phase")),
    (r"the middle and the late phase", _said("the early and the middle phase")),
    (rf"early{_PHASE}", _said("late")),
    (rf"late{_PHASE}", _said("early")),
    (
        r"(?:(?P<initiates>initiat(?:es|e|ing|ed)|start(?:s|ing|ed)?|begin(?:s|ning)?|began)"
        r"(?: (?:the |its |their )?(?:movement|motion|action))? from)",
        _placed,
    ),
    (r"from (?:its|the|an?|his|her|their) (?:initial|starting)", lambda match: match[0]),  # a path, not an order
    (r"(?:start(?:s|ing) after)", lambda match: "ending before" if "ing" in match[0].lower() else "ends before"),
    (r"(?:at the start|at the beginning|in the beginning|at first)", _said("at the end")),
    (r"(?:at the end|in the end|at last)", _said("at the beginning")),
    (rf"{_NO_NOUN}(?P<starts>start(?:s|ing|ed)?|begin(?:s|ning)?|began){_POSITION}", _started),
    (r"(?:initially)", _said("finally")),
    (r"(?:finally|eventually|ultimately|lastly)", _said("initially")),
    (r"initial(?= (?:position|state|phase|stage)s?\b)", _said("final")),
    (r"final(?= (?:position|state|phase|stage)s?\b)", _said("initial")),
    (r"first(?=,)", _said("finally")),
    (r"(?<=[.;] )(?:then|subsequently|afterwards?|next|after that),?", _said("before that,")),
    (r"(?:before that),?", _said("after that,")),
    (r"(?:(?<!amplitude, )followed by)", _said("preceded by")),
    (r"(?:preceded by)", _said("followed by")),
    (r"(?:culminating in|ending (?:with|in))", _said("starting with")),
    (r"(?:before|prior to)(?= (?:\w+ly )?\w+ing\b)", _said("after")),
    (r"after(?= (?:\w+ly )?\w+ing\b)", _said("before")),
    (r"later", _said("earlier")),
    (r"earlier", _said("later")),
    (r"(?P<subject>it|they|he|she|(?:^|(?<=[.;] ))the (?:\w+ ){1,3}?) ?then(?= \w+s?\b)", _before_that),
)
_MARKERS = re.compile(
    r"(?P<article>\b[Aa]n? )?\b(?:"
    + "|".join(f"(?P<rule{n}>{rule})" for n, (rule, _) in enumerate(_RULES))
    + r")(?!\w)"
    r"|(?P<then>(?<![.;:!?,]),?(?: and)? (?:then|subsequently|afterwards?)\b(?! back))",
    re.IGNORECASE,
)
_VERB = (
    r"mov|shift|execut|perform|sweep|extend|progress|converg|return|rais|turn|tilt|travel|cross|swing|descend|ascend"
    r"|transition"
)
_AFTER_END = re.compile(
    rf"{_END}(?P<place>(?:(?!before that|after )[^.;{_END}])*?)(?P<link>,? and |, |—and )"
    rf"(?P<verb>(?:\w+ly )?(?:(?P<plain>(?:{_VERB})e?(?P<one>s|es)?|undergo(?:es)?)|(?:{_VERB}|undergo)ing)\b)"
)


def reversed_phases(text: str) -> str | None:
    """The text with the order of its phases reversed; None where it orders nothing in time."""
    kept: list[str] = []

    def keep(words: str) -> str:
        kept.append(words)
        return f"\x02{len(kept) - 1}\x03"

    damaged = _TURN.sub(lambda match: keep(_turned(match)), text)
    damaged = _TRANSITION.sub(lambda match: keep(f"{match['verb']} from {match['two']} to {match['one']}"), damaged)
    damaged = _AFTER_END.sub(_before_end, _MARKERS.sub(_reversed_marker, damaged)).replace(_END, "")
    damaged = re.sub("\x02(\\d+)\x03", lambda match: kept[int(match[1])], damaged)
    return None if damaged == text else damaged


def _turned(match: re.Match[str]) -> str:
    return f"{fitting_article(match['article'], match['two'])}{match['link']}{match['one']}"


def _reversed_marker(match: re.Match[str]) -> str:
    if match["then"] is not None:
        return ", and before that"
    number = next(n for n in range(len(_RULES)) if match[f"rule{n}"] is not None)
    old = match[f"rule{number}"]
    return fitting_article(match["article"], as_written(_RULES[number][1](match), old))


def _before_end(match: re.Match[str]) -> str:
    """What follows a start that became an end is put before it: ``ends up low, before which it turns``."""
    comma = ", " if match["link"] != "—and " else "—"
    if match["plain"] is None:
        return f"{match['place']}{comma}after {match['verb']}"
    pronoun = "it" if match["plain"].endswith("s") else "they"
    return f"{match['place']}{comma}before which {pronoun} {match['verb']}"
