"""The journal: log, cache and resume point of a run. Append-only JSON lines, one record an answer.

A record is written as soon as its answer is there; a second thread syncs the file to the disk as fast as the disk can
(group commit). A killed process loses nothing that came back, a power cut at most the last few milliseconds.
"""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import jsonlines
from filelock import FileLock, Timeout

from mabench_eval.errors import JournalError
from mabench_eval.journal.lock import LOCK

FILE = "journal.jsonl"


@dataclass(slots=True)
class Records:
    """What a journal holds. An error is a line of the log and no answer: it is kept apart from them."""

    answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Request key -> record of the model's answer."""
    judgments: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Judge request key -> record of the judge's scores."""
    units: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Key -> record of a finished unit of work on a benchmark under construction."""
    errors: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Request key -> record of the last failure, for keys without an answer (or scores)."""
    sessions: list[tuple[float, float]] = field(default_factory=list)
    """(start, last sign of life) of each time the run was worked on, seconds since 1970."""
    announced: dict[str, Any] = field(default_factory=dict)
    """What sessions record when they begin, the later ones over the earlier (``sessions.py``)."""
    end: Mapping[str, Any] | None = None
    """The last session's closing record; None while it goes on, and where it was cut off."""
    warnings: list[str] = field(default_factory=list)
    """Lines that could not be read: a torn last line, damage."""

    def add(self, record: Mapping[str, Any]) -> None:
        """Add one record; a later one replaces an earlier one of the same key."""
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
            ({"answer": self.answers, "unit": self.units}.get(kind, self.judgments))[key] = record
            self.errors.pop(key, None)

    @property
    def seconds(self) -> float:
        """Time spent on the run, all sessions together."""
        return sum(end - start for start, end in self.sessions)


def read_journal(folder: Path) -> Records:
    """All records of a run folder's journal; an empty one where there is none. Reads only."""
    records = Records()
    path = folder / FILE
    if not path.exists():
        return records

    with path.open("rb") as stream:
        # json.loads by name: other parsers, which jsonlines takes where they are installed, refuse lone surrogates.
        lines = jsonlines.Reader(stream, loads=json.loads)
        for number in itertools.count(1):
            try:
                records.add(lines.read(type=dict))
            except EOFError:
                break
            except (jsonlines.InvalidLineError, KeyError, TypeError):
                stream.seek(-1, os.SEEK_CUR)
                problem = "unreadable line" if stream.read(1) == b"\n" else "incomplete last line"
                records.warnings.append(f"{path}:{number}: {problem} dropped; what it held is done again")
    return records


class Journal:
    """The journal of one run folder, open for writing by this process alone."""

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        """Lock the folder and cut off a torn last line. Raises JournalError when the folder is in use or full.

        ``fresh``: begin a new journal, and keep the old one beside it.
        """
        self._path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / LOCK)
            self._lock.acquire(timeout=0)
            self.kept = _set_aside(self._path) if fresh else None
            """The old journal's new place, where there was one."""
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
        """Write one record and add it to ``records``. Any thread may call.

        Raises JournalError; earlier records stay.
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
        """Close. An error of closing does not replace one that is under way."""
        try:
            self.close()
        except JournalError:
            if error is None:
                raise

    def _write(self, line: bytes) -> None:
        """Write a whole line or none: a partial one (disk full) is cut off again."""
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


def _set_aside(path: Path) -> Path | None:
    """Rename a journal to ``journal.N.jsonl``, N counted from 1; nothing that was answered is ever deleted."""
    if not path.exists():
        return None
    names = (path.with_name(f"{path.stem}.{number}{path.suffix}") for number in itertools.count(1))
    return path.rename(next(name for name in names if not name.exists()))


def _end_of_last_line(file: FileIO) -> int:
    """Offset behind the last newline; 0 if there is none."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = file.seek(max(0, end - 65536))
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
