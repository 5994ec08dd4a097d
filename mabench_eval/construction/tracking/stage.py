"""``track``: clips to tracks, tracks to descriptors, and pictures of both; each a stage of units in the journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mabench_eval.catalogue import Catalogue
from mabench_eval.construction import descriptors, kinematics, parts, tracks
from mabench_eval.construction.folder import DESCRIPTORS, BuildFolder, ClipRow, write_settings
from mabench_eval.construction.pool import Pool, cores
from mabench_eval.construction.ray_pool import RayPool
from mabench_eval.construction.tracking.opening import OpenTracker, open_tracker
from mabench_eval.construction.tracking.overlay import FORMS, VERSION
from mabench_eval.construction.tracking.tasks import DescribeTask, DrawTask, Preparation, TrackTask, check_tracker
from mabench_eval.construction.tracking.track_files import SCHEMA
from mabench_eval.construction.units import Tally, Unit, do_units, take_tally
from mabench_eval.execution import ClusterChoice
from mabench_eval.journal import Journal, Progress, Records, file_digest, fingerprint, read_journal, write_json_lines
from mabench_eval.parsing import read_json
from mabench_eval.types import Json

WORKERS_LOG = "workers.log"
"""What workers print."""
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
    jobs: int | None
    """Processes at work; None: as many as a cluster has room for."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left."""
        return not any(tally.left for tally in (self.tracks, self.descriptors, self.overlays) if tally)


def track_clips(
    folder: BuildFolder,
    catalogue: Catalogue,
    jobs: int | None,
    overlay: Overlay,
    progress: Progress,
    cluster: ClusterChoice | None = None,
) -> TrackReport:
    """Track what is not tracked yet by the folder's tracker, describe what is not described, and draw.

    Args:
        folder: Its settings name the tracker.
        catalogue: Where the tracker's card is.
        jobs: Processes; None: as many as there are cores.
        overlay: What to draw.
        progress: Listens.
        cluster: Workers on Ray that work in place of processes; None: processes of this machine.

    Raises:
        InputError: The tracker cannot run here, or nodes of a cluster do not have the clips.
        ModelError: No process or worker can be started.
        JournalError: The folder is in use by another process, or cannot be written.
    """
    tracker = folder_tracker(folder, catalogue)
    if cluster is None or (cluster.ray, cluster.environment) == (None, None):  # workers elsewhere look for themselves
        check_tracker(tracker)
    clips, jobs, path = folder.clips(), _jobs(jobs, cluster), folder.path
    preparation = Preparation(folder.settings, fingerprint(tracker.identity))
    with Journal(path) as journal, _workers(preparation, folder, jobs, cluster, progress) as pool:
        write_settings(path, folder.settings)
        (path / WORKERS_LOG).unlink(missing_ok=True)
        if tracker.draft:
            progress.note(f"tracker {tracker.facts['name']} is a draft: a first look, on which no question should rest")
        for warning in journal.records.warnings:
            progress.note(warning)
        tracked = do_units(track_units(folder, clips, tracker), path, journal, pool, progress, "tracking")
        described = describe_units(folder, clips, tracker, journal.records)
        measured = do_units(described, path, journal, pool, progress, "describing").of(len(clips))
        write_json_lines(path / DESCRIPTORS, _described(path, described, journal.records))
        drawn = None
        if overlay != "none":
            pictures = overlay_units(folder, clips, tracker, journal.records, overlay)
            drawn = do_units(pictures, path, journal, pool, progress, "drawing").of(len(clips))
        return TrackReport(tracker.facts, tracked, measured, drawn, jobs)


def forecast_tracking(
    folder: BuildFolder,
    catalogue: Catalogue,
    jobs: int | None,
    overlay: Overlay,
    cluster: ClusterChoice | None = None,
) -> TrackReport:
    """Where it stands by the journal alone: nothing is locked or written."""
    tracker, clips, path = folder_tracker(folder, catalogue), folder.clips(), folder.path
    records, total = read_journal(path), len(clips)
    tracked = take_tally("track", track_units(folder, clips, tracker), path, records)
    described = take_tally("describe", describe_units(folder, clips, tracker, records), path, records)
    drawn = None
    if overlay != "none":
        drawn = take_tally("overlay", overlay_units(folder, clips, tracker, records, overlay), path, records)
    return TrackReport(tracker.facts, tracked, described.of(total), drawn and drawn.of(total), _jobs(jobs, cluster))


def _jobs(jobs: int | None, cluster: ClusterChoice | None) -> int | None:
    """Processes at work, as far as it is known before a cluster is asked."""
    if cluster is None:
        return jobs or cores()
    return cluster.workers if isinstance(cluster.workers, int) else None


def _workers(
    preparation: Preparation, folder: BuildFolder, jobs: int | None, cluster: ClusterChoice | None, progress: Progress
) -> Pool | RayPool:
    if cluster is not None:
        return RayPool(preparation, cluster, folder.path, progress.note)
    return Pool(preparation, jobs or cores(), folder.path / WORKERS_LOG)


def folder_tracker(folder: BuildFolder, catalogue: Catalogue) -> OpenTracker:
    """The tracker that a folder's settings name. Raises InputError."""
    return open_tracker(catalogue.tracker(folder.settings.tracker), folder.settings.tracker_settings)


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
            TrackTask(row.clip, folder.file_of(row), row.sha256, (row.frames - 1) / row.fps, sides),
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
            DescribeTask(row.clip, folder.path / file, row.sha256, tracker.facts),
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
            DrawTask(
                row.clip,
                overlay,
                folder.file_of(row),
                folder.path / tracks[row.clip].file,
                folder.path / file,
                row.fine,
            ),
        )
        for row, (file, sha256) in _done(clips, describe_units(folder, clips, tracker, records), records)
    ]


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


def _code_identity() -> str:
    """Of the code that makes a descriptor from tracks."""
    modules = (descriptors, kinematics, parts, tracks)
    return fingerprint([file_digest(Path(str(module.__file__))) for module in modules])
