"""The body as thick bones: which part of it a point of the picture belongs to, by the joints of MediaPipe's pose."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mabench_eval import PARTS, SIDES, Sides

Floats = NDArray[np.float64]

NOSE, EYES, EARS = 0, (2, 5), (7, 8)
"""Rows of the 33 joints; of pairs the person's left one first, as in all that follow."""
SHOULDERS, ELBOWS, WRISTS, PINKIES, INDICES = (11, 12), (13, 14), (15, 16), (17, 18), (19, 20)
HIPS, KNEES, ANKLES, HEELS, TOES = (23, 24), (25, 26), (27, 28), (29, 30), (31, 32)


class Shape(NamedTuple):
    """How thick a part is, and what it hides."""

    radius: float
    """Torso lengths around its bone."""
    depth: float
    """Of two parts at one point the one of less depth is in front; the distance from the bone, in radii, adds to it."""


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "head": Shape(0.32, 0.2),
        "torso": Shape(0.30, 0.9),
        "upper arm": Shape(0.17, 0.3),
        "lower arm": Shape(0.13, 0.1),
        "hand": Shape(0.16, 0.0),
        "upper leg": Shape(0.20, 0.4),
        "lower leg": Shape(0.15, 0.3),
        "foot": Shape(0.13, 0.0),
    }
)
"""Of an adult in clothes."""
_KINDS = [part.removeprefix("left ").removeprefix("right ") for part in PARTS]
RADII = np.array([SHAPES[kind].radius for kind in _KINDS])
DEPTHS = np.array([SHAPES[kind].depth for kind in _KINDS])
HEAD = PARTS.index("head")
NOBODY = -1


def bones(joints: Floats, sides: Sides) -> Floats:
    """(14, 2, 2): both ends of each part's bone, in the order of PARTS, from (33, 2) joints."""
    ears = joints[list(EARS)].mean(axis=0)
    brow = joints[list(EYES)].mean(axis=0)
    found = {
        "head": (ears, ears + 1.3 * (brow - ears)),
        "torso": (joints[list(SHOULDERS)].mean(axis=0), joints[list(HIPS)].mean(axis=0)),
    }
    for side, place in SIDES[sides].items():
        own = 0 if place == SIDES["person"]["left"] else 1  # everybody is taken to face the camera
        wrist = joints[WRISTS[own]]
        fingers = (joints[PINKIES[own]] + joints[INDICES[own]]) / 2
        found[f"{side} upper arm"] = joints[SHOULDERS[own]], joints[ELBOWS[own]]
        found[f"{side} lower arm"] = joints[ELBOWS[own]], wrist
        found[f"{side} hand"] = wrist, wrist + 1.5 * (fingers - wrist)
        found[f"{side} upper leg"] = joints[HIPS[own]], joints[KNEES[own]]
        found[f"{side} lower leg"] = joints[KNEES[own]], joints[ANKLES[own]]
        found[f"{side} foot"] = joints[HEELS[own]], joints[TOES[own]]
    return np.array([found[part] for part in PARTS])


def owners(points: Floats, bones: Floats, torso: float) -> NDArray[np.intp]:
    """(N,): number of the part that each of (N, 2) points lies in, the one in front where there are several; or NOBODY.

    ``torso``: its length, in the unit of the points.
    """
    starts, along = bones[:, 0], bones[:, 1] - bones[:, 0]
    squares = np.maximum((along**2).sum(axis=1), 1e-6)
    from_start = points - starts[:, None]

    # distance from the nearest point of each bone, in radii
    share = np.clip((from_start * along[:, None]).sum(axis=2) / squares[:, None], 0, 1)
    aside = from_start - share[..., None] * along[:, None]
    distance = np.hypot(aside[..., 0], aside[..., 1]) / (RADII * torso)[:, None]

    rank = np.where(distance <= 1, distance + DEPTHS[:, None], np.inf)
    nearest = rank.argmin(axis=0)
    return np.where(np.isfinite(rank.min(axis=0)), nearest, NOBODY)


def head_angles(joints: Floats) -> dict[str, Floats]:
    """Yaw, pitch and roll of the head over (T, 33, 2) joints, radians.

    By where the nose is between the ears, and by the line through them: turned to the viewer's right, bowed, and
    clockwise as seen are positive. Small turns are right, half turns are not.
    """
    nose, left, right = joints[:, NOSE], joints[:, EARS[0]], joints[:, EARS[1]]
    across = left - right
    width = max(float(np.median(np.hypot(across[:, 0], across[:, 1]))), 1e-6)
    forward: Any = np.clip((nose - (left + right) / 2) / width, -1, 1)
    yaw, pitch = np.arcsin(forward).T
    return {"head yaw": yaw, "head pitch": pitch, "head roll": np.unwrap(np.arctan2(across[:, 1], across[:, 0]))}
