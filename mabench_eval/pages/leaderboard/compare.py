"""The plot of one column of Table 2, and what its script needs to draw the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mabench_eval.leaderboard import COLUMNS, REFERENCE, Cell, Leaderboard
from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.html import Markup, details, element, join, table
from mabench_eval.pages.leaderboard.cells import SIDE_OF, title_of
from mabench_eval.pages.leaderboard.dots import FOOT, ROW, RULES, SHAPES, STEPS, TOP, Dot, drawing, group_class, key_of
from mabench_eval.tables import NO_VALUE, number

FIRST = "closed_avg"
"""Column that is drawn without scripts."""
UNITS = {"closed": "accuracy, %", "open": "judge's score, 0-5", "final": "0-100"}
LEAD = (
    "A dot is a figure, its line the 95 % interval, the dashed line what guessing gives. The scale begins where the "
    "figures do, not at 0. The paper's rows have intervals in closed-ended columns alone, binomial ones, too narrow."
)


def compare(board: Leaderboard) -> Section:
    """The section; closed AVG of all methods, until the reader asks for something else."""
    dots, chance, title = dots_of(board, FIRST), board.chance.get(FIRST), plot_title(FIRST)
    label = f"{title}, best first: " + "; ".join(f"{dot.name} {dot.value:.2f}" for dot in dots[:5])
    pictures = [drawing(kind, dots, chance, label) for kind in RULES]
    figure = element(
        "figure",
        element("figcaption", title, id="plot-title"),
        element("div", pictures, id="plot"),
        _legend(board.groups, {dot.group for dot in dots}),
        details("Figures", _table(dots, title), class_="data"),
        class_="chart dots",
    )
    return Section("compare", "Compare", join([note(LEAD), _controls(), figure], "\n"))


def dots_of(board: Leaderboard, column: str) -> list[Dot]:
    """The rows of Table 2 that have a figure, best first; reference rows are no methods."""
    dots = []
    for row in board.table2:
        cell = row.cells[column]
        if row.group != REFERENCE and cell.value is not None:
            low, high = (round(end, 2) for end in cell.ends) if cell.ends else (None, None)
            group = group_class(board.groups, row.group)
            dots.append(Dot(row.name, group, round(cell.value, 2), low, high, str(cell.rank or "")))
    return sorted(dots, key=lambda dot: -dot.value)


def plot_title(column: str) -> str:
    """What the plot of a column is called."""
    return f"{title_of(column)}: {UNITS[SIDE_OF[column]]}"


def browser_data(board: Leaderboard) -> dict[str, Any]:
    """What the scripts draw from: figures as printed, in the order of the table's ``data-row``."""
    return {
        "columns": [{"title": plot_title(column), "chance": board.chance.get(column)} for column in COLUMNS],
        "first": COLUMNS.index(FIRST),
        "rules": {**RULES, "row": ROW, "top": TOP, "foot": FOOT, "steps": STEPS, "shapes": SHAPES},
        "rows": [
            {
                "name": row.name,
                "group": group_class(board.groups, row.group),
                "date": row.date,
                "source": row.source,
                "plotted": row.group != REFERENCE,
                "cells": [_strings(cell) for cell in row.cells.values()],
            }
            for row in board.table2
        ],
    }


def _strings(cell: Cell) -> list[str]:
    """Value, low, high and rank as printed; empty for what does not exist, those at the end left out."""
    figures = (cell.value, *(cell.ends or (None, None)))
    strings = ["" if figure is None else number(figure) for figure in figures]
    strings.append(str(cell.rank or ""))
    while strings and not strings[-1]:
        strings.pop()
    return strings


def _controls() -> Markup:
    sides: dict[str, list[Markup]] = {}
    for place, column in enumerate(COLUMNS):
        option = element("option", title_of(column), value=place, selected=column == FIRST)
        sides.setdefault(UNITS[SIDE_OF[column]], []).append(option)
    groups = [element("optgroup", options, label=unit) for unit, options in sides.items()]
    line = [
        element("label", "Column ", element("select", groups, id="plotted")),
        element("span", id="chosen", role="status"),
        element("button", "Plot all again", type="button", id="unchoose", hidden=True),
    ]
    choice = details("Choose methods (or tick rows of the table)", element("div", id="choice"))
    return element("form", element("div", line, class_="line"), choice, id="controls", hidden=True)


def _legend(groups: Mapping[str, str], there: set[str]) -> Markup:
    named = [(group_class(groups, group), heading) for group, heading in groups.items()]
    keys = [element("li", key_of(group), heading) for group, heading in named if group in there]
    return element("ul", keys, class_="legend")


def _table(dots: Sequence[Dot], title: str) -> Markup:
    rows = [[dot.name, number(dot.value), number(dot.low), number(dot.high), dot.rank or NO_VALUE] for dot in dots]
    return table(["Method", "Value", "from", "to", "Rank"], rows, caption=title)
