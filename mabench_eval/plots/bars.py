"""Bars: accuracy of each closed task, and the levels of the open ones, runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mabench_eval.errors import InputError
from mabench_eval.leaderboard import Paper
from mabench_eval.plots.runs import (
    PlotRun,
    chance_of,
    closed_tasks,
    judged_as_in_paper,
    open_levels,
    paper_of,
)
from mabench_eval.plots.style import (
    COLUMN,
    DARK,
    LIGHT,
    LOOKS,
    PAGE,
    draw_whiskers,
    legend_above,
    light_border,
    new_figure,
)

GROUP = 0.8
"""Share of a score's place that its bars take."""
PANEL = 1.75
"""Height of a panel, inches."""
NARROW = 5.0
"""Inches; in a narrower figure the panels stand one above the other."""
CHANCE, BEST = "chance", "best of the paper's models"

Bars = tuple[BarContainer, BarContainer]
"""A run's bars, and their borders: a hatch has the colour of its own bar's border."""


def draw(runs: Sequence[PlotRun], width: float | None) -> Figure:
    """One panel for accuracies (0-100 %), one for levels (0-5); of both, what the runs have. Raises InputError."""
    closed = closed_tasks(runs)
    levels = [(task, level) for task, its_levels in open_levels(runs).items() for level in its_levels]
    counts = [count for count in (len(closed), len(levels)) if count]
    if not counts:
        raise InputError("these runs have no score to draw")

    size = width or (PAGE if closed and levels else COLUMN)
    if size < NARROW:
        figure = new_figure(size, PANEL * len(counts))
        axes: list[Axes] = list(figure.subplots(len(counts), 1, squeeze=False).flat)
    else:
        figure = new_figure(size, PANEL)
        axes = list(figure.subplots(1, len(counts), width_ratios=counts, squeeze=False).flat)

    paper = paper_of(runs)
    bars: list[Bars] = []
    marks: dict[str, Line2D] = {}
    if levels:
        figures = [f"{task} {level}" for task, level in levels]
        for place in range(1, len(levels)):
            if levels[place][0] != levels[place - 1][0]:  # a line between tasks
                axes[-1].axvline(place - 0.5, color="#BBBBBB", linewidth=0.6)
        comparable = paper if judged_as_in_paper(runs) else None
        bars, marks = _panel(axes[-1], runs, figures, _level_labels(levels), comparable, "level (0-5)", 5)
    if closed:
        bars, closed_marks = _panel(axes[0], runs, closed, closed, paper, "accuracy (%)", 100)
        marks |= closed_marks
    legend_above(figure, [*bars, *marks.values()], [*(run.name for run in runs), *marks])
    return figure


def _panel(
    axes: Axes,
    runs: Sequence[PlotRun],
    figures: Sequence[str],
    labels: Sequence[str],
    paper: Paper | None,
    unit: str,
    highest: float,
) -> tuple[list[Bars], dict[str, Line2D]]:
    """Bars and marks, for the legend; ``highest`` in the figures' unit."""
    width = GROUP / len(runs)
    bars = [
        _bars(axes, run, figures, number, (number - (len(runs) - 1) / 2) * width, width)
        for number, run in enumerate(runs)
    ]

    marks: dict[str, Line2D] = {}
    for place, figure in enumerate(figures):
        chance = chance_of(runs, figure)
        if chance is not None:
            marks[CHANCE] = _line(axes, place, chance, color=DARK, linestyle=(0, (1, 1)), linewidth=1.1)
        best = paper.best(figure) if paper else None
        if best:
            marks[BEST] = _line(
                axes,
                place,
                best[0],
                color=DARK,
                linewidth=0.9,
                marker="D",
                markevery=[1],
                markersize=3.4,
                markerfacecolor=LIGHT,
                markeredgewidth=0.8,
            )

    axes.set(ylabel=unit, ylim=(0, highest), xlim=(-0.55, len(figures) - 0.45))
    axes.set_xticks(range(len(figures)), labels)
    axes.tick_params(axis="x", length=0)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.5)
    return bars, marks


def _bars(axes: Axes, run: PlotRun, figures: Sequence[str], number: int, offset: float, width: float) -> Bars:
    """A run's bars, ``offset`` from the middle of each figure's place."""
    look, intervals = LOOKS[number], [run.interval(figure) for figure in figures]
    xs = [place + offset for place in range(len(figures))]
    values = [interval.value if interval else nan for interval in intervals]
    bars = axes.bar(xs, values, width, color=look.color, edgecolor=look.ink, hatch=look.hatch, linewidth=0)
    borders = axes.bar(xs, values, width, facecolor="none", edgecolor=DARK, linewidth=0.5)
    draw_whiskers(axes, xs, intervals)
    return bars, borders


def _line(axes: Axes, place: float, height: float, **style: Any) -> Line2D:
    """A horizontal line across the bars of a figure."""
    reach = GROUP / 2 + 0.06
    (line,) = axes.plot(
        [place - reach, place + reach],
        [height, height],
        zorder=4,
        solid_capstyle="butt",
        clip_on=False,
        path_effects=light_border(2.0),
        **style,
    )
    return line


def _level_labels(levels: Sequence[tuple[str, str]]) -> list[str]:
    """The level, and below the middle one of a task the task's name."""
    places = {task: [place for place, (name, _) in enumerate(levels) if name == task] for task, _ in levels}
    middle = {of_task[(len(of_task) - 1) // 2]: task for task, of_task in places.items()}
    return [f"{level}\n{middle.get(place, '')}" for place, (_, level) in enumerate(levels)]
