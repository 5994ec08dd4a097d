"""From a file's skeletons to tracks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mabench_eval import (
    LAYOUTS,
    ClipError,
    ClipToTrack,
    Json,
    TrackedClip,
    file_digest,
    register_tracker,
    tracks_of_joints,
)

from .files import FORMS, Floats, SkeletonFiles

SEEN = 0.5
"""Confidence of a joint that is seen."""


@register_tracker("skeleton")
class SkeletonTracker:
    """The skeletons of a file or folder in a declared layout."""

    def __init__(self, settings: Json) -> None:
        """Raises InputError for a file that cannot be read."""
        self._layout, self._fps = str(settings["layout"]), settings["fps"]
        self._files = open_files(settings)

    @staticmethod
    def problems(settings: Json) -> list[str]:
        """Settings that are missing, or name nothing."""
        found = []
        file, folder = _path(settings["file"]), _path(settings["folder"])
        if (file is None) == (folder is None):
            found.append("one of two settings says where the skeletons are: --set file=PATH or --set folder=DIR")
        if file is not None and not file.is_file():
            found.append(f"there is no file {file}: --set file=PATH")
        if folder is not None and not folder.is_dir():
            found.append(f"there is no folder {folder}: --set folder=DIR")
        if settings["layout"] not in LAYOUTS:
            found.append(f"the layout is one of {', '.join(LAYOUTS)}, not {settings['layout']}: --set layout=NAME")
        fps = settings["fps"]
        if fps is not None and not (isinstance(fps, int | float) and fps > 0):
            found.append(f"fps is a number of frames a second, not {fps!r}: --set fps=30")
        return found

    @staticmethod
    def identity(settings: Json) -> Json:
        """What is in the files, wherever they lie."""
        place = _path(settings["file"]) or _path(settings["folder"])
        files = {path.name: file_digest(path) for path in _files(place)}
        return {"layout": settings["layout"], "fps": settings["fps"], "files": files}

    def track(self, clip: ClipToTrack) -> TrackedClip:
        """Raises InputError for a clip without skeletons, ClipError for one with more or fewer than it has frames."""
        skeleton = self._files.of_clip(clip.name)
        frames = len(skeleton.joints)
        if frames < 2:
            raise ClipError(f"clip {clip.name} has {frames} skeleton{'s'[: frames != 1]}: motion needs two")
        times = self._times(clip, frames)
        tracks, torso = tracks_of_joints("skeleton", skeleton.joints, skeleton.scores, self._layout, clip.sides)
        seen = (skeleton.scores >= SEEN).any(axis=1)
        return TrackedClip(times, clip.sides, torso, float(seen.mean()), (tracks,), skeleton.persons)

    def _times(self, clip: ClipToTrack, frames: int) -> Floats:
        """Of the skeletons, seconds from the first on."""
        if self._fps is not None:
            return np.arange(frames) / float(self._fps)
        times = np.array([seconds for seconds, _ in clip.pictures()])
        if len(times) != frames:
            raise ClipError(
                f"clip {clip.name} has {len(times)} frames and {frames} skeletons; of skeletons at another rate say "
                "which: --set fps=N"
            )
        return np.asarray(times - times[0])


def open_files(settings: Json) -> SkeletonFiles:
    """The file or folder that settings name. Raises InputError for a file that cannot be read."""
    return SkeletonFiles(_path(settings["file"]), _path(settings["folder"]))


def _path(given: object) -> Path | None:
    return None if given is None else Path(str(given)).expanduser()


def _files(place: Path | None) -> Iterator[Path]:
    if place is not None and place.is_file():
        yield place
    elif place is not None and place.is_dir():
        yield from sorted(path for path in place.iterdir() if path.suffix in FORMS)
