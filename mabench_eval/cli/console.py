"""What the terminal shows: tables, progress, errors. Figures go to stdout, all else to stderr."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from mabench_eval.errors import MabenchError

MOST_PROBLEMS = 20
"""Problems shown of a long list: one screen."""
SECONDS_BETWEEN_LINES = 15.0
"""Between two progress lines where there is no terminal to draw a bar on."""
SHOWN_ERRORS = 3
"""Different failures told as they happen; the rest are counted."""


def print_error(error: MabenchError) -> None:
    """What was wrong, where, and what to do next, on one screen."""
    lines = [f"error: {error.message}", *(f"  - {problem}" for problem in error.problems[:MOST_PROBLEMS])]
    more = len(error.problems) - MOST_PROBLEMS
    lines += [f"  ... and {more} more"] if more > 0 else []
    print("\n".join([*lines, error.hint] if error.hint else lines), file=sys.stderr)


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    print(json.dumps(document, indent=2))


def print_line(line: str) -> None:
    """A line on stderr."""
    print(line, file=sys.stderr)


def print_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, text_columns: int = 1, dense: bool = False
) -> None:
    """A table on stdout; the first ``text_columns`` columns are text, the rest figures; ``dense``: closer together."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=dense, show_edge=not dense)
    for position, name in enumerate(header):
        text = position < text_columns
        widest = max((len(row[position]) for row in rows), default=0)
        table.add_column(
            name,
            justify="left" if text else "right",
            no_wrap=not text,
            overflow="fold",
            min_width=min(widest, 12) if text else None,
        )
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console = Console() if sys.stdout.isatty() else Console(width=200)  # a file has no width to fit into
    console.print(table)


def terminal_width() -> int:
    """Columns of the terminal; plenty where stdout is no terminal."""
    return Console().width if sys.stdout.isatty() else 200


def make_progress() -> RunProgress:
    """A bar where stderr is a terminal, a line now and then elsewhere."""
    return BarProgress() if sys.stderr.isatty() else LineProgress()


@dataclass(slots=True)
class Stage:
    """What has come back in a stage."""

    total: int
    done: int
    errors: int = 0


class RunProgress:
    """Counts what comes back; the two kinds below show it."""

    def __init__(self) -> None:
        self.stages: dict[str, Stage] = {}
        self._told: set[str] = set()
        self._lock = threading.RLock()  # stages advance on threads of their own

    def stage(self, name: str, total: int, done: int) -> None:
        """Begin a stage."""
        self.stages[name] = Stage(total, done)
        if done:
            self.note(f"{name}: {done} of {total} are already in the journal")

    def advance(self, stage: str, error: str | None = None) -> None:
        """Count one item."""
        with self._lock:
            counted = self.stages[stage]
            counted.done += error is None
            counted.errors += error is not None
            if error is not None and error not in self._told and len(self._told) < SHOWN_ERRORS:
                self._told.add(error)
                self.note(f"error: {error}")
            self.show(stage)

    def show(self, stage: str) -> None:
        """A stage's count has changed."""

    def note(self, line: str) -> None:
        """Print a line on stderr."""
        print_line(line)

    def close(self) -> None:
        """Leave the terminal clean."""


class LineProgress(RunProgress):
    """A plain line every few seconds, and one at the end of a stage."""

    def __init__(self) -> None:
        super().__init__()
        self._next = 0.0

    def stage(self, name: str, total: int, done: int) -> None:
        """Begin a stage."""
        super().stage(name, total, done)
        self._next = time.monotonic() + SECONDS_BETWEEN_LINES

    def show(self, stage: str) -> None:
        """Print when it is time."""
        counted = self.stages[stage]
        if time.monotonic() >= self._next or counted.done + counted.errors == counted.total:
            self._next = time.monotonic() + SECONDS_BETWEEN_LINES
            errors = f", {counted.errors} errors" if counted.errors else ""
            self.note(f"{stage}: {counted.done}/{counted.total}{errors}")


class BarProgress(RunProgress):
    """A bar with count, errors, time gone and time left."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[errors]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._rows: dict[str, TaskID] = {}
        self._bar.start()

    def stage(self, name: str, total: int, done: int) -> None:
        """Begin a stage: a new bar below the last."""
        super().stage(name, total, done)
        self._rows[name] = self._bar.add_task(name, total=total, completed=done, errors="")

    def show(self, stage: str) -> None:
        """Move the bar."""
        counted = self.stages[stage]
        errors = f"{counted.errors} errors" if counted.errors else ""
        self._bar.update(self._rows[stage], completed=counted.done + counted.errors, errors=errors)

    def note(self, line: str) -> None:
        """Print a line above the bar."""
        self._bar.console.print(escape(line))

    def close(self) -> None:
        """Stop drawing."""
        self._bar.stop()
