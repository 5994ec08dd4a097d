"""The leaderboard as CSV: a line a method, figures unrounded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from mabench_eval.leaderboard.columns import COLUMNS
from mabench_eval.leaderboard.document import Cell, Leaderboard, Row
from mabench_eval.leaderboard.wording import short
from mabench_eval.text import visible_line

_PARTS = ("value", "low", "high", "rank best", "rank worst")
"""What there is of every column; the first has the column's name alone."""
_FORMULA = tuple(
    "=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
)
"""What a spreadsheet takes for the beginning of a formula, some after spaces and tabs."""


def csv_text(board: Leaderboard) -> str:
    """The methods of Table 2, then runs on other data; nothing for what does not exist.

    ``data`` is ``Table 2``, or the benchmark of a run that does not stand there, with the digits of its sha256;
    ``settings`` is where a run differs from the paper's protocol, so that it has no rank; ``verified`` whether anyone
    but its author recomputed it; ``unpaired`` is 1 where nothing is known of a row's answers.
    """
    file = io.StringIO()
    out = csv.writer(file, lineterminator="\n")
    parts = [column if part == "value" else f"{column} {part}" for column in COLUMNS for part in _PARTS]
    out.writerow(["name", "group", "date", "source", "data", "settings", "verified", *parts, "unpaired"])
    for data, row in _rows(board):
        texts = [row.name, row.group, row.date, "; ".join([row.source, *row.remarks]), data]
        texts += [", ".join(row.settings), row.verified]
        figures = [part for column in COLUMNS for part in _cells(row.cells[column])]
        out.writerow([*map(_harmless, texts), *figures, int(row.unpaired)])
    return file.getvalue()


def _rows(board: Leaderboard) -> Iterator[tuple[str, Row]]:
    for row in (*board.table2, *board.others, *board.people):
        yield "Table 2", row
    for table in board.own:
        for own in (*table.rows, *table.others, *table.people):
            yield f"{table.name} {short(table.sha256, 12)}", own


def _cells(cell: Cell) -> tuple[float | None, ...]:
    return cell.value, *(cell.ends or (None, None)), *(cell.rank or (None, None))


def _harmless(text: str) -> str:
    """The text in one line that can be seen, and that no spreadsheet works out: names come from elsewhere."""
    line = visible_line(text)
    return f"'{line}" if line.lstrip().startswith(_FORMULA) else line
