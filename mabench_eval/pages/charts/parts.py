"""What all charts are made of. Lengths are in units of a drawing 360 wide: about a pixel each on a phone."""

from __future__ import annotations

from collections.abc import Sequence

from mabench_eval.pages.html import Child, Markup, details, element

WIDTH = 360
LETTER = 6.6
"""Mean width of a letter in the charts' font, 12 units high."""
CAPITAL = 8.6
"""Of a capital."""


def shape(name: str, /, *children: Child, class_: str | None = None, **numbers: float | str) -> Markup:
    """An SVG element; numbers with one decimal, which is a tenth of a pixel."""
    rounded = {key: f"{value:.1f}" if isinstance(value, float) else value for key, value in numbers.items()}
    return element(name, *children, class_=class_, **rounded)


def text_line(content: str, x: float, y: float, anchor: str = "start", class_: str | None = None) -> Markup:
    """A line of text; ``anchor``: which of its ``start``, ``middle`` or ``end`` is at x."""
    return shape("text", content, x=float(x), y=float(y), text_anchor=anchor, class_=class_)


def text_width(content: str) -> float:
    """The approximate width of a line of text."""
    return sum(CAPITAL if letter.isupper() or letter == "_" else LETTER for letter in content)


def truncated(content: str, width: float) -> str:
    """The text, cut to approximately this width."""
    most = max(2, int(width / LETTER))
    return content if len(content) <= most else content[: most - 1] + "…"


def chart(
    name: str,
    title: str,
    description: str,
    drawing: Sequence[Markup],
    height: float,
    table: Markup,
    legend: Sequence[tuple[str, str]] = (),
) -> Markup:
    """A chart with its caption, description, legend and table.

    Args:
        name: Unique in the page.
        title: The caption.
        description: What the chart shows, for those who do not see it.
        drawing: Its shapes, in a field ``WIDTH`` wide.
        height: Of the field.
        table: The same figures.
        legend: (class, meaning) of the marks that need one.
    """
    picture = element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-told"),
        drawing,
        viewBox=f"0 0 {WIDTH} {height:.0f}",
        role="img",
        aria_labelledby=f"{name}-title {name}-told",
    )
    keys = [element("li", key(kind), meaning) for kind, meaning in legend]
    return element(
        "figure",
        element("figcaption", title),
        picture,
        element("ul", keys, class_="legend") if keys else None,
        details("Figures", table, class_="data"),
        class_="chart",
    )


def key(kind: str) -> Markup:
    """The sign in a legend: the chart's mark, alone."""
    drawing = {
        "bar": shape("rect", x=1, y=4, width=16, height=8, class_="bar"),
        "whisker": whisker(2, 16, 8),
        "chance": shape("line", x1=9, y1=1, x2=9, y2=15, class_="chance"),
        "mark": diamond(9, 8),
    }[kind]
    return element("svg", drawing, viewBox="0 0 18 16", class_="key", aria_hidden="true")


def diamond(x: float, y: float) -> Markup:
    """A mark that its shape sets apart from bars and lines."""
    return shape("path", d=f"M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z", class_="mark")


def whisker(low: float, high: float, y: float) -> Markup:
    """A horizontal interval from ``low`` to ``high``, with its ends."""
    path = f"M{low:.1f} {y - 4:.1f}v8M{low:.1f} {y:.1f}H{high:.1f}M{high:.1f} {y - 4:.1f}v8"
    return shape("path", d=path, class_="whisker")
