"""The paper's Tables 3 and 4: drawn, and as printed."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from mabench_eval.leaderboard import HEADINGS, PARTS, Leaderboard, Row
from mabench_eval.pages.blocks import Section, grid, note
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.pages.leaderboard.bars import bars
from mabench_eval.pages.leaderboard.cells import figures, heads, scrolled
from mabench_eval.pages.leaderboard.lines import Line, line_chart
from mabench_eval.pages.leaderboard.notes import Notes
from mabench_eval.tables import NO_VALUE, number

FRAMES_LEAD = "As printed, without intervals; figures at the right are those of the most frames. The scales begin at 0."
TUNING_LEAD = (
    "As printed, without intervals, by the part of the model that was tuned; the dashed line is what guessing gives."
)
DRAWN = (
    ("closed_avg", "Closed AVG: accuracy, %", 60.0, 20.0),
    ("open_avg", "Open AVG: judge's score, 0-5", 2.0, 0.5),
    ("final", "Final: 0-100", 60.0, 20.0),
)
"""Columns that are drawn, their captions, and the least end and the step of their scales."""


def frames(board: Leaderboard) -> Section:
    """Table 3: lines over the number of frames."""
    charts = [
        _lines("frames-closed", "Closed-ended tasks: accuracy, %", board.table3, "closed_avg", 20),
        _lines("frames-open", "Open-ended tasks: judge's score, 0-5", board.table3, "open_avg", 1),
    ]
    title = f"Table 3. {board.titles['table3']}"
    content = [note(FRAMES_LEAD), grid(charts), _table(board.table3, ("Exp.", "Frames"), title, "frames-note")]
    return Section("frames", title, join(content, "\n"), "Frames")


def _lines(name: str, title: str, rows: Sequence[Row], average: str, unit: float) -> Markup:
    """A line for an average and for each of its parts, of which every row has a figure."""
    lines = []
    for column in (*PARTS[average], average):
        values = [value for row in rows if (value := row.cells[column].value) is not None]
        if len(values) == len(rows):
            lines.append(Line(HEADINGS[column], values, column == average))
    top = unit * ceil(max((max(line.values) for line in lines), default=unit) / unit)

    steps = [row.labels[1] for row in rows]
    shown = "; ".join(f"{line.label} {', '.join(map(number, line.values))}" for line in lines)
    return line_chart(name, title, f"With {', '.join(steps)} frames: {shown}.", steps, "frames a clip", lines, top)


def tuning(board: Leaderboard) -> Section:
    """Table 4: bars of the averages."""
    charts = [_bars(board.table4, *average, board.chance.get(average[0])) for average in DRAWN]
    title = f"Table 4. {board.titles['table4']}"
    table = _table(board.table4, ("Exp.", "Method", "SFT (LoRA)"), title, "tuning-note")
    return Section("tuning", title, join([note(TUNING_LEAD), grid(charts), table], "\n"), "Fine-tuning")


def _bars(rows: Sequence[Row], column: str, title: str, least: float, step: float, chance: float | None) -> Markup:
    values = [row.cells[column].value for row in rows]
    tuned = ["Nothing" if row.labels[2] == NO_VALUE else row.labels[2] for row in rows]
    top = max(least, step * ceil(max((value for value in values if value is not None), default=0) / step))
    return bars(f"tuning-{column}", title, list(zip(tuned, values, strict=True)), top, step, chance)


def _table(rows: Sequence[Row], leading: Sequence[str], title: str, name: str) -> Markup:
    """As printed, with the notes on its cells."""
    notes, lines = Notes(name), []
    for row in rows:
        first, *others = row.labels
        cells = [element("th", first, scope="row"), *(element("td", other) for other in others)]
        lines.append(element("tr", cells, figures(row, (), {}, notes)))
    table = element("table", heads(leading, ()), element("tbody", join(lines, "\n")), class_="wide")
    return join([scrolled(table, title), notes.listed()])
