"""Horizontal bars: a value per row, with its interval, what guessing gives, and a mark to compare it with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mabench_eval.pages.charts.parts import WIDTH, chart, diamond, shape, text_line, text_width, truncated, whisker
from mabench_eval.pages.html import Markup, table
from mabench_eval.tables import NO_VALUE, number

ROW, THICK, TOP, FOOT = 26.0, 12.0, 6.0, 20.0
"""Heights: of a row, of its bar, above the first row, below the last."""
LEFT, RIGHT = 104.0, 52.0
"""Widths: of the widest labels, of the figures at the right."""
STEPS = 4
"""Parts that grid lines cut the scale into."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of the chart."""

    label: str
    value: float | None
    """None: the row is there, its bar is not."""
    low: float | None = None
    """Ends of the 95 % interval; None: there is none."""
    high: float | None = None
    chance: float | None = None
    """What a uniform guess gives."""
    mark: float | None = None
    """A figure to compare with; the legend says which."""
    mark_source: str = ""
    """Whose figure it is, where that differs by row."""
    n: int | None = None
    """Answers that the value is over."""


def bar_chart(
    name: str,
    title: str,
    description: str,
    bars: Sequence[Bar],
    *,
    top: float = 100,
    unit: str = "%",
    value: str = "Value",
    mark: str = "",
    legend: bool = True,
) -> Markup:
    """The chart, with the same figures as a table.

    Args:
        name: Unique in the page.
        title: The caption.
        description: What it shows, for those who do not see it.
        bars: From the top.
        top: End of the scale, which begins at 0.
        unit: Of all values.
        value: What a bar is.
        mark: What a mark is.
        legend: Whether a legend explains bars, whiskers and marks; one is enough among charts of a kind.
    """
    left = min(LEFT, 12 + max((text_width(bar.label) for bar in bars), default=0))
    scale = (WIDTH - left - RIGHT) / top
    bottom = TOP + ROW * len(bars)
    drawing = [_grid(left, scale, top, unit, bottom)]
    drawing += [_row(bar, left, scale, TOP + ROW * (row + 0.5), unit) for row, bar in enumerate(bars)]

    keys = [("bar", value)]
    keys += [("whisker", "95 % interval, by clips")] if any(bar.low is not None for bar in bars) else []
    keys += [("chance", "chance")] if any(bar.chance is not None for bar in bars) else []
    keys += [("mark", mark)] if any(bar.mark is not None for bar in bars) else []
    figures = _table(title, bars, value, mark)
    return chart(name, title, description, drawing, bottom + FOOT, figures, keys if legend else ())


def _grid(left: float, scale: float, top: float, unit: str, bottom: float) -> Markup:
    lines = []
    for step in range(STEPS + 1):
        x = left + scale * top * step / STEPS
        ending = f" {unit}" if step == STEPS and unit else ""
        lines.append(shape("line", x1=x, y1=TOP - 2, x2=x, y2=bottom, class_="base" if step == 0 else "grid"))
        lines.append(text_line(f"{top * step / STEPS:g}{ending}", x, bottom + 14, "middle", "axis"))
    return shape("g", lines, aria_hidden="true")


def _row(bar: Bar, left: float, scale: float, y: float, unit: str) -> Markup:
    drawing = [shape("title", _tooltip(bar, unit)), text_line(truncated(bar.label, left - 6), left - 8, y + 4, "end")]
    if bar.value is not None:
        drawing.append(shape("rect", x=left, y=y - THICK / 2, width=scale * bar.value, height=THICK, class_="bar"))
    if bar.low is not None and bar.high is not None:
        drawing.append(whisker(left + scale * bar.low, left + scale * bar.high, y))
    if bar.chance is not None:
        x = left + scale * bar.chance
        drawing.append(shape("line", x1=x, y1=y - ROW / 2 + 2, x2=x, y2=y + ROW / 2 - 2, class_="chance"))
    if bar.mark is not None:
        drawing.append(diamond(left + scale * bar.mark, y))
    drawing.append(text_line(NO_VALUE if bar.value is None else f"{bar.value:.1f}", WIDTH - 2, y + 4, "end", "value"))
    return shape("g", drawing)


def _tooltip(bar: Bar, unit: str) -> str:
    parts = [f"{bar.label}: {number(bar.value)} {unit}".strip()]
    parts += [f"95 % {bar.low:.1f} to {bar.high:.1f}"] if bar.low is not None and bar.high is not None else []
    parts += [f"chance {bar.chance:.1f}"] if bar.chance is not None else []
    parts += [f"{bar.mark_source} {bar.mark:.1f}".strip()] if bar.mark is not None else []
    parts += [f"{bar.n} answers"] if bar.n is not None else []
    return "; ".join(parts)


def _table(caption: str, bars: Sequence[Bar], value: str, mark: str) -> Markup:
    header, columns = ["", value], [[number(bar.value) for bar in bars]]
    if any(bar.low is not None for bar in bars):
        header += ["from", "to"]
        columns += [[number(bar.low) for bar in bars], [number(bar.high) for bar in bars]]
    if any(bar.chance is not None for bar in bars):
        header.append("chance")
        columns.append([number(bar.chance) for bar in bars])
    if any(bar.mark is not None for bar in bars):
        header.append(mark)
        columns.append([f"{number(bar.mark)} {bar.mark_source}".strip() for bar in bars])
    if any(bar.n is not None for bar in bars):
        header.append("n")
        columns.append([NO_VALUE if bar.n is None else f"{bar.n:,}" for bar in bars])
    rows = [[bar.label, *cells] for bar, *cells in zip(bars, *columns, strict=True)]
    return table(header, rows, caption=caption)
