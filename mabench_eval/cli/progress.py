"""How far a run is, on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from mabench_eval.cli.console import bar_console, notebook_console, print_above, print_line

SECONDS_BETWEEN_LINES = 15.0
"""Between two progress lines where there is no terminal to draw a bar on."""
SHOWN_ERRORS = 3
"""Different errors shown as they happen; the rest are counted."""


def make_progress() -> RunProgress:
    """A bar where stderr is a terminal, a line now and then elsewhere; a context that leaves the terminal clean."""
    return BarProgress() if sys.stderr.isatty() else RunProgress()


@dataclass(slots=True)
class Stage:
    """What has come back in a stage."""

    total: int
    done: int
    errors: int = 0
    retries: int = 0

    @property
    def trouble(self) -> str:
        """What did not go well: ``2 errors, 1 retry``; empty where all did."""
        retries = f"{self.retries} {'retry' if self.retries == 1 else 'retries'}" if self.retries else ""
        errors = f"{self.errors} {'error' if self.errors == 1 else 'errors'}" if self.errors else ""
        return ", ".join(filter(None, (errors, retries)))


class RunProgress:
    """Counts what comes back; a plain line every few seconds, and one at the end of a stage."""

    def __init__(self) -> None:
        self.stages: dict[str, Stage] = {}
        self._shown_errors: set[str] = set()
        self._next_line = 0.0
        self._lock = threading.RLock()  # stages advance on threads of their own

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Nothing to clean."""

    def stage(self, name: str, total: int, done: int) -> None:
        """Begin a stage."""
        self.stages[name] = Stage(total, done)
        if done:
            self.note(f"{name}: {done} of {total} are already in the journal")
        self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES

    def advance(self, stage: str, error: str | None = None) -> None:
        """Count one item."""
        with self._lock:
            count = self.stages[stage]
            if error is None:
                count.done += 1
            else:
                count.errors += 1
                if error not in self._shown_errors and len(self._shown_errors) < SHOWN_ERRORS:
                    self._shown_errors.add(error)
                    self.note(f"error: {error}")
            self.show(stage, count)

    def retried(self, stage: str, times: int) -> None:
        """Count tries that failed before an item was done: before it is counted itself, which shows both."""
        with self._lock:
            self.stages[stage].retries += times

    def show(self, name: str, count: Stage) -> None:
        """Print a line when it is time."""
        if time.monotonic() >= self._next_line or count.done + count.errors == count.total:
            self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES
            trouble = f", {count.trouble}" if count.trouble else ""
            self.note(f"{name}: {count.done}/{count.total}{trouble}")

    def note(self, line: str) -> None:
        """Print a line on stderr."""
        print_line(line)


class BarProgress(RunProgress):
    """The same as a bar with count, errors, elapsed and remaining time."""

    def __init__(self, *, in_notebook: bool = False) -> None:
        """On stderr, or in the output of a notebook's cell."""
        super().__init__()
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[trouble]}", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=notebook_console() if in_notebook else bar_console(),
        )
        self._rows: dict[str, TaskID] = {}
        self._bar.start()

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def stage(self, name: str, total: int, done: int) -> None:
        """Begin a stage: a new bar below the last."""
        super().stage(name, total, done)
        self._rows[name] = self._bar.add_task(name, total=total, completed=done, trouble="")

    def show(self, name: str, count: Stage) -> None:
        """Move the bar."""
        self._bar.update(self._rows[name], completed=count.done + count.errors, trouble=count.trouble)

    def note(self, line: str) -> None:
        """Print a line above the bar."""
        print_above(self._bar.console, line)
