"""Clip files checked before a run: there, readable, whole; and hashed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from mabench_eval.errors import InputError
from mabench_eval.types import Clip


def read_clips(names: Sequence[str], folder: Path) -> dict[str, Clip]:
    """Check and hash each clip file, without decoding. Raises InputError that lists every bad one."""
    if names and not folder.is_dir():
        raise InputError(
            f"clip folder {folder} is not there, and this model looks at the clips",
            hint="Give it with --clips DIR, or put the clips into videos/ beside the question file.",
        )
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # hashing releases the GIL
        results = list(pool.map(lambda name: _read_clip(name, folder / f"{name}.mp4"), names))
    problems = [result for result in results if isinstance(result, str)]
    if problems:
        raise InputError(
            f"{len(problems)} of {len(names)} clips in {folder} cannot be used, nothing was run", problems=problems
        )
    return {clip.name: clip for clip in results if isinstance(clip, Clip)}


def _read_clip(name: str, path: Path) -> Clip | str:
    """The clip with its hash, or what is wrong with the file."""
    try:
        with path.open("rb") as stream:
            problem = _mp4_problem(stream)
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return f"{path.name}: missing"
    except OSError as error:
        return f"{path.name}: unreadable: {error.strerror or error}"
    return f"{path.name}: unreadable: {problem}" if problem else Clip(name, path, digest)


def _mp4_problem(stream: BinaryIO) -> str | None:
    """What is wrong with an MP4 file, by its top-level boxes (ISO/IEC 14496-12, 4.2); None if it is whole.

    Finds empty, cut and foreign files (an HTML page of a failed download) in microseconds. Damage inside the boxes
    shows only when the clip is decoded; its questions then become errors.
    """
    size = stream.seek(0, os.SEEK_END)
    if size == 0:
        return "empty file"

    kinds: list[bytes] = []
    at = 0
    while at < size:
        stream.seek(at)
        header = stream.read(16)
        kind, length = header[4:8], int.from_bytes(header[:4], "big")
        if length == 1:  # a 64-bit length follows
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:  # up to the end of the file
            length = size - at
        if not kinds and kind != b"ftyp":
            return "not an MP4 file"
        if length < 8 or at + length > size:
            return "cut off or damaged"
        kinds.append(kind)
        at += length
    return None if b"moov" in kinds else "cut off: its index (moov) is missing"
