"""The body as thick bones: which part of it a point of the picture belongs to, and how the head is turned."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mabench_eval.construction.kinematics import Floats
from mabench_eval.construction.layouts import LAYOUTS
from mabench_eval.construction.parts import PARTS
from mabench_eval.construction.sides import SIDES, Sides


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
_RADII = np.array([SHAPES[kind].radius for kind in _KINDS])
_DEPTHS = np.array([SHAPES[kind].depth for kind in _KINDS])
FINGERS = 0.5
"""Of a lower arm's length: how far a hand goes on beyond the wrist, in layouts without fingers."""
NOBODY = -1
"""In place of a part's number: of a point that lies in none."""


def bones(joints: Floats, layout: str, sides: Sides) -> Floats:
    """(14, 2, 2): both ends of each part's bone, in the order of ``PARTS``.

    Args:
        joints: (joints, 2), of one picture.
        layout: One of ``LAYOUTS``. A head without ears and eyes is the line from nose to crown, a foot without heel and
            toe a point at the ankle.
        sides: Whose left and right name the parts.
    """
    rows = LAYOUTS[layout]

    def middle(*names: str) -> Floats:
        return np.asarray(joints[[rows[name] for name in names]].mean(axis=0))

    found = {"torso": (middle("left shoulder", "right shoulder"), middle("left hip", "right hip"))}
    if "left ear" in rows:
        ears = middle("left ear", "right ear")
        found["head"] = ears, ears + 1.3 * (middle("left eye", "right eye") - ears)
    else:
        found["head"] = joints[rows["nose"]], joints[rows["head top"]]

    own_sides = {place: side for side, place in SIDES["person"].items()}  # everybody is taken to face the camera
    for side, place in SIDES[sides].items():
        own = own_sides[place]
        shoulder, elbow, wrist, hip, knee, ankle = (
            joints[rows[f"{own} {joint}"]] for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        )
        if f"{own} index" in rows:
            reach = 1.5 * (middle(f"{own} pinky", f"{own} index") - wrist)
        else:
            reach = FINGERS * (wrist - elbow)
        heel, toe = (joints[rows[f"{own} {joint}"]] if f"{own} {joint}" in rows else ankle for joint in ("heel", "toe"))
        found[f"{side} upper arm"] = shoulder, elbow
        found[f"{side} lower arm"] = elbow, wrist
        found[f"{side} hand"] = wrist, wrist + reach
        found[f"{side} upper leg"] = hip, knee
        found[f"{side} lower leg"] = knee, ankle
        found[f"{side} foot"] = heel, toe
    return np.array([found[part] for part in PARTS])


def parts_at(points: Floats, bones: Floats, torso: float) -> NDArray[np.intp]:
    """(N,): number of the part that each of (N, 2) points lies in, the one in front where there are several; or NOBODY.

    ``bones``: (14, 2, 2); one with an end that is NaN holds no point. ``torso``: its length, in the unit of the points.
    """
    starts, along = bones[:, 0], bones[:, 1] - bones[:, 0]
    squares = np.maximum((along**2).sum(axis=1), 1e-6)
    from_start = points - starts[:, None]

    # distance from the nearest point of each bone, in radii
    share = np.clip((from_start * along[:, None]).sum(axis=2) / squares[:, None], 0, 1)
    aside = from_start - share[..., None] * along[:, None]
    distance = np.hypot(aside[..., 0], aside[..., 1]) / (_RADII * torso)[:, None]

    rank = np.where(distance <= 1, distance + _DEPTHS[:, None], np.inf)
    nearest = rank.argmin(axis=0)
    return np.where(np.isfinite(rank.min(axis=0)), nearest, NOBODY)


def sum_by_part(owners: NDArray[np.intp], values: Floats) -> Floats:
    """(14, K): sums of the (N, K) values of the points that belong to each part, by (N,) ``owners`` of ``parts_at``."""
    inside = owners != NOBODY
    columns = [np.bincount(owners[inside], column[inside], minlength=len(PARTS)) for column in values.T]
    return np.stack(columns, axis=1)


def head_angles(joints: Floats, layout: str) -> dict[str, Floats]:
    """Yaw, pitch and roll of the head over (T, joints, 2), radians; empty for a layout without nose and ears.

    By where the nose is between the ears, and by the line through them: turned to the viewer's right, bowed, and
    clockwise as seen are positive. Small turns are right, half turns are not.
    """
    rows = LAYOUTS[layout]
    if not {"nose", "left ear", "right ear"} <= rows.keys():
        return {}
    nose, left, right = (joints[:, rows[name]] for name in ("nose", "left ear", "right ear"))
    across = left - right
    width = max(float(np.median(np.hypot(across[:, 0], across[:, 1]))), 1e-6)
    forward: Any = np.clip((nose - (left + right) / 2) / width, -1, 1)
    yaw, pitch = np.arcsin(forward).T
    return {"head yaw": yaw, "head pitch": pitch, "head roll": np.unwrap(np.arctan2(across[:, 1], across[:, 0]))}
