"""The seated figure: its joints, what a pose is, and how it is drawn.

Coordinates are pixels of the clip, x to the viewer's right, y down. Sides of limbs and directions are the viewer's, as
in the official questions (docs/audit.md, "Whose left"): the right hand is the one on the right of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import mabench_eval

WIDTH, HEIGHT = 240, 320
SCALE = 3
"""Drawn so many times larger, then averaged down: smooth edges."""
UPPER_ARM, LOWER_ARM = 48.0, 44.0
CENTRE = 120.0
SIDES: mabench_eval.Sides = "viewer"
"""Whose left and right name the parts, in the questions and in ground_truth.json."""

Point = NDArray[np.float64]
"""(2,) x, y."""
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """What tells one clip's person and room from another's."""

    skin: Colour
    hair: Colour
    shirt: Colour
    trousers: Colour
    wall: Colour
    floor: Colour
    size: float
    """Scale of the figure, about 1."""
    shift: float
    """Of the figure from the middle, pixels to the right."""
    grain: int
    """Seed of the wall's texture and the film grain."""


@dataclass(slots=True)
class Pose:
    """Where the joints are, for a figure of size 1 in the middle; offsets are added by motions."""

    head: Point = field(default_factory=lambda: np.array([CENTRE, 62.0]))
    gaze: Point = field(default_factory=lambda: np.zeros(2))
    """Offset of the face on the head: a turned or bowed head."""
    tilt: float = 0.0
    """Of the head, radians, clockwise as seen."""
    torso: Point = field(default_factory=lambda: np.zeros(2))
    """Offset of the shoulders; the hips move a third of it."""
    shoulders: float = 0.0
    """Raised by so many pixels."""
    left_hand: Point = field(default_factory=lambda: np.array([CENTRE - 12, 178.0]))
    right_hand: Point = field(default_factory=lambda: np.array([CENTRE + 12, 178.0]))
    left_knee: Point = field(default_factory=lambda: np.array([CENTRE - 30, 214.0]))
    right_knee: Point = field(default_factory=lambda: np.array([CENTRE + 30, 214.0]))
    left_foot: Point = field(default_factory=lambda: np.array([CENTRE - 28, 284.0]))
    right_foot: Point = field(default_factory=lambda: np.array([CENTRE + 28, 284.0]))
    heels: float = 0.0
    """Raised by so many pixels."""


def joints(pose: Pose) -> dict[str, Point]:
    """All joints of a pose, by name."""
    found = {"head": pose.head + pose.torso, "neck": np.array([CENTRE, 88.0]) + pose.torso}
    for side, sign in mabench_eval.SIDES[SIDES].items():
        shoulder = np.array([CENTRE + sign * 30, 100.0 - pose.shoulders]) + pose.torso
        hip = np.array([CENTRE + sign * 14, 184.0]) + pose.torso / 3
        hand = getattr(pose, f"{side}_hand")
        found |= {f"{side}_shoulder": shoulder, f"{side}_hip": hip, f"{side}_hand": hand}
        found[f"{side}_elbow"] = _elbow(shoulder, hand, sign)
        found |= {f"{side}_knee": getattr(pose, f"{side}_knee"), f"{side}_foot": getattr(pose, f"{side}_foot")}
        found[f"{side}_ankle"] = found[f"{side}_foot"] - np.array([0.0, 12.0 + pose.heels])
    return found


def parts(pose: Pose) -> dict[str, Point]:
    """The centre of each body part the questions name."""
    at = joints(pose)
    torso = (at["right_shoulder"] + at["left_shoulder"] + at["right_hip"] + at["left_hip"]) / 4
    found = {"Head": at["head"] + 0.5 * pose.gaze, "Torso": torso}
    for side in ("Left", "Right"):
        joint = {name: at[f"{side.lower()}_{name}"] for name in ("shoulder", "elbow", "hand", "hip", "knee", "ankle")}
        found[f"{side} Hand"] = joint["hand"]
        found[f"{side} Lower Arm"] = (joint["elbow"] + joint["hand"]) / 2
        found[f"{side} Upper Arm"] = (joint["shoulder"] + joint["elbow"]) / 2
        found[f"{side} Upper Leg"] = (joint["hip"] + joint["knee"]) / 2
        found[f"{side} Lower Leg"] = (joint["knee"] + joint["ankle"]) / 2
        found[f"{side} Foot"] = (joint["ankle"] + at[f"{side.lower()}_foot"]) / 2
    return found


def draw(pose: Pose, look: Look, noise: np.random.Generator) -> NDArray[np.uint8]:
    """One frame, (HEIGHT, WIDTH, 3) RGB. ``noise`` is the film grain's, drawn anew each frame."""
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), look.wall)
    canvas = _Canvas(ImageDraw.Draw(image), look)
    canvas.room()
    canvas.person(pose)
    pixels = np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.BOX), np.float32)
    light = np.linspace(1.04, 0.94, WIDTH, dtype=np.float32)[None, :, None]
    still = np.random.default_rng(look.grain).normal(0, 2.0, (HEIGHT, WIDTH, 1)).astype(np.float32)
    grain = noise.normal(0, 0.7, (HEIGHT, WIDTH, 1)).astype(np.float32)
    shown: NDArray[np.uint8] = np.clip(pixels * light + still + grain, 0, 255).astype(np.uint8)
    return shown


