"""Layouts of skeletons: which row of a file is which joint. Sides of joints are the person's own in all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

_COCO17 = (
    "nose",
    "left eye",
    "right eye",
    "left ear",
    "right ear",
    *(
        f"{side} {joint}"
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        for side in ("left", "right")
    ),
)
_HALPE26 = (
    *_COCO17,
    "head top",
    "neck",
    "mid hip",
    "left toe",
    "right toe",
    "left small toe",
    "right small toe",
    "left heel",
    "right heel",
)
_OPENPOSE25 = (
    "nose",
    "neck",
    *(f"right {joint}" for joint in ("shoulder", "elbow", "wrist")),
    *(f"left {joint}" for joint in ("shoulder", "elbow", "wrist")),
    "mid hip",
    *(f"right {joint}" for joint in ("hip", "knee", "ankle")),
    *(f"left {joint}" for joint in ("hip", "knee", "ankle")),
    "right eye",
    "left eye",
    "right ear",
    "left ear",
    *(f"left {joint}" for joint in ("toe", "small toe", "heel")),
    *(f"right {joint}" for joint in ("toe", "small toe", "heel")),
)
_H36M17 = (
    "mid hip",
    *(f"right {joint}" for joint in ("hip", "knee", "ankle")),
    *(f"left {joint}" for joint in ("hip", "knee", "ankle")),
    "spine",
    "neck",
    "nose",
    "head top",
    *(f"left {joint}" for joint in ("shoulder", "elbow", "wrist")),
    *(f"right {joint}" for joint in ("shoulder", "elbow", "wrist")),
)
_MEDIAPIPE33 = {
    "nose": 0,
    **{
        f"{side} {joint}": first + own
        for own, side in enumerate(("left", "right"))
        for joint, first in {
            "ear": 7,
            "shoulder": 11,
            "elbow": 13,
            "wrist": 15,
            "pinky": 17,
            "index": 19,
            "thumb": 21,
            "hip": 23,
            "knee": 25,
            "ankle": 27,
            "heel": 29,
            "toe": 31,
        }.items()
    },
    "left eye": 2,
    "right eye": 5,
}
_HAND = {"thumb": 2, "index": 5, "pinky": 17}
"""Joint -> its place among the 21 points of a hand, of which the first is the wrist."""


def _numbered(names: Sequence[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _hands(left: int, right: int) -> dict[str, int]:
    """The joints of hands whose points begin at these rows."""
    return {
        f"{side} {joint}": first + at
        for side, first in (("left", left), ("right", right))
        for joint, at in _HAND.items()
    }


LAYOUTS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "coco17": _numbered(_COCO17),
        "coco133": {
            **_numbered(_COCO17),
            **{f"{side} toe": 17 + 3 * own for own, side in enumerate(("left", "right"))},
            **{f"{side} heel": 19 + 3 * own for own, side in enumerate(("left", "right"))},
            **_hands(91, 112),
        },
        "halpe26": _numbered(_HALPE26),
        "halpe136": {**_numbered(_HALPE26), **_hands(94, 115)},
        "openpose25": _numbered(_OPENPOSE25),
        "mediapipe33": _MEDIAPIPE33,
        "h36m17": _numbered(_H36M17),
    }
)
"""Layout -> joint -> its row. COCO 2017 and COCO-WholeBody (Jin et al. 2020), Halpe full body (Li et al. 2020),
OpenPose BODY_25 (Cao et al. 2021), MediaPipe Pose (Bazarevsky et al. 2020), Human3.6M as the common subset of 17."""
SIZES: Mapping[str, int] = MappingProxyType(
    {"coco17": 17, "coco133": 133, "halpe26": 26, "halpe136": 136, "openpose25": 25, "mediapipe33": 33, "h36m17": 17}
)
"""Layout -> rows of a skeleton."""
