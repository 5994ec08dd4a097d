"""The skeleton beside the points: of the user's files, or found by RTMPose; by the code of those two trackers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mabench_eval import ClipError, Json, import_file

FILES, RTMPOSE = "../skeleton", "../rtmpose"
"""Folders of their code, which the tracker depends on."""


class Skeletons(Protocol):
    """Gives a clip's skeletons, picture after picture."""

    source: str
    """Name of their tracks."""
    layout: str

    def begin(self, clip: str) -> None:
        """With the first picture of a clip. Raises InputError for one without skeletons."""

    def see(self, picture: NDArray[np.uint8]) -> Any:
        """A ``Person``, as the tracker rtmpose has it, of the next picture, RGB."""

    def end(self, frames: int) -> None:
        """After the last picture. Raises ClipError where there are not as many skeletons."""


class FileSkeletons:
    """One skeleton a frame, of the user's files."""

    def __init__(self, settings: Json) -> None:
        """Raises InputError for a file that cannot be read."""
        self.source, self.layout = "skeleton", str(settings["layout"])
        self._files = _code(FILES).open_files(settings)
        self._person = _code(RTMPOSE).Person
        self._clip: Any = None
        self._next = 0

    def begin(self, clip: str) -> None:
        """Raises InputError for a clip without skeletons."""
        self._clip, self._next = self._files.of_clip(clip), 0

    def see(self, picture: NDArray[np.uint8]) -> Any:
        """The next row of the file."""
        row = min(self._next, len(self._clip.joints) - 1)  # `end` tells that there are too few
        self._next += 1
        joints = self._clip.joints[row, :, :2] / picture.shape[1::-1]
        return self._person(joints, self._clip.scores[row], self._clip.persons or 1)

    def end(self, frames: int) -> None:
        """Raises ClipError for more frames than skeletons, or fewer."""
        if frames != len(self._clip.joints):
            raise ClipError(f"{frames} frames and {len(self._clip.joints)} skeletons; each frame must have one")


class FoundSkeletons:
    """Those that RTMPose finds."""

    def __init__(self, settings: Json) -> None:
        """Load its networks. Raises ModelError."""
        self.source, self.layout = "rtmpose", str(settings["joints"])
        self._people = _code(RTMPOSE).open_people(settings)

    def begin(self, clip: str) -> None:
        """Nobody is followed yet."""
        self._people.begin()

    def see(self, picture: NDArray[np.uint8]) -> Any:
        """Whom RTMPose finds in it."""
        return self._people.see(picture)

    def end(self, frames: int) -> None:
        """There are as many."""


def open_skeletons(settings: Json) -> Skeletons:
    """Those of the user's files where settings name some. Raises InputError and ModelError."""
    return FileSkeletons(settings) if _has_files(settings) else FoundSkeletons(settings)


def skeleton_problems(settings: Json) -> list[str]:
    """What is missing, a line each."""
    if _has_files(settings):
        return list(_code(FILES).SkeletonTracker.problems({**settings, "fps": None}))
    return list(_code(RTMPOSE).network_problems(settings, "cotracker"))


def skeleton_identity(settings: Json) -> Json:
    """What is in the files, or in the networks."""
    if _has_files(settings):
        return dict(_code(FILES).SkeletonTracker.identity({**settings, "fps": None}))
    return {"joints": settings["joints"], **_code(RTMPOSE).network_digests(settings)}


def most_persons(people: Sequence[Any], masks: int) -> int:
    """As many as skeletons or masks show: a second one makes statements open."""
    return max(_code(RTMPOSE).persons(people) or 1, masks)


def _has_files(settings: Json) -> bool:
    return settings["file"] is not None or settings["folder"] is not None


def _code(folder: str) -> Any:
    return import_file(Path(__file__).parent / folder)
