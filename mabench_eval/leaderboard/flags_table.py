"""Clean and hard accuracies of runs that were scored with an audit's flags, beside the official ones."""

from __future__ import annotations

from collections.abc import Sequence

from mabench_eval.leaderboard.entries import Entry
from mabench_eval.tables import NO_VALUE, escape_markdown, markdown_table, number
from mabench_eval.types import Json

FLAGS_EXPLAINED = (
    "Closed AVG on the questions that an audit did not flag (clean), and on those that its text-only probe gets wrong "
    "(hard), with 95 % intervals by clips; Flags: the first digits of the file's sha256. Runs under other flags do not "
    "compare."
)


def flags_table(title: str, entries: Sequence[Entry]) -> str:
    """A section with a row for each run that has them; empty where none has."""
    rows = [_row(entry) for entry in entries if entry.get("flags")]
    if not rows:
        return ""
    header = ("Method", "Flags", "Official", "Clean", "95 %", "n", "Hard", "95 %", "n")
    return f"{title}\n\n{FLAGS_EXPLAINED}\n\n{markdown_table(header, rows, text_columns=2)}"


def _row(entry: Entry) -> list[str]:
    flags = entry["flags"]
    cells = [cell for kind in ("clean", "hard") for cell in _cells(flags[kind].get("closed AVG"))]
    return [
        escape_markdown(entry["name"]),
        escape_markdown(flags["sha256"][:8]),
        number(entry["scores"]["closed_avg"]),
        *cells,
    ]


def _cells(figure: Json | None) -> list[str]:
    if not figure:
        return [NO_VALUE] * 3
    span = NO_VALUE if figure["low"] is None else f"{figure['low']:.2f} to {figure['high']:.2f}"
    return [number(figure["value"]), span, f"{figure['n']:,}"]
