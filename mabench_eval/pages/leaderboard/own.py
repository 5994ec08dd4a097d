"""Runs on other data than the paper's: a table each, intervals and ranks in sight."""

from __future__ import annotations

from mabench_eval.leaderboard import FLAG_COLUMNS, FLAGS_NOTE, Leaderboard, OwnTable, flag_cells, floored, short
from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.pages.html import table as plain_table
from mabench_eval.pages.leaderboard.cells import figures, heads, method_cells, name_of, scales_of, scrolled
from mabench_eval.pages.leaderboard.notes import Notes
from mabench_eval.tables import one_line

LEADING = ("Method", "Date", "Source", "Questions", "Answered")
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
        parts += _table(table, f"own-{place}-note")
    parts.append(flags(board))
    return Section("own", "Own runs on other data", join(parts, "\n"), "Own runs")


def _table(table: OwnTable, notes_name: str) -> list[Markup | None]:
    """The heading, the table, its notes."""
    scales, notes = scales_of(table.rows), Notes(notes_name)
    lines = []
    for row in table.rows:
        cells = [
            element("th", name_of(row), scope="row"),
            *method_cells(row, notes),
            element("td", f"{row.entry.questions:,}", class_="figure"),
            element("td", floored(row.entry.scores.coverage), class_="figure"),
            *figures(row, (), scales, notes, always=True),
        ]
        lines.append(element("tr", cells))

    size = f"{table.clips:,} clips, {table.questions:,} questions, sha256 {short(table.sha256, 12)}"
    title = element("h3", table.name, " ", element("span", size, class_="soft"))
    drawn = element("table", heads(LEADING, ()), element("tbody", lines), class_="wide")
    return [title, scrolled(drawn, f"Own runs on {table.name}"), notes.listed()]


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
