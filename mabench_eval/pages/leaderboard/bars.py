"""Bars of one figure over a few variants, as exact as the tables beside them."""

from __future__ import annotations

from collections.abc import Sequence

from mabench_eval.pages.charts.parts import WIDTH, chart, shape, text_line
from mabench_eval.pages.html import Markup, table
from mabench_eval.tables import number

ROW, THICK, TOP, FOOT = 28.0, 14.0, 20.0, 20.0
"""Heights: of a row, of its bar, above the first row, below the last."""
LEFT, RIGHT = 104.0, 48.0
"""Widths of names and of figures."""

Bars = Sequence[tuple[str, float | None]]
"""Names and figures, from the top; None has no bar."""


def bars(name: str, title: str, bars: Bars, top: float, step: float, chance: float | None) -> Markup:
    """The chart, with the same figures as a table.

    Args:
        name: Unique in the page.
        title: The caption.
        bars: Of figures from 0 to ``top``.
        top: End of the scale.
        step: From one grid line to the next.
        chance: What guessing gives; None: no line.
    """
    scale = (WIDTH - LEFT - RIGHT) / top
    bottom = TOP + ROW * len(bars)
    drawn = [_grid(scale, top, step, bottom)]
    drawn += [_bar(label, value, scale, TOP + ROW * (place + 0.5)) for place, (label, value) in enumerate(bars)]
    if chance is not None:
        at = LEFT + scale * chance
        drawn.append(shape("line", x1=at, y1=TOP - 4, x2=at, y2=bottom, class_="chance"))
        drawn.append(text_line(f"chance {number(chance)}", at, 11, "middle", "axis"))
    values = "; ".join(f"{label} {number(value)}" for label, value in bars)
    figures = table(["", "Value"], [[label, number(value)] for label, value in bars], caption=title)
    return chart(name, title, f"{title}. {values}.", drawn, bottom + FOOT, figures)


def _grid(scale: float, top: float, step: float, bottom: float) -> Markup:
    lines = []
    for place in range(round(top / step) + 1):
        at = LEFT + scale * step * place
        lines.append(shape("line", x1=at, y1=TOP - 4, x2=at, y2=bottom, class_="grid" if place else "base"))
        lines.append(text_line(f"{step * place:g}", at, bottom + 14, "middle", "axis"))
    return shape("g", lines)


def _bar(label: str, value: float | None, scale: float, y: float) -> Markup:
    drawn = [shape("title", f"{label}: {number(value)}"), text_line(label, LEFT - 8, y + 4, "end")]
    if value is not None:
        drawn.append(shape("rect", x=LEFT, y=y - THICK / 2, width=scale * value, height=THICK, class_="bar"))
    drawn.append(text_line(number(value), float(WIDTH), y + 4, "end", "value"))
    return shape("g", drawn)
