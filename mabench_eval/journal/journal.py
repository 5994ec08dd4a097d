"""The journal: log, cache and resume point of a run. Append-only JSON lines, one record an answer.

A record is written the moment it is there, and a second thread syncs what was written to the disk as fast as the disk
goes (group commit): a killed process loses nothing that came back, a power cut at most the last few milliseconds.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from mabench_eval.errors import JournalError

FILE = "journal.jsonl"
LOCK = "lock"
"""Beside it; held by the process that writes."""
_LOCKS = Path("/proc/locks")
"""Where Linux lists the locks that are held, whoever holds them."""


@dataclass(slots=True)
class Records:
    """What a journal holds. An error is a log line, not an answer: it has no place among them."""

    answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Request key -> record of the model's answer."""
    judgments: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Judge request key -> record of the judge's scores."""
    errors: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Request key -> record of the last failure, for keys that have no answer (or scores)."""
    sessions: list[tuple[float, float]] = field(default_factory=list)
    """(start, last sign of life) of each time the run was worked on, seconds since 1970."""
    announced: dict[str, Any] = field(default_factory=dict)
    """What the sessions said of the run when they began, the later ones over the earlier (``sessions.py``)."""
    end: Mapping[str, Any] | None = None
    """The last session's record of its end; None while it goes on, and where it was cut off."""
    warnings: list[str] = field(default_factory=list)
    """Lines that could not be read: a torn last line, damage."""

    def add(self, record: Mapping[str, Any]) -> None:
        """Take in one record; a later one replaces an earlier one of the same key."""
        kind, key = record["kind"], record.get("key", "")
        if not isinstance(record.get("at", 0), int | float):
            raise TypeError(f"at: {record['at']!r} is no time")
        if kind == "session":
            self.sessions.append((record["at"], record["at"]))
            self.announced |= record
            self.end = None
            return
        if self.sessions and "copied_from" not in record:
            self.sessions[-1] = (self.sessions[-1][0], record["at"])
        if kind == "error":
            self.errors[key] = record
        elif kind == "end":
            self.end = record
        else:
            (self.answers if kind == "answer" else self.judgments)[key] = record
            self.errors.pop(key, None)

    @property
    def seconds(self) -> float:
        """Time spent on the run, all sessions together."""
        return sum(end - start for start, end in self.sessions)


def read_journal(folder: Path) -> Records:
    """All records of a run folder's journal; an empty one where there is none. Reads only."""
    records = Records()
    for number, line in _lines(folder / FILE):
        try:
            records.add(json.loads(line))
        except (ValueError, KeyError, TypeError):
            what = "incomplete last line" if not line.endswith(b"\n") else "unreadable line"
            records.warnings.append(f"{folder / FILE}:{number}: {what} dropped; its question is asked again")
    return records


def is_written(folder: Path) -> bool | None:
    """Whether a process of this machine has the folder's journal open for writing; None where that cannot be seen.

    No lock is taken to find out, not for a moment: a run that starts right then would be refused its folder.
    """
    try:
        table, lock = _LOCKS.read_text(encoding="ascii").splitlines(), (folder / LOCK).stat()
    except FileNotFoundError:
        return False if _LOCKS.exists() else None
    except OSError:
        return None
    return any(_names(line.split(), lock) for line in table)


def _names(words: Sequence[str], file: os.stat_result) -> bool:
    """Whether a line of ``/proc/locks`` (``1: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE START END``) names the file.

    Filesystems without a device of their own (major 0: overlay, btrfs) go by another number there than in ``stat``.
    """
    if len(words) < 6 or words[1] != "FLOCK":  # POSIX locks are others; `->` waits for one
        return False
    major, minor, inode = words[5].split(":")
    device, own = (int(major, 16), int(minor, 16)), (os.major(file.st_dev), os.minor(file.st_dev))
    return int(inode) == file.st_ino and (device == own or device[0] == own[0] == 0)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    if path.exists():
        with path.open("rb") as stream:
            yield from enumerate(stream, start=1)


class Journal:
    """The journal of one run folder, open for writing by this process alone."""

    def __init__(self, folder: Path) -> None:
        """Lock the folder and cut off a torn last line. Raises JournalError when the folder is in use or full."""
        self._path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / LOCK)
            self._lock.acquire(timeout=0)
            self._file = self._path.open("a+b", buffering=0)
        except Timeout as error:
            raise JournalError(
                f"run folder {folder} is in use by another process",
                hint="Wait for it to end, or stop it; then run the same command again.",
            ) from error
        except OSError as error:
            raise self._failure(error) from error
        self.records = read_journal(folder)
        """What the journal holds, and the warnings about what could not be read when it was opened."""
        self._end = _end_of_last_line(self._file)
        self._file.truncate(self._end)
        self._writing = threading.Lock()
        self._unsynced = threading.Event()
        self._closing = False
        self._error: OSError | None = None
        self._syncer = threading.Thread(target=self._sync, name="journal-sync", daemon=True)
        self._syncer.start()

    def append(self, kind: str, key: str = "", **fields: Any) -> None:
        """Write one record and take it into ``records``. Any thread may call.

        Raises JournalError; what was written before stays.
        """
        record = {"kind": kind, "key": key, **fields}
        record.setdefault("at", round(time.time(), 3))
        line = json.dumps(record).encode("ascii") + b"\n"
        with self._writing:
            if self._error:
                raise self._failure(self._error)
            try:
                self._write(line)
            except OSError as error:
                self._error = error
                raise self._failure(error) from error
            self.records.add(record)
        self._unsynced.set()

    def close(self) -> None:
        """Sync and unlock. Raises JournalError when the last records could not be synced."""
        self._closing = True
        self._unsynced.set()
        self._syncer.join()
        self._file.close()
        self._lock.release()
        if self._error:
            raise self._failure(self._error)

    def __enter__(self) -> Self:
        """Return the journal."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close; an error under way is not replaced by one of closing."""
        try:
            self.close()
        except JournalError:
            if error is None:
                raise

    def _write(self, line: bytes) -> None:
        """Write a whole line or none: a partial one (disk full) is taken back."""
        try:
            written = self._file.write(line)
            while written < len(line):
                written += self._file.write(line[written:])
        except OSError:
            self._file.truncate(self._end)
            raise
        self._end += len(line)

    def _sync(self) -> None:
        while not self._closing:
            self._unsynced.wait()
            self._unsynced.clear()
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                self._error = error

    def _failure(self, error: OSError) -> JournalError:
        return JournalError(
            f"cannot write {self._path}: {error.strerror or error}",
            hint="All earlier answers are safe. Make room, then run the same command again to go on.",
        )


def _end_of_last_line(file: FileIO) -> int:
    """Offset just behind the last newline; 0 if there is none."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = file.seek(max(0, end - 65536))
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
