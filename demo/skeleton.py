"""The figure's skeleton: from a pose (numbers by channel) to joints, and from joints to the 14 tracked body parts.

Left and right in names are the person's own. The person faces the camera, so the person's left is at the viewer's right.
x grows to the viewer's right from the body's midline, y grows downward from the top of the picture, both in pixels of a
256 x 320 frame at scale 1; z grows toward the camera. The camera stands a little above the seat: a point y, z is seen at
y + 0.3 z. Angles are in degrees; positive is toward the viewer's right (yaw, roll) or downward (pitch).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float64]
Pose: TypeAlias = Mapping[str, float]
Joints: TypeAlias = dict[str, Vector]

SIDES = MappingProxyType({"right": -1.0, "left": 1.0})
"""Side of the body -> sign of its x as the viewer sees it."""

PARTS = (
    "Head", "Torso",
    "Left Hand", "Right Hand", "Left Lower Arm", "Right Lower Arm", "Left Upper Arm", "Right Upper Arm",
    "Left Upper Leg", "Right Upper Leg", "Left Lower Leg", "Right Lower Leg", "Left Foot", "Right Foot",
)  # fmt: skip
"""The tracked body parts, as MA-Bench names them."""

_DEPTH = 0.3
_UPPER_ARM, _LOWER_ARM = 52.0, 45.0
_HALF_SHOULDER, _HALF_HIP = 32.0, 17.0
_SHOULDER_Y, _HIP_Y = 121.0, 205.0
_NECK, _HEAD_ABOVE_NECK = 7.0, 31.0
HEAD_RADII = (19.0, 24.0)
"""Half the width and half the height of the head."""


def _rest() -> dict[str, float]:
    whole = ("head.x", "head.y", "head.yaw", "head.pitch", "head.roll", "torso.x", "torso.y", "torso.yaw")
    pose = dict.fromkeys((*whole, "torso.roll", "hips.x", "hips.y", "face.blink"), 0.0)
    for side, sign in SIDES.items():
        pose |= {f"{side}_hand.x": 29 * sign, f"{side}_hand.y": 208.0, f"{side}_hand.z": 34.0}
        pose |= {f"{side}_hand.bend": 8 * sign, f"{side}_hand.spread": 0.25, f"{side}_hand.curl": 0.15}
        pose |= {f"{side}_elbow.out": 0.8, f"{side}_shoulder.y": 0.0}
        pose |= {f"{side}_knee.x": 27 * sign, f"{side}_knee.y": 228.0, f"{side}_knee.z": 60.0}
        pose |= {f"{side}_foot.x": 27 * sign, f"{side}_foot.y": 287.0, f"{side}_foot.lift": 0.0}
        pose |= {f"{side}_foot.turn": 16 * sign, f"{side}_foot.length": 15.0}
    return pose


REST: Pose = MappingProxyType(_rest())
"""Channel -> value of the figure at rest, hands on the thighs; every channel that a motion may move."""


def _direction(degrees: float) -> Vector:
    """Unit vector in the picture; 0 points down, positive turns toward the viewer's right."""
    angle = np.radians(degrees)
    return np.array([np.sin(angle), np.cos(angle)])


def elbow(shoulder: Vector, wrist: Vector, outward: float, sign: float) -> Vector:
    """Where the elbow is, in space: two bones of fixed length, bent down and ``outward`` (0-2).

    Args:
        shoulder: (3,) x, y, z in space.
        wrist: (3,); out of reach, the bones stretch.
        outward: how far the elbow turns away from the body.
        sign: -1 for the right arm, 1 for the left.
    """
    line = wrist - shoulder
    distance = float(np.linalg.norm(line))
    stretch = max(1.0, distance / (0.995 * (_UPPER_ARM + _LOWER_ARM)))
    upper, lower = _UPPER_ARM * stretch, _LOWER_ARM * stretch
    along = line / distance
    pole = np.array([outward * sign, 1.0, -0.1])
    across = pole - (pole @ along) * along
    across /= np.linalg.norm(across)
    near = (upper**2 - lower**2 + distance**2) / (2 * distance)
    return shoulder + near * along + np.sqrt(max(upper**2 - near**2, 0.0)) * across


