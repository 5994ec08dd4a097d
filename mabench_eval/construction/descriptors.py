"""Body-part motion descriptors: what each part of a clip does, by each source, and on what all sources agree.

A descriptor is a line of ``descriptors.jsonl``. Lengths are torso lengths, x rightward and y downward as seen, times
seconds from the first frame on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mabench_eval.construction import kinematics
from mabench_eval.construction.kinematics import Floats
from mabench_eval.construction.parts import PARTS, limb
from mabench_eval.construction.sides import Sides
from mabench_eval.construction.tracks import SEEN, TrackedClip, Tracks

SCHEMA = 1
"""Of the form of a descriptor."""
FLOOR = 0.04
"""Torso lengths: what moves less far is the noise of trackers on people who keep still."""
CONTACT = 0.3
"""Torso lengths between two parts that may touch, as far as a picture shows it."""
TOUCHING = 0.2
"""Seconds that a contact lasts at least."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Phase:
    """One third of a clip."""

    begins: Point
    ends: Point
    """Where the part is at its first and last frame."""
    four: tuple[float, float, float, float]
    """How far it goes up, down, left and right, there and back counted each."""
    speed: float
    """Mean, torso lengths a second."""

    @property
    def move(self) -> Point:
        """From the first to the last frame."""
        return self.ends[0] - self.begins[0], self.ends[1] - self.begins[1]


@dataclass(frozen=True, slots=True)
class Measure:
    """What one source says of a part."""

    amplitude: float
    """Diagonal of the box that its path fits into."""
    path: float
    """Length of its way."""
    phases: tuple[Phase, Phase, Phase]
    """Early, middle, late."""
    onset: float | None
    """When it has gone a fifth of its way; None for a part that stays below the noise floor, as are the next two."""
    peak: float | None
    """When it is farthest from where it rests."""
    settle: float | None
    """From when on it stays where it ends."""
    reversals: int
    """How often it turns back, on the axis on which it turns most."""


@dataclass(frozen=True, slots=True)
class Part:
    """One body part."""

    visible: float
    """Mean confidence that it is seen, by the source that sees it least."""
    sources: Mapping[str, Measure]


@dataclass(frozen=True, slots=True)
class Rotation:
    """How far an angle changes. One source alone sees it: a hint for review, and no ground for a statement."""

    range: float
    """Radians."""
    reversals: int
    onset: float | None


@dataclass(frozen=True, slots=True)
class Contact:
    """Two parts near each other by all sources. A picture shows nearness, not touch."""

    parts: tuple[str, str]
    begins: float
    ends: float
    gap: float
    """The least distance of their centres, mean of the sources."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What may be wrong with the tracks."""

    found: float
    """Share of the frames in which a person was found."""
    hidden: tuple[str, ...]
    """Parts that are seen with less confidence than 0.5."""
    persons: int | None
    camera: float | None
    """How far the background moves, torso lengths."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One clip."""

    schema: int
    clip: str
    sha256: str | None
    """Of the clip's bytes; None where a skeleton came without them."""
    seconds: float
    frames: int
    sides: Sides
    tracker: Mapping[str, str]
    """``name``, ``version`` and ``licence`` of what made the tracks."""
    torso: float
    """Pixels of a torso length."""
    quality: Quality
    parts: Mapping[str, Part]
    rotation: Mapping[str, Rotation]
    contacts: tuple[Contact, ...]


