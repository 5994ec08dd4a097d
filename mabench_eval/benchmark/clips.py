"""Clip files checked before a run: there, readable, whole; and hashed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from mabench_eval.benchmark.clip_files import find_clip_files
from mabench_eval.errors import InputError
from mabench_eval.types import Clip


def read_clips(names: Sequence[str], folder: Path) -> dict[str, Clip]:
    """Find, check and hash each clip file, without decoding. Raises InputError that lists every bad one.

    ``find_clip_files`` says which file a name stands for.
    """
    clips, problems = usable_clips(names, folder)
    if problems:
        raise unusable_clips(problems, len(names), folder)
    return clips


def unusable_clips(problems: Sequence[str], count: int, folder: Path, hint: str = "") -> InputError:
    """What to raise where a command cannot do without them: of ``count`` clips, what is wrong with these."""
    return InputError(
        f"{len(problems)} of {count} clips in {folder} cannot be used, nothing was run", problems=problems, hint=hint
    )


def usable_clips(names: Sequence[str], folder: Path) -> tuple[dict[str, Clip], list[str]]:
    """The clips whose files can be used, and what is wrong with the others, a line each.

    Raises InputError where there is no such folder.
    """
    if names and not folder.is_dir():
        raise InputError(
            f"clip folder {folder} is not there, and this model looks at the clips",
            hint="Give it with --clips DIR, or put the clips into videos/ beside the question file.",
        )
    try:
        files = find_clip_files(names, folder)
    except OSError as error:
        raise InputError(f"clip folder {folder} cannot be listed: {error.strerror or error}") from error
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # hashing releases the GIL
        results = list(pool.map(lambda name: read_clip(name, files[name]), names))
    clips = {clip.name: clip for clip in results if isinstance(clip, Clip)}
    return clips, [result for result in results if isinstance(result, str)]


def read_clip(name: str, path: Path | str) -> Clip | str:
    """The clip of a file with its hash, or what is wrong with the file; a text says that already."""
    from mabench_eval.video import frames_identity

    if isinstance(path, str):
        return path
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would keep the run waiting
            return f"{path.name}: unreadable: not a file"
        with path.open("rb") as stream:
            problem, plain = _examine(stream)
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return f"{path.name}: missing"
    except OSError as error:
        return f"{path.name}: unreadable: {error.strerror or error}"
    if problem:
        return f"{path.name}: unreadable: {problem}"
    return Clip(name, path, digest, None if plain else frames_identity())


def _examine(stream: BinaryIO) -> tuple[str | None, bool]:
    """What is wrong with a file, as far as it shows without decoding; and whether its frames are plain."""
    from mabench_eval.video import header_problem, is_mp4, read_mp4  # numpy comes along, and most commands read no clip

    if not stream.seek(0, os.SEEK_END):
        return "empty file", False
    if is_mp4(stream):
        return read_mp4(stream)
    stream.seek(0)
    problem = header_problem(stream)
    return problem and f"not a video: {problem}", False
