"""What a tracker sees of a clip: where each body part is at each frame, by one source or several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mabench_eval.construction.kinematics import Floats
from mabench_eval.construction.layouts import LAYOUTS, SIZES
from mabench_eval.construction.parts import PARTS, part_joints
from mabench_eval.construction.sides import Sides
from mabench_eval.errors import InputError

SEEN = 0.5
"""Confidence from which a joint counts as seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """The body parts of one person by one source."""

    source: str
    """What they rest on: ``pose``, ``flow``, ``skeleton``, ..."""
    positions: Floats
    """(T, 14, 2): x rightward and y downward as seen, torso lengths; parts as in ``PARTS``. No gaps: a part that is not
    seen stays where it was seen last."""
    visible: Floats
    """(T, 14): confidence that the part is seen, 0-1."""
    rotation: Mapping[str, Floats] = field(default_factory=dict)
    """``head yaw``, ``head pitch``, ``head roll``: (T,), radians; empty for sources that do not see them."""

    def __post_init__(self) -> None:
        """Raise ValueError for arrays of other shapes, or numbers that are none."""
        frames = len(self.positions)
        if self.positions.shape != (frames, len(PARTS), 2) or self.visible.shape != (frames, len(PARTS)):
            raise ValueError(
                f"tracks of {self.positions.shape} and {self.visible.shape}, not (T, {len(PARTS)}, 2) and so on"
            )
        if any(angle.shape != (frames,) for angle in self.rotation.values()):
            raise ValueError("an angle is one number a frame")
        if not all(np.isfinite(each).all() for each in (self.positions, self.visible, *self.rotation.values())):
            raise ValueError("a track holds a number that is none")


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What tracks rest on, at some frames of a clip: for people to look at. Nothing is measured by it."""

    frames: NDArray[np.intp]
    """(N,): which frames, rising."""
    joints: Floats
    """(N, J, 2): pixels of the tracked picture; NaN where none is found. J may be 0."""
    masks: NDArray[np.bool_]
    """(N, h, w): where the person is in the whole tracked picture, coarsely. h may be 0: no mask."""

    def __post_init__(self) -> None:
        """Raise ValueError for arrays of other shapes, and frames that do not rise."""
        count = len(self.frames)
        if self.joints.ndim != 3 or self.joints.shape[::2] != (count, 2) or self.masks.ndim != 3:
            raise ValueError(f"evidence of {self.joints.shape} and {self.masks.shape}, not (N, J, 2) and (N, h, w)")
        if len(self.masks) != count or not (np.diff(self.frames) > 0).all():
            raise ValueError("evidence has joints and a mask for each of its frames, which rise")


@dataclass(frozen=True, slots=True, eq=False)
class TrackedClip:
    """All that a tracker says of a clip."""

    times: Floats
    """(T,): of the frames, seconds from the first on."""
    sides: Sides
    """Whose left and right name the parts."""
    torso: float
    """Length of the torso, pixels of the tracked picture: the unit of all lengths."""
    found: float
    """Share of the frames in which a person was found, 0-1."""
    sources: tuple[Tracks, ...]
    """At least one."""
    persons: int | None = None
    """Persons in the picture; None where the tracker does not count them."""
    camera: float | None = None
    """How far the background moves over the clip, torso lengths; None where the tracker does not see it."""
    size: tuple[int, int] | None = None
    """Width and height of the tracked picture, pixels, where it is not the clip's own."""
    evidence: Evidence | None = None
    """For pictures; None where the tracker hands over none."""

    def __post_init__(self) -> None:
        """Raise ValueError for what is no clip: no frame, no source, times that do not rise, sources that differ."""
        if self.times.shape != (len(self.times),) or not len(self.times) or not (np.diff(self.times) > 0).all():
            raise ValueError("the times of a tracked clip rise, one a frame, and there is at least one")
        if not self.sources or len({tracks.source for tracks in self.sources}) < len(self.sources):
            raise ValueError("a tracked clip has one source or several, each with a name of its own")
        if any(len(tracks.positions) != len(self.times) for tracks in self.sources):
            raise ValueError("all sources of a tracked clip have its frames")
        if self.evidence is not None and not set(self.evidence.frames) <= set(range(len(self.times))):
            raise ValueError("the evidence of a tracked clip is of its frames")
        if not (0 < self.torso < np.inf and 0 <= self.found <= 1):
            raise ValueError(f"a torso of {self.torso} pixels, a person in {self.found} of the frames")


