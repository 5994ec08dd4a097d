"""Frames: every score of one model against the number of frames that it was shown, as in the paper's Table 3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import nan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from mabench_eval.errors import InputError
from mabench_eval.plots.runs import PlotRun, chance_of, closed_tasks, paper_of
from mabench_eval.plots.style import DARK, LOOKS, PAGE, legend_above, new_figure, whiskers
from mabench_eval.tables import judged_officially
from mabench_eval.taxonomy import OFFICIAL_CLOSED

OWN, PAPER = LOOKS[0], LOOKS[1]
ACROSS = 4
"""Panels in a row."""
ROW = 1.25
"""Height of a row, inches."""
AVERAGES: Mapping[str, str] = {"closed AVG": "closed_avg", "open AVG": "open_avg"}
"""Average -> the paper's column of it."""
CHANCE = "chance"


def draw(runs: Sequence[PlotRun], width: float | None) -> Figure:
    """A panel a closed task, and one for each average that exists. Raises InputError."""
    of_frames = _by_frames(runs)
    names = [*closed_tasks(runs), *(name for name in AVERAGES if any(run.estimate(name) for run in runs))]
    if not names:
        raise InputError("these runs have no accuracy and no average to draw")
    across = min(ACROSS, len(names))
    down = -(-len(names) // across)
    figure = new_figure(width or PAGE * across / ACROSS, ROW * down)
    panels = list(figure.subplots(down, across, squeeze=False, sharex=True).flat)
    paper = paper_rows(runs)
    ticks = sorted({*of_frames, *paper})
    handles: dict[str, Line2D] = {}
    for place, axes in enumerate(panels):
        if place < len(names):
            handles |= _panel(axes, of_frames, paper, names[place])
            axes.set_xscale("log", base=2)
            axes.xaxis.set_major_locator(FixedLocator(ticks))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.set_xticks(ticks, list(map(str, ticks)))
            axes.set_xlim(ticks[0] / 1.25, ticks[-1] * 1.25)
            if place + across >= len(names):
                axes.set_xlabel("frames")
                axes.tick_params(labelbottom=True)
        else:
            axes.set_visible(False)
    legend_above(figure, list(handles.values()), list(handles))
    return figure


def _by_frames(runs: Sequence[PlotRun]) -> dict[int, PlotRun]:
    """Number of frames -> run, ascending. Raises InputError unless these are runs of one model that differ in it."""
    models = {str(run.scores["model"]) for run in runs}
    if len(models) > 1:
        raise InputError(f"--kind frames shows one model: these are runs of {', '.join(sorted(models))}")
    looking = [(int(run.scores["frames"]["count"]), run) for run in runs if run.scores["frames"]]
    counts = Counter(count for count, _ in looking)
    if len(looking) < len(runs) or len(runs) < 2 or max(counts.values()) > 1:
        told = ", ".join(f"{run.folder}: {(run.scores['frames'] or {}).get('count', 'no')} frames" for run in runs)
        raise InputError(
            f"--kind frames needs runs with two or more different numbers of frames; got {told}",
            hint="mabench-eval --model NAME --frames 4,8,16 makes them.",
        )
    return dict(sorted(looking, key=lambda each: each[0]))


def paper_rows(runs: Sequence[PlotRun]) -> dict[int, Mapping[str, float | None]]:
    """Frames -> the paper's Table 3; empty unless it is of this model and the runs are on its benchmark.

    Open columns are left out unless the paper's judge judged the runs.
    """
    paper = paper_of(runs)
    if paper is None:
        return {}
    model = paper.titles["table3"].rpartition(", ")[2]  # "Number of frames, Qwen3-VL-8B"
    if model.casefold() != str(runs[0].scores["model"]).casefold():
        return {}
    columns = [*OFFICIAL_CLOSED, "closed_avg"]
    if all(judged_officially(run.scores["judges"]) for run in runs):
        columns.append("open_avg")
    return {int(row.labels[1]): {column: row.figures[column] for column in columns} for row in paper.tables["table3"]}


def _panel(
    axes: Axes, runs: Mapping[int, PlotRun], paper: Mapping[int, Mapping[str, float | None]], name: str
) -> dict[str, Line2D]:
    """A score against the frames; the lines, for the legend."""
    counts, found = list(runs), [run.estimate(name) for run in runs.values()]
    handles: dict[str, Line2D] = {}
    whiskers(axes, counts, found)
    (handles[next(iter(runs.values())).scores["model"]],) = axes.plot(
        counts,
        [each.value if each else nan for each in found],
        color=OWN.color,
        linestyle=OWN.line,
        marker=OWN.marker,
        zorder=4,
    )
    told = {frames: value for frames, row in paper.items() if (value := row.get(AVERAGES.get(name, name))) is not None}
    if told:
        (handles["the paper's Table 3"],) = axes.plot(
            list(told),
            list(told.values()),
            color=PAPER.color,
            linestyle=PAPER.line,
            marker=PAPER.marker,
            markeredgecolor=DARK,
            markeredgewidth=0.4,
            zorder=3.5,
        )
    chance = None if name in AVERAGES else chance_of(runs.values(), name)
    if chance is not None:
        handles[CHANCE] = axes.axhline(chance, color=DARK, linestyle=(0, (1, 1)), linewidth=1.1)
    axes.set_title(f"{name} ({'0-5' if name == 'open AVG' else '%'})", pad=3)
    axes.margins(y=0.12)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.5)
    return handles
