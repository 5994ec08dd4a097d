"""What a worker does with one clip, in whatever process or on whatever machine: files in, the content of a file out.

A task can be pickled, and the files that it reads are the paths among its fields: a pool may put them elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mabench_eval.catalogue import load_catalogue
from mabench_eval.construction.descriptors import Descriptor, describe
from mabench_eval.construction.folder import BuildSettings
from mabench_eval.construction.pool import Work
from mabench_eval.construction.sides import Sides
from mabench_eval.construction.tracking.opening import OpenTracker, open_tracker
from mabench_eval.construction.tracking.overlay import draw_overlay
from mabench_eval.construction.tracking.track_files import read_tracks, tracks_to_bytes
from mabench_eval.construction.tracking.trackers import ClipToTrack
from mabench_eval.errors import ClipError, InputError
from mabench_eval.journal import file_digest, fingerprint
from mabench_eval.parsing import read_json
from mabench_eval.runfiles import from_json, to_json
from mabench_eval.video import each_frame

SLACK = 0.1
"""Seconds that tracks may be longer or shorter than their clip."""


@dataclass(frozen=True, slots=True)
class TrackTask:
    """Follow a clip."""

    clip: str
    path: Path
    sha256: str
    last: float
    """Time of the clip's last frame, seconds."""
    sides: Sides

    def do(self, tracker: OpenTracker) -> bytes:
        """The clip's tracks. Raises ClipError and InputError."""
        try:
            digest = file_digest(self.path)
        except OSError as error:
            raise ClipError(f"{self.path.name} cannot be read: {error.strerror or error}") from error
        if digest != self.sha256:
            raise ClipError(f"{self.path.name} was changed since `init`; run `init` again")
        pictures = partial(each_frame, self.path)
        tracked = tracker.track(ClipToTrack(self.clip, self.path, pictures, self.sides))
        if abs(tracked.times[-1] - self.last) > SLACK:  # skeletons may have a rate of their own
            raise ClipError(f"{self.path.name} lasts {self.last:.2f} s, its tracks last {tracked.times[-1]:.2f} s")
        return tracks_to_bytes(tracked)


@dataclass(frozen=True, slots=True)
class DescribeTask:
    """Measure what was tracked."""

    clip: str
    tracks: Path
    sha256: str
    tracker: Mapping[str, str]

    def do(self, _: OpenTracker) -> bytes:
        """The clip's descriptor, as a line of JSON."""
        descriptor = describe(read_tracks(self.tracks), self.clip, self.sha256, self.tracker)
        return json.dumps(to_json(descriptor), allow_nan=False).encode("ascii") + b"\n"


@dataclass(frozen=True, slots=True)
class DrawTask:
    """Draw what was tracked and measured."""

    clip: str
    form: str
    path: Path
    tracks: Path
    descriptor: Path
    label: str

    def do(self, _: OpenTracker) -> bytes:
        """The clip's picture. Raises ClipError."""
        descriptor = from_json(Descriptor, read_json(self.descriptor), str(self.descriptor))
        return draw_overlay(self.form, self.path, read_tracks(self.tracks), descriptor, self.label)


@dataclass(frozen=True, slots=True)
class Preparation:
    """Makes a worker ready: it opens the tracker for itself."""

    settings: BuildSettings
    identity: str
    """The tracker's, where the build began."""

    def __call__(self) -> Work:
        """Raises InputError where the tracker cannot run, or its code is another one: on another machine, or by now."""
        include = [Path(path) for path in self.settings.include]
        card = load_catalogue(include).check().tracker(self.settings.tracker)
        tracker = open_tracker(card, self.settings.tracker_settings)
        check_tracker(tracker)
        if fingerprint(tracker.identity) != self.identity:
            raise InputError(f"tracker {card.name}: its code or data is not that of the command's start")
        return lambda task: task.do(tracker)


def check_tracker(tracker: OpenTracker) -> None:
    """Raise InputError where it cannot run here."""
    if problems := tracker.problems():
        hint = f"Its card names environment {tracker.environment}: --env auto makes it and goes there."
        raise InputError(
            f"tracker {tracker.facts['name']} cannot run here",
            problems=problems,
            hint=hint if tracker.environment else "",
        )
