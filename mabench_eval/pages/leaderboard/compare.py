"""The plot of one column of Table 2, and what its script needs to draw the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mabench_eval.leaderboard import COLUMNS, REFERENCE, Row, groups_of, rank_text, table2_rows
from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.html import Markup, details, element, join, table
from mabench_eval.pages.leaderboard.cells import LONG, SIDE_OF
from mabench_eval.pages.leaderboard.dots import FOOT, ROW, RULES, SHAPES, STEPS, TOP, Dot, drawing, group_class, key_of
from mabench_eval.tables import NO_VALUE, number
from mabench_eval.types import Json

FIRST = "closed_avg"
"""Column that is drawn without scripts."""
UNITS = {"closed": "accuracy, %", "open": "judge's score, 0-5", "final": "0-100"}
LEAD = (
    "A dot is a figure, its line the 95 % interval, the dashed line what guessing gives. The scale begins where the "
    "figures do, not at 0. The paper's rows have intervals in closed-ended columns alone, binomial ones, too narrow."
)


def compare(document: Json) -> Section:
    """The section; closed AVG of all methods, until the reader asks for something else."""
    rows, groups = table2_rows(document), groups_of(document)
    dots = dots_of(rows, groups, FIRST)
    chance, title = document["chance"].get(FIRST), title_of(FIRST)
    told = f"{title}, best first: " + "; ".join(f"{dot.name} {dot.value:.2f}" for dot in dots[:5])
    pictures = [drawing(kind, dots, chance, told) for kind in RULES]
    figure = element(
        "figure",
        element("figcaption", title, id="plot-title"),
        element("div", pictures, id="plot"),
        _legend(groups, {dot.group for dot in dots}),
        details("Figures", _table(dots, title), class_="data"),
        class_="chart dots",
    )
    return Section("compare", "Compare", join([note(LEAD), _controls(), figure], "\n"))


def dots_of(rows: Sequence[Row], groups: dict[str, str], column: str) -> list[Dot]:
    """The rows that have a figure, best first; reference rows are no methods."""
    there = [row for row in rows if row.group != REFERENCE and row.figures[column] is not None]
    dots = [_dot(row, group_class(groups, row.group), column) for row in there]
    return sorted(dots, key=lambda dot: -dot.value)


def _dot(row: Row, group: str, column: str) -> Dot:
    known: dict[str, Any] = row.standing[column] if row.standing else {"low": None, "high": None, "rank": None}
    low, high = (None if known[end] is None else round(known[end], 2) for end in ("low", "high"))
    rank = rank_text(known["rank"]) if known["rank"] else ""
    return Dot(row.name, group, round(row.figures[column] or 0, 2), low, high, rank)


def title_of(column: str) -> str:
    """What the plot of a column is called."""
    return f"{LONG.get(column, column)}: {UNITS[SIDE_OF[column]]}"


def browser_data(document: Json) -> dict[str, Any]:
    """What the scripts draw from: figures as printed, in the order of the table's ``data-row``."""
    rows, groups = table2_rows(document), groups_of(document)
    return {
        "columns": [{"title": title_of(column), "chance": document["chance"].get(column)} for column in COLUMNS],
        "first": COLUMNS.index(FIRST),
        "rules": {**RULES, "row": ROW, "top": TOP, "foot": FOOT, "steps": STEPS, "shapes": SHAPES},
        "rows": [
            {
                "name": row.name,
                "group": group_class(groups, row.group),
                "date": row.date or "",
                "source": row.source,
                "plotted": row.group != REFERENCE,
                "cells": [_strings(row, column) for column in COLUMNS],
            }
            for row in rows
        ],
    }


def _strings(row: Row, column: str) -> list[str]:
    """Value, low, high and rank as printed; empty for what does not exist, those at the end left out."""
    known = row.standing[column] if row.standing else {"low": None, "high": None, "rank": None}
    figures = (row.figures[column], known["low"], known["high"])
    found = ["" if figure is None else number(figure) for figure in figures]
    found.append(rank_text(known["rank"]) if known["rank"] else "")
    while found and not found[-1]:
        found.pop()
    return found


def _controls() -> Markup:
    sides: dict[str, list[Markup]] = {}
    for place, column in enumerate(COLUMNS):
        option = element("option", LONG.get(column, column), value=place, selected=column == FIRST)
        sides.setdefault(UNITS[SIDE_OF[column]], []).append(option)
    groups = [element("optgroup", options, label=unit) for unit, options in sides.items()]
    line = [
        element("label", "Column ", element("select", groups, id="plotted")),
        element("span", id="chosen", role="status"),
        element("button", "Plot all again", type="button", id="unchoose", hidden=True),
    ]
    choice = details("Choose methods (or tick rows of the table)", element("div", id="choice"))
    return element("form", element("div", line, class_="line"), choice, id="controls", hidden=True)


def _legend(groups: dict[str, str], there: set[str]) -> Markup:
    named = [(group_class(groups, group), heading) for group, heading in groups.items()]
    keys = [element("li", key_of(group), heading) for group, heading in named if group in there]
    return element("ul", keys, class_="legend")


def _table(dots: Sequence[Dot], title: str) -> Markup:
    rows = [[dot.name, number(dot.value), number(dot.low), number(dot.high), dot.rank or NO_VALUE] for dot in dots]
    return table(["Method", "Value", "from", "to", "Rank"], rows, caption=title)
