"""What moves in a clip, measured on the joints that are drawn: the ground truth behind every answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.figure import parts
from demo.motions import FPS, Clip

PHASES = ("early", "middle", "late")
"""Thirds of the clip."""
STILL = 2.0
"""A part whose path spans no more pixels than this is still: breathing and sway stay below it."""
CLEAR = 5.0
"""A displacement of so many pixels within a phase is clear to see."""


@dataclass(frozen=True, slots=True)
class Track:
    """The path of one body part."""

    path: NDArray[np.float64]
    """(frames, 2), pixels, x to the viewer's right, y down."""

    @property
    def amplitude(self) -> float:
        """Diagonal of the box the path fits into, pixels."""
        return float(np.hypot(*np.ptp(self.path, axis=0)))

    @property
    def start(self) -> float:
        """When it has gone a fifth of its way (at least ``STILL``) from where it rests, seconds."""
        gone = np.hypot(*(self.path - self.path[0]).T)
        return float(np.argmax(gone > max(STILL, 0.2 * gone.max()))) / FPS

    def displacement(self, phase: str) -> NDArray[np.float64]:
        """(2,): from the first to the last frame of a phase, pixels."""
        first, last = bounds(len(self.path), phase)
        return np.asarray(self.path[last] - self.path[first])

    def direction(self, phase: str) -> str | None:
        """``upward``, ``downward``, ``leftward`` or ``rightward`` as seen, if one clearly prevails in a phase."""
        x, y = self.displacement(phase)
        if max(abs(x), abs(y)) < CLEAR or min(abs(x), abs(y)) > 0.5 * max(abs(x), abs(y)):
            return None
        return ("rightward" if x > 0 else "leftward") if abs(x) > abs(y) else ("downward" if y > 0 else "upward")

    @property
    def reversals(self) -> int:
        """How often it turns back by more than a quarter of its range on the axis on which it turns most."""
        return max(_reversals(self.path[:, axis]) for axis in (0, 1))


def tracks(clip: Clip, breath: float) -> dict[str, Track]:
    """The path of each body part the questions name."""
    found = [parts(clip.pose(frame, breath)) for frame in range(clip.frames)]
    return {name: Track(np.array([at[name] for at in found])) for name in found[0]}


def approach(a: Track, b: Track, phase: str) -> float:
    """By how much two parts come closer in a phase, pixels; negative when they move apart."""
    first, last = bounds(len(a.path), phase)
    distance = np.hypot(*(a.path - b.path).T)
    return float(distance[first] - distance[last])


def bounds(frames: int, phase: str) -> tuple[int, int]:
    """First and last frame of a phase."""
    third = PHASES.index(phase)
    return third * (frames - 1) // 3, (third + 1) * (frames - 1) // 3


def limb(part: str) -> str:
    """The limb a part belongs to: parts of one limb move together and are not compared."""
    side = part.split()[0]
    if part in ("Head", "Torso"):
        return part
    return f"{side} arm" if part.endswith(("Hand", "Arm")) else f"{side} leg"


def leading(found: Mapping[str, Track]) -> list[str]:
    """Parts that move clearly, the widest movement first, one for each limb."""
    order = sorted((name for name in found if found[name].amplitude >= CLEAR), key=lambda n: -found[n].amplitude)
    return [name for place, name in enumerate(order) if limb(name) not in map(limb, order[:place])]


def as_json(found: Mapping[str, Track]) -> dict[str, object]:
    """The ground truth of a clip, rounded for reading."""
    return {
        name: {
            "amplitude": round(track.amplitude, 1),
            "start": round(track.start, 2) if track.amplitude >= CLEAR else None,
            "reversals": track.reversals,
            "displacement": {phase: [round(float(v), 1) for v in track.displacement(phase)] for phase in PHASES},
        }
        for name, track in found.items()
    }


def _reversals(values: NDArray[np.float64]) -> int:
    """Turning points with hysteresis, of a movement wide enough to be seen."""
    margin = max(float(np.ptp(values)) / 4, STILL)
    count, sign, edge = 0, 0, values[0]
    for value in values[1:]:
        if (sign >= 0 and value < edge - margin) or (sign <= 0 and value > edge + margin):
            count += sign != 0
            sign = 1 if value > edge else -1
            edge = value
        elif (value - edge) * sign > 0:
            edge = value
    return count
