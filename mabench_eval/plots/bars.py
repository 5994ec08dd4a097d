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
from mabench_eval.plots.runs import PlotRun, chance_of, closed_tasks, open_levels, paper_best, paper_of
from mabench_eval.plots.style import (
    COLUMN,
    DARK,
    LIGHT,
    LOOKS,
    PAGE,
    bordered,
    legend_above,
    new_figure,
    whiskers,
)
from mabench_eval.tables import judged_officially

GROUP = 0.8
"""Share of a figure's place that its bars take."""
PANEL = 1.75
"""Height, inches."""
NARROW = 5.0
"""Inches; below, the panels stand one above the other."""
CHANCE, BEST = "chance", "best of the paper's models"

Bars = tuple[BarContainer, BarContainer]
"""A run's bars, and their borders: a hatch has the colour of its own bar's border."""


def draw(runs: Sequence[PlotRun], width: float | None) -> Figure:
    """One panel for accuracies (0-100 %), one for levels (0-5); of both, what the runs have. Raises InputError."""
    closed = closed_tasks(runs)
    levels = [(task, level) for task, found in open_levels(runs).items() for level in found]
    panels = [bool(closed), bool(levels)]
    if not any(panels):
        raise InputError("these runs have no score to draw")
    size = width or (PAGE if all(panels) else COLUMN)
    counts = [count for count in (len(closed), len(levels)) if count]
    figure = new_figure(size, PANEL)
    if size < NARROW:
        figure.set_figheight(PANEL * len(counts))
        axes: list[Axes] = list(figure.subplots(len(counts), 1, squeeze=False).flat)
    else:
        axes = list(figure.subplots(1, len(counts), width_ratios=counts, squeeze=False).flat)
    paper = paper_of(runs)
    bars, marks = _panel(axes[0], runs, closed, closed, paper, "accuracy (%)", 100) if closed else (None, {})
    if levels:
        names, labels = [f"{task} {level}" for task, level in levels], _level_labels(levels)
        trusted = paper if all(judged_officially(run.scores["judges"]) for run in runs) else None
        for place in range(1, len(levels)):
            if levels[place][0] != levels[place - 1][0]:
                axes[-1].axvline(place - 0.5, color="#BBBBBB", linewidth=0.6)
        more, found = _panel(axes[-1], runs, names, labels, trusted, "level (0-5)", 5)
        bars, marks = bars or more, {**found, **marks}
    assert bars, "there is a panel"
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
    step = GROUP / len(runs)
    bars = [
        _bars(axes, run, figures, number, (number - (len(runs) - 1) / 2) * step, step)
        for number, run in enumerate(runs)
    ]
    marks: dict[str, Line2D] = {}
    for place, figure in enumerate(figures):
        chance = chance_of(runs, figure) if highest == 100 else None
        if chance is not None:
            marks[CHANCE] = _line(axes, place, chance, color=DARK, linestyle=(0, (1, 1)), linewidth=1.1)
        best = paper_best(paper, figure)
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


def _bars(axes: Axes, run: PlotRun, figures: Sequence[str], number: int, aside: float, step: float) -> Bars:
    """A run's bars, ``aside`` of the middle of each figure's place."""
    look, found = LOOKS[number], [run.estimate(figure) for figure in figures]
    places = [place + aside for place in range(len(figures))]
    values = [each.value if each else nan for each in found]
    bars = axes.bar(places, values, step, color=look.color, edgecolor=look.ink, hatch=look.hatch, linewidth=0)
    border = axes.bar(places, values, step, facecolor="none", edgecolor=DARK, linewidth=0.5)
    whiskers(axes, places, found)
    return bars, border


def _line(axes: Axes, place: float, height: float, **how: Any) -> Line2D:
    """A level line across the bars of a figure."""
    reach = GROUP / 2 + 0.06
    (line,) = axes.plot(
        [place - reach, place + reach],
        [height, height],
        zorder=4,
        solid_capstyle="butt",
        clip_on=False,
        path_effects=bordered(2.0),
        **how,
    )
    return line


def _level_labels(levels: Sequence[tuple[str, str]]) -> list[str]:
    """The level, and below the middle one of a task its name."""
    of_task = {task: [place for place, (name, _) in enumerate(levels) if name == task] for task, _ in levels}
    middle = {places[(len(places) - 1) // 2]: task for task, places in of_task.items()}
    return [f"{level}\n{middle.get(place, '')}" for place, (_, level) in enumerate(levels)]
