"""Files of skeletons: which clip has which, whatever the form of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mabench_eval import InputError

from .pickles import read_pickle

Floats = NDArray[np.float64]
FORMS = (".npy", ".npz")
ANNOTATIONS = "annotations"
HIGHEST = 1.5
"""Confidence of heat maps, which passes 1 a little where they are sharp."""


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    """All skeletons of one clip."""

    joints: Floats
    """(T, joints, 2 or 3) pixels."""
    scores: Floats
    """(T, joints) confidence, 0-1; all 1 where the file has none."""
    persons: int | None
    """In the file; None where it holds one alone by its form."""


class SkeletonFiles:
    """One file for all clips, or a folder with one for each."""

    def __init__(self, file: Path | None, folder: Path | None) -> None:
        """Raises InputError for a file that cannot be read."""
        self._folder = folder
        self._place = str(file or folder)
        self._clips: Mapping[str, Any] = _all_clips(file) if file else {}

    def of_clip(self, name: str) -> Skeleton:
        """Raises InputError for a clip that has none, and for one of an odd form."""
        if self._folder is None:
            if name not in self._clips:
                some = ", ".join(sorted(self._clips)[:3])
                raise InputError(f"no skeleton in {self._place}, which has {len(self._clips)}: {some}, ...")
            return _skeleton(self._clips[name], self._place)

        path = next((path for form in FORMS if (path := self._folder / f"{name}{form}").is_file()), None)
        if path is None:
            raise InputError(f"no skeleton {name}.npy or {name}.npz in {self._folder}")
        return _skeleton(_arrays(path), str(path))


def _all_clips(file: Path) -> Mapping[str, Any]:
    """Clip -> what the file has of it."""
    if file.suffix == ".npz":
        named: Mapping[str, Any] = _arrays(file)
        return named
    if file.suffix not in (".pkl", ".pickle"):
        raise InputError(f"{file}: a file of skeletons is a .pkl or an .npz; a folder holds .npy files")
    read = read_pickle(file)
    rows = read.get(ANNOTATIONS) if isinstance(read, Mapping) else read
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and "frame_dir" in row for row in rows):
        raise InputError(f"{file}: expected `{ANNOTATIONS}`, a list of rows with frame_dir, keypoint, keypoint_score")
    return {Path(str(row["frame_dir"])).stem: row for row in rows}


def _arrays(path: Path) -> Any:
    """An array, or name -> array."""
    try:
        read = np.load(path, allow_pickle=False)
        return dict(read) if path.suffix == ".npz" else read
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"{path} cannot be read: {error}", hint="Write it with numpy.save, of numbers alone."
        ) from error


def _skeleton(found: Any, place: str) -> Skeleton:
    """What a file has of a clip: an array, or arrays of joints and scores under the names that tools give them."""
    row = found if isinstance(found, Mapping) else {"keypoint": found}
    joints, scores = _joints_and_scores(row, place)
    frames, told = joints.shape[-3], row.get("total_frames")
    if told is not None and told != frames:
        raise InputError(f"{place}: {frames} skeletons, where total_frames says {told}")
    if joints.ndim == 3:
        return Skeleton(joints, scores, None)

    # rows of zeros are persons that are not there
    there: Floats = np.array([float(each.mean()) if each.size else 0.0 for each in scores])
    if not there.any():
        raise InputError(f"{place}: there is nobody in it")
    first = int(there.argmax())
    return Skeleton(joints[first], scores[first], int((there > 0).sum()))


def _joints_and_scores(row: Mapping[str, Any], place: str) -> tuple[Floats, Floats]:
    """(frames, joints, 2) and (frames, joints), or both with persons first."""
    given = next((row[key] for key in ("keypoint", "keypoints", "joints") if key in row), None)
    if given is None and len(row) == 1:
        (given,) = row.values()
    if given is None:
        raise InputError(f"{place}: expected an array `keypoint`; there are {', '.join(map(str, row)) or 'none'}")
    confidence = next((row[key] for key in ("keypoint_score", "scores", "score") if key in row), None)

    joints = _numbers(given, place)
    if confidence is not None:
        scores = _numbers(confidence, place)
    elif joints.ndim > 2 and joints.shape[-1] == 3:  # x, y and the score, as pose tools write it
        joints, scores = joints[..., :2], joints[..., 2]
    else:
        scores = np.asarray(np.isfinite(joints).all(axis=-1), np.float64)

    if joints.ndim not in (3, 4) or joints.shape[-1] not in (2, 3) or scores.shape != joints.shape[:-1]:
        raise InputError(
            f"{place}: joints of shape {joints.shape} and scores of {scores.shape}; expected (frames, joints, 2) and "
            "(frames, joints), or the same with persons first"
        )
    if not np.isfinite(scores).all() or scores.min(initial=0) < 0 or scores.max(initial=0) > HIGHEST:
        raise InputError(f"{place}: scores are confidence, 0-1; these go from {scores.min():g} to {scores.max():g}")
    return joints, scores


def _numbers(found: Any, place: str) -> Floats:
    try:
        numbers = np.asarray(found, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{place}: expected an array of numbers: {error}") from error
    if not numbers.ndim:
        raise InputError(f"{place}: expected an array of numbers, not one")
    return numbers
