"""Files that are whole or not there: written beside their place, synced, and moved into it. The user's cache folder.

Everything that this package writes is opened here. No link is followed: what somebody has put in the place of a file
(a name can be guessed, a folder be open to others) never makes us write into another file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from io import BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

import jsonlines

ABANDONED_S = 3600.0
"""Age of a half-written file, in seconds, from which on its writer is taken to be dead, whoever has its number now."""
CHUNK = 1 << 20
"""Bytes that are copied at once."""
_NAME_KEPT = 60
"""Characters of a file's name in that of the file beside it, so that a name of the longest length has room."""


def user_cache() -> Path:
    """Where this library keeps what serves many runs; it may not exist. Raises RuntimeError without a home folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "mabench_eval"


def write_problem(path: Path, *, folder: bool = False) -> str | None:
    """What is in the way of writing a file, or with ``folder`` files into a folder; None where nothing is known.

    To be asked before the work whose result goes there; nothing is made. A folder may be missing with those above it,
    for it will be made; the folder of a file must be there.
    """
    try:
        if folder:
            existing = next(each for each in (path, *path.absolute().parents) if each.exists())
            problem = None if existing.is_dir() else f"{existing} is not a folder"
        else:
            existing = path.absolute().parent
            problem = _file_problem(path, existing)
        return problem or (None if os.access(existing, os.W_OK | os.X_OK) else f"{existing} is not writable")
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        return error.strerror or str(error)


def _file_problem(path: Path, folder: Path) -> str | None:
    if path.is_dir():
        return "it is a folder; name a file in it"
    if path.exists() and not path.is_file():
        return "it is a pipe or a device, and would be replaced; name a file"
    if folder.is_dir():
        return None
    return (
        f"{folder} is not a folder" if folder.exists() else f"there is no folder {path.parent}: mkdir -p {path.parent}"
    )


def write_remedy(error: OSError) -> str:
    """What to do about a place that could not be written to, as the beginning of a sentence."""
    return "Make room" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Make the place writable, or name another"


def write_text(path: Path, text: str) -> None:
    """Replace a file's text. A crash leaves the old file or the new one, never a half.

    A link in its place is replaced, and the file that it leads to left as it is. A lone surrogate, which models write,
    becomes its backslash escape; in JSON that means the same. Raises OSError.
    """
    with _replacing_text(path) as stream:
        stream.write(text)


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file's bytes; see ``write_text``."""
    with _replacing(path) as stream:
        stream.write(content)


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file, indented for reading. It is written piece by piece: the whole text is never in memory."""
    with _replacing_text(path) as stream:
        json.dump(value, stream, indent=2, ensure_ascii=False)
        stream.write("\n")


def write_json_lines(path: Path, rows: Iterable[Any]) -> None:
    """Replace a file of JSON lines."""
    with _replacing_text(path) as stream:
        jsonlines.Writer(stream).write_all(rows)


def copy_file(source: Path, target: Path) -> str:
    """Copy a file's bytes; see ``write_text``. Gives the sha256 of what was copied. Raises OSError."""
    digest = hashlib.sha256()
    with source.open("rb") as given, _replacing(target) as stream:
        while chunk := given.read(CHUNK):
            digest.update(chunk)
            stream.write(chunk)
    return digest.hexdigest()


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """An empty folder that takes the place of ``path``, with what was put into it, when the block ends.

    Where the block fails or the process is killed, the old folder stays as it was; only a process that is killed
    between the two moves at the end leaves none. Raises OSError.
    """
    kept = path.name[:_NAME_KEPT]
    _remove_abandoned(path.parent, kept)
    beside, old = (path.with_name(f".{kept}.{os.getpid()}.{secrets.token_hex(8)}.new") for _ in range(2))
    beside.mkdir()
    try:
        yield beside
        if path.is_symlink() or path.exists():
            path.rename(old)
        beside.rename(path)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def open_appending(path: Path) -> FileIO:
    """A file opened for reading and for writing at its end, unbuffered; made where it is not there.

    Raises OSError, also for a link in its place, which is not followed.
    """
    _refuse_link(path)
    return open(path, "a+b", buffering=0, opener=_not_through_links)


def open_log(path: Path) -> TextIO:
    """An empty text file for what others print, written as it comes. Raises OSError, also for a link in its place."""
    _refuse_link(path)
    return open(path, "w", encoding="utf-8", opener=_not_through_links)


@contextmanager
def _replacing_text(path: Path) -> Iterator[TextIO]:
    with _replacing(path) as stream:
        text = TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="\n")
        yield text
        text.flush()
        text.detach()


@contextmanager
def _replacing(path: Path) -> Iterator[BufferedWriter]:
    """A stream whose file takes the place of ``path`` when all is written and on the disk; see ``write_text``.

    The file beside it has a name of its own that nobody can guess, and is made, never found: two who write the same
    file do not meet, and nothing planted is written to. Its permissions are those that any new file gets.
    """
    kept = path.name[:_NAME_KEPT]
    _remove_abandoned(path.parent, kept)
    beside = path.with_name(f".{kept}.{os.getpid()}.{secrets.token_hex(8)}.new")
    try:
        with open(beside, "xb", opener=_not_through_links) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _remove_abandoned(folder: Path, kept: str) -> None:
    """Remove what killed processes left half-written in place of that file; what another is writing now stays."""
    for left in _half_written(folder.absolute()).pop(kept, ()):
        with suppress(OSError):
            old = time.time() - left.lstat().st_mtime > ABANDONED_S
            writer = left.name.rsplit(".", 3)[1]
            if old or not _may_run(int(writer)):
                _remove(left)


@lru_cache(maxsize=4096)
def _half_written(folder: Path) -> dict[str, list[Path]]:
    """File's name, as it is kept, -> what lay half-written in its place when this process first wrote into the folder.

    Listed once: a folder of a build has a file for each of its clips, and each of them is written.
    """
    found: dict[str, list[Path]] = {}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            name, *rest = entry.name.rsplit(".", 3)
            if len(rest) == 3 and rest[0].isdecimal() and rest[2] == "new" and name.startswith("."):
                found.setdefault(name[1:], []).append(Path(entry.path))
    return found


def _remove(left: Path) -> None:
    if left.is_dir() and not left.is_symlink():
        shutil.rmtree(left)
    else:
        left.unlink()


def _may_run(process: int) -> bool:
    """Whether a process of that number runs on this machine, or that cannot be seen."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _not_through_links(path: str, flags: int) -> int:
    """What ``open`` calls: as without it, but the last part of a path is no link (where the system can say so)."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _refuse_link(path: Path) -> None:
    """Raise OSError for a link, with words that say so; where one comes meanwhile, ``O_NOFOLLOW`` holds."""
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a link, and files are not written through links; put the file itself there")
