"""Questions read back by their words: which statement is asked for, where the words leave no doubt.

Parts, phases and directions become signs, in the order in which they are named; a few words around them tell the
family, and which part is the subject. What denies, names an alternative, or fits two families asks for no statement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from mabench_eval.construction.parts import PARTS
from mabench_eval.construction.questions.statements import Direction, Statement
from mabench_eval.construction.questions.truths import all_statements

LONGEST = 400
"""Characters of a question about a statement."""
_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "upper arm": r"upper[ -]arm",
        "lower arm": r"lower[ -]arm|forearm",
        "hand": r"hand",
        "upper leg": r"upper[ -]leg|thigh",
        "lower leg": r"lower[ -]leg",
        "foot": r"foot",
    }
)
_SIDED = "|".join(f"(?P<{name.replace(' ', '_')}>{forms})" for name, forms in _PARTS.items())
_PART = re.compile(rf"\b(?:(?P<side>left|right) (?:{_SIDED})|(?P<head>head)|(?P<torso>torso|trunk))(?:'s)?\b(?! side)")
_STRETCH = r"(?: |-)(?:phase|part|segment|stage|third|portion|section)"
_PHASES: Mapping[str, str] = MappingProxyType(
    {
        "early": rf"(?:early|first|initial|opening){_STRETCH}",
        "middle": rf"(?:middle|mid|second|central){_STRETCH}",
        "late": rf"(?:late|last|final|closing|third){_STRETCH}",
    }
)
_WAYS: Mapping[Direction, str] = MappingProxyType(
    {
        "upward": r"upwards?|up(?! to)",
        "downward": r"downwards?|down",
        "leftward": r"leftwards?|to the left|(?<=moves )left|(?<=move )left|(?<=moving )left",
        "rightward": r"rightwards?|to the right|(?<=moves )right|(?<=move )right|(?<=moving )right",
    }
)
_OTHER_TIMES = re.compile(r"\b(?:early|middle|mid|late|initial|final)\b|\d")
"""What stands for a time that is none of the phases."""
_SET_PHRASES = re.compile(r"\bends? up\b|\bby the time\b")
"""Words that hold another's sign."""
_DENIES = re.compile(r"\b(?:not|no|never|without|neither|nor|hardly|rarely|unless|except|fails?|or|either)\b|n't\b")

_ONLY = r"\b(?:only|throughout|consistently|whole clip|entire clip|all along|solely|exclusively)\b"
_NO_WAY_BACK = (
    r"\b(?:never|without|no) (?:ever |clearly |clear )*(?:turning|moving|going|movement|move|motion|way)? ?back\b"
)
_STILL = r"\b(?:still|motionless|stationary|immobile|at rest)\b"
_REPEATED = r"\b(?:repeated(?:ly)?|back and forth|to and fro|several times|again and again|oscillates?)\b"
_MOST = r"\b(?:most|more active|busiest|most active)\b"
_STARTS = r"\b(?:starts?|started|starting|begins?|began|begun|beginning|initiates?|initiated|onset|sets? off)\b"
_RESTS = (
    r"\b(?:(?:come|comes|came) to (?:rest|an end)|settles?|settled|finish(?:es|ed)?|stops?|stopped"
    r"|over(?= by| before| when))\b"
)
_BEFORE = r"\b(?:before|earlier than|ahead of|prior to|by the time)\b"
_AFTER = r"\b(?:after|later than)\b"
_AT_ONCE = r"\b(?:same time|simultaneously|same moment|at once)\b"
_LARGER = r"\b(?:larger|greater|bigger|wider|farther|further)\b"
_SMALLER = r"\b(?:smaller|lesser|narrower)\b"
_NEAR = r"\b(?:approach(?:es)?|closer|nearer|towards?)\b"
_AWAY = r"\b(?:away|apart|farther|further)\b"
_FIRST = r"\b(?:first|initially|at first)\b"
_THEN = r"\b(?:then|later|afterwards|subsequently|followed)\b"
_WHILE = r"\b(?:while|as|when|whilst)\b"
_THAN = r"\b(?:than|compared (?:with|to))\b"
_END_AND_START = r"\bend(?:s|ed|ing)?\b.*\b(?:beginning|start|began|begin)\b"


