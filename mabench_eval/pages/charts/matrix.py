"""A confusion matrix: references down the side, predictions across, darker the more."""

from __future__ import annotations

from collections.abc import Sequence

from mabench_eval.pages.charts.parts import WIDTH, chart, shape, text_line, truncated
from mabench_eval.pages.html import Markup, table

LEFT, RIGHT, HEAD, FOOT = 84.0, 26.0, 74.0, 22.0
"""Widths at the sides of the cells, heights above and below them; labels above lean to the right."""
DARK = 0.55
"""Share of a row from which a cell is so dark that its figure must be light."""


def matrix_chart(
    name: str,
    title: str,
    description: str,
    rows: Sequence[str],
    columns: Sequence[str],
    counts: Sequence[Sequence[int]],
) -> Markup:
    """The chart, with the same counts as a table.

    Args:
        name: Unique in the page.
        title: The caption.
        description: What it shows, for those who do not see it.
        rows: References.
        columns: Predictions. Those that are also references come first, in the same order: the diagonal is right.
        counts: (rows, columns).
    """
    width = (WIDTH - LEFT - RIGHT) / len(columns)
    height = min(width, 40.0)
    drawing = []
    for column, label in enumerate(columns):
        x = LEFT + width * (column + 0.5)
        turned = f"rotate(-45 {x:.1f} {HEAD - 8:.1f})"  # so that neighbours do not meet
        drawing.append(shape("text", truncated(label, HEAD + 6), x=x, y=HEAD - 8, transform=turned))

    for row, (label, row_counts) in enumerate(zip(rows, counts, strict=True)):
        y, total = HEAD + height * row, sum(row_counts)
        drawing.append(text_line(truncated(label, LEFT - 8), LEFT - 8, y + height / 2 + 4, "end"))
        for column, count in enumerate(row_counts):
            tooltip = shape("title", f"{label}, predicted {columns[column]}: {count} of {total}")
            x = LEFT + width * column
            cell = _cell(count, count / max(1, total), x, y, width, height, right=row == column)
            drawing.append(shape("g", tooltip, cell))

    bottom = HEAD + height * len(rows)
    drawing.append(text_line("down: reference, across: predicted", LEFT, bottom + 16, class_="axis"))
    body = [[label, *(f"{count:,}" for count in row_counts)] for label, row_counts in zip(rows, counts, strict=True)]
    figures = table(["Reference", *columns], body, caption=f"{title}: columns are predictions")
    return chart(name, title, description, drawing, bottom + FOOT, figures)


def _cell(count: int, share: float, x: float, y: float, width: float, height: float, *, right: bool) -> list[Markup]:
    box = {"x": x + 1, "y": y + 1, "width": width - 2, "height": height - 2}
    field = shape("rect", class_="cell", fill_opacity=f"{share:.2f}", **box)
    frame = shape("rect", class_="right" if right else "edge", **box)
    class_ = "none" if not count else "light" if share > DARK else None
    return [field, frame, text_line(str(count), x + width / 2, y + height / 2 + 4, "middle", class_)]
