"""Motion of body parts: the pixel motion of a clip, assigned to the parts of a person who sits and faces the camera.

Parts are where they rest on a seated body, in shares of its height; nothing is recognised. A part's left and right are
the viewer's, as in the official questions, or the person's own, by the setting ``sides``. Directions are the viewer's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mabench_eval import SIDES, Frames, Sides

from .pixels import Array, Box, Motion, measure, shrink


class Place(NamedTuple):
    """Where a part rests: a rectangle in body heights."""

    top: float
    bottom: float
    """From the top of the head (0) to the feet (1)."""
    inner: float
    outer: float
    """Distance from the body's midline: to both sides, or to the part's own side for one that has a side."""
    rest: tuple[float, float]
    """Distance from the midline, and from the top of the head, of the part at rest."""


MIDDLE_PLACES: Mapping[str, Place] = MappingProxyType(
    {
        "head": Place(-0.15, 0.18, 0.0, 0.17, (0.0, 0.09)),
        "torso": Place(0.18, 0.55, 0.0, 0.12, (0.0, 0.36)),
    }
)
PAIRED_PLACES: Mapping[str, Place] = MappingProxyType(
    {
        "upper arm": Place(0.18, 0.40, 0.09, 0.30, (0.14, 0.29)),
        "lower arm": Place(0.34, 0.55, 0.06, 0.45, (0.12, 0.48)),
        "hand": Place(0.18, 0.68, 0.0, 0.60, (0.06, 0.58)),
        "upper leg": Place(0.52, 0.72, 0.0, 0.30, (0.10, 0.62)),
        "lower leg": Place(0.70, 0.90, 0.0, 0.30, (0.11, 0.80)),
        "foot": Place(0.87, 1.10, 0.0, 0.35, (0.10, 0.96)),
    }
)
"""Proportions of a seated adult. A hand may be anywhere below the head that its arm reaches, over other parts too."""
ACTIVE = 0.15
"""A part moves in an interval when its energy is at least this share of its own peak ..."""
FAINT = 0.02
"""... and this share of the whole body's peak."""
STEP = 0.004
"""Body heights: the least displacement that counts, about half a pixel of the shrunk frames."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """What one part does in the N intervals between frames."""

    energy: Array
    """(N,): sum of the part's pixel changes, grey levels."""
    flow: Array
    """(N, 2): mean displacement (rightward, downward) of its moving pixels, body heights."""
    rest: tuple[float, float]
    """Where it is at rest: (rightward from the midline, downward from the top of the head), body heights."""
    active: NDArray[np.bool_]
    """(N,): whether it moves."""

    @property
    def steps(self) -> Array:
        """(N, 2): displacement where it moves, else 0."""
        return np.where(self.active[:, None], self.flow, np.float32(0))

    @property
    def amplitude(self) -> float:
        """Length of its path in body heights."""
        return float(np.hypot(*self.steps.T).sum())

    def reversals(self, axis: int) -> int:
        """How often it turns back along an axis (0 horizontal, 1 vertical); steps below STEP do not count.

        Not the reversals of ``kinematics``, which want a quarter of the range: in eight frames a way back has often
        only begun when the clip ends, and to and fro would count as there and back.
        """
        steps = self.steps[:, axis]
        signs = np.sign(steps[np.abs(steps) >= STEP])
        return int((signs[1:] != signs[:-1]).sum())


@dataclass(frozen=True, slots=True, eq=False)
class BodyMotion:
    """The motion of all parts in one clip."""

    parts: Mapping[str, Track]
    """``head``, ``torso`` and, of either side, ``left upper arm`` and so on."""
    moments: Array
    """(N + 1,): time of each frame as a share (0-1) of the clip."""
    duration: float
    """Of the clip, seconds."""
    motion: Motion
    sides: Sides = "viewer"
    """Whose left and right name the parts."""

    def side(self, part: str) -> int:
        """Where a part belongs on the picture: -1 left of the midline, 1 right of it, 0 for head and torso."""
        return SIDES[self.sides].get(part.split()[0], 0)

    def during(self, start: float, end: float) -> NDArray[np.bool_]:
        """(N,): the intervals whose middle lies in a span of the clip (shares, start included)."""
        middles = (self.moments[1:] + self.moments[:-1]) / 2
        return (middles >= start) & (middles < end)

    def positions(self, part: str) -> Array:
        """(N + 1, 2): where the part is at each frame, body heights: its place at rest, moved along its steps."""
        track = self.parts[part]
        steps = np.cumsum(track.steps, axis=0)
        return np.asarray(np.concatenate([np.zeros((1, 2)), steps]) + np.array(track.rest), np.float32)


def body_motion(frames: Frames, sides: Sides = "viewer") -> BodyMotion:
    """Measure the motion in a clip's frames and assign it to body parts, which ``sides`` name."""
    return body_motion_of(shrink(frames.pixels), frames.timestamps, frames.total / frames.fps, sides)


def body_motion_of(shrunk: Array, times: Sequence[float], duration: float, sides: Sides) -> BodyMotion:
    """The same for frames that are shrunk already, (T, h, w, 3); times and the clip's duration in seconds."""
    motion = measure(shrunk)
    duration = max(duration, 1e-6)
    moments = np.array(times, np.float32) / np.float32(duration)
    return BodyMotion(_tracks(motion, sides), moments, duration, motion, sides)


def coordinates(box: Box, shape: tuple[int, int]) -> tuple[Array, Array]:
    """Of each pixel centre (h, w): distance rightward of the midline and below the top of the head, body heights."""
    rows, columns = np.indices(shape, dtype=np.float32) + np.float32(0.5)
    return (columns - np.float32(box.middle)) / box.height, (rows - box.top) / box.height


def _tracks(motion: Motion, sides: Sides) -> Mapping[str, Track]:
    across, down = coordinates(motion.box, motion.silhouette.shape)
    peak = float(motion.energy.sum(axis=(1, 2)).max(initial=0))
    tracks = {
        name: _track(motion, _inside(place, np.abs(across), down), place, 0, peak)
        for name, place in MIDDLE_PLACES.items()
    }
    for side, sign in SIDES[sides].items():
        for name, place in PAIRED_PLACES.items():
            tracks[f"{side} {name}"] = _track(motion, _inside(place, sign * across, down), place, sign, peak)
    return tracks


def _inside(place: Place, lateral: Array, down: Array) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (place.inner <= lateral) & (lateral < place.outer)
    return inside & (place.top <= down) & (down < place.bottom)


def _track(motion: Motion, inside: NDArray[np.bool_], place: Place, sign: int, peak: float) -> Track:
    """The track of a part; ``peak``: the largest energy of the whole body in an interval."""
    weights = motion.energy[:, inside]
    energy = weights.sum(axis=1)
    flow = (weights[..., None] * motion.flow[:, inside]).sum(axis=1) / np.maximum(energy, 1e-6)[:, None]
    rest = (sign * place.rest[0], place.rest[1])
    active = (energy > 0) & (energy >= max(ACTIVE * float(energy.max(initial=0)), FAINT * peak))
    return Track(energy, flow, rest, active)
