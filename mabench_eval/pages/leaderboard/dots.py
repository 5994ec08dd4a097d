"""Dots with whiskers, a row a method: drawn here once, and again by leaderboard-plot.js for other columns.

Both draw by the same rules, with the numbers of ``RULES`` and figures as printed, so that one drawing follows the other
without a jump. There are two of each, for wide and for narrow screens; a style sheet shows one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from mabench_eval.pages.charts.parts import shape, text_line
from mabench_eval.pages.html import Markup, element

SHAPES = (
    "m-3.5 -3.5l7 7m0 -7l-7 7",
    "m0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
    "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
    "m-4.2 -4.2h8.4v8.4h-8.4z",
    "m0 -5.5l5.5 9.5h-11z",
)
"""A group's mark, from its middle: cross, diamond, disc, square, triangle; further groups begin anew."""
RULES = {
    "wide": {"width": 760, "left": 214, "right": 112, "letters": 29},
    "narrow": {"width": 360, "left": 134, "right": 44, "letters": 17},
}
"""Of each drawing: its width, that of names and of figures beside the dots, and the longest name."""
ROW, TOP, FOOT = 22, 26, 24
"""Heights: of a row, above the first, below the last."""
STEPS = 6
"""Most parts that grid lines cut the scale into."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A row of the plot; figures as printed, that is rounded to two decimals."""

    name: str
    group: str
    """Class of its group: ``g0``, ``g1``, ..."""
    value: float
    low: float | None
    high: float | None
    rank: str
    """As text; empty where there is none."""


def group_class(groups: Mapping[str, str], group: str) -> str:
    """The class of a group: its place."""
    return f"g{list(groups).index(group) % len(SHAPES)}"


def key_of(group: str) -> Markup:
    """A group's mark, alone."""
    drawn = shape("path", d=f"M8 8{SHAPES[int(group[1:])]}", class_=group)
    return element("svg", drawn, viewBox="0 0 16 16", class_="key dot-key", aria_hidden="true")


def scale_of(dots: Sequence[Dot], chance: float | None) -> tuple[float, float, float]:
    """Start, end and step of a scale that holds all dots, whiskers and chance, in round numbers."""
    ends = [end for dot in dots for end in (dot.value, dot.low, dot.high) if end is not None]
    ends += [] if chance is None else [chance]
    low, high = min(ends, default=0), max(ends, default=1)
    spread = (high - low) or 1
    power = 10.0 ** floor(log10(spread / STEPS))
    step = next(power * factor for factor in (1, 2, 5, 10) if spread / (power * factor) <= STEPS)
    start, end = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return start * step, max(end, start + 1) * step, step


def drawing(kind: str, dots: Sequence[Dot], chance: float | None, label: str) -> Markup:
    """One of the two drawings; ``kind`` is a key of ``RULES``, ``label`` is for those who do not see it."""
    rules = RULES[kind]
    width, left, bottom = rules["width"], rules["left"], TOP + ROW * len(dots)
    start, end, step = scale_of(dots, chance)
    factor = (width - left - rules["right"]) / (end - start)
    drawn = [_grid(left, bottom, start, end, step, factor)]
    if chance is not None:
        drawn.append(_chance(left + factor * (chance - start), bottom, chance))
    if kind == "wide":
        drawn.append(text_line("Rank", width, 13, "end", "axis"))
    for place, dot in enumerate(dots):
        drawn.append(_row(dot, kind, TOP + ROW * (place + 0.5), start, factor))
    return element("svg", drawn, viewBox=f"0 0 {width} {bottom + FOOT}", role="img", aria_label=label, class_=kind)


def _grid(left: float, bottom: float, start: float, end: float, step: float, factor: float) -> Markup:
    lines = []
    for number in range(round((end - start) / step) + 1):
        value = start + number * step
        at = left + factor * (value - start)
        lines.append(shape("line", x1=at, y1=float(TOP - 4), x2=at, y2=float(bottom), class_="grid"))
        lines.append(text_line(f"{value:.6g}", at, bottom + 15, "middle", "axis"))
    return shape("g", lines)


def _chance(at: float, bottom: float, chance: float) -> Markup:
    line = shape("line", x1=at, y1=float(TOP - 4), x2=at, y2=float(bottom), class_="chance")
    return shape("g", line, text_line(f"chance {chance:.2f}", at, 13, "middle", "axis"))


def _row(dot: Dot, kind: str, y: float, start: float, factor: float) -> Markup:
    rules = RULES[kind]
    left, width, letters = rules["left"], rules["width"], rules["letters"]
    at = left + factor * (dot.value - start)
    drawn = [shape("title", sentence(dot)), text_line(cut(dot.name, letters), left - 12, y + 4, "end")]
    if dot.low is not None and dot.high is not None:
        low, high = (left + factor * (end - start) for end in (dot.low, dot.high))
        drawn.append(shape("path", d=f"M{low:.1f} {y:.1f}H{high:.1f}", class_="whisker"))
    drawn.append(shape("path", d=f"M{at:.1f} {y:.1f}{SHAPES[int(dot.group[1:])]}", class_=dot.group))
    figure_at = width - rules["right"] + 60 if kind == "wide" else width
    drawn.append(text_line(f"{dot.value:.2f}", figure_at, y + 4, "end", "value"))
    if kind == "wide":
        drawn.append(text_line(dot.rank, width, y + 4, "end", "soft"))
    return shape("g", drawn)


def sentence(dot: Dot) -> str:
    """The row in words."""
    text = f"{dot.name}: {dot.value:.2f}"
    if dot.low is not None and dot.high is not None:
        text += f"; 95 % {dot.low:.2f} to {dot.high:.2f}"
    return f"{text}; rank {dot.rank}" if dot.rank else text


def cut(name: str, letters: int) -> str:
    """The name, of at most so many letters."""
    return name if len(name) <= letters else f"{name[: letters - 1]}…"
