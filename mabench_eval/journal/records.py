"""What a journal holds, found by key. Records that stand in its file stay there: memory holds where they begin."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from mabench_eval.errors import JournalError
from mabench_eval.journal.costs import COSTS, MODEL, TOKENS, price_factor
from mabench_eval.journal.lines import DamagedLineError, read_line

Record = Mapping[str, Any]
SHOWN_WARNINGS = 5
"""Damaged lines that are named one by one."""


class LineFile:
    """The file of a journal, read line by line at known places. Any thread may call."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: BinaryIO | None = None
        self._lock = threading.Lock()

    def at(self, start: int) -> Record:
        """The record whose line begins at that byte; it was read before, or written. Raises JournalError."""
        try:
            with self._lock:
                if self._stream is None:
                    self._stream = self._path.open("rb")
                    weakref.finalize(self, self._stream.close)
                self._stream.seek(start)
                line = self._stream.readline()
            return read_line(line, again=True)
        except (OSError, DamagedLineError) as error:
            raise JournalError(
                f"{self._path} was changed by others while it was in use: the line at byte {start} is another now",
                hint="Run the same command again: what is missing is asked again.",
            ) from error


class RecordTable(Mapping[str, Record]):
    """Key -> record. What stands in the file is read from there each time it is asked for."""

    __slots__ = ("_file", "_places")

    def __init__(self, file: LineFile | None) -> None:
        self._file = file
        self._places: dict[str, int | Record] = {}
        """Where the record's line begins in the file; or the record, where there is no file."""

    def put(self, key: str, place: int | Record) -> None:
        """Add a record, or replace the one of the same key."""
        self._places[key] = place

    def discard(self, key: str) -> None:
        """Remove a record where there is one."""
        self._places.pop(key, None)

    def __getitem__(self, key: str) -> Record:
        place = self._places[key]
        if not isinstance(place, int):
            return place
        assert self._file, "only records of a file have a place"
        return self._file.at(place)

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class Records:
    """What a journal holds. An error is a line of the log and no answer: it is kept apart from them."""

    def __init__(self, file: LineFile | None = None) -> None:
        """``file``: where the records stand; None: nowhere, they are held in memory."""
        self.answers = RecordTable(file)
        """Request key -> record of the model's answer."""
        self.judgments = RecordTable(file)
        """Judge request key -> record of the judge's scores."""
        self.units = RecordTable(file)
        """Key -> record of a finished unit of work on a benchmark under construction."""
        self.blinds = RecordTable(file)
        """Key -> record of a person's answer to a question whose own answer was not shown."""
        self.decisions = RecordTable(file)
        """Key -> record of a reviewer's decision on a question."""
        self.errors = RecordTable(file)
        """Request key -> record of the last failure, for keys without an answer (or scores)."""
        self.failed: dict[str, dict[str, Any]] = {}
        """Judge, role, or MODEL -> what its failures have cost, all together, as a record (``COSTS``, ``usd``). The
        next success of a key replaces its failure, and does not undo what that cost. Tokens of a batch count by its
        price: as half, where they cost half."""
        self.sessions: list[tuple[float, float]] = []
        """(start, last sign of life) of each time the run was worked on, seconds since 1970."""
        self.announced: dict[str, Any] = {}
        """What sessions record when they begin, the later ones over the earlier (``sessions.py``)."""
        self.end: Record | None = None
        """The last session's closing record; None while it goes on, and where it was cut off."""
        self.dropped = 0
        """Lines that could not be read: damage, a torn last line."""
        self.torn = False
        """Whether the last line is one of them, and has no end: it was cut off, or is being written."""
        self._warnings: list[str] = []

    def add(self, record: Record, start: int | None = None) -> None:
        """Add one record; a later one replaces an earlier one of the same key.

        ``start``: the byte at which its line begins in the file; None: it stands in no file.
        """
        kind, key = record["kind"], record.get("key", "")
        place = record if start is None else start
        if kind == "session":
            self.sessions.append((record["at"], record["at"]))
            self.announced |= record
            self.end = None
            return
        if self.sessions and "copied_from" not in record:
            begun, last = self.sessions[-1]
            self.sessions[-1] = (begun, max(last, record["at"]))
        if kind == "error":
            self._add_failure(key, record, place)
        elif kind == "end":
            self.end = record
        else:
            tables = {
                "answer": self.answers,
                "judgment": self.judgments,
                "unit": self.units,
                "blind": self.blinds,
                "decision": self.decisions,
            }
            tables[kind].put(key, place)
            self.errors.discard(key)

    def drop(self, where: str, reason: str) -> None:
        """Count a line that cannot be read; ``where``: file and line."""
        self.dropped += 1
        if self.dropped <= SHOWN_WARNINGS:
            self._warnings.append(f"{where}: line dropped, {reason}; what only it held is missing, and asked again")

    @property
    def warnings(self) -> list[str]:
        """What a user should know of lines that could not be read, a screen at most."""
        more = self.dropped - len(self._warnings)
        return [*self._warnings, *([f"and {more:,} more lines dropped there"] if more else [])]

    @property
    def seconds(self) -> float:
        """Time spent on the run, all sessions together."""
        return sum(end - start for start, end in self.sessions)

    def _add_failure(self, key: str, record: Record, place: int | Record) -> None:
        if key:  # else of the whole model
            self.errors.put(key, place)
        if record.keys().isdisjoint(COSTS):
            return
        who = record.get("judge") or record.get("role") or MODEL
        sums = self.failed.setdefault(who, {"judge": who})
        for name in (*COSTS, *(["usd"] if "usd" in record else [])):
            share = price_factor(record) if name in TOKENS else 1
            sums[name] = sums.get(name, 0) + share * (record.get(name) or 0)
