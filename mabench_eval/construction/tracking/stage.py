"""``track``: clips to tracks, tracks to descriptors, and pictures of both; each a stage of units in the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from mabench_eval.catalogue import Catalogue, load_catalogue
from mabench_eval.construction import descriptors, kinematics, parts, tracks
from mabench_eval.construction.descriptors import Descriptor, describe
from mabench_eval.construction.folder import DESCRIPTORS, BuildFolder, BuildSettings, ClipRow, write_settings
from mabench_eval.construction.pool import Pool, Work, cores
from mabench_eval.construction.sides import Sides
from mabench_eval.construction.tracking.opening import OpenTracker, open_tracker
from mabench_eval.construction.tracking.overlay import FORMS, VERSION, draw_overlay
from mabench_eval.construction.tracking.track_files import SCHEMA, read_tracks, tracks_to_bytes
from mabench_eval.construction.tracking.trackers import ClipToTrack
from mabench_eval.construction.units import Tally, Unit, do_units, take_tally
from mabench_eval.errors import ClipError, InputError
from mabench_eval.journal import Journal, Progress, Records, file_digest, fingerprint, read_journal, write_json_lines
from mabench_eval.parsing import read_json
from mabench_eval.runfiles import from_json, to_json
from mabench_eval.types import Json
from mabench_eval.video import each_frame

WORKERS_LOG = "workers.log"
"""What workers print."""
SLACK = 0.1
"""Seconds that tracks may be longer or shorter than their clip."""
Overlay = Literal["sheets", "clips", "none"]


@dataclass(frozen=True, slots=True)
class TrackReport:
    """Where a build stands when ``track`` ends, or before it begins."""

    tracker: Mapping[str, str]
    """``name``, ``version``, ``licence``."""
    tracks: Tally
    descriptors: Tally
    overlays: Tally | None
    """None: none are asked for."""
    jobs: int
    """Processes at work."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left."""
        return not any(tally.left for tally in (self.tracks, self.descriptors, self.overlays) if tally)


def track_clips(
    folder: BuildFolder, catalogue: Catalogue, jobs: int | None, overlay: Overlay, progress: Progress
) -> TrackReport:
    """Track what is not tracked yet by the folder's tracker, describe what is not described, and draw.

    Args:
        folder: Its settings name the tracker.
        catalogue: Where the tracker's card is.
        jobs: Processes; None: as many as there are cores.
        overlay: What to draw.
        progress: Listens.

    Raises:
        InputError: The tracker cannot run here.
        ModelError: No process can be started.
        JournalError: The folder is in use by another process, or cannot be written.
    """
    tracker = folder_tracker(folder, catalogue)
    check_tracker(tracker)
    clips, jobs, path = folder.clips(), jobs or cores(), folder.path
    preparation = _Preparation(folder.settings, _identity(tracker))
    with Journal(path) as journal, Pool(preparation, jobs, path / WORKERS_LOG) as pool:
        write_settings(path, folder.settings)
        (path / WORKERS_LOG).unlink(missing_ok=True)
        if tracker.draft:
            progress.note(f"tracker {tracker.facts['name']} is a draft: a first look, on which no question should rest")
        for warning in journal.records.warnings:
            progress.note(warning)
        do_units(track_units(folder, clips, tracker), path, journal, pool, progress, "tracking")
        described = describe_units(folder, clips, tracker, journal.records)
        do_units(described, path, journal, pool, progress, "describing")
        write_json_lines(path / DESCRIPTORS, _described(path, described, journal.records))
        if overlay != "none":
            drawn = overlay_units(folder, clips, tracker, journal.records, overlay)
            do_units(drawn, path, journal, pool, progress, "drawing")
        return _report(folder, clips, tracker, journal.records, overlay, jobs)


def forecast_tracking(folder: BuildFolder, catalogue: Catalogue, jobs: int | None, overlay: Overlay) -> TrackReport:
    """Where it stands by the journal alone: nothing is locked or written."""
    tracker = folder_tracker(folder, catalogue)
    return _report(folder, folder.clips(), tracker, read_journal(folder.path), overlay, jobs or cores())


def folder_tracker(folder: BuildFolder, catalogue: Catalogue) -> OpenTracker:
    """The tracker that a folder's settings name. Raises InputError."""
    return open_tracker(catalogue.tracker(folder.settings.tracker), folder.settings.tracker_settings)


def check_tracker(tracker: OpenTracker) -> None:
    """Raise InputError where it cannot run here."""
    if problems := tracker.problems():
        hint = f"Its card names environment {tracker.environment}: --env auto makes it and goes there."
        raise InputError(
            f"tracker {tracker.facts['name']} cannot run here",
            problems=problems,
            hint=hint if tracker.environment else "",
        )


