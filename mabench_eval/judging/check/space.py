"""Damage to space (MADU L2): the movement is told as its mirror image, left for right and up for down."""

from __future__ import annotations

from mabench_eval.judging.check.wording import both_ways, exchange

_LIMB = r"(?:arm|leg|limb|extremit|body(?! region))"
_MIRROR = {
    **both_ways(
        {
            "left": "right",
            "leftward": "rightward",
            "leftwards": "rightwards",
            "leftmost": "rightmost",
            "up": "down",
            "upward": "downward",
            "upwards": "downwards",
            "above": "below",
            "top": "bottom",
            "high": "low",
            "high-positioned": "low-positioned",
            "upper": "lower",
            "rises": "falls",
            "rise": "fall",
            "raises": "lowers",
            "raised": "lowered",
            "raising": "lowering",
            "lifts": "drops",
            "lift": "drop",
            "lifting": "dropping",
            "lifted": "dropped",
            "ascends": "descends",
            "ascend": "descend",
            "ascending": "descending",
            "ascent": "descent",
            "head height": "leg height",
            "head level": "leg level",
            "shoulder height": "knee height",
            "shoulder level": "knee level",
            "chest height": "belly height",
            "chest level": "belly level",
        }
    ),
    "higher": "lower",
    "elevated": "lowered",
    "raise": "lower",
    "waist height": "chest height",
    "waist level": "chest level",
    "abdominal height": "chest height",
    "abdominal level": "chest level",
}
_KEEP_MIRROR = "|".join(
    [
        # Opposites in one breath are the same when exchanged: up and down, left-right, left and right sides.
        r"(?:up|down)(?:wards?)?(?:-and-|-| and | or |/)(?:up|down)(?:wards?)?\b",
        r"(?:left|right)(?:wards?)?(?:-and-|-| and | or |/)(?:left|right)(?:wards?)?\b",
        # The lower leg is a part of the body, not a place.
        rf"(?:upper|lower)(?= and (?:upper|lower) {_LIMB})",
        rf"(?:upper|lower)(?=[- ](?:(?:left|right) )?{_LIMB})",
        r"(?:high|low|higher|lower)(?= (?:motion |movement )?(?:amplitude|intensity|speed|frequency))",
        r"right(?= (?:after|away|before|now)\b)",
        r"(?:sit|sits|sitting|stand|stands|standing|get|gets|getting|end|ends|ending|rising) up\b",
    ]
)
_DEPTH = {
    **both_ways({"inward": "outward", "inwards": "outwards", "toward": "away from"}),
    "towards": "away from",
    "outward from": "inward toward",
    "inward toward": "outward from",
    "inward towards": "outward from",
    "closer to": "farther from",
}


def mirrored(text: str) -> str | None:
    """The text with left and right, up and down exchanged throughout; None where it tells of neither.

    A mirror image keeps what is near and far, inward and outward, so these words stay; only a text without any left,
    right, up or down has them exchanged instead. Parts (``lower leg``) and pairs (``up and down``) stay.
    """
    for words, keep in ((_MIRROR, _KEEP_MIRROR), (_DEPTH, r"(?!)")):
        damaged = exchange(text, words, keep)
        if damaged != text:
            return damaged
    return None
