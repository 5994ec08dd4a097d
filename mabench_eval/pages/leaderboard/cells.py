"""Tables of the leaderboard: a row a method, a column a task, with what a figure's cell tells beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mabench_eval.leaderboard import AVERAGE_HEADS, COLUMNS, FINAL_NOTE, OPEN_COLUMNS, UNPAIRED, Row, rank_text
from mabench_eval.pages.charts.parts import shape
from mabench_eval.pages.html import Markup, element
from mabench_eval.pages.leaderboard.notes import Notes
from mabench_eval.tables import NO_VALUE, number
from mabench_eval.taxonomy import OFFICIAL_CLOSED

SIDES = {
    "closed": ("Closed-ended: accuracy, %", (*OFFICIAL_CLOSED, "closed_avg")),
    "open": ("Open-ended: score, 0-5", (*OPEN_COLUMNS, "open_avg")),
    "final": ("0-100", ("final",)),
}
"""Side of the table -> its heading and columns."""
SIDE_OF = {column: side for side, (_, columns) in SIDES.items() for column in columns}
LONG = {"closed_avg": "Closed AVG", "open_avg": "Open AVG", "final": "Final"}
"""Column of an average -> what it is called where no heading stands above it."""
MINI = 44.0
"""Width of a cell's whisker."""

Range = Mapping[str, tuple[float, float]]
"""Column -> ends of the scale of its whiskers."""


def ranges(rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """From the lowest to the highest end of all intervals, of the columns that have any."""
    found = {}
    for column in COLUMNS:
        known = [row.standing[column] for row in rows if row.standing and row.standing[column]["low"] is not None]
        if known:
            found[column] = min(cell["low"] for cell in known), max(cell["high"] for cell in known)
    return found


def ranked_columns(rows: Sequence[Row]) -> list[str]:
    """The averages in which any of the rows has a rank."""
    return [column for column in LONG if any(row.standing and row.standing[column]["rank"] for row in rows)]


def heads(leading: Sequence[str], with_rank: Sequence[str], notes: Notes | None = None) -> Markup:
    """The head of a table: sides above columns; ``data-sort`` is the column's place among ``COLUMNS``.

    ``notes`` take up how Final is made; None: the page has told it.
    """
    above = [element("td", colspan=len(leading))]
    cells = [element("th", name, scope="col", data_sort=name.casefold()) for name in leading]
    for side, (heading, columns) in SIDES.items():
        more = sum(column in with_rank for column in columns)
        above.append(element("th", heading, scope="colgroup", colspan=len(columns) + more, class_=f"of-{side}"))
        for column in columns:
            mark = notes.mark(FINAL_NOTE) if notes and column == "final" else None
            kind = f"figure of-{side}{' average' if column in LONG else ''}"
            name = AVERAGE_HEADS.get(column, column)
            cells.append(element("th", name, mark, scope="col", class_=kind, data_sort=COLUMNS.index(column)))
            if column in with_rank:
                place = f"rank-{COLUMNS.index(column)}"
                cells.append(element("th", "Rank", scope="col", class_=f"figure of-{side}", data_sort=place))
    return element("thead", element("tr", above), element("tr", cells))


def figures(row: Row, with_rank: Sequence[str], scale: Range, notes: Notes, *, always: bool = False) -> list[Markup]:
    """The cells of a row's figures; ``always``: intervals are seen before anyone asks for them."""
    cells = []
    for column in COLUMNS:
        cells.append(_figure(row, column, scale, notes, always=always))
        if column in with_rank:
            rank = rank_text(row.standing[column]["rank"] if row.standing else None)
            cells.append(element("td", rank, class_=f"figure rank of-{SIDE_OF[column]}"))
    return cells


def _figure(row: Row, column: str, scale: Range, notes: Notes, *, always: bool) -> Markup:
    shown = number(row.figures[column])
    value = element("strong", shown) if column in row.best else shown
    mark = notes.mark(row.wrong[column]) if column in row.wrong else None
    known = row.standing[column] if row.standing else None
    digits = 2 if column in OPEN_COLUMNS or column == "open_avg" else 1
    more = _more(known, scale.get(column), digits, always=always) if known else None
    kind = f"figure of-{SIDE_OF[column]}{' average' if column in LONG else ''}"
    return element("td", value, mark, more, class_=kind, title=told(row, column) if known else None)


def told(row: Row, column: str) -> str | None:
    """A figure with its interval and ranks, in words; None where there is neither."""
    known = row.standing[column] if row.standing else None
    if known is None or known["low"] is None:
        return None
    parts = [f"{row.name}, {LONG.get(column, column)}: {number(row.figures[column])}"]
    parts.append(f"95 % {number(known['low'])} to {number(known['high'])}")
    parts += [f"rank {rank_text(known['rank'])}"] if known["rank"] else []
    return "; ".join(parts)


def _more(known: Mapping[str, Any], scale: tuple[float, float] | None, digits: int, *, always: bool) -> Markup | None:
    """Whisker, interval and rank below a figure."""
    if known["low"] is None or scale is None:
        return None
    lines = [_mini(known, scale), element("span", f"{known['low']:.{digits}f} - {known['high']:.{digits}f}")]
    lines += [element("span", f"rank {rank_text(known['rank'])}")] if known["rank"] else []
    return element("span", lines, class_="more always" if always else "more")


def _mini(known: Mapping[str, Any], scale: tuple[float, float]) -> Markup:
    low, high = scale
    factor = (MINI - 4) / ((high - low) or 1)
    at = {end: 2 + factor * (known[end] - low) for end in ("low", "value", "high")}
    line = shape("path", d=f"M{at['low']:.1f} 4H{at['high']:.1f}", class_="whisker")
    dot = shape("circle", cx=at["value"], cy=4, r=2, class_="dot")
    return element("svg", line, dot, viewBox=f"0 0 {MINI:.0f} 8", class_="mini", aria_hidden="true")


def name_of(row: Row) -> Markup:
    """Its name, cut by the style sheet where it is long."""
    return element("span", row.name, class_="name", title=row.name)


def date_cell(row: Row) -> Markup:
    """When the method was published, or the run ended."""
    return element("td", row.date or NO_VALUE, class_="date")


def source_cell(row: Row, notes: Notes) -> Markup:
    """Paper or run, and what a reader must know of it."""
    mark = notes.mark(UNPAIRED) if row.unpaired else None
    return element("td", row.source, mark, [element("span", said, class_="span") for said in row.says], class_="source")


def scrolled(table: Markup, label: str) -> Markup:
    """A table that scrolls by itself where it is wider than the screen."""
    return element("div", table, class_="scroll", tabindex=0, role="region", aria_label=label)