def track_units(folder: BuildFolder, clips: Sequence[ClipRow], tracker: OpenTracker) -> list[Unit]:
    """Clips to tracks."""
    sides = folder.settings.sides
    depends = {"schema": SCHEMA, "tracker": tracker.identity, "sides": sides}
    return [
        Unit(
            "track",
            row.clip,
            {**depends, "sha256": row.sha256},
            f"tracks/{row.clip}.npz",
            _TrackTask(row.clip, folder.file_of(row), row.sha256, (row.frames - 1) / row.fps, sides),
        )
        for row in clips
    ]


def describe_units(folder: BuildFolder, clips: Sequence[ClipRow], tracker: OpenTracker, records: Records) -> list[Unit]:
    """Tracks to descriptors, of the clips that are tracked."""
    depends = {"schema": descriptors.SCHEMA, "code": _code_identity(), "tracker": tracker.facts}
    return [
        Unit(
            "describe",
            row.clip,
            {**depends, "sha256": row.sha256, "tracks": sha256},
            f"descriptors/{row.clip}.json",
            _DescribeTask(row.clip, folder.path / file, row.sha256, tracker.facts),
        )
        for row, (file, sha256) in _done(clips, track_units(folder, clips, tracker), records)
    ]


def overlay_units(
    folder: BuildFolder, clips: Sequence[ClipRow], tracker: OpenTracker, records: Records, overlay: Overlay
) -> list[Unit]:
    """Pictures of the clips that are described."""
    tracks = {unit.clip: unit for unit in track_units(folder, clips, tracker)}
    return [
        Unit(
            "overlay",
            row.clip,
            {"form": overlay, "version": VERSION, "sha256": row.sha256, "descriptor": sha256},
            f"overlays/{row.clip}{FORMS[overlay]}",
            _DrawTask(overlay, folder.file_of(row), folder.path / tracks[row.clip].file, folder.path / file, row.fine),
        )
        for row, (file, sha256) in _done(clips, describe_units(folder, clips, tracker, records), records)
    ]


@dataclass(frozen=True, slots=True)
class _TrackTask:
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
class _DescribeTask:
    clip: str
    tracks: Path
    sha256: str
    tracker: Mapping[str, str]

    def do(self, _: OpenTracker) -> bytes:
        """The clip's descriptor, as a line of JSON."""
        descriptor = describe(read_tracks(self.tracks), self.clip, self.sha256, self.tracker)
        return json.dumps(to_json(descriptor), allow_nan=False).encode("ascii") + b"\n"


@dataclass(frozen=True, slots=True)
class _DrawTask:
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
class _Preparation:
    """Makes a worker ready: it opens the tracker for itself."""

    settings: BuildSettings
    identity: str
    """The tracker's, where the build began."""

    def __call__(self) -> Work:
        """Raises InputError where the tracker's code is another one by now."""
        include = [Path(path) for path in self.settings.include]
        card = load_catalogue(include).check().tracker(self.settings.tracker)
        tracker = open_tracker(card, self.settings.tracker_settings)
        if _identity(tracker) != self.identity:
            raise InputError(f"tracker {card.name}: its code was edited while this command was starting")
        return lambda task: task.do(tracker)


def _done(
    clips: Sequence[ClipRow], units: Sequence[Unit], records: Records
) -> Iterator[tuple[ClipRow, tuple[str, str]]]:
    """Clips of which a stage is done by the journal, with the file that it made and its sha256."""
    rows = {row.clip: row for row in clips}
    for unit in units:
        if (record := records.units.get(unit.key)) is not None:
            yield rows[unit.clip], (unit.file, str(record["sha256"]))


def _described(path: Path, units: Sequence[Unit], records: Records) -> Iterator[Json]:
    """The descriptors that there are, in the clips' order."""
    for unit in units:
        if unit.key in records.units:
            yield read_json(path / unit.file)


def _report(
    folder: BuildFolder,
    clips: Sequence[ClipRow],
    tracker: OpenTracker,
    records: Records,
    overlay: Overlay,
    jobs: int,
) -> TrackReport:
    path, total = folder.path, len(clips)
    tracks = take_tally("track", track_units(folder, clips, tracker), path, records)
    described = take_tally("describe", describe_units(folder, clips, tracker, records), path, records)
    drawn = None
    if overlay != "none":
        drawn = take_tally("overlay", overlay_units(folder, clips, tracker, records, overlay), path, records)
    return TrackReport(tracker.facts, tracks, described.of(total), drawn and drawn.of(total), jobs)


def _identity(tracker: OpenTracker) -> str:
    return fingerprint(tracker.identity)


def _code_identity() -> str:
    """Of the code that makes a descriptor from tracks."""
    modules = (descriptors, kinematics, parts, tracks)
    return fingerprint([file_digest(Path(str(module.__file__))) for module in modules])