@dataclass(frozen=True, slots=True)
class _Reading:
    """A question in signs: parts are ``<a>``, ``<b>``, ``<c>``, a phase is ``<phase>``, a direction ``<way>``."""

    text: str
    parts: tuple[str, ...]
    phase: str | None
    ways: tuple[Direction, ...]

    def has(self, words: str) -> bool:
        """Whether these words stand in it."""
        return re.search(words, self.text) is not None

    def at(self, words: str) -> int:
        """Where these words begin; -1 where they do not stand."""
        found = re.search(words, self.text)
        return found.start() if found else -1

    def turned(self) -> _Reading:
        """With the second part, and the second direction, as the first."""
        return replace(self, parts=self.parts[::-1], ways=self.ways[::-1])


def read_question(text: str) -> Statement | None:
    """The statement that a question asks for; None where its words leave doubt, or ask for something else."""
    signs = _signs(text)
    if signs is None:
        return None
    statement = _READERS.get(len(signs.parts), _nothing)(signs)
    return _known().get(statement) if statement else None


def _signs(text: str) -> _Reading | None:
    """None for what is no single question, or names more than it should."""
    plain = " ".join(text.replace("\u2019", "'").split()).lower()
    if len(plain) > LONGEST or not plain.endswith("?") or plain.count("?") > 1:
        return None
    plain = _SET_PHRASES.sub(lambda found: found[0].replace(" ", "_"), plain)

    parts: list[str] = []

    def part_sign(found: re.Match[str]) -> str:
        name = (found.lastgroup or "").replace("_", " ")
        part = f"{found['side']} {name}" if found["side"] else name
        if part not in parts:
            parts.append(part)
        return f"<{'abcd'[min(parts.index(part), 3)]}>"

    plain = _PART.sub(part_sign, plain)
    phases = {phase for phase, words in _PHASES.items() if re.search(rf"\b(?:{words})\b", plain)}
    for words in _PHASES.values():
        plain = re.sub(rf"\b(?:{words})\b", "<phase>", plain)
    found = sorted(
        (place.start(), way) for way, words in _WAYS.items() for place in re.finditer(rf"\b(?:{words})\b", plain)
    )
    for words in _WAYS.values():
        plain = re.sub(rf"\b(?:{words})\b", "<way>", plain)
    if len(phases) > 1 or _OTHER_TIMES.search(plain):
        return None
    return _Reading(plain.replace("_", " "), tuple(parts), next(iter(phases), None), tuple(way for _, way in found))


def _nothing(_: _Reading) -> Statement | None:
    return None


def _of_one(signs: _Reading) -> Statement | None:
    """What one part does, or when."""
    parts, phase, ways = signs.parts, signs.phase, signs.ways
    if signs.has(_NO_WAY_BACK) and len(ways) == 1 and phase is None and signs.has(_ONLY):
        rest = replace(signs, text=re.sub(_NO_WAY_BACK, "", signs.text))
        return None if rest.has(_DENIES.pattern) else Statement("SAD", "throughout", parts, None, ways)
    if signs.has(_DENIES.pattern):
        return None
    timing = [
        family for family, words in (("starts", _STARTS), ("settles", _RESTS), ("busiest", _MOST)) if signs.has(words)
    ]
    match (phase is not None, len(ways)):
        case (True, 1) if not timing and not signs.has(_ONLY):
            return Statement("SAD", "direction", parts, phase, ways)
        case (True, 0) if timing == ["busiest"]:
            return Statement("SAD", "busiest", parts, phase)
        case (True, 0) if len(timing) == 1:
            return Statement("MAS", timing[0], parts, phase)
        case (False, 2) if (signs.has(_FIRST) or signs.has(_THEN)) and not signs.has(_AFTER):
            return Statement("SAD", "transition", parts, None, ways)
        case (False, 0) if signs.has(_REPEATED) and not signs.has(_STILL):
            return Statement("SAD", "repetition", parts)
        case (False, 0) if signs.has(_STILL) and not signs.has(_REPEATED):
            return Statement("SAD", "stillness", parts)
    return None


def _of_two(signs: _Reading) -> Statement | None:
    """What two parts do at the same time, in which order, or where they are to each other."""
    if signs.has(_DENIES.pattern):
        return None
    if signs.phase is None:
        return _at_the_end(signs) or _larger(signs) or _in_order(signs)
    if len(signs.ways) == 2:
        return _together(signs)
    if signs.ways:
        return None
    return _in_phase(signs)


