"""Radar: the sub-scores of the final score, all on 0-100, one polygon per run."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, nan, pi, sin

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.projections.polar import PolarAxes

from mabench_eval.errors import InputError
from mabench_eval.plots.runs import PlotRun, chance_of, closed_tasks, open_levels
from mabench_eval.plots.style import (
    COLUMN,
    DARK,
    GREY,
    LOOKS,
    PAGE,
    Look,
    legend_above,
    legend_beside,
    light_border,
    new_figure,
)
from mabench_eval.stats import TOP_LEVEL

MIN_AXES = 3
"""Of a polygon."""
MAX_ABOVE = 4
"""Runs whose legend fits above the circle; that of more stands beside it."""
ASPECT = 0.82
"""Height of the circle with its names, divided by its width."""
LEVEL_SCALE = 100 / TOP_LEVEL
"""A level of 5 counts 100, as in the final score."""
CHANCE = "chance"
RINGS = (20, 40, 60, 80, 100)
LABELS_AT = 109
"""Where the names of the axes stand, on the scale of 0-100."""


def draw(runs: Sequence[PlotRun], width: float | None) -> Figure:
    """One axis a closed task and one a level of an open task. Raises InputError with fewer than three."""
    closed = closed_tasks(runs)
    names = [*closed, *(f"{task} {level}" for task, levels in open_levels(runs).items() for level in levels)]
    if len(names) < MIN_AXES:
        raise InputError(f"a radar needs {MIN_AXES} scores or more, these runs have {len(names)}", hint="--kind bars")

    beside = len(runs) > MAX_ABOVE
    size = width or (PAGE if beside else COLUMN)
    figure = new_figure(size, ASPECT * size)
    axes: PolarAxes = figure.add_subplot(projection="polar")  # type: ignore[assignment]
    angles = [2 * pi * number / len(names) for number in range(len(names))]
    _grid(axes, names, angles)

    scales = [1.0 if name in closed else LEVEL_SCALE for name in names]
    lines = [_polygon(axes, run, LOOKS[number], names, scales, angles) for number, run in enumerate(runs)]
    shown = [run.name for run in runs]
    chances = [chance_of(runs, task) for task in closed]  # the closed tasks come first
    known = [(angle, chance) for angle, chance in zip(angles, chances, strict=False) if chance is not None]
    if known:
        lines += axes.plot(*zip(*known, strict=True), color=DARK, linestyle=(0, (1, 1.5)), linewidth=1.1, zorder=4)
        shown.append(CHANCE)

    if beside:
        figure.set_figheight(ASPECT * (size - legend_beside(figure, lines, shown)))
    else:
        legend_above(figure, lines, shown)
    return figure


def _polygon(
    axes: PolarAxes, run: PlotRun, look: Look, names: Sequence[str], scales: Sequence[float], angles: Sequence[float]
) -> Line2D:
    """A run's scores, open where one is missing."""
    values = [
        interval.value * scale if (interval := run.interval(name)) else nan
        for name, scale in zip(names, scales, strict=True)
    ]
    (line,) = axes.plot(
        [*angles, angles[0]],
        [*values, values[0]],
        color=look.color,
        linestyle=look.line,
        marker=look.marker,
        markeredgecolor=DARK,
        markeredgewidth=0.4,
        zorder=3,
        clip_on=False,
    )
    return line


def _grid(axes: PolarAxes, names: Sequence[str], angles: Sequence[float]) -> None:
    """The first axis points up, the others follow clockwise; names stand outside of the circle, not across it."""
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    axes.set_ylim(0, 100)
    axes.set_yticks(RINGS, [""] * len(RINGS))
    for ring in RINGS[1:-1]:  # labelled between the last axis and the first, where least is drawn
        axes.text(
            -pi / len(names),
            ring,
            str(ring),
            color=GREY,
            fontsize=5.5,
            ha="center",
            va="center",
            zorder=5,
            path_effects=light_border(),
        )
    axes.set_xticks(angles, [""] * len(angles))
    axes.grid(color="#CCCCCC", linewidth=0.5)
    axes.spines["polar"].set_color("#999999")
    for name, angle in zip(names, angles, strict=True):
        right, up = round(sin(angle), 6), round(cos(angle), 6)
        axes.text(
            angle,
            LABELS_AT,
            name,
            ha="left" if right > 0 else "right" if right < 0 else "center",
            va="bottom" if up > 0.9 else "top" if up < -0.9 else "center",
        )
