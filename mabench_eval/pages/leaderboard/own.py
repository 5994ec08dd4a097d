"""Runs on other data than the paper's: a table each, intervals and ranks in sight."""

from __future__ import annotations

from collections.abc import Sequence

from mabench_eval.leaderboard import (
    FLAG_COLUMNS,
    FLAGS_NOTE,
    OTHERS_NOTE,
    PEOPLE_NOTE,
    UNKNOWN_NOTE,
    Leaderboard,
    OwnRow,
    OwnTable,
    flag_cells,
    floored,
    short,
)
from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.pages.html import table as plain_table
from mabench_eval.pages.leaderboard.cells import figures, heads, method_cells, name_of, scales_of, scrolled
from mabench_eval.pages.leaderboard.notes import Notes
from mabench_eval.tables import one_line

LEADING = ("Method", "Date", "Source", "Questions", "Answered")
LEADING_OTHERS = ("Method", "Settings", *LEADING[1:])
LEAD = (
    "Not comparable with the tables of the paper, nor with one another. Below a figure stand its 95 % interval, by "
    "clips, and its rank among the runs of the table."
)


def own(board: Leaderboard) -> Section | None:
    """The section; None where all runs stand in Table 2."""
    if not board.own:
        return None
    parts: list[Markup | None] = [note(LEAD)]
    for place, table in enumerate(board.own):
        parts += _benchmark(table, f"own-{place}")
    parts.append(flags(board))
    return Section("own", "Own runs on other data", join(parts, "\n"), "Own runs")


def others(board: Leaderboard) -> Section | None:
    """Runs on the paper's data with other settings than its protocol; None where there are none."""
    if not board.others:
        return None
    title = "Other settings than the paper's protocol"
    parts = [note(OTHERS_NOTE), *_table(board.others, LEADING_OTHERS, "others-note", title)]
    return Section("others", title, join(parts, "\n"), "Other settings")


def people(board: Leaderboard) -> Section | None:
    """People on the paper's data; None where there are none."""
    if not board.people:
        return None
    parts = [note(PEOPLE_NOTE), *_table(board.people, LEADING_OTHERS, "people-note", "People")]
    return Section("people", "People", join(parts, "\n"), "People")


def _benchmark(table: OwnTable, name: str) -> list[Markup | None]:
    """The heading, the runs by the paper's protocol, and those with other settings, each with its notes."""
    size = f"{table.clips:,} clips, {table.questions:,} questions, sha256 {short(table.sha256, 12)}"
    parts: list[Markup | None] = [element("h3", table.name, " ", element("span", size, class_="soft"))]
    parts += [] if table.is_known else [note(UNKNOWN_NOTE)]
    if table.rows:
        parts += _table(table.rows, LEADING, f"{name}-note", f"Own runs on {table.name}")
    if table.others:
        parts += [element("h4", "Other settings"), note(OTHERS_NOTE)]
        parts += _table(table.others, LEADING_OTHERS, f"{name}-others-note", f"Other settings on {table.name}")
    if table.people:
        parts += [element("h4", "People"), note(PEOPLE_NOTE)]
        parts += _table(table.people, LEADING_OTHERS, f"{name}-people-note", f"People on {table.name}")
    return parts


def _table(rows: Sequence[OwnRow], leading: Sequence[str], notes_name: str, label: str) -> list[Markup | None]:
    """Runs with their intervals in sight, and the notes on them."""
    scales, notes = scales_of(rows), Notes(notes_name)
    lines = []
    for row in rows:
        cells = [
            element("th", name_of(row), scope="row"),
            element("td", [element("span", each, class_="span") for each in row.settings], class_="source")
            if "Settings" in leading
            else None,
            *method_cells(row, notes),
            element("td", f"{row.entry.questions:,}", class_="figure"),
            element("td", floored(row.entry.scores.coverage), class_="figure"),
            *figures(row, (), scales, notes, always=True),
        ]
        lines.append(element("tr", cells))
    drawn = element("table", heads(leading, ()), element("tbody", lines), class_="wide")
    return [scrolled(drawn, label), notes.listed()]


def flags(board: Leaderboard) -> Markup | None:
    """Accuracies on clean and hard questions; None where no run was scored with flags."""
    lines = [
        [
            row.name,
            "Table 2" if row.in_table2 else one_line(row.entry.benchmark.name),
            short(row.entry.flags.sha256),
            *flag_cells(row.entry),
        ]
        for row in board.runs
        if row.entry.flags
    ]
    if not lines:
        return None
    table = plain_table(("Method", "Data", "Flags", *FLAG_COLUMNS), lines, text_columns=3, caption="Clean and hard")
    return join([element("h3", "Clean and hard questions"), note(FLAGS_NOTE), table])
