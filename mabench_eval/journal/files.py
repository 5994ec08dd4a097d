"""Files that are whole or not there: written beside their place, synced, and moved into it. The user's cache folder.

Everything that this package writes is opened here. No link is followed: what somebody has put in the place of a file
(a name can be guessed, a folder be open to others) never makes us write into another file.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

import jsonlines

ABANDONED_S = 3600.0
"""Age of a half-written file, in seconds, from which on its writer is taken to be dead, whoever has its number now."""
_NAME_KEPT = 60
"""Characters of a file's name in that of the file beside it, so that a name of the longest length has room."""


def user_cache() -> Path:
    """Where this library keeps what serves many runs; it may not exist. Raises RuntimeError without a home folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "mabench_eval"


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


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Replace a folder by one with just these files. A crash leaves the old one, the new one, or none; never a half.

    The files are not synced one by one: who lists such a folder as done says so after it, and looks whether its files
    have their sizes. Raises OSError.
    """
    _refuse_link(path)
    beside = path.with_name(f".{path.name[:_NAME_KEPT]}.{os.getpid()}.{secrets.token_hex(8)}.new")
    beside.mkdir()
    try:
        for name, content in files.items():
            with open(beside / name, "xb", opener=_not_through_links) as stream:
                stream.write(content)
        if path.is_dir():
            shutil.rmtree(path)
        beside.replace(path)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


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
    begin, now = f".{kept}.", time.time()
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            writer, _, rest = entry.name.removeprefix(begin).partition(".")
            if entry.name.startswith(begin) and rest.endswith(".new") and writer.isdecimal():
                with suppress(OSError):
                    old = now - entry.stat(follow_symlinks=False).st_mtime > ABANDONED_S
                    if old or not _may_run(int(writer)):
                        Path(entry.path).unlink()


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