def _elbow(shoulder: Point, hand: Point, sign: float) -> Point:
    """Two-bone inverse kinematics: the elbow on the outer side, the arm shortened where it cannot reach."""
    along = hand - shoulder
    distance = float(np.clip(np.hypot(*along), abs(UPPER_ARM - LOWER_ARM) + 1, UPPER_ARM + LOWER_ARM - 0.5))
    unit = along / max(float(np.hypot(*along)), 1e-6)
    reach = (UPPER_ARM**2 - LOWER_ARM**2 + distance**2) / (2 * distance)
    off = float(np.sqrt(max(UPPER_ARM**2 - reach**2, 0.0)))
    # An arm that lies near the body is foreshortened: its elbow stands out by less than the bone's full length.
    normal = np.array([unit[1], -unit[0]]) * -sign
    outward = normal if normal[0] * sign > 0 or abs(unit[0]) > 0.9 else -normal
    return shoulder + unit * reach + outward * min(off, 22.0)


class _Canvas:
    """Draws in the figure's coordinates."""

    def __init__(self, draw: ImageDraw.ImageDraw, look: Look) -> None:
        self._draw, self._look = draw, look

    def room(self) -> None:
        """Floor, skirting board, stool."""
        look = self._look
        self._draw.rectangle((0, 268 * SCALE, WIDTH * SCALE, HEIGHT * SCALE), fill=look.floor)
        self._draw.rectangle((0, 262 * SCALE, WIDTH * SCALE, 268 * SCALE), fill=_shade(look.wall, 0.75))
        self._shape([(-34, 196), (34, 196), (40, 272), (-40, 272)], (150, 60, 50))
        self._shape([(-24, 210), (24, 210), (28, 272), (-28, 272)], (110, 45, 40))

    def person(self, pose: Pose) -> None:
        """Legs, torso, head, arms, from back to front."""
        look, at = self._look, joints(pose)
        for side in ("left", "right"):
            foot, ankle = at[f"{side}_foot"], at[f"{side}_ankle"]
            self._limb(ankle, foot + np.array([0.0, 2.0]), 8, (45, 45, 50))
            self._disc(foot, 9, (45, 45, 50))
            self._limb(at[f"{side}_knee"], ankle, 9, _shade(look.trousers, 0.9))
            self._limb(at[f"{side}_hip"], at[f"{side}_knee"], 12, look.trousers)
        self._limb(at["left_hip"], at["right_hip"], 12, look.trousers)
        corners = [at["left_shoulder"], at["right_shoulder"], at["right_hip"] + [4, 6], at["left_hip"] + [-4, 6]]
        for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
            self._limb(a, b, 9, look.shirt)
        self._shape([tuple(corner - [CENTRE, 0]) for corner in corners], look.shirt)
        self._limb(at["neck"], at["head"], 8, _shade(look.skin, 0.85))
        self._head(at["head"], pose)
        for side in ("left", "right"):
            self._limb(at[f"{side}_shoulder"], at[f"{side}_elbow"], 8.5, _shade(look.shirt, 0.88))
            self._limb(at[f"{side}_elbow"], at[f"{side}_hand"], 6.5, look.skin)
            self._disc(at[f"{side}_hand"], 8.5, _shade(look.skin, 0.95))

    def _head(self, at: Point, pose: Pose) -> None:
        look = self._look
        turn = np.array([[np.cos(pose.tilt), -np.sin(pose.tilt)], [np.sin(pose.tilt), np.cos(pose.tilt)]])

        def on(x: float, y: float, *, face: float = 1.0) -> Point:
            return np.asarray(at + turn @ (np.array([x, y]) + face * pose.gaze), np.float64)

        self._disc(on(0, -4, face=0.2), 21, look.hair)
        self._oval(on(0, 3, face=0.3), 17, 21, look.skin)
        for sign in (-1, 1):
            self._disc(on(sign * 17, 3, face=-0.2), 4, _shade(look.skin, 0.9))
            self._oval(on(sign * 7, 0), 3.2, 1.9, (250, 250, 250))
            self._disc(on(sign * 7, 0), 1.7, (40, 30, 30))
            self._limb(on(sign * 10, -5), on(sign * 4, -6), 1, look.hair)
        self._limb(on(0, 1), on(0, 8, face=1.2), 1.5, _shade(look.skin, 0.78))
        self._limb(on(-5, 14), on(5, 14), 1.2, (160, 70, 70))
        self._oval(on(0, -17, face=0.5), 17, 8, look.hair)

    def _xy(self, point: Point | tuple[float, float]) -> tuple[float, float]:
        """A point of the figure (x from the middle for shapes, absolute for joints) on the large canvas."""
        x, y = float(point[0]), float(point[1])
        ground = 284.0
        x = CENTRE + self._look.shift + (x - CENTRE) * self._look.size
        return x * SCALE, (ground + (y - ground) * self._look.size) * SCALE

    def _shape(self, corners: list[tuple[float, float]], colour: Colour) -> None:
        self._draw.polygon([self._xy((x + CENTRE, y)) for x, y in corners], fill=colour)

    def _limb(self, a: Point, b: Point, radius: float, colour: Colour) -> None:
        width = round(2 * radius * SCALE * self._look.size)
        self._draw.line([self._xy(a), self._xy(b)], fill=colour, width=width)
        self._disc(a, radius, colour)
        self._disc(b, radius, colour)

    def _disc(self, at: Point, radius: float, colour: Colour) -> None:
        self._oval(at, radius, radius, colour)

    def _oval(self, at: Point, width: float, height: float, colour: Colour) -> None:
        (x, y), scale = self._xy(at), SCALE * self._look.size
        box = (x - width * scale, y - height * scale, x + width * scale, y + height * scale)
        self._draw.ellipse(box, fill=colour)


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, round(value * factor)) for value in colour)
    return red, green, blue
