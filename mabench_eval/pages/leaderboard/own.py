"""Runs on other data than the paper's: a table each, intervals and ranks in sight."""

from __future__ import annotations

from collections.abc import Sequence

from mabench_eval.leaderboard import FLAGS_EXPLAINED, Row, data_rows, floored
from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.pages.html import table as plain_table
from mabench_eval.pages.leaderboard.cells import (
    date_cell,
    figures,
    heads,
    name_of,
    ranges,
    scrolled,
    source_cell,
)
from mabench_eval.pages.leaderboard.notes import Notes
from mabench_eval.tables import NO_VALUE, number, one_line
from mabench_eval.types import Json

LEADING = ("Method", "Date", "Source", "Questions", "Answered")
LEAD = (
    "Not comparable with the tables of the paper, nor with one another. Below a figure stand its 95 % interval, by "
    "clips, and its rank among the runs of the table."
)


def own(document: Json) -> Section | None:
    """The section; None where all runs stand in Table 2."""
    if not document["data"]:
        return None
    parts: list[Markup | None] = [note(LEAD)]
    for place, data in enumerate(document["data"]):
        parts += _table(document, data, place)
    parts.append(flags(document))
    return Section("own", "Own runs on other data", join(parts, "\n"), "Own runs")


def _table(document: Json, data: Json, place: int) -> list[Markup]:
    rows, notes = data_rows(document, data), Notes(f"own-{place}-note")
    name = one_line(data["name"])
    size = f"{data['clips']:,} clips, {data['questions']:,} questions, sha256 {one_line(data['sha256'])[:12]}"
    body = element("tbody", _lines(rows, notes))
    table = element("table", heads(LEADING, ()), body, class_="wide")
    title = element("h3", name, " ", element("span", size, class_="soft"))
    listed = notes.listed()
    return [title, scrolled(table, f"Own runs on {name}"), *([listed] if listed else [])]


def _lines(rows: Sequence[Row], notes: Notes) -> list[Markup]:
    scale = ranges(rows)
    lines = []
    for row in rows:
        questions, answered = row.counts
        counts = [element("td", f"{questions:,}", class_="figure"), element("td", floored(answered), class_="figure")]
        cells = figures(row, (), scale, notes, always=True)
        lines.append(
            element(
                "tr", element("th", name_of(row), scope="row"), date_cell(row), source_cell(row, notes), counts, cells
            )
        )
    return lines


def flags(document: Json) -> Markup | None:
    """Accuracies on clean and hard questions; None where no run was scored with flags."""
    rows = [_flags_row(run) for run in document["runs"] if run.get("flags")]
    if not rows:
        return None
    header = ("Method", "Data", "Flags", "Official", "Clean", "95 %", "n", "Hard", "95 %", "n")
    title = element("h3", "Clean and hard questions")
    return join([title, note(FLAGS_EXPLAINED), plain_table(header, rows, text_columns=3, caption="Clean and hard")])


def _flags_row(run: Json) -> list[str]:
    found = run["flags"]
    cells = [cell for kind in ("clean", "hard") for cell in _flags_cells(found[kind].get("closed AVG"))]
    data = "Table 2" if run["in_table2"] else one_line(run["benchmark"]["name"])
    return [one_line(run["name"]), data, one_line(found["sha256"])[:8], number(run["figures"]["closed_avg"]), *cells]


def _flags_cells(figure: Json | None) -> list[str]:
    if not figure:
        return [NO_VALUE] * 3
    span = NO_VALUE if figure["low"] is None else f"{figure['low']:.2f} to {figure['high']:.2f}"
    return [number(figure["value"]), span, f"{figure['n']:,}"]
