"""Frames: every score of one model against the number of frames that it was shown, as in the paper's Table 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from mabench_eval.errors import InputError
from mabench_eval.plots.runs import PlotRun, chance_of, closed_tasks, judged_as_in_paper, paper_of
from mabench_eval.plots.style import DARK, LOOKS, PAGE, draw_whiskers, legend_above, new_figure
from mabench_eval.taxonomy import OFFICIAL_CLOSED

OWN, PAPER = LOOKS[0], LOOKS[1]
PANELS_IN_ROW = 4
ROW = 1.25
"""Height of a row, inches."""
AVERAGES: Mapping[str, str] = {"closed AVG": "closed_avg", "open AVG": "open_avg"}
"""Average -> the paper's column of it."""
CHANCE = "chance"


def draw(runs: Sequence[PlotRun], width: float | None) -> Figure:
    """A panel per closed task, and one for each average that exists. Raises InputError."""
    by_frames = _by_frames(runs)
    names = [*closed_tasks(runs), *(name for name in AVERAGES if any(run.interval(name) for run in runs))]
    if not names:
        raise InputError("these runs have no accuracy and no average to draw")

    across = min(PANELS_IN_ROW, len(names))
    down = -(-len(names) // across)
    figure = new_figure(width or PAGE * across / PANELS_IN_ROW, ROW * down)
    panels = list(figure.subplots(down, across, squeeze=False, sharex=True).flat)
    paper = paper_rows(runs)
    ticks = sorted({*by_frames, *paper})
    handles: dict[str, Line2D] = {}
    for place, axes in enumerate(panels):
        if place >= len(names):
            axes.set_visible(False)
            continue
        handles |= _panel(axes, by_frames, paper, names[place])
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticks(ticks, list(map(str, ticks)))
        axes.set_xlim(ticks[0] / 1.25, ticks[-1] * 1.25)
        if place + across >= len(names):  # nothing below it
            axes.set_xlabel("frames")
            axes.tick_params(labelbottom=True)
    legend_above(figure, list(handles.values()), list(handles))
    return figure


def _by_frames(runs: Sequence[PlotRun]) -> dict[int, PlotRun]:
    """Number of frames -> run, ascending. Raises InputError unless these are runs of one model that differ in it."""
    models = {run.scores.model for run in runs}
    if len(models) > 1:
        raise InputError(f"--kind frames shows one model: these are runs of {', '.join(sorted(models))}")
    by_frames = {run.frames: run for run in sorted(runs, key=lambda run: run.frames)}
    if len(runs) < 2 or len(by_frames) < len(runs) or 0 in by_frames:
        given = ", ".join(f"{run.folder}: {run.frames or 'no'} frames" for run in runs)
        raise InputError(
            f"--kind frames needs runs with two or more different numbers of frames; got {given}",
            hint="mabench-eval --model NAME --frames 4,8,16 makes them.",
        )
    return by_frames


def paper_rows(runs: Sequence[PlotRun]) -> dict[int, Mapping[str, float | None]]:
    """Frames -> the paper's Table 3; empty unless it is of this model and the runs are on its benchmark.

    Open columns are left out unless the paper's judge judged the runs.
    """
    paper = paper_of(runs)
    if paper is None:
        return {}
    model = paper.titles["table3"].rpartition(", ")[2]  # "Number of frames, Qwen3-VL-8B"
    if model.casefold() != runs[0].scores.model.casefold():
        return {}
    columns = [*OFFICIAL_CLOSED, "closed_avg"]
    if judged_as_in_paper(runs):
        columns.append("open_avg")
    return {int(row.labels[1]): {column: row.figures[column] for column in columns} for row in paper.tables["table3"]}


def _panel(
    axes: Axes, runs: Mapping[int, PlotRun], paper: Mapping[int, Mapping[str, float | None]], name: str
) -> dict[str, Line2D]:
    """A score against the frames; returns the lines, for the legend."""
    counts, intervals = list(runs), [run.interval(name) for run in runs.values()]
    handles: dict[str, Line2D] = {}
    draw_whiskers(axes, counts, intervals)
    (handles[runs[counts[0]].scores.model],) = axes.plot(
        counts,
        [interval.value if interval else nan for interval in intervals],
        color=OWN.color,
        linestyle=OWN.line,
        marker=OWN.marker,
        zorder=4,
    )

    column = AVERAGES.get(name, name)
    printed = {frames: value for frames, row in paper.items() if (value := row.get(column)) is not None}
    if printed:
        (handles["the paper's Table 3"],) = axes.plot(
            list(printed),
            list(printed.values()),
            color=PAPER.color,
            linestyle=PAPER.line,
            marker=PAPER.marker,
            markeredgecolor=DARK,
            markeredgewidth=0.4,
            zorder=3.5,
        )
    chance = chance_of(runs.values(), name)
    if chance is not None:
        handles[CHANCE] = axes.axhline(chance, color=DARK, linestyle=(0, (1, 1)), linewidth=1.1)

    axes.set_title(f"{name} ({'0-5' if name == 'open AVG' else '%'})", pad=3)
    axes.margins(y=0.12)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.5)
    return handles