def _arm(pose: Pose, side: str, shoulder: Vector, depth: float) -> Joints:
    """Joints of one arm; ``shoulder`` (2,) in the picture, ``depth`` its z."""
    sign = SIDES[side]
    x, y, z = (pose[f"{side}_hand.{axis}"] for axis in "xyz")
    start = np.array([shoulder[0], shoulder[1] - _DEPTH * depth, depth])
    bent = elbow(start, np.array([x, y - _DEPTH * z, z]), pose[f"{side}_elbow.out"], sign)
    wrist = np.array([x, y])
    middle = np.array([bent[0], bent[1] + _DEPTH * bent[2]])
    line = wrist - middle
    heading = np.degrees(np.arctan2(line[0], line[1])) - pose[f"{side}_hand.bend"]
    return {
        f"{side}_shoulder": shoulder,
        f"{side}_elbow": middle,
        f"{side}_wrist": wrist,
        f"{side}_palm": wrist + 7 * _direction(heading),
    }


def _leg(pose: Pose, side: str, hips: Vector) -> Joints:
    foot = np.array([pose[f"{side}_foot.x"], pose[f"{side}_foot.y"]])
    toe = foot + pose[f"{side}_foot.length"] * _direction(pose[f"{side}_foot.turn"])
    return {
        f"{side}_hip": hips + np.array([_HALF_HIP * SIDES[side], 0.0]),
        f"{side}_knee": np.array([pose[f"{side}_knee.x"], pose[f"{side}_knee.y"]]),
        f"{side}_ankle": foot - np.array([0.0, pose[f"{side}_foot.lift"]]),
        f"{side}_toe": toe,
    }


def joints(pose: Pose) -> Joints:
    """Name of a joint -> (2,) x, y in the picture, pixels at scale 1, x from the midline."""
    hips = np.array([pose["hips.x"], _HIP_Y + pose["hips.y"]])
    chest = np.array([pose["torso.x"], _SHOULDER_Y + pose["torso.y"]]) + hips - np.array([0.0, _HIP_Y])
    yaw, roll = np.radians(pose["torso.yaw"]), np.radians(pose["torso.roll"])
    found: Joints = {"hips": hips, "chest": chest}
    for side, sign in SIDES.items():
        across = sign * _HALF_SHOULDER * np.cos(yaw) * np.array([np.cos(roll), np.sin(roll)])
        depth = -sign * _HALF_SHOULDER * np.sin(yaw)
        shoulder = chest + across + np.array([0.0, pose[f"{side}_shoulder.y"] + _DEPTH * depth])
        found |= _arm(pose, side, shoulder, float(depth))
        found |= _leg(pose, side, hips)
    tilt = np.radians(pose["head.roll"])
    up = np.array([np.sin(tilt), -np.cos(tilt)])
    pitch = np.sin(np.radians(pose["head.pitch"]))
    neck = chest + np.array([0.0, -_NECK])
    drop = np.array([pose["head.x"], pose["head.y"] + 12 * pitch])
    found["neck"] = neck
    found["head"] = neck + _HEAD_ABOVE_NECK * up + drop
    right = np.array([np.cos(tilt), np.sin(tilt)])
    found["face"] = found["head"] + (
        HEAD_RADII[0] * np.sin(np.radians(pose["head.yaw"])) * right - 0.8 * HEAD_RADII[1] * pitch * up
    )
    return found


def parts(found: Joints) -> dict[str, Vector]:
    """Body part -> (2,) its centre in the picture, in the pixels of ``found``.

    The head's point is the middle of the face: it moves when the head turns or nods, not only when it shifts.
    """
    centres = {"Head": found["face"], "Torso": (found["chest"] + found["hips"]) / 2}
    for side in SIDES:
        name = side.capitalize()
        centres[f"{name} Hand"] = found[f"{side}_palm"]
        centres[f"{name} Lower Arm"] = (found[f"{side}_elbow"] + found[f"{side}_wrist"]) / 2
        centres[f"{name} Upper Arm"] = (found[f"{side}_shoulder"] + found[f"{side}_elbow"]) / 2
        centres[f"{name} Upper Leg"] = (found[f"{side}_hip"] + found[f"{side}_knee"]) / 2
        centres[f"{name} Lower Leg"] = (found[f"{side}_knee"] + found[f"{side}_ankle"]) / 2
        centres[f"{name} Foot"] = (found[f"{side}_ankle"] + found[f"{side}_toe"]) / 2
    return {part: centres[part] for part in PARTS}
