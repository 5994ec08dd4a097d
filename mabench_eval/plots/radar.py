"""Radar: the sub-scores of the final score, all on 0-100, one polygon a run."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, nan, pi, sin

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.projections.polar import PolarAxes

from mabench_eval.errors import InputError
from mabench_eval.plots.runs import PlotRun, chance_of, closed_tasks, open_levels
from mabench_eval.plots.style import COLUMN, DARK, GREY, LOOKS, PAGE, bordered, legend_above, legend_beside, new_figure
from mabench_eval.stats import TOP_LEVEL

FEWEST = 3
"""Axes of a polygon."""
FEW = 4
"""Runs whose legend stands above; that of more stands beside."""
HEIGHT = 0.82
"""Of the circle with its names, to its width."""
SCALE = 100 / TOP_LEVEL
"""A level of 5 stands at 100, as in the final score."""
CHANCE = "chance"
RINGS = (20, 40, 60, 80, 100)
LABELS_AT = 109
"""Where the names of the axes stand, on the scale of 0-100."""


def draw(runs: Sequence[PlotRun], width: float | None) -> Figure:
    """One axis a closed task and one a level of an open task. Raises InputError with fewer than three."""
    closed = closed_tasks(runs)
    names = [*closed, *(f"{task} {level}" for task, levels in open_levels(runs).items() for level in levels)]
    if len(names) < FEWEST:
        raise InputError(f"a radar needs {FEWEST} scores or more, these runs have {len(names)}", hint="--kind bars")
    beside = len(runs) > FEW
    size = width or (PAGE if beside else COLUMN)
    figure = new_figure(size, HEIGHT * size)
    axes: PolarAxes = figure.add_subplot(projection="polar")  # type: ignore[assignment]
    angles = [2 * pi * place / len(names) for place in range(len(names))]
    _grid(axes, names, angles)
    lines = [_polygon(axes, run, names, closed, angles, number) for number, run in enumerate(runs)]
    chance = [chance_of(runs, task) for task in closed]
    known = [(angle, value) for angle, value in zip(angles, chance, strict=False) if value is not None]
    shown = [run.name for run in runs]
    if known:
        lines += axes.plot(*zip(*known, strict=True), color=DARK, linestyle=(0, (1, 1.5)), linewidth=1.1, zorder=4)
        shown.append(CHANCE)
    if beside:
        figure.set_figheight(HEIGHT * (size - legend_beside(figure, lines, shown)))
    else:
        legend_above(figure, lines, shown)
    return figure


def _polygon(
    axes: PolarAxes, run: PlotRun, names: Sequence[str], closed: Sequence[str], angles: Sequence[float], number: int
) -> Line2D:
    """A run's scores, open where one is missing."""
    look, found = LOOKS[number], [run.estimate(name) for name in names]
    values = [
        nan if each is None else each.value * (1 if name in closed else SCALE)
        for name, each in zip(names, found, strict=True)
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
    for ring in RINGS[1:-1]:  # between the last axis and the first, where the least is drawn
        axes.text(
            -pi / len(names),
            ring,
            str(ring),
            color=GREY,
            fontsize=5.5,
            ha="center",
            va="center",
            zorder=5,
            path_effects=bordered(),
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
