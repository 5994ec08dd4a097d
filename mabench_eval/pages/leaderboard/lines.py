"""Lines over a few steps, each named at its right end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mabench_eval.pages.charts.parts import WIDTH, chart, shape, text_line
from mabench_eval.pages.html import Markup, table
from mabench_eval.tables import number

LEFT, RIGHT, TOP, TALL, FOOT = 26.0, 116.0, 10.0, 210.0, 36.0
"""Widths beside the field, heights above it, of it and below it."""
APART = 13.0
"""Least distance of two names."""
PARTS = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One line."""

    label: str
    values: Sequence[float]
    strong: bool = False
    """Whether it stands out, as an average does."""


def line_chart(
    name: str, title: str, description: str, steps: Sequence[str], unit: str, lines: Sequence[Line], top: float
) -> Markup:
    """The chart, with the same figures as a table.

    Args:
        name: Unique in the page.
        title: The caption.
        description: What it shows, for those who do not see it.
        steps: Names of the places across.
        unit: What they are.
        lines: With a value for each step, 0 to ``top``.
        top: End of the scale, which begins at 0.
    """
    width = WIDTH - LEFT - RIGHT
    across = [LEFT + 8 + (width - 16) * place / max(1, len(steps) - 1) for place in range(len(steps))]
    ends = _spread([TOP + TALL * (1 - line.values[-1] / top) for line in lines])
    drawn = [_grid(steps, across, unit, top)]
    for line, end in sorted(zip(lines, ends, strict=True), key=lambda pair: pair[0].strong):
        drawn.append(_line(line, across, end, top))
    rows = [[line.label, *map(number, line.values)] for line in lines]
    figures = table(["", *steps], rows, caption=title)
    return chart(name, title, description, drawn, TOP + TALL + FOOT, figures)


def _grid(steps: Sequence[str], across: Sequence[float], unit: str, top: float) -> Markup:
    drawn = []
    for part in range(PARTS + 1):
        y = TOP + TALL * (1 - part / PARTS)
        drawn.append(shape("line", x1=LEFT, y1=y, x2=WIDTH - RIGHT, y2=y, class_="grid" if part else "base"))
        drawn.append(text_line(f"{top * part / PARTS:g}", LEFT - 5, y + 4, "end", "axis"))
    drawn += [text_line(step, x, TOP + TALL + 15, "middle", "axis") for step, x in zip(steps, across, strict=True)]
    drawn.append(text_line(unit, (across[0] + across[-1]) / 2, TOP + TALL + 31, "middle", "axis"))
    return shape("g", drawn)


def _line(line: Line, across: Sequence[float], end: float, top: float) -> Markup:
    points = [(x, TOP + TALL * (1 - value / top)) for x, value in zip(across, line.values, strict=True)]
    kind = "strong" if line.strong else None
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    drawn = [shape("title", f"{line.label}: {', '.join(map(number, line.values))}")]
    drawn.append(shape("path", d=path, class_=f"series {kind or ''}".strip()))
    drawn += [shape("circle", cx=x, cy=y, r=3.0, class_=f"point {kind or ''}".strip()) for x, y in points]
    lead = f"M{points[-1][0] + 5:.1f} {points[-1][1]:.1f}L{WIDTH - RIGHT + 6:.1f} {end:.1f}"
    drawn.append(shape("path", d=lead, class_="lead"))
    drawn.append(text_line(line.label, WIDTH - RIGHT + 9, end + 4, class_=kind))
    drawn.append(text_line(number(line.values[-1]), WIDTH, end + 4, "end", "value" if line.strong else "axis"))
    return shape("g", drawn)


def _spread(places: Sequence[float]) -> list[float]:
    """The places, moved so that neighbours are ``APART``, and none lies below the field."""
    order = sorted(range(len(places)), key=lambda number: places[number])
    moved = list(places)
    for above, below in pairwise(order):
        moved[below] = max(moved[below], moved[above] + APART)
    limit = TOP + TALL
    for number_ in reversed(order):
        moved[number_] = min(moved[number_], limit)
        limit = moved[number_] - APART
    return moved
