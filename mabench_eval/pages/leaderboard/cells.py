"""Tables of the leaderboard: a row a method, a column a task, with a figure's interval and rank in its cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mabench_eval.leaderboard import (
    AVERAGES,
    COLUMNS,
    FINAL_NOTE,
    HEADINGS,
    OPEN_COLUMNS,
    UNPAIRED_NOTE,
    VERIFIED_NOTE,
    Cell,
    OwnRow,
    Row,
)
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
WHISKER_WIDTH = 44.0
"""Of a cell's drawing."""

Scales = Mapping[str, tuple[float, float]]
"""Column -> ends of the scale of its whiskers."""


def title_of(column: str) -> str:
    """What a column is called where no heading stands above it."""
    return AVERAGES.get(column, column)


def scales_of(rows: Sequence[Row]) -> Scales:
    """From the lowest to the highest end of all intervals, of the columns that have any."""
    scales = {}
    for column in COLUMNS:
        intervals = [ends for row in rows if (ends := row.cells[column].ends)]
        if intervals:
            scales[column] = min(low for low, _ in intervals), max(high for _, high in intervals)
    return scales


def ranked_columns(rows: Sequence[Row]) -> list[str]:
    """The averages in which any of the rows has a rank."""
    return [column for column in AVERAGES if any(row.cells[column].rank for row in rows)]


def heads(leading: Sequence[str], with_rank: Sequence[str], notes: Notes | None = None) -> Markup:
    """The head of a table: sides above columns; ``data-sort`` is the column's place among ``COLUMNS``.

    ``notes`` take up how Final is made; None: it stands elsewhere in the page.
    """
    above = [element("td", colspan=len(leading))]
    cells = [element("th", name, scope="col", data_sort=name.casefold()) for name in leading]
    for side, (heading, columns) in SIDES.items():
        more = sum(column in with_rank for column in columns)
        above.append(element("th", heading, scope="colgroup", colspan=len(columns) + more, class_=f"of-{side}"))
        for column in columns:
            mark = notes.mark(FINAL_NOTE) if notes and column == "final" else None
            place = COLUMNS.index(column)
            cells.append(element("th", HEADINGS[column], mark, scope="col", class_=_class_of(column), data_sort=place))
            if column in with_rank:
                kind = f"figure of-{side}"
                cells.append(element("th", "Rank", scope="col", class_=kind, data_sort=f"rank-{place}"))
    return element("thead", element("tr", above), element("tr", cells))


def figures(row: Row, with_rank: Sequence[str], scales: Scales, notes: Notes, *, always: bool = False) -> list[Markup]:
    """The cells of a row's figures; ``always``: intervals are seen before anyone asks for them."""
    made = []
    for column, cell in row.cells.items():
        value = number(cell.value)
        made.append(
            element(
                "td",
                element("strong", value) if cell.is_best else value,
                notes.mark(row.notes[column]) if column in row.notes else None,
                _interval(cell, column, scales, always=always),
                class_=_class_of(column),
                title=sentence(row, column),
            )
        )
        if column in with_rank:
            made.append(element("td", str(cell.rank or NO_VALUE), class_=f"figure rank of-{SIDE_OF[column]}"))
    return made


def _class_of(column: str) -> str:
    return f"figure of-{SIDE_OF[column]}{' average' if column in AVERAGES else ''}"


def sentence(row: Row, column: str) -> str | None:
    """A figure with its interval and ranks, in words; None where there is neither."""
    cell = row.cells[column]
    if cell.ends is None:
        return None
    low, high = map(number, cell.ends)
    parts = [f"{row.name}, {title_of(column)}: {number(cell.value)}", f"95 % {low} to {high}"]
    return "; ".join([*parts, f"rank {cell.rank}"] if cell.rank else parts)


def _interval(cell: Cell, column: str, scales: Scales, *, always: bool) -> Markup | None:
    """Whisker, interval and rank below a figure."""
    if cell.ends is None or cell.interval is None:
        return None
    low, high = cell.ends
    start, end = scales[column]
    factor = (WHISKER_WIDTH - 4) / ((end - start) or 1)
    from_x, x, to_x = (2 + factor * (value - start) for value in (low, cell.interval.value, high))
    line = shape("path", d=f"M{from_x:.1f} 4H{to_x:.1f}", class_="whisker")
    dot = shape("circle", cx=x, cy=4, r=2, class_="dot")
    whisker = element("svg", line, dot, viewBox=f"0 0 {WHISKER_WIDTH:.0f} 8", class_="mini", aria_hidden="true")

    digits = 2 if column in SIDES["open"][1] else 1
    lines = [whisker, element("span", f"{low:.{digits}f} - {high:.{digits}f}")]
    lines += [element("span", f"rank {cell.rank}")] if cell.rank else []
    return element("span", lines, class_="more always" if always else "more")


def method_cells(row: Row, notes: Notes) -> list[Markup]:
    """When the method was published or the run ended; paper or run, whether verified, and what a reader must know."""
    mark = notes.mark(UNPAIRED_NOTE) if row.unpaired else None
    verified = element("span", row.verified, notes.mark(VERIFIED_NOTE), class_="span")
    remarks = [element("span", remark, class_="span") for remark in row.remarks]
    return [
        element("td", row.date or NO_VALUE, class_="date"),
        element("td", row.source, mark, verified if isinstance(row, OwnRow) else None, remarks, class_="source"),
    ]


def name_of(row: Row) -> Markup:
    """Its name, cut by the style sheet where it is long."""
    return element("span", row.name, class_="name", title=row.name)


def scrolled(table: Markup, label: str) -> Markup:
    """A table that scrolls by itself where it is wider than the screen."""
    return element("div", table, class_="scroll", tabindex=0, role="region", aria_label=label)
