"""Table 2 with own runs: what it is sorted and filtered by, and its rows."""

from __future__ import annotations

from collections.abc import Sequence

from mabench_eval.leaderboard import Row, groups_of, table2_rows
from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.pages.leaderboard.cells import (
    date_cell,
    figures,
    heads,
    name_of,
    ranges,
    ranked_columns,
    scrolled,
    source_cell,
)
from mabench_eval.pages.leaderboard.dots import group_class, key_of
from mabench_eval.pages.leaderboard.notes import Notes
from mabench_eval.types import Json

LEADING = ("Method", "Date", "Source")
LEAD = (
    "In bold the best of each column, but never reference rows, a column of a run with missing answers, and open-ended "
    "figures from another judge than the paper's. Rank: the set of ranks that a row may have, with 95 % confidence for "
    "all rows at once. A column's head sorts by it: best first, the other way round, as printed."
)
VIEWS = {"all": "All columns", "closed": "Closed-ended", "open": "Open-ended"}


def table2(document: Json) -> Section:
    """The section: filters, which work with scripts alone, the table, its notes."""
    notes, rows = Notes("note"), table2_rows(document)
    groups = groups_of(document)
    title = f"Table 2. {document['titles']['table2']}"
    table = element("table", heads(LEADING, ranked_columns(rows), notes), _bodies(rows, groups, notes), id="ranking")
    content = [note(LEAD), filters(rows, groups), scrolled(table, title), notes.listed()]
    return Section("table2", title, join(content, "\n"), "Table 2")


def _bodies(rows: Sequence[Row], groups: dict[str, str], notes: Notes) -> list[Markup]:
    """A body of the table for each group, its heading first."""
    with_rank, scale = ranked_columns(rows), ranges(rows)
    wide = len(LEADING) + 15 + len(with_rank)
    bodies = []
    for group, heading in groups.items():
        name = group_class(groups, group)
        lines = [element("tr", element("th", heading, colspan=wide, scope="rowgroup"), class_="group")]
        for place, row in enumerate(rows):
            if row.group == group:
                cells = [date_cell(row), source_cell(row, notes), *figures(row, with_rank, scale, notes)]
                lines.append(element("tr", _name(row, name), cells, data_row=place))
        if len(lines) > 1:
            bodies.append(element("tbody", join(lines, "\n"), data_group=name))
    return bodies


def _name(row: Row, group: str) -> Markup:
    return element("th", key_of(group), name_of(row), scope="row")


def filters(rows: Sequence[Row], groups: dict[str, str]) -> Markup:
    """What narrows the table; hidden until a script is there to do it."""
    pills = []
    for group, heading in groups.items():
        count = sum(row.group == group for row in rows)
        box = element(
            "input",
            type="checkbox",
            checked=count > 0,
            disabled=not count,
            name="group",
            value=group_class(groups, group),
        )
        name = element("span", heading, " ", element("span", str(count), class_="soft"))
        pills.append(element("label", box, key_of(group_class(groups, group)), name, class_="pill"))
    views = [element("option", name, value=view) for view, name in VIEWS.items()]
    told = element("input", type="checkbox", id="intervals")
    rest = [
        element("label", "Find ", element("input", type="search", id="find", placeholder="a method")),
        element("label", "Columns ", element("select", views, id="columns")),
        element("label", told, element("span", "Show intervals"), class_="pill"),
        element("span", id="shown", role="status"),
    ]
    named = element("fieldset", element("legend", "Groups"), pills)
    return element("form", named, element("div", rest, class_="line"), id="filters", hidden=True)
