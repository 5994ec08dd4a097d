"""The plot of differences: a row per figure, a dot at second - first with its interval, and a line at 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from mabench_eval.pages.charts.parts import LETTER, WIDTH, chart, shape, text_line, text_width, truncated
from mabench_eval.pages.html import Markup, element, table
from mabench_eval.runs import Difference
from mabench_eval.tables import NO_VALUE
from mabench_eval.text import decimals

ROW, TOP, FOOT = 26.0, 22.0, 20.0
"""Heights: of a row, above the first, below the last."""
LEFT, RIGHT = 104.0, 54.0
"""Widths: of the widest labels, of the figures at the right."""
STEPS = 5
"""Largest number of parts that grid lines cut the scale into."""
SIGNIFICANT = 0.05
"""Adjusted p below which a difference is significant; its dot is full."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to positions in the drawing."""

    start: float
    end: float
    step: float
    """Between grid lines."""
    left: float
    """Where ``start`` is."""
    width: float

    def at(self, value: float) -> float:
        """The position of a value; one beyond an end is put at that end."""
        share = (value - self.start) / (self.end - self.start)
        return self.left + self.width * min(1.0, max(0.0, share))


def is_significant(row: Difference) -> bool:
    """Whether the figure differs, after the adjustment for all figures."""
    return row.p_holm is not None and row.p_holm < SIGNIFICANT


def difference_plot(
    name: str, title: str, rows: Sequence[Difference], names: tuple[str, str], *, most: float, digits: int
) -> Markup:
    """The plot, with the same figures as a table.

    Args:
        name: Unique in the page.
        title: The caption.
        rows: From the top, all in one unit.
        names: Of the first run and the second.
        most: The largest difference that can be, either way: whiskers end there.
        digits: Decimals of the figures at the right.
    """
    left = min(LEFT, 12 + max(text_width(row.figure) for row in rows))
    scale = _scale(rows, most, left)
    bottom = TOP + ROW * len(rows)
    drawing = [_grid(scale, bottom), *_directions(scale, names)]
    drawing += [_row(row, scale, TOP + ROW * (number + 0.5), digits) for number, row in enumerate(rows)]

    description = f"{names[1]} less {names[0]}: " + "; ".join(
        f"{row.figure} {decimals(row.difference, signed=True)}" for row in rows
    )
    body = [
        [
            row.figure,
            *(
                NO_VALUE if value is None else decimals(value, signed=True)
                for value in (row.difference, row.low, row.high)
            ),
        ]
        for row in rows
    ]
    figures = table(["", "difference", "from", "to"], body, caption=title)
    return chart(name, title, description, drawing, bottom + FOOT, figures)


def legend() -> Markup:
    """What full dots, hollow dots and whiskers are, for all plots of the page."""
    marks = [
        (shape("circle", cx=9, cy=8, r=4.5, class_="dot"), f"difference, p (Holm) below {SIGNIFICANT}"),
        (shape("circle", cx=9, cy=8, r=4.5, class_="dot unsure"), "not told from none"),
        (shape("path", d="M1 8H17", class_="whisker"), "95 % interval, by clips"),
    ]
    keys = [element("svg", mark, viewBox="0 0 18 16", class_="key", aria_hidden="true") for mark, _ in marks]
    lines = [element("li", key, meaning) for key, (_, meaning) in zip(keys, marks, strict=True)]
    return element("ul", lines, class_="legend")


def _scale(rows: Sequence[Difference], most: float, left: float) -> Scale:
    """A scale in round numbers that holds 0, all dots, and whiskers as far as differences can go."""
    ends = [end for row in rows for end in (row.difference, row.low, row.high) if end is not None]
    low, high = max(-most, min([0.0, *ends])), min(most, max([0.0, *ends]))
    span = (high - low) or most / 5
    power = 10.0 ** floor(log10(span / STEPS))
    step = next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= STEPS)
    start, end = floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step
    if start == end:
        start, end = -step, step
    return Scale(start, end, step, left, WIDTH - left - RIGHT)


def _grid(scale: Scale, bottom: float) -> Markup:
    lines = []
    for number in range(round((scale.end - scale.start) / scale.step) + 1):
        value = scale.start + number * scale.step
        zero = abs(value) < scale.step / 2
        x = scale.at(value)
        lines.append(shape("line", x1=x, y1=TOP - 3, x2=x, y2=bottom, class_="zero" if zero else "grid"))
        lines.append(text_line("0" if zero else f"{value:+.6g}", x, bottom + 14, "middle", "axis"))
    return shape("g", lines, aria_hidden="true")


def _directions(scale: Scale, names: tuple[str, str]) -> list[Markup]:
    """Above the field, on either side of 0: which run is better there, cut to the room there is."""
    zero = scale.at(0)
    before, after = (max(4, int(room / LETTER) - 2) for room in (zero - 6, WIDTH - zero - 6))
    return [
        text_line(f"◂ {_cut(names[0], before)}", zero - 6, 11, "end", "axis"),
        text_line(f"{_cut(names[1], after)} ▸", zero + 6, 11, "start", "axis"),
    ]


def _cut(name: str, letters: int) -> str:
    return name if len(name) <= letters else f"{name[: letters - 1]}…"


def _row(row: Difference, scale: Scale, y: float, digits: int) -> Markup:
    drawing = [shape("title", _tooltip(row)), text_line(truncated(row.figure, LEFT - 6), scale.left - 8, y + 4, "end")]
    if row.low is not None and row.high is not None:
        drawing.append(_whisker(row.low, row.high, scale, y))
    kind = "dot" if is_significant(row) else "dot unsure"
    drawing.append(shape("circle", cx=scale.at(row.difference), cy=y, r=4.5, class_=kind))
    drawing.append(text_line(f"{row.difference:+.{digits}f}", WIDTH - 2, y + 4, "end", "value"))
    return shape("g", drawing)


def _whisker(low: float, high: float, scale: Scale, y: float) -> Markup:
    """A horizontal interval; an end beyond the scale has no cap."""
    path = f"M{scale.at(low):.1f} {y:.1f}H{scale.at(high):.1f}"
    for end in (low, high):
        if scale.start <= end <= scale.end:
            path += f"M{scale.at(end):.1f} {y - 4:.1f}v8"
    return shape("path", d=path, class_="whisker")


def _tooltip(row: Difference) -> str:
    difference = decimals(row.difference, signed=True)
    figures = f"{row.figure}: {decimals(row.first)} and {decimals(row.second)}, difference {difference}"
    if row.low is not None and row.high is not None:
        figures += f"; 95 % {decimals(row.low, signed=True)} to {decimals(row.high, signed=True)}"
    return f"{figures}; {row.better:,} questions better, {row.worse:,} worse"
