"""The paper's Tables 3 and 4: drawn, and as printed."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

from mabench_eval.leaderboard import PARTS, Row
from mabench_eval.pages.blocks import Section, grid, note
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.pages.leaderboard.bars import bars
from mabench_eval.pages.leaderboard.cells import figures, heads, scrolled
from mabench_eval.pages.leaderboard.lines import Line, line_chart
from mabench_eval.pages.leaderboard.notes import Notes
from mabench_eval.types import Json

FRAMES_LEAD = "As printed, without intervals; figures at the right are those of the most frames. The scales begin at 0."
TUNING_LEAD = (
    "As printed, without intervals, by the part of the model that was tuned; the dashed line is what guessing gives."
)
AVERAGES = (
    ("closed_avg", "Closed AVG: accuracy, %", 60.0, 20.0),
    ("open_avg", "Open AVG: judge's score, 0-5", 2.0, 0.5),
    ("final", "Final: 0-100", 60.0, 20.0),
)
"""Columns that are drawn, their captions, and the least end and the step of their scales."""


def frames(document: Json) -> Section:
    """Table 3: lines over the number of frames."""
    rows = _rows(document, "table3")
    steps = [row["row"][1] for row in rows]
    charts = [
        _lines("frames-closed", "Closed-ended tasks: accuracy, %", steps, rows, "closed_avg", 20),
        _lines("frames-open", "Open-ended tasks: judge's score, 0-5", steps, rows, "open_avg", 1),
    ]
    title = f"Table 3. {document['titles']['table3']}"
    content = [note(FRAMES_LEAD), grid(charts), _table(rows, ("Exp.", "Frames"), title, "frames-note")]
    return Section("frames", title, join(content, "\n"), "Frames")


def _lines(name: str, title: str, steps: Sequence[str], rows: Sequence[Json], average: str, unit: float) -> Markup:
    lines = []
    for column in (*PARTS[average], average):
        values = [row["figures"][column] for row in rows]
        if None not in values:
            lines.append(Line("AVG" if column == average else column, values, column == average))
    top = unit * ceil(max((max(line.values) for line in lines), default=unit) / unit)
    told = "; ".join(f"{line.label} {', '.join(f'{value:.2f}' for value in line.values)}" for line in lines)
    return line_chart(name, title, f"With {', '.join(steps)} frames: {told}.", steps, "frames a clip", lines, top)


def tuning(document: Json) -> Section:
    """Table 4: bars of the averages."""
    rows = _rows(document, "table4")
    charts = [_bars(rows, *average, document["chance"].get(average[0])) for average in AVERAGES]
    title = f"Table 4. {document['titles']['table4']}"
    table = _table(rows, ("Exp.", "Method", "SFT (LoRA)"), title, "tuning-note")
    return Section("tuning", title, join([note(TUNING_LEAD), grid(charts), table], "\n"), "Fine-tuning")


def _bars(rows: Sequence[Json], column: str, title: str, least: float, step: float, chance: float | None) -> Markup:
    found = [(_tuned(row["row"][2]), row["figures"][column]) for row in rows]
    highest = max((value for _, value in found if value is not None), default=0)
    return bars(f"tuning-{column}", title, found, max(least, step * ceil(highest / step)), step, chance)


def _tuned(what: str) -> str:
    return "Nothing" if what == "-" else what


def _rows(document: Json, table: str) -> list[Any]:
    return [row for row in document["paper"] if row["table"] == table]


def _table(rows: Sequence[Json], leading: Sequence[str], title: str, name: str) -> Markup:
    notes, lines = Notes(name), []
    for row in rows:
        flat = Row(row["row"][0], "", None, "paper", (), row["figures"], None, frozenset(row["best"]), row["wrong"])
        first, *others = row["row"]
        cells = [element("th", first, scope="row"), *(element("td", other) for other in others)]
        lines.append(element("tr", cells, figures(flat, (), {}, notes)))
    table = element("table", heads(leading, ()), element("tbody", join(lines, "\n")), class_="wide")
    return join([scrolled(table, title), notes.listed()])
