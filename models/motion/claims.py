"""What a question about motion claims: which parts move, in which direction, when. Rules about words; no measuring."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from .tables import DIRECTIONS

Span = tuple[float, float]
"""Start and end of a part of the clip, as shares of its duration; the end is excluded."""
WHOLE: Span = (0.0, 1.01)
PHASES: Mapping[str, Span] = MappingProxyType({"early": (0.0, 1 / 3), "middle": (1 / 3, 2 / 3), "late": (2 / 3, 1.01)})
"""The thirds of a clip."""

_PARTS = MappingProxyType(
    {
        "upper arm": r"upper arms?|shoulders?",
        "lower arm": r"(?:lower |fore)?arms?|elbows?",
        "hand": r"hands?|fingers?|fists?|palms?|wrists?",
        "upper leg": r"upper legs?|thighs?",
        "lower leg": r"(?:lower )?legs?|lower limbs?|knees?|cal(?:f|ves)|shins?",
        "foot": r"foot|feet|toes?|heels?",
        "head": r"head|face|chin",
        "torso": r"torso|trunk|(?:upper )?body|chest",
    }
)
"""Part of a track -> its names."""
_PART = re.compile(
    r"\b(?:(?P<side>left and right|right and left|left|right) )?(?:"
    + "|".join(f"(?P<{name.replace(' ', '_')}>{forms})" for name, forms in _PARTS.items())
    + r")\b(?!'s (?:side|midline|center)| (?:midline|side|action|shaking|turning)|-)"
)
_ASIDE = re.compile(
    r"\b(?:(?:near|towards?|at|across|against|above|below|from|on|onto|around|along|relative to|close to"
    r"|(?:side|front|top|level|midline|center) of"
    r"|in(?: \w+)?|(?!during)\w+ing) (?:the |his |her |their |its )?(?:body'?s? )?|this \w+ )$"
)
"""What stands before a part that is only a landmark: ``towards the torso``, ``this bowing head action``."""
_SECONDS = re.compile(r"(\d+(?:\.\d+)?) ?s?(?:econds?)? ?(?:[-\u2013\u2014]|to|and) ?(\d+(?:\.\d+)?) ?s(?:ec|\b)")
_PHASE = re.compile(
    r"\b(?:(?P<early>early|initial(?:ly)?(?! (?:\w+ )?position)|initiates?"
    r"|begins? (?:the|with|by)|beginning|start of|opening|first (?:part|phase|half|third))"
    r"|(?P<middle>mid|middle|mid-\w+|central (?:phase|segment))"
    r"|(?P<late>late|later(?! than)|final(?:ly)?|last|ending|end of|closing (?:phase|segment)))\b"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """Body parts claimed to move, and the direction."""

    parts: tuple[str, ...]
    """Names of tracks, ``left hand``; both sides where the text names none."""
    directions: tuple[str, ...] = ()
    """``left``, ``right``, ``up``, ``down``, ``in``, ``out``, ``horizontal``, ``vertical`` in the order of the text;
    empty for any motion."""


def read_claims(text: str, *, landmarks: bool = False) -> list[Claim]:
    """The claims of a lower-case text. A direction belongs to the part named before it, or else to the first part.

    Parts that only say where (``towards the torso``) claim nothing, unless ``landmarks`` are wanted too.
    """
    mentions = [match for match in _PART.finditer(text) if landmarks or not _ASIDE.search(text[: match.start()])]
    claims: list[Claim] = []
    for number, mention in enumerate(mentions):
        start = mention.end() if number else 0
        end = mentions[number + 1].start() if number + 1 < len(mentions) else len(text)
        parts, directions = _tracks(mention), tuple(dict.fromkeys(_directions(text[start:end])))

        # "the head and the torso move up": what follows is claimed of both
        between = text[mentions[number - 1].end() : mention.start()].strip() if number else ""
        if between in ("and", "and the", "&", ", the"):
            parts = (*claims.pop().parts, *parts)
        claims.append(Claim(parts, directions))
    return claims


def read_span(text: str, duration: float) -> Span | None:
    """The time a lower-case text is about: seconds where it gives them, else the phase it names, else None."""
    if seconds := _SECONDS.search(text):
        start, end = float(seconds[1]), float(seconds[2])
        return start / duration, max(end, start + 0.1) / duration
    phase = _PHASE.search(text)
    return PHASES[phase.lastgroup or ""] if phase else None


def _tracks(mention: re.Match[str]) -> tuple[str, ...]:
    """The tracks of a part that is mentioned: both sides unless it says one."""
    name = next(name for name in _PARTS if mention[name.replace(" ", "_")])
    if name in ("head", "torso"):
        return (name,)
    sides = (mention["side"],) if mention["side"] in ("left", "right") else ("left", "right")
    return tuple(f"{side} {name}" for side in sides)


def _directions(text: str) -> Iterator[str]:
    """The directions a text names; ``towards the midline`` adds nothing to ``leftward``."""
    named = [(match.lastgroup or "").rstrip("_0123456789") for match in _direction_pattern().finditer(text)]
    sideways = "left" in named or "right" in named
    yield from (direction for direction in named if not (sideways and direction in ("in", "out", "horizontal")))


@cache
def _direction_pattern() -> re.Pattern[str]:
    named = [f"(?P<{direction}{number}>{words})" for number, (direction, words) in enumerate(DIRECTIONS)]
    plain = r"(?<=ing )(?P<left>left)|(?<=ing )(?P<right>right)|(?<=moves )(?P<left_>left)|(?<=moves )(?P<right_>right)"
    return re.compile(rf"\b(?:{'|'.join([*named, plain])})\b(?! (?:direction|deviation|displacement))")
