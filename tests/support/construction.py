"""Builds whose motions are known: descriptors from the paths of the figures that are drawn, without any tracker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from demo.motions import CLIPS, FPS, Clip, Move
from demo.questions import breath_of, clip_name
from demo.truth import Track, tracks
from mabench_eval.construction import (
    PARTS,
    BuildFolder,
    BuildSettings,
    ClipRow,
    Descriptor,
    TrackedClip,
    Tracks,
    describe,
    init_build,
    open_build,
    write_settings,
)
from mabench_eval.construction.folder import ACTIONS, DESCRIPTORS, LEFT_OUT, write_rows
from mabench_eval.construction.folder import CLIPS as CLIP_ROWS
from mabench_eval.construction.intake.actions import ma52_actions
from mabench_eval.journal import Silent, write_text

VIDEOS = Path(__file__).resolve().parents[2] / "demo" / "videos"
TORSO = 84.0
"""Pixels between the middles of the drawn figure's shoulders and hips: 184 - 100."""
TRACKER = {"name": "drawn", "version": "1", "licence": "MIT"}
SOURCES = ("pose", "flow")
KNOWN = '''\
"""What is known of the demo, as if it had been tracked."""
from mabench_eval import ClipError, register_tracker
from tests.support.construction import demo_tracks, tracked


@register_tracker("known")
def known(clip):
    if clip.name == LOST:
        raise ClipError(f"clip {clip.name}: no person is found in any of its pictures")
    return tracked(demo_tracks()[clip.name[: len("demo_01")]])
'''
_MOVABLE = {
    "head": 15,
    "torso": 15,
    "left_hand": 50,
    "right_hand": 50,
    "left_foot": 18,
    "right_foot": 18,
    "left_knee": 16,
    "right_knee": 16,
}
"""Joint -> about how many pixels a random movement of it goes."""


@dataclass(frozen=True, slots=True)
class DrawnClip:
    """A clip that could be drawn: what it would show, and what is measured on it."""

    row: ClipRow
    descriptor: Descriptor
    tracks: Mapping[str, Track]
    """Part as the demo names it (``Left Hand``) -> its path, pixels."""


def demo_build(folder: Path) -> BuildFolder:
    """A folder with the demo taken in and described by its known tracks; ``folder`` is made."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = folder / "labels.csv"
    rows = [f"{clip_name(number)},{clip.action}" for number, clip in enumerate(CLIPS)]
    write_text(labels, "\n".join(["clip,label", *rows, ""]))
    build = init_build(folder, BuildSettings(1, str(VIDEOS), str(labels)), Silent()).folder
    _write_descriptors(folder, [described(row.clip, row.sha256, demo_tracks()[row.clip]) for row in build.clips()])
    return open_build(build.path)


@cache
def demo_tracks() -> Mapping[str, Mapping[str, Track]]:
    """Clip of the demo -> part -> its path."""
    return {clip_name(number): tracks(clip, breath_of(number)) for number, clip in enumerate(CLIPS)}


def drawn_build(folder: Path, clips: list[DrawnClip]) -> BuildFolder:
    """A folder with clips that were never drawn: all there is of a build but the videos."""
    folder.mkdir(parents=True, exist_ok=True)
    write_settings(folder, BuildSettings(1, str(folder / "videos"), str(folder / "labels.csv")))
    write_text(folder / ACTIONS, ma52_actions().table())
    write_rows(folder / LEFT_OUT, [])
    write_rows(folder / CLIP_ROWS, [clip.row for clip in clips])
    _write_descriptors(folder, [clip.descriptor for clip in clips])
    return open_build(folder)


def drawn_clips(count: int, seed: int = 7) -> Iterator[DrawnClip]:
    """The demo's figure with random movements of two to four joints, and random labels of the 52."""
    lot = np.random.default_rng([20, seed])
    actions = ma52_actions().all
    for number in range(count):
        action = actions[int(lot.integers(len(actions)))]
        clip = random_clip(action.name, lot)
        name = f"drawn_{number:05d}"
        paths = tracks(clip, 0.37 * number)
        sha256 = f"{seed:032x}{number:032x}"
        row = ClipRow(
            name,
            f"{name}.mp4",
            sha256,
            clip.frames,
            clip.seconds,
            float(FPS),
            240,
            320,
            action.code,
            action.name,
            action.body_part,
            None,
        )
        yield DrawnClip(row, described(name, sha256, paths), paths)


def random_clip(action: str, lot: np.random.Generator) -> Clip:
    """One and a half to three seconds of it: most movements go somewhere and stay, some go back and forth."""
    frames = int(lot.integers(45, 90))
    moves = []
    for joint in lot.choice(list(_MOVABLE), size=int(lot.integers(2, 5)), replace=False):
        # Along an axis most of the time, as people move for a camera; anywhere else now and then.
        axis = float(lot.choice([0, 0.5, 1, 1.5])) * np.pi + lot.normal(0, 0.15)
        angle = lot.uniform(0, 2 * np.pi) if lot.random() < 0.3 else axis
        reach = _MOVABLE[str(joint)] * lot.uniform(0.5, 1.2)
        by = (float(reach * np.cos(angle)), float(reach * np.sin(angle)))
        start = float(lot.uniform(0.1, frames / FPS * 0.6))
        if lot.random() < 0.65:
            moves.append(Move(str(joint), by, start, float(lot.uniform(0.3, 0.8))))
        else:
            moves.append(Move(str(joint), by, start, min(1.5, frames / FPS - start), float(lot.integers(2, 5))))
    return Clip(action, frames, tuple(moves))


def write_known_tracker(folder: Path, *, lost: str = "") -> Path:
    """A folder to ``--include``: a tracker ``known`` that knows where the demo's parts are, but in the clip ``lost``."""
    (folder / "trackers").mkdir(parents=True)
    write_text(folder / "trackers" / "known.yaml", "name: known\ndescription: Of the demo.\nlicence: MIT\n")
    write_text(folder / "trackers" / "known.py", KNOWN.replace("LOST", repr(lost)))
    return folder


def described(name: str, sha256: str, paths: Mapping[str, Track]) -> Descriptor:
    """The descriptor of a clip by its known paths."""
    return describe(tracked(paths), name, sha256, TRACKER)


def tracked(paths: Mapping[str, Track]) -> TrackedClip:
    """A clip by its known paths: two sources that say the same."""
    positions = np.stack([paths[part.title()].path for part in PARTS], axis=1) / TORSO
    frames = len(positions)
    sources = tuple(Tracks(source, positions, np.ones((frames, len(PARTS)))) for source in SOURCES)
    return TrackedClip(np.arange(frames) / FPS, "viewer", TORSO, 1.0, sources, persons=1)


def _write_descriptors(folder: Path, descriptors: list[Descriptor]) -> None:
    (folder / "descriptors").mkdir(exist_ok=True)
    for descriptor in descriptors:
        write_rows(folder / "descriptors" / f"{descriptor.clip}.json", [descriptor])
    write_rows(folder / DESCRIPTORS, descriptors)
