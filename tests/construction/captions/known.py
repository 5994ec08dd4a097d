"""Descriptors made by hand for captions: a seated figure at rest, and what moves of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mabench_eval.construction import PARTS, ClipRow, Descriptor, Sides, TrackedClip, Tracks, describe
from mabench_eval.construction.captions import Fact, Known

FRAMES = 61
TIMES = np.arange(FRAMES) / 30
"""Two seconds: phases are frames 0-20, 20-40, 40-60."""
REST = {"head": (2.0, 1.0), "torso": (2.0, 2.0)} | {
    f"{side} {part}": (2.0 + sign * x, y)
    for side, sign in (("left", -1), ("right", 1))
    for part, (x, y) in {
        "upper arm": (0.4, 1.8),
        "lower arm": (0.4, 2.15),
        "hand": (0.25, 2.5),
        "upper leg": (0.3, 2.7),
        "lower leg": (0.35, 3.3),
        "foot": (0.35, 3.7),
    }.items()
}
"""Torso lengths: the torso's middle at (2, 2), shoulders half a length above it; the viewer's sides."""
SOURCES = ("pose", "flow")


def ramp(by: tuple[float, float], first: int, last: int) -> np.ndarray:
    """(T, 2): from rest to ``by`` between two frames."""
    share = np.clip((np.arange(FRAMES) - first) / (last - first), 0, 1)
    return np.asarray(share[:, None] * np.array(by))


def swing(by: tuple[float, float], times: int, first: int = 5, last: int = 55) -> np.ndarray:
    """(T, 2): ``times`` full swings to either side between two frames."""
    share = np.clip((np.arange(FRAMES) - first) / (last - first), 0, 1)
    return np.asarray(np.sin(2 * np.pi * times * share)[:, None] * np.array(by))


def described(
    moves: Mapping[str, np.ndarray],
    flow: Mapping[str, np.ndarray] | None = None,
    *,
    sides: Sides = "viewer",
    hidden: tuple[str, ...] = (),
    **facts: float,
) -> Descriptor:
    """By two sources; ``flow``: what the second one says otherwise."""
    tracks = []
    for source, given in zip(SOURCES, (moves, {**moves, **(flow or {})}), strict=True):
        positions = np.stack([np.array(REST[p]) + given.get(p, np.zeros((FRAMES, 2))) for p in PARTS], axis=1)
        visible = np.array([[0.1 if part in hidden else 1.0 for part in PARTS]] * FRAMES)
        tracks.append(Tracks(source, positions, visible))
    clip = TrackedClip(TIMES, sides, 90.0, facts.pop("found", 1.0), tuple(tracks), **facts)  # type: ignore[arg-type]
    return describe(clip, "clip", "ab" * 32, {"name": "made", "version": "1", "licence": "none"})


def known(moves: Mapping[str, np.ndarray], flow: Mapping[str, np.ndarray] | None = None, **given: object) -> Known:
    return Known(described(moves, flow, **given))  # type: ignore[arg-type]


def row(fine: str = "Waving", coarse: str = "Upper limb", clip: str = "clip") -> ClipRow:
    return ClipRow(clip, f"{clip}.mp4", "ab" * 32, FRAMES, 2.0, 30.0, 240, 320, "X1", fine, coarse, None)


def cap(family: str, *parts: str, when: str | None = None, value: str | None = None) -> Fact:
    return Fact(family, parts, when, value)
