"""The rows of the leaderboard's document one like the other, the paper's and runs; and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mabench_eval.leaderboard.paper import COLUMNS, Figures
from mabench_eval.leaderboard.standings import Standing
from mabench_eval.tables import one_line
from mabench_eval.types import Json

OWN = "own"
"""Group of the runs; other groups are the paper's."""
OWN_HEADING = "Own runs"
REFERENCE = "reference"
"""Group of the rows that are no methods."""
CELL = ("value", "low", "high", "rank best", "rank worst")
"""What the CSV has of every column."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for the beginning of a formula."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of Table 2 or of a table of runs on other data."""

    name: str
    """One line; of a run it comes from elsewhere."""
    group: str
    """A key of the document's ``groups``, or ``OWN``."""
    date: str | None
    """YYYY-MM or YYYY-MM-DD."""
    source: str
    """``paper`` or ``run``."""
    says: tuple[str, ...]
    """What a reader must know beside the figures."""
    figures: Figures
    standing: Standing | None
    """Intervals and ranks; None of a row that takes no part."""
    best: frozenset[str]
    """Columns in which no row of the table has more."""
    wrong: Mapping[str, str] = field(default_factory=dict)
    """Columns that do not follow from the others -> why."""
    counts: tuple[int, float] = (0, 0.0)
    """Of a run: questions, each counted once, and the share of them answered, percent."""

    @property
    def unpaired(self) -> bool:
        """Whether nothing is known of its answers, so that it is ranked by its intervals' errors."""
        return any(cell["unpaired"] for cell in (self.standing or {}).values())


def groups_of(document: Json) -> dict[str, str]:
    """Group -> heading, in the order of Table 2; runs last."""
    return {**document["groups"], OWN: OWN_HEADING}


def table2_rows(document: Json) -> list[Row]:
    """The rows of Table 2 in the order of the Markdown page."""
    papers = [_paper_row(row) for row in document["paper"] if row["table"] == "table2"]
    order = list(document["groups"])
    runs = [_run_row(run) for run in document["runs"] if run["in_table2"]]
    return [*sorted(papers, key=lambda row: order.index(row.group)), *runs]


def data_rows(document: Json, data: Json) -> list[Row]:
    """The runs on one of the document's ``data``, best first."""
    runs = {run["run"]: run for run in document["runs"]}
    return [_run_row(runs[run]) for run in data["runs"]]


def _paper_row(row: Json) -> Row:
    name, date = row["row"]
    return Row(
        name,
        row["group"],
        None if date == "-" else date,
        "paper",
        (),
        row["figures"],
        row["standings"],
        frozenset(row["best"]),
        row["wrong"],
    )


def _run_row(run: Json) -> Row:
    date = None if run["date"] is None else one_line(run["date"])
    return Row(
        one_line(run["name"]),
        OWN,
        date,
        "run",
        tuple(run["says"]),
        run["figures"],
        run["standings"],
        frozenset(run["best"]),
        counts=(run["questions"], run["scores"]["coverage"]),
    )


def csv_text(document: Json) -> str:
    """A line a method, first those of Table 2, figures unrounded, nothing for what does not exist.

    ``data`` is ``Table 2``, or the benchmark of a run that does not stand there, with the digits of its sha256;
    ``unpaired`` is 1 where nothing is known of a row's answers.
    """
    file = io.StringIO()
    out = csv.writer(file, lineterminator="\n")
    out.writerow(["name", "group", "date", "source", "data", *_headings(), "unpaired"])
    for data, row in _all(document):
        texts = [row.name, row.group, row.date or "", "; ".join([row.source, *row.says]), data]
        figures = [cell for column in COLUMNS for cell in _cells(row, column)]
        out.writerow([*map(_harmless, texts), *figures, int(row.unpaired)])
    return file.getvalue()


def _headings() -> Iterator[str]:
    for column in COLUMNS:
        yield column
        yield from (f"{column} {part}" for part in CELL[1:])


def _all(document: Json) -> Iterator[tuple[str, Row]]:
    for row in table2_rows(document):
        yield "Table 2", row
    for data in document["data"]:
        for row in data_rows(document, data):
            yield f"{one_line(data['name'])} {data['sha256'][:12]}", row


def _cells(row: Row, column: str) -> list[Any]:
    known = row.standing[column] if row.standing else {"low": None, "high": None, "rank": None}
    best, worst = known["rank"] or (None, None)
    return [row.figures[column], known["low"], known["high"], best, worst]


def _harmless(text: str) -> str:
    """The text, so that no spreadsheet works it out: names come from elsewhere."""
    return f"'{text}" if text.startswith(_FORMULA) else text
