"""Tracks in a file: ``tracks/NAME.npz``, arrays that ``numpy.load`` reads without pickle; equal tracks, equal bytes.

``about`` holds one JSON text: everything of a ``TrackedClip`` that is no array, and the names of the sources in their
order. ``times`` is (T,) seconds, float64; of each source there are ``SOURCE.positions`` (T, 14, 2), ``SOURCE.visible``
(T, 14) and ``SOURCE.rotation.ANGLE`` (T,), float32. Lengths are torso lengths, parts as in ``PARTS``.

For pictures there may be ``evidence.frames`` (N,), ``evidence.joints`` (N, J, 2), pixels, float16, and
``evidence.masks``, a bit for each of (N, h, w) points, as ``numpy.packbits`` has them (``evidence`` of ``about`` is the
shape). Files of schema 1 have none.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mabench_eval.construction.tracks import Evidence, TrackedClip, Tracks
from mabench_eval.errors import InputError
from mabench_eval.parsing import json_value

SCHEMA = 2
"""Of the file."""
_DATE = (1980, 1, 1, 0, 0, 0)
"""Of all entries of the archive: the earliest that there is."""


def tracks_to_bytes(tracked: TrackedClip) -> bytes:
    """The file's content."""
    about = {
        "schema": SCHEMA,
        "sides": tracked.sides,
        "torso": tracked.torso,
        "found": tracked.found,
        "persons": tracked.persons,
        "camera": tracked.camera,
        "size": tracked.size,
        "sources": [tracks.source for tracks in tracked.sources],
        "evidence": tracked.evidence and tracked.evidence.masks.shape,
    }
    arrays: dict[str, NDArray[Any]] = {
        "about": np.array(json.dumps(about, allow_nan=False)),
        "times": np.asarray(tracked.times, np.float64),
    }
    for tracks in tracked.sources:
        arrays[f"{tracks.source}.positions"] = tracks.positions.astype(np.float32)
        arrays[f"{tracks.source}.visible"] = tracks.visible.astype(np.float32)
        for name, angles in sorted(tracks.rotation.items()):
            arrays[f"{tracks.source}.rotation.{name}"] = angles.astype(np.float32)

    if tracked.evidence:
        arrays["evidence.frames"] = tracked.evidence.frames.astype(np.int32)
        arrays["evidence.joints"] = tracked.evidence.joints.astype(np.float16)
        arrays["evidence.masks"] = np.packbits(tracked.evidence.masks)

    # Not numpy.savez: it puts the time of writing into the archive. Not compressed: zlib's versions differ.
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _DATE), content.getvalue())
    return stream.getvalue()


def tracks_from_bytes(content: bytes, where: str) -> TrackedClip:
    """The tracks of a file with this content. Raises InputError, beginning with ``where``, for one that is damaged."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            about = json_value(str(arrays["about"]))
            if about["schema"] > SCHEMA:
                raise InputError(f"{where}: schema {about['schema']} is of a later version, this one knows {SCHEMA}")
            sources = tuple(_source(name, arrays) for name in about["sources"])
            return TrackedClip(
                arrays["times"],
                about["sides"],
                about["torso"],
                about["found"],
                sources,
                about["persons"],
                about["camera"],
                about["size"] and (about["size"][0], about["size"][1]),
                _evidence(arrays, about["evidence"]) if about.get("evidence") else None,
            )
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{where} is no file of tracks: {error}", hint="Delete it; `mabench-eval build DIR track` makes it again."
        ) from error


def read_tracks(file: Path) -> TrackedClip:
    """The tracks of a file. Raises InputError."""
    try:
        return tracks_from_bytes(file.read_bytes(), str(file))
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from error


def _source(name: str, arrays: Mapping[str, NDArray[Any]]) -> Tracks:
    before = f"{name}.rotation."
    return Tracks(
        name,
        arrays[f"{name}.positions"].astype(np.float64),
        arrays[f"{name}.visible"].astype(np.float64),
        {key.removeprefix(before): arrays[key].astype(np.float64) for key in arrays if key.startswith(before)},
    )


def _evidence(arrays: Mapping[str, NDArray[Any]], shape: Sequence[int]) -> Evidence:
    packed, points = arrays["evidence.masks"], int(np.prod(shape))
    if points > 8 * packed.size:
        raise ValueError(f"masks of {points} points in {packed.size} bytes")
    masks = np.unpackbits(packed, count=points).reshape(shape).astype(bool)
    joints = arrays["evidence.joints"].astype(np.float64)
    return Evidence(arrays["evidence.frames"].astype(np.intp), joints, masks)
