"""A confusion matrix: what is right down the side, what was said across, darker the more."""

from __future__ import annotations

from collections.abc import Sequence

from mabench_eval.pages.charts.parts import WIDTH, figure, fitted, shape, words
from mabench_eval.pages.html import Markup, table

LEFT, RIGHT, HEAD, FOOT = 84.0, 26.0, 74.0, 22.0
"""Widths at the sides of the cells, heights above and below them; labels above lean to the right."""
DARK = 0.55
"""Share of a row from which a cell is so dark that its figure must be light."""


def matrix(
    name: str, title: str, told: str, rows: Sequence[str], columns: Sequence[str], counts: Sequence[Sequence[int]]
) -> Markup:
    """The chart, with the same counts as a table.

    Args:
        name: Unique in the page.
        title: The caption.
        told: What it shows, for those who do not see it.
        rows: References.
        columns: Predictions, those that are also references first and in the same order: the diagonal is right.
        counts: (rows, columns).
    """
    size = (WIDTH - LEFT - RIGHT) / len(columns)
    tall = min(size, 40.0)
    drawing = [_heading(label, LEFT + size * (place + 0.5)) for place, label in enumerate(columns)]
    for place, (label, row) in enumerate(zip(rows, counts, strict=True)):
        y = HEAD + tall * place
        drawing.append(words(fitted(label, LEFT - 8), LEFT - 8, y + tall / 2 + 4, "end"))
        for column, count in enumerate(row):
            told_of = f"{label}, predicted {columns[column]}: {count} of {sum(row)}"
            cell = _cell(count, count / max(1, sum(row)), LEFT + size * column, y, size, tall, right=place == column)
            drawing.append(shape("g", shape("title", told_of), cell))
    foot = HEAD + tall * len(rows) + 16
    drawing.append(words("down: reference, across: predicted", LEFT, foot, class_="axis"))
    cells = [[label, *(f"{count:,}" for count in row)] for label, row in zip(rows, counts, strict=True)]
    figures = table(["Reference", *columns], cells, caption=f"{title}: columns are predictions")
    return figure(name, title, told, drawing, HEAD + tall * len(rows) + FOOT, figures)


def _heading(label: str, x: float) -> Markup:
    """A column's label, turned so that neighbours do not meet."""
    turned = f"rotate(-45 {x:.1f} {HEAD - 8:.1f})"
    return shape("text", fitted(label, HEAD + 6), x=x, y=HEAD - 8, transform=turned)


def _cell(count: int, share: float, x: float, y: float, width: float, height: float, *, right: bool) -> list[Markup]:
    box = {"x": x + 1, "y": y + 1, "width": width - 2, "height": height - 2}
    field = shape("rect", class_="cell", fill_opacity=f"{share:.2f}", **box)
    frame = shape("rect", class_="right" if right else "edge", **box)
    kind = "none" if not count else "light" if share > DARK else None
    return [field, frame, words(str(count), x + width / 2, y + height / 2 + 4, "middle", kind)]