def tracks_of_joints(
    source: str, joints: Floats, scores: Floats, layout: str, sides: Sides, *, guessed: bool = False
) -> tuple[Tracks, float]:
    """The parts of a skeleton, and the length of its torso in pixels.

    A part is the mean of those of its joints that the layout has. Where a joint is not seen in a frame its place is
    interpolated between the frames that see it.

    Args:
        source: Name of the tracks.
        joints: (T, joints, 2 or 3) pixels; a third coordinate is left out.
        scores: (T, joints) confidence, 0-1.
        layout: One of ``LAYOUTS``.
        sides: Whose left and right name the parts.
        guessed: Whether a joint that is not seen has its place all the same, guessed by the others; it counts then.

    Raises:
        InputError: An unknown layout, a skeleton of another size, one whose torso is never seen.
    """
    if layout not in LAYOUTS:
        raise InputError(f"unknown layout {layout!r}; layouts are {', '.join(LAYOUTS)}")
    if joints.ndim != 3 or joints.shape[1] != SIZES[layout]:
        raise InputError(
            f"a skeleton of layout {layout} has {SIZES[layout]} joints, this one has the shape {joints.shape[1:]}"
        )
    rows = LAYOUTS[layout]
    seen = ((scores >= SEEN) | guessed) & np.isfinite(joints[..., :2]).all(axis=2)
    filled = bridged(joints[..., :2].astype(np.float64), seen)

    torso = _torso(filled, seen, rows)
    positions = np.zeros((len(joints), len(PARTS), 2))
    visible = np.zeros((len(joints), len(PARTS)))
    for place, names in enumerate(part_joints(sides).values()):
        chosen = [rows[name] for name in names if name in rows]
        chosen = [row for row in chosen if seen[:, row].any()] or chosen
        positions[:, place] = filled[:, chosen].mean(axis=1) / torso
        visible[:, place] = np.clip(np.nan_to_num(scores[:, chosen]), 0, 1).mean(axis=1)
    return Tracks(source, positions, visible), torso


def bridged(joints: Floats, seen: NDArray[np.bool_]) -> Floats:
    """Each joint at every frame: in between by a straight line, beyond the first and last sight where it was then.

    ``joints``: (T, joints, 2); ``seen``: (T, joints). A joint that is never seen is at (0, 0).
    """
    frames = np.arange(len(joints))
    filled = np.zeros_like(joints)
    for joint in range(joints.shape[1]):
        there = np.flatnonzero(seen[:, joint])
        if len(there):
            for axis in (0, 1):
                filled[:, joint, axis] = np.interp(frames, there, joints[there, joint, axis])
    return filled


def _torso(joints: Floats, seen: NDArray[np.bool_], rows: Mapping[str, int]) -> float:
    """Median distance between the middles of shoulders and hips, pixels, over the frames that see all four."""
    four = [rows[f"{side} {joint}"] for joint in ("shoulder", "hip") for side in ("left", "right")]
    whole = seen[:, four].all(axis=1)
    if not whole.any():
        raise InputError("shoulders and hips are in no frame seen together, so that lengths have no unit")
    middles = joints[whole][:, four].reshape(-1, 2, 2, 2).mean(axis=2)
    length = float(np.median(np.hypot(*(middles[:, 0] - middles[:, 1]).T)))
    if length <= 0:
        raise InputError("the torso has no length")
    return length
