"""The journal: log, cache and resume point of a run. Append-only JSON lines, one record an answer.

A record is written as soon as its answer is there; a second thread syncs the file to the disk as fast as the disk can
(group commit). A killed process loses nothing that came back, a power cut at most the last few milliseconds.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from filelock import FileLock, Timeout

from mabench_eval.errors import JournalError
from mabench_eval.journal.files import open_appending, write_remedy
from mabench_eval.journal.lines import DamagedLineError, line_of, read_line
from mabench_eval.journal.lock import LOCK
from mabench_eval.journal.records import LineFile, Records
from mabench_eval.parsing import open_file

FILE = "journal.jsonl"
LONGEST_LINE = 64 << 20
"""Bytes of a line; the longest text of a model fits into it."""


def read_journal(folder: Path) -> Records:
    """All records of a run folder's journal; an empty one where there is none. Reads only.

    Lines that cannot be read are dropped and told (``Records.warnings``): what they held counts as missing. Raises
    JournalError for a file that cannot be read at all.
    """
    path = folder / FILE
    records = Records(LineFile(path))
    try:
        with open_file(path) as stream:
            _read_lines(stream, records, path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise JournalError(f"{path} cannot be read: {error.strerror or error}") from error
    return records


def _read_lines(stream: BinaryIO, records: Records, path: Path) -> None:
    number, start = 1, 0
    while line := stream.readline(LONGEST_LINE):  # of a longer line, piece by piece: none of them is a record
        try:
            records.add(read_line(line), start)
        except DamagedLineError as error:
            records.drop(f"{path}:{number}", str(error))
        records.torn = not line.endswith(b"\n")
        number, start = number + line.endswith(b"\n"), start + len(line)


class Journal:
    """The journal of one run folder, open for writing by this process alone."""

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        """Lock the folder and cut off a torn last line. Raises JournalError when the folder is in use or full.

        ``fresh``: begin a new journal, and keep the old one beside it.
        """
        self._path = folder / FILE
        if (folder / LOCK).is_symlink():  # filelock empties what it leads to
            raise JournalError(f"{folder / LOCK} is a link, and is not written through", hint="Remove it.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / LOCK)
            self._lock.acquire(timeout=0)
            self.kept = _set_aside(self._path) if fresh else None
            """The old journal's new place, where there was one."""
            self._file = open_appending(self._path)
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
        line = line_of(record)
        with self._writing:
            if self._error:
                raise self._failure(self._error)
            start = self._end
            try:
                self._write(line)
            except OSError as error:
                self._error = error
                raise self._failure(error) from error
            self.records.add(record, start)
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
            hint=f"All earlier answers are safe. {write_remedy(error)}, then run the same command again to go on.",
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
