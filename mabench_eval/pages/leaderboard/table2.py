"""Table 2 with own runs: what it is sorted and filtered by, and its rows."""

from __future__ import annotations

from mabench_eval.leaderboard import COLUMNS, Leaderboard
from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.pages.leaderboard.cells import (
    figures,
    heads,
    method_cells,
    name_of,
    ranked_columns,
    scales_of,
    scrolled,
)
from mabench_eval.pages.leaderboard.dots import group_class, key_of
from mabench_eval.pages.leaderboard.notes import Notes

LEADING = ("Method", "Date", "Source")
LEAD = (
    "In bold the best of each column, but never reference rows, runs with other settings than the paper's protocol, a "
    "column of a run with missing answers, and open-ended figures from another judge than the paper's. Rank: the set "
    "of ranks that a row may have, with 95 % confidence for all rows at once. A column's head sorts by it: best first, "
    "the other way round, as printed."
)
VIEWS = {"all": "All columns", "closed": "Closed-ended", "open": "Open-ended"}


def table2(board: Leaderboard) -> Section:
    """The section: filters, which work with scripts alone, the table, its notes."""
    notes = Notes("note")
    title = f"Table 2. {board.titles['table2']}"
    head = heads(LEADING, ranked_columns(board.table2), notes)
    table = element("table", head, _bodies(board, notes), id="ranking")
    content = [note(LEAD), filters(board), scrolled(table, title), notes.listed()]
    return Section("table2", title, join(content, "\n"), "Table 2")


def _bodies(board: Leaderboard, notes: Notes) -> list[Markup]:
    """A body of the table for each group, its heading first."""
    with_rank, scales = ranked_columns(board.table2), scales_of(board.table2)
    wide = len(LEADING) + len(COLUMNS) + len(with_rank)
    bodies = []
    for group, heading in board.groups.items():
        name = group_class(board.groups, group)
        lines = [element("tr", element("th", heading, colspan=wide, scope="rowgroup"), class_="group")]
        for place, row in enumerate(board.table2):
            if row.group == group:
                method = element("th", key_of(name), name_of(row), scope="row")
                cells = [*method_cells(row, notes), *figures(row, with_rank, scales, notes)]
                lines.append(element("tr", method, cells, data_row=place))
        if len(lines) > 1:
            bodies.append(element("tbody", join(lines, "\n"), data_group=name))
    return bodies


def filters(board: Leaderboard) -> Markup:
    """What narrows the table; hidden until a script is there to do it."""
    pills = []
    for group, heading in board.groups.items():
        count, kind = sum(row.group == group for row in board.table2), group_class(board.groups, group)
        box = element("input", type="checkbox", checked=count > 0, disabled=not count, name="group", value=kind)
        name = element("span", heading, " ", element("span", str(count), class_="soft"))
        pills.append(element("label", box, key_of(kind), name, class_="pill"))

    views = [element("option", name, value=view) for view, name in VIEWS.items()]
    intervals = element("input", type="checkbox", id="intervals")
    line = [
        element("label", "Find ", element("input", type="search", id="find", placeholder="a method")),
        element("label", "Columns ", element("select", views, id="columns")),
        element("label", intervals, element("span", "Show intervals"), class_="pill"),
        element("span", id="shown", role="status"),
    ]
    groups = element("fieldset", element("legend", "Groups"), pills)
    return element("form", groups, element("div", line, class_="line"), id="filters", hidden=True)
