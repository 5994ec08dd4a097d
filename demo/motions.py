"""Motion as data: how the channels of a pose change over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from demo.skeleton import REST

FPS = 30
"""Frames per second of every clip."""


@dataclass(frozen=True, slots=True)
class Move:
    """A channel goes from where it is to a value, slowly at both ends."""

    channel: str
    start: float
    """Seconds."""
    stop: float
    """Seconds."""
    to: float


@dataclass(frozen=True, slots=True)
class Swing:
    """A channel goes to and fro around where it is: ``by * sin(2 pi cycles p)``, p from 0 to 1 over the swing."""

    channel: str
    start: float
    """Seconds."""
    stop: float
    """Seconds."""
    by: float
    cycles: float


Motion = Move | Swing


@dataclass(frozen=True, slots=True)
class Script:
    """One clip: which micro-action, and what moves when."""

    action: str
    """One of the 52 labels."""
    seconds: float
    dominant: tuple[str, ...]
    """The body parts that carry the action, the leading one first."""
    motions: tuple[Motion, ...]
    """In order of their starts, channel by channel."""
    pose: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Channels that differ from the rest pose at the start."""
    props: tuple[str, ...] = ()
    """What the figure wears for this action, e.g. glasses."""

    @property
    def frames(self) -> int:
        """Frames of the clip."""
        return round(self.seconds * FPS)


def reach(
    hand: str, start: float, stop: float, to: tuple[float, float, float], **also: float
) -> tuple[Move, ...]:
    """A hand (``right`` or ``left``) goes to x, y, z; ``also`` names its other channels (bend, spread, curl, out)."""
    moves = [Move(f"{hand}_hand.{axis}", start, stop, value) for axis, value in zip("xyz", to, strict=True)]
    for name, value in also.items():
        limb = "elbow" if name == "out" else "hand"
        moves.append(Move(f"{hand}_{limb}.{name}", start, stop, value))
    return tuple(moves)


def rest(hand: str, start: float, stop: float) -> tuple[Move, ...]:
    """A hand goes back to its thigh."""
    names = [name for name in REST if name.startswith((f"{hand}_hand.", f"{hand}_elbow."))]
    return tuple(Move(name, start, stop, REST[name]) for name in names)


def ease(moment: float, start: float, stop: float) -> float:
    """0 before ``start``, 1 after ``stop``, and a smooth step between."""
    p = min(max((moment - start) / (stop - start), 0.0), 1.0)
    return p * p * (3 - 2 * p)


def _swing(swing: Swing, moment: float) -> float:
    if not swing.start < moment < swing.stop:
        return 0.0
    p = (moment - swing.start) / (swing.stop - swing.start)
    # The first and last tenth swell and fade, so that a swing neither starts nor ends with a jerk.
    swell = min(1.0, p / 0.1, (1 - p) / 0.1)
    return float(swing.by * swell * np.sin(2 * np.pi * swing.cycles * p))


def pose_at(script: Script, moment: float) -> dict[str, float]:
    """The scripted pose ``moment`` seconds into the clip, without idle movement."""
    pose = dict(REST) | dict(script.pose)
    for motion in script.motions:
        if isinstance(motion, Move):
            share = ease(moment, motion.start, motion.stop)
            pose[motion.channel] += share * (motion.to - pose[motion.channel])
    for motion in script.motions:
        if isinstance(motion, Swing):
            pose[motion.channel] += _swing(motion, moment)
    return pose


def idle(pose: dict[str, float], moment: float, seed: int) -> dict[str, float]:
    """The pose with breathing and sway: well under a pixel, so that no part is perfectly still."""
    phases = np.random.default_rng([seed, 7]).random(8) * 2 * np.pi
    breath = float(np.sin(2 * np.pi * 0.45 * moment + phases[0]))
    moved = dict(pose)
    moved["torso.y"] += 0.45 * breath
    moved["torso.x"] += 0.35 * float(np.sin(2 * np.pi * 0.3 * moment + phases[1]))
    moved["head.yaw"] += 0.9 * float(np.sin(2 * np.pi * 0.35 * moment + phases[2]))
    moved["head.roll"] += 0.4 * float(np.sin(2 * np.pi * 0.25 * moment + phases[3]))
    for index, limb in enumerate(("right_hand", "left_hand", "right_knee", "left_knee")):
        wave = float(np.sin(2 * np.pi * 0.4 * moment + phases[4 + index]))
        moved[f"{limb}.x"] += 0.25 * wave
        moved[f"{limb}.y"] += 0.3 * float(np.cos(2 * np.pi * 0.5 * moment + phases[4 + index]))
    return moved
