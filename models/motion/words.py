"""The words of directions, and what they mean: ``ascends`` is up.

A copy of the offline judge's, on purpose: baseline and judge must not move together, or the one would please the other.
"""

from __future__ import annotations

_THE = r"(?:(?:the|its|his|her|their) )?"
_MIDLINE = rf"{_THE}(?:body(?:'s)? )?(?:mid(?:line|dle)|cent(?:er|re))"
_NO_LIMB = r"(?! (?:hand|arm|leg|foot))"

DIRECTIONS: tuple[tuple[str, ...], ...] = (
    (
        "direction",
        "in",
        rf"inwards?|(?:towards?|(?<!close )to|closer to) {_MIDLINE}|medially",
        r"towards? (?:each other|one another)",
    ),
    ("direction", "out", r"outwards?|laterally outward"),
    (
        "direction",
        "vertical",
        r"(?:up|down)(?:wards?)?(?:[- ]| and |/)(?:up|down)(?:wards?)?",
        r"vertical(?:ly)? (?:oscill\w+|shak\w+|motion|movement|swing\w*)",
    ),
    (
        "direction",
        "horizontal",
        r"side[- ]to[- ]side|left (?:and|to|-) right and back|horizontal(?:ly)?|lateral(?:ly)?",
        r"sideways|sidewards?",
        r"(?:left|right)(?:wards?)?(?:[- ]| and |/)(?:left|right)(?:wards?)?"
        r"(?! (?:sides?|hands?|arms?|legs?|feet|lower|upper))",
    ),
    ("direction", "right", r"(?:from )?(?:the )?left[- ]to[- ](?:the[- ])?right"),
    ("direction", "left", r"(?:from )?(?:the )?right[- ]to[- ](?:the[- ])?left"),
    ("direction", "left", rf"leftwards?|(?:to|towards?) {_THE}left{_NO_LIMB}|(?<=ward-)left"),
    ("direction", "right", rf"rightwards?|(?:to|towards?) {_THE}right{_NO_LIMB}|(?<=ward-)right"),
    ("direction", "down", r"lower(?= (?:it|them|the|his|her|their|its)\b)|lower(?:s|ed|ing)"),
    ("direction", "up", r"(?<!backed )(?<!made )(?<!build )up|upwards?|ascend\w*|ascent|towards? the top"),
    ("direction", "up", r"rais(?:e|es|ed|ing)|lift(?:s|ed|ing)?|elevat(?:es|ing|ion)|ris(?:es|ing)"),
    ("direction", "down", r"downwards?|down|descen\w+|drop(?:s|ped|ping)?|towards? the (?:floor|ground|bottom)"),
    ("direction", "forward", r"forwards?"),
    ("direction", "backward", r"backwards?"),
)
