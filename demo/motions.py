"""The 28 clips, four for each body part: which micro-action, moved how, beside which second movement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from demo.figure import Look, Pose

FPS = 30


@dataclass(frozen=True, slots=True)
class Move:
    """One joint's movement, added to where it rests."""

    joint: str
    """A field of Pose; ``head``, ``gaze``, ``torso``, hands, knees, feet take two numbers, the rest one."""
    by: tuple[float, ...]
    """How far, pixels (radians for tilt); for an oscillation its amplitude."""
    start: float
    """Seconds."""
    seconds: float
    """From rest to the far end; of the whole oscillation."""
    cycles: float = 0.0
    """0: a single movement; else so many full swings."""
    back: float | None = None
    """When the way back begins, seconds; it takes as long. None: it stays."""

    def at(self, time: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The offset at a time."""
        by = np.array(self.by)
        if self.cycles:
            phase = float(np.clip((time - self.start) / self.seconds, 0, 1))
            swell = min(1.0, 6 * phase, 6 * (1 - phase))  # swings begin and end gently
            return np.asarray(by * swell * np.sin(2 * np.pi * self.cycles * phase))
        share = _ease((time - self.start) / self.seconds)
        if self.back is not None:
            share -= _ease((time - self.back) / self.seconds)
        return np.asarray(by * share)


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of the demo."""

    action: str
    """One of the 52 micro-actions."""
    frames: int
    moves: tuple[Move, ...]

    @property
    def seconds(self) -> float:
        """Length."""
        return self.frames / FPS

    def pose(self, frame: int, breath: float) -> Pose:
        """The pose at a frame: rest, breathing and idle sway, and the moves."""
        time = frame / FPS
        pose = Pose()
        sway = 0.5 * np.sin(2 * np.pi * (time / 3.1 + breath))
        pose.torso = pose.torso + np.array([sway * 0.6, -0.4 * np.sin(2 * np.pi * (time / 2.7 + breath))])
        for move in self.moves:
            offset = move.at(time)
            rest = getattr(pose, move.joint)
            pose = replace(pose, **{move.joint: rest + (offset if len(move.by) == 2 else float(offset[0]))})
        return pose


def look(number: int) -> Look:
    """The person and room of the n-th clip."""
    lot = np.random.default_rng([2026, number])

    def pick(*colours: tuple[int, int, int]) -> tuple[int, int, int]:
        red, green, blue = (int(np.clip(value + lot.integers(-10, 11), 0, 255)) for value in lot.choice(colours))
        return red, green, blue

    return Look(
        skin=pick((236, 200, 172), (214, 168, 134), (158, 110, 80), (240, 210, 190)),
        hair=pick((40, 30, 28), (80, 54, 36), (24, 24, 26), (120, 90, 60)),
        shirt=pick((60, 90, 150), (30, 34, 40), (150, 60, 60), (90, 140, 100), (200, 190, 160)),
        trousers=pick((70, 80, 110), (50, 50, 56), (120, 110, 90)),
        wall=pick((214, 220, 218), (222, 216, 206), (204, 212, 222)),
        floor=pick((150, 148, 146), (134, 126, 118)),
        size=float(lot.uniform(0.92, 1.04)),
        shift=float(lot.uniform(-12, 12)),
        grain=int(lot.integers(1 << 30)),
    )


def _ease(share: float) -> float:
    """Minimum-jerk course from 0 to 1 (Flash and Hogan 1985): 10 s^3 - 15 s^4 + 6 s^5."""
    s = float(np.clip(share, 0, 1))
    return 10 * s**3 - 15 * s**4 + 6 * s**5


def _to(joint: str, x: float, y: float, start: float, seconds: float, back: float | None = None) -> Move:
    return Move(joint, (x, y), start, seconds, back=back)


def _swing(joint: str, x: float, y: float, start: float, seconds: float, cycles: float) -> Move:
    return Move(joint, (x, y), start, seconds, cycles)


def _touch(hand: str, x: float, y: float, start: float, rub: tuple[float, float], cycles: float) -> tuple[Move, Move]:
    """A hand that goes to a place and rubs there."""
    return _to(hand, x, y, start, 0.5), _swing(hand, *rub, start + 0.55, 0.9, cycles)


CLIPS: Sequence[Clip] = (
    # Body
    Clip("Shaking body", 72, (_swing("torso", 12, 0, 0.2, 2.0, 3), _to("left_foot", -12, 0, 1.2, 0.5))),
    Clip("Rising up", 60, (_to("torso", 2, -20, 0.3, 0.9), _to("right_hand", 16, 8, 1.1, 0.5))),
    Clip(
        "Shrugging",
        54,
        (
            Move("shoulders", (13.0,), 0.3, 0.35, back=0.95),
            _to("torso", 0, -3, 0.3, 0.35, 0.95),
            _to("left_knee", -12, -2, 1.1, 0.4),
        ),
    ),
    Clip("Sitting straightly", 60, (_to("torso", -13, -9, 0.2, 0.7), _to("right_hand", 24, 12, 1.0, 0.5))),
    # Head
    Clip(
        "Nodding",
        60,
        (_swing("gaze", 0, 8, 0.2, 1.5, 3), _swing("head", 0, 5, 0.2, 1.5, 3), _to("right_foot", 12, 0, 1.1, 0.4)),
    ),
    Clip(
        "Shaking head",
        60,
        (_swing("gaze", 10, 0, 0.2, 1.5, 3), _swing("head", 4, 0, 0.2, 1.5, 3), _to("left_hand", -10, 8, 1.2, 0.4)),
    ),
    Clip(
        "Tilting head",
        54,
        (Move("tilt", (0.42,), 0.25, 0.5), _to("head", 11, 4, 0.25, 0.5), _to("left_hand", -24, 12, 1.0, 0.4)),
    ),
    Clip(
        "Bowing head",
        60,
        (_to("gaze", 0, 11, 0.3, 0.6), _to("head", 0, 13, 0.3, 0.6), _to("right_hand", 14, 6, 1.2, 0.4)),
    ),
    # Upper limb
    Clip(
        "Waving",
        75,
        (_to("left_hand", -46, -88, 0.2, 0.5), _swing("left_hand", 15, 0, 0.7, 1.5, 3), _to("head", -7, 1, 1.1, 0.5)),
    ),
    Clip(
        "Stretching arms",
        66,
        (_to("right_hand", 68, -58, 0.2, 0.8), _to("left_hand", -68, -58, 0.2, 0.8), _to("head", 0, -7, 1.0, 0.5)),
    ),
    Clip(
        "Rubbing hands",
        72,
        (
            _to("right_hand", -6, -34, 0.2, 0.4),
            _to("left_hand", 6, -34, 0.2, 0.4),
            _swing("right_hand", 0, 8, 0.6, 1.5, 4),
            _swing("left_hand", 0, -8, 0.6, 1.5, 4),
            _to("head", 0, 8, 1.0, 0.5),
        ),
    ),
    Clip(
        "Spreading hands",
        60,
        (_to("right_hand", 46, -14, 0.3, 0.5), _to("left_hand", -46, -14, 0.3, 0.5), _to("head", 8, 2, 1.1, 0.4)),
    ),
    # Lower limb
    Clip(
        "Tiptoe",
        60,
        (
            Move("heels", (15.0,), 0.2, 0.4, back=1.2),
            _to("right_knee", 0, -13, 0.2, 0.4, 1.2),
            _to("left_knee", 0, -13, 0.2, 0.4, 1.2),
            _to("head", 7, 1, 0.9, 0.4),
        ),
    ),
    Clip(
        "Shaking legs",
        75,
        (
            _swing("left_knee", 7, -8, 0.15, 2.1, 5),
            _swing("left_foot", 3, -4, 0.15, 2.1, 5),
            _to("right_hand", 10, -12, 1.2, 0.5),
        ),
    ),
    Clip(
        "Closing legs",
        54,
        (
            _to("right_knee", -20, 1, 0.3, 0.5),
            _to("left_knee", 20, 1, 0.3, 0.5),
            _to("right_foot", -16, 0, 0.3, 0.5),
            _to("left_foot", 16, 0, 0.3, 0.5),
            _to("head", -7, 1, 1.0, 0.4),
        ),
    ),
    Clip(
        "Spread legs",
        54,
        (
            _to("right_knee", 24, 1, 0.2, 0.5),
            _to("left_knee", -24, 1, 0.2, 0.5),
            _to("right_foot", 24, 0, 0.2, 0.5),
            _to("left_foot", -24, 0, 0.2, 0.5),
            _to("head", 0, 7, 0.9, 0.5),
        ),
    ),
    # Body-hand
    Clip(
        "Scratching or touching chest", 66, (*_touch("left_hand", 8, -58, 0.2, (5, 3), 3), _to("head", 0, 8, 1.1, 0.5))
    ),
    Clip(
        "Scratching or touching neck",
        66,
        (*_touch("right_hand", -2, -86, 0.25, (3, 4), 3), _to("head", 9, 1, 1.2, 0.5)),
    ),
    Clip(
        "Scratching or touching shoulder",
        66,
        (*_touch("left_hand", 40, -74, 0.2, (4, 3), 3), _to("right_foot", 12, 0, 1.2, 0.5)),
    ),
    Clip(
        "Crossing arms",
        66,
        (_to("left_hand", 36, -44, 0.2, 0.7), _to("right_hand", -36, -38, 0.2, 0.7), _to("head", 0, -7, 1.2, 0.5)),
    ),
    # Head-hand
    Clip("Touching nose", 60, (*_touch("left_hand", 11, -106, 0.2, (2, 3), 3), _to("right_foot", 12, 0, 1.1, 0.4))),
    Clip(
        "Playing or tidying hair",
        72,
        (*_touch("right_hand", 4, -134, 0.2, (8, 3), 3), _to("left_foot", -12, 0, 1.2, 0.5)),
    ),
    Clip("Covering mouth", 60, (_to("right_hand", -11, -100, 0.3, 0.5), _to("left_knee", -12, 0, 1.2, 0.4))),
    Clip("Touching ears", 66, (*_touch("left_hand", -8, -112, 0.2, (2, 4), 3), _to("right_knee", 12, 0, 1.2, 0.5))),
    # Leg-hand
    Clip("Touching legs", 60, (_to("left_hand", -18, 34, 0.3, 0.6), _to("head", 0, 8, 1.1, 0.4))),
    Clip(
        "Patting legs",
        66,
        (_to("right_hand", 18, 22, 0.15, 0.4), _swing("right_hand", 0, -11, 0.5, 1.4, 4), _to("head", -8, 1, 1.2, 0.5)),
    ),
    Clip(
        "Scratching legs",
        66,
        (
            _to("left_hand", -16, 46, 0.2, 0.5),
            _swing("left_hand", 3, 9, 0.7, 1.2, 4),
            _to("torso", -4, 9, 0.2, 0.6),
            _to("right_foot", 12, 0, 1.4, 0.4),
        ),
    ),
    Clip(
        "Scratching feet",
        72,
        (
            _to("right_hand", 14, 84, 0.2, 0.8),
            _swing("right_hand", 7, 3, 1.0, 1.1, 3),
            _to("torso", 8, 30, 0.2, 0.8),
            _to("left_hand", -18, 20, 1.4, 0.5),
        ),
    ),
)
