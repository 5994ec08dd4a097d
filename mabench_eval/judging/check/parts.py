"""Damage to the core action (MADU L1): another part of the body makes the movement."""

from __future__ import annotations

import re

from mabench_eval.judging.check.wording import both_ways, exchange

_LIMBS = {
    **both_ways(
        {
            "hand": "foot",
            "hands": "feet",
            "arm": "leg",
            "arms": "legs",
            "upper limb": "lower limb",
            "upper limbs": "lower limbs",
            "upper extremity": "lower extremity",
            "upper extremities": "lower extremities",
            "finger": "toe",
            "fingers": "toes",
            "wrist": "ankle",
            "wrists": "ankles",
            "elbow": "knee",
            "elbows": "knees",
            "forearm": "shin",
            "forearms": "shins",
            "palm": "sole",
            "palms": "soles",
        }
    ),
    "thigh": "upper arm",
    "thighs": "upper arms",
}
_TORSO = {"torso": "head", "trunk": "head", "upper body": "head"}
_AXIS = {"head": "torso", **_TORSO}
_INSTEAD = (("hand", "hands"), ("foot", "feet"))
"""What leads instead of head or torso, where the text does not speak of it otherwise."""

_ANCHOR = (
    r"(?:(?<!motion )(?<!motions )(?<!movement )(?<!movements )(?<!activity )from|(?:close|closer|next|relative) to"
    r"|towards?|near|against|beneath|behind|across|(?:touch|contact) with|in front of|beside)"
    r" (?:(?:the|his|her|its|their) )(?:(?:left|right|lower|upper|high-positioned) )*"
)
"""What says a place stays: ``away from the torso`` is about the part that moves there, not about the torso."""
_PLACE = r"[- ](?:height|level|region|area)\b"


def other_part(text: str) -> str | None:
    """The text with its dominant part replaced by another throughout; None where it names none.

    Arms and legs change places (hand for foot, forearm for shin) with their sides, so that a text in which feet follow
    the hand does not become one in which feet follow feet. Head and torso become a hand or a foot, the first that the
    text does not speak of; where it speaks of both, head and torso change places. Parts that only say where something
    is (``toward the head``, ``head height``) stay.
    """
    part = dominant_part(text)
    if part is None:
        return None
    words = _words(part, text)
    names = "|".join(sorted(words, key=len, reverse=True))
    damaged = exchange(text, words, rf"{_ANCHOR}(?:{names})\b|(?:{names}){_PLACE}")
    return None if damaged == text else damaged


def _words(part: str, text: str) -> dict[str, str]:
    """Part -> the part in its place."""
    if part not in _AXIS:
        return _LIMBS
    words = set(re.findall(r"\w+", text.lower()))
    free = next((singular for singular, plural in _INSTEAD if not words & {singular, plural}), None)
    if free is None:
        return _AXIS
    return dict.fromkeys(["head"] if part == "head" else _TORSO, free)


_NAMES = rf"(?P<part>{'|'.join(sorted([*_LIMBS, *_AXIS], key=len, reverse=True))})"
_DOMINANT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:led|driven|dominated|executed|initiated) (?:\w+ly )?by (?:(?!\bfollow)[^.;,])*?\b{_NAMES}\b",
        rf"\b{_NAMES} (?:leads?|dominates?|is dominant)\b",
        rf"\b{_NAMES}\b",
    )
)


def dominant_part(text: str) -> str | None:
    """The part that the text says leads, else the first it names, in lower case: ``hand``; None without any."""
    match = next((match for pattern in _DOMINANT if (match := pattern.search(text))), None)
    return None if match is None else match["part"].lower()
