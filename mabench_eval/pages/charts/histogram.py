"""Histograms of scores, panels side by side on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mabench_eval.pages.charts.parts import WIDTH, chart, shape, text_line
from mabench_eval.pages.html import Markup, table
from mabench_eval.tables import NO_VALUE, number

HEAD, FIELD, FOOT, GAP = 30.0, 84.0, 20.0, 16.0
"""Heights: of a panel's heading, of its field, of the scores below; width between panels."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One histogram."""

    label: str
    counts: Sequence[int]
    """How many have score 0, 1, 2, ..."""
    mean: float | None


def histogram_chart(name: str, title: str, description: str, panels: Sequence[Panel]) -> Markup:
    """The chart, with the same counts as a table; figures on the columns are percent of a panel.

    Args:
        name: Unique in the page.
        title: The caption.
        description: What it shows, for those who do not see it.
        panels: From the left; more than four are too narrow to read.
    """
    # One scale for all panels, so that columns of equal shares are equally tall.
    shares = [[count / max(1, sum(panel.counts)) for count in panel.counts] for panel in panels]
    highest = max((share for panel in shares for share in panel), default=0) or 1
    width = (WIDTH - GAP * (len(panels) - 1)) / len(panels)
    drawing = [
        _panel(panel, share, column * (width + GAP), width, highest)
        for column, (panel, share) in enumerate(zip(panels, shares, strict=True))
    ]

    scores = range(len(panels[0].counts))
    rows = [[panel.label, *(f"{count:,}" for count in panel.counts), number(panel.mean)] for panel in panels]
    figures = table(["", *map(str, scores), "mean"], rows, caption=f"{title}: how many got each score")
    return chart(name, title, description, drawing, HEAD + FIELD + FOOT, figures)


def _panel(panel: Panel, shares: Sequence[float], left: float, width: float, highest: float) -> Markup:
    step, bottom = width / len(shares), HEAD + FIELD
    mean = NO_VALUE if panel.mean is None else f"{panel.mean:.2f}"
    drawing = [
        text_line(panel.label, left, 12, class_="strong"),
        text_line(f"mean {mean}", left + width, 12, "end", "value"),
    ]
    drawing.append(shape("line", x1=left, y1=bottom, x2=left + width, y2=bottom, class_="base"))

    for score, (share, count) in enumerate(zip(shares, panel.counts, strict=True)):
        height, middle = (FIELD - 12) * share / highest, left + step * (score + 0.5)
        percent = "<1" if share < 0.005 else f"{100 * share:.0f}"
        column = [
            shape("title", f"{panel.label}: {count} of {sum(panel.counts)} have score {score}"),
            shape("rect", x=middle - 0.38 * step, y=bottom - height, width=0.76 * step, height=height, class_="bar"),
            text_line(percent, middle, bottom - height - 3, "middle", "small") if count else None,
            text_line(str(score), middle, bottom + 14, "middle", "axis"),
        ]
        drawing.append(shape("g", column))
    return shape("g", drawing)