def _in_phase(signs: _Reading) -> Statement | None:
    families = [
        (task, family)
        for task, family, words in (
            ("MAD", "same way", r"\bsame (?:<way> )?(?:main )?(?:direction|way)\b"),
            ("MAD", "opposite ways", r"\bopposite\b|\bopposing\b"),
            ("MAD", "while still", _STILL),
            ("PPR", "approach", _NEAR),
            ("PPR", "apart", _AWAY),
        )
        if signs.has(words)
    ]
    if len(families) != 1:
        return None
    ((task, family),) = families
    parts = signs.parts
    if family == "while still":
        if not signs.has(_WHILE):
            return None
        # The part that moves stands beside "while".
        still, moving = signs.at(_STILL), signs.at(_WHILE)
        parts = parts[::-1] if 0 <= still < moving else parts
    if family in ("same way", "opposite ways"):
        parts = _sorted(parts)
    return Statement(task, family, parts, signs.phase)  # type: ignore[arg-type]


def _together(signs: _Reading) -> Statement | None:
    """The part whose direction is given stands beside "while"."""
    if not signs.has(_WHILE):
        return None
    turned = signs.turned() if signs.at("<a>") < signs.at(_WHILE) else signs
    return Statement("MAD", "together", turned.parts, signs.phase, turned.ways)


def _larger(signs: _Reading) -> Statement | None:
    """The part that is compared with stands behind "than" or "compared with"."""
    larger, smaller = signs.has(_LARGER), signs.has(_SMALLER)
    if signs.ways or larger == smaller or not signs.has(_THAN) or signs.has(rf"{_STARTS}|{_RESTS}|\bfrom\b"):
        return None
    turned = signs.at(_THAN) < signs.at("<a>")
    return Statement("MAD", "larger", signs.parts[::-1] if turned != smaller else signs.parts)


def _in_order(signs: _Reading) -> Statement | None:
    """The moments of two parts, and which of them is said to be the earlier."""
    if signs.ways:
        return None
    if signs.has(_AT_ONCE):
        fits = signs.has(_STARTS) and not signs.has(rf"{_BEFORE}|{_AFTER}|{_RESTS}")
        return Statement("MAS", "at once", _sorted(signs.parts)) if fits else None
    before, after = signs.at(_BEFORE), signs.at(_AFTER)
    if (before < 0) == (after < 0):
        return None
    cue = max(before, after)
    if signs.at("<a>") > cue:  # "before the head moves, ...": both are named behind it
        return None
    first_rests, then_starts = 0 <= signs.at(_RESTS) < cue, re.search(_STARTS, signs.text[cue:]) is not None
    turned = signs.parts[::-1] if after >= 0 else signs.parts
    if first_rests:
        if then_starts:
            return Statement("MAS", "over before", signs.parts) if after < 0 else None
        return Statement("MAS", "settles before", turned)
    if signs.has(_RESTS) or not (signs.has(_STARTS) or signs.has(r"\bahead of\b")):
        return None
    return Statement("MAS", "before", turned)


def _at_the_end(signs: _Reading) -> Statement | None:
    near, away = signs.has(_NEAR), signs.has(_AWAY)
    if signs.ways or near == away or (not signs.has(_END_AND_START) and not signs.has(r"\bend up\b")):
        return None
    if not signs.has(r"\bto the <b>|from the <b>"):
        return None
    return Statement("PPR", "ends nearer" if near else "ends farther", signs.parts)


def _of_three(signs: _Reading) -> Statement | None:
    """The first part, the one that both are measured from, and the second."""
    shape = r"<a> (?:is )?(?:closer|nearer) to (?:the )?<b> than (?:the )?<c>"
    if signs.phase is None or signs.ways or signs.has(_DENIES.pattern) or not signs.has(shape) or not signs.has("end"):
        return None
    one, to, other = signs.parts
    return Statement("PPR", "closer than", (one, other, to), signs.phase)


def _sorted(parts: tuple[str, ...]) -> tuple[str, ...]:
    """What is said of both alike names them in one order."""
    return tuple(sorted(parts, key=PARTS.index))


_READERS = MappingProxyType({1: _of_one, 2: _of_two, 3: _of_three})
"""Parts that are named -> what may be said of so many."""


@cache
def _known() -> dict[Statement, Statement]:
    return {statement: statement for statement in all_statements()}
