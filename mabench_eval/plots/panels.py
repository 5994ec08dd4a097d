"""Panels of counts: bars, stacked bars and histograms beside one another, as the figures of a benchmark have them."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mabench_eval.plots.counted import Counts, Panel, Values
from mabench_eval.plots.style import GREY, LOOKS, PAGE, ink_on, new_figure

BAR, FRAME = 0.115, 0.55
"""Heights of a bar, and of what stands around a panel's bars, inches."""
LEAST = 1.3
"""Height of a panel, inches."""
MOST_NAMES = 90
"""Bars that can be named: of more the tail is drawn without."""
BINS = 24


def draw_panels(columns: Sequence[Sequence[Panel]], width: float | None = None) -> Figure:
    """A column of panels beside the other. ``width``: inches; None: both columns of a paper."""
    heights = [[_height(panel) for panel in column] for column in columns]
    figure = new_figure(width or PAGE, max(map(sum, heights)))
    for below, column, of_panels in zip(
        figure.subfigures(1, len(columns), squeeze=False)[0], columns, heights, strict=True
    ):
        axes = below.subplots(len(column), 1, height_ratios=of_panels, squeeze=False)[:, 0]
        for each, panel in zip(axes, column, strict=True):
            each.set_title(panel.title, loc="left")
            if isinstance(panel.content, Counts):
                _draw_counts(each, panel.content)
            else:
                _draw_values(each, panel.content)
    return figure


def _height(panel: Panel) -> float:
    content = panel.content
    bars = 0 if isinstance(content, Values) else min(len(content.bars), MOST_NAMES)
    return max(LEAST, FRAME + BAR * bars)


def _draw_counts(axes: Axes, counts: Counts) -> None:
    """A bar a name, the first at the top, with its number; stacked where it has several parts."""
    names = list(counts.bars)
    totals = [sum(parts) for parts in counts.bars.values()]
    begun = [0.0] * len(names)
    thick = 0.78 * min(1.0, len(names) * BAR / (LEAST - FRAME))  # few bars are no thicker than many
    for place in range(max(map(len, counts.bars.values()), default=0)):
        sizes = [parts[place] if place < len(parts) else 0 for parts in counts.bars.values()]
        look = LOOKS[place % len(LOOKS)]
        bars = axes.barh(range(len(names)), sizes, left=begun, height=thick, color=look.color, linewidth=0)
        if counts.parts:
            said = [counts.parts[name][place] if place < len(counts.parts[name]) else "" for name in names]
            wide = [label if size > 0.06 * max(totals) else "" for label, size in zip(said, sizes, strict=True)]
            axes.bar_label(bars, wide, label_type="center", fontsize=6, color=ink_on(look.color))
        begun = [start + size for start, size in zip(begun, sizes, strict=True)]
    if len(names) <= MOST_NAMES:
        axes.set_yticks(range(len(names)), names)
        for place, total in enumerate(totals):
            axes.annotate(f"{total:,}", (total, place), (2, 0), textcoords="offset points", va="center", fontsize=6)
    else:
        axes.set_yticks([])
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.margins(y=0.01 if len(names) > 20 else 0.04)
    axes.set_xlim(0, 1.14 * max(totals, default=1) or 1)
    _unit(axes, counts.unit)


def _draw_values(axes: Axes, values: Values) -> None:
    """A histogram, with a line at the median."""
    groups = {name: sorted(of_group) for name, of_group in values.groups.items() if of_group}
    everything = [value for of_group in groups.values() for value in of_group]
    if everything:
        low, high = min(everything), max(everything)
        span = (low - 0.5, high + 0.5) if low == high else (low, high)
        bins = BINS if not values.whole else max(1, min(BINS, round(high - low) or 1))
        for place, (name, of_group) in enumerate(groups.items()):
            color, middle = LOOKS[place].color, median(of_group)
            label = f"{name}, median {middle:.4g}" if name else f"median {middle:.4g}"
            # The first is filled and the others are outlines, so that each shows on the other.
            kind: Any = "stepfilled" if place == 0 else "step"
            axes.hist(of_group, bins, range=span, histtype=kind, color=color, label=label, linewidth=1.2)
            axes.axvline(middle, color=GREY if len(groups) == 1 else color, linewidth=0.9, linestyle="--")
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, handlelength=1.2, borderaxespad=0)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.set_ylabel(values.counted)
    _unit(axes, values.unit)


def _unit(axes: Axes, unit: str) -> None:
    axes.set_xlabel(unit)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_axisbelow(True)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.5)