def describe(tracked: TrackedClip, clip: str, sha256: str | None, tracker: Mapping[str, str]) -> Descriptor:
    """Measure every part of a tracked clip. ``tracker``: ``name``, ``version``, ``licence``."""
    measures = {tracks.source: _measures(tracks, tracked.times) for tracks in tracked.sources}
    visible = np.min([tracks.visible.mean(axis=0) for tracks in tracked.sources], axis=0)
    parts = {
        name: Part(_rounded(visible[place]), {source: each[place] for source, each in measures.items()})
        for place, name in enumerate(PARTS)
    }
    return Descriptor(
        SCHEMA,
        clip,
        sha256,
        _rounded(tracked.times[-1]),
        len(tracked.times),
        tracked.sides,
        tracker,
        round(tracked.torso, 1),
        Quality(
            _rounded(tracked.found),
            tuple(name for name, part in parts.items() if part.visible < SEEN),
            tracked.persons,
            None if tracked.camera is None else _rounded(tracked.camera),
        ),
        parts,
        _rotations(tracked),
        tuple(_contacts(tracked)),
    )


def _measures(tracks: Tracks, times: Floats) -> list[Measure]:
    positions = kinematics.smooth(tracks.positions, times)
    return [_measure(positions[:, place], times) for place in range(len(PARTS))]


def _measure(path: Floats, times: Floats) -> Measure:
    bounds = kinematics.phase_bounds(times)
    moves = kinematics.amplitude(path) > FLOOR
    onset = kinematics.onset(path, times, FLOOR / 2) if moves else None
    settle = kinematics.settle(path, times, FLOOR / 2) if moves else None
    early, middle, late = (_phase(path, times, first, last) for first, last in bounds)
    return Measure(
        amplitude=_rounded(kinematics.amplitude(path)),
        path=_rounded(kinematics.length(path)),
        phases=(early, middle, late),
        onset=None if onset is None else _rounded(onset),
        peak=_rounded(kinematics.peak(path, times)) if moves else None,
        settle=None if settle is None else _rounded(settle),
        reversals=max(kinematics.reversals(path[:, axis], FLOOR / 2) for axis in (0, 1)),
    )


def _phase(path: Floats, times: Floats, first: int, last: int) -> Phase:
    way = path[first : last + 1]
    up, down, left, right = map(_rounded, kinematics.directional(way))
    seconds = max(float(times[last] - times[first]), 1e-6)
    speed = _rounded(kinematics.length(way) / seconds)
    return Phase(_point(path[first]), _point(path[last]), (up, down, left, right), speed)


def _rotations(tracked: TrackedClip) -> dict[str, Rotation]:
    found = {}
    for tracks in tracked.sources:
        for name, angles in tracks.rotation.items():
            values = kinematics.smooth(angles, tracked.times)
            as_path = np.stack([values, np.zeros_like(values)], axis=1)
            onset = kinematics.onset(as_path, tracked.times, FLOOR)
            found[name] = Rotation(
                _rounded(np.ptp(values)),
                kinematics.reversals(values, FLOOR),
                None if onset is None else _rounded(onset),
            )
    return found


def _contacts(tracked: TrackedClip) -> Sequence[Contact]:
    """Hands near something that is not of their own arm, while all sources say so."""
    contacts = []
    for one, other in combinations(range(len(PARTS)), 2):
        names = PARTS[one], PARTS[other]
        if limb(names[0]) == limb(names[1]) or not any(name.endswith("hand") for name in names):
            continue
        gaps = np.array([np.hypot(*(t.positions[:, one] - t.positions[:, other]).T) for t in tracked.sources])
        for first, last in _runs(np.asarray((gaps < CONTACT).all(axis=0))):
            if tracked.times[last] - tracked.times[first] >= TOUCHING:
                gap = float(gaps[:, first : last + 1].min(axis=1).mean())
                span = _rounded(tracked.times[first]), _rounded(tracked.times[last])
                contacts.append(Contact(names, *span, _rounded(gap)))
    return contacts


def _runs(held: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last place of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], held, [False]])))
    return [(int(first), int(last) - 1) for first, last in edges.reshape(-1, 2)]


def _point(at: Floats) -> Point:
    return _rounded(at[0]), _rounded(at[1])


def _rounded(value: float) -> float:
    """Four decimals: a tenth of a pixel and less. Files are the same on every machine."""
    return round(float(value), 4) + 0.0
