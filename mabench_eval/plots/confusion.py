"""Confusion: which body part (CMAR) was taken for which, one panel per run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from mabench_eval.benchmark import as_printed
from mabench_eval.errors import InputError
from mabench_eval.plots.runs import PlotRun
from mabench_eval.plots.style import COLUMN, PAGE, ink_on, new_figure, wrapped
from mabench_eval.runfiles import SAMPLES
from mabench_eval.runs import read_run
from mabench_eval.tables import one_line
from mabench_eval.taxonomy import BODY_PARTS, label
from mabench_eval.types import Outcome

TASK = "CMAR"
NONE = "no answer"
"""The column of answers that name no option: unreadable ones and refusals."""
COLORS = "Blues"
"""Of one hue, from light to dark: the same in grey, and for the colour-blind."""
PANELS_IN_ROW = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3}
"""Number of panels -> panels in a row; of more four."""
MARGIN = 1.4
"""Inches that labels and the colour bar take across, about."""

Pairs = Counter[tuple[str, str]]
"""(label of the reference, label of the prediction or ``NONE``) -> answers."""


def draw(runs: Sequence[PlotRun], width: float | None) -> Figure:
    """References down, predictions across; colours are shares of a row. Raises InputError."""
    counts = [count_confusions(run) for run in runs]
    # All body parts in the taxonomy's order, then labels that it does not know.
    known = list(BODY_PARTS.values())
    rows = [*known, *sorted({name for pairs in counts for pair in pairs for name in pair} - {*known, NONE})]
    columns = [*rows, NONE] if any(predicted == NONE for pairs in counts for _, predicted in pairs) else rows

    across = PANELS_IN_ROW.get(len(runs), 4)
    down, size = -(-len(runs) // across), width or (COLUMN if len(runs) == 1 else PAGE)
    cell = (size - MARGIN) / (across * len(columns))
    figure = new_figure(size, down * (cell * len(rows) + 0.3) + MARGIN)
    figure.set_layout_engine("compressed")  # equal cells leave room between panels

    panels: list[Axes] = list(figure.subplots(down, across, squeeze=False, sharex=True, sharey=True).flat)
    for place, axes in enumerate(panels):
        if place >= len(runs):
            axes.set_visible(False)
            continue
        mesh = draw_matrix(axes, counts[place], rows, columns, font_size=min(7.0, 0.42 * 72 * cell))
        if len(runs) > 1:
            axes.set_title(wrapped(runs[place].name, cell * len(columns)), pad=3)
        if place + across >= len(runs):  # nothing below it
            axes.set_xlabel("prediction")
            axes.tick_params(labelbottom=True)
        if place % across == 0:
            axes.set_ylabel("reference")

    bar = figure.colorbar(mesh, ax=panels, fraction=0.04, pad=0.02, aspect=30)
    bar.set_label("share of the reference's answers (%)")
    bar.outline.set_linewidth(0.6)

    # Square cells leave room above and below, which only the finished layout tells.
    figure.draw_without_rendering()
    figure.set_figheight(figure.get_tightbbox().height + 0.06)
    return figure


def count_confusions(run: PlotRun) -> Pairs:
    """The answers of a run, all repeats of options as printed; errors are none. Raises InputError."""
    finished = read_run(run.folder, data=run.data, include=run.include)
    options = {question.variant: question.options for question in finished.questions}
    pairs: Pairs = Counter()
    for sample in as_printed(finished.samples()):
        if sample.task != TASK or sample.outcome is Outcome.ERROR or not sample.reference:
            continue
        try:
            printed = options[sample.variant]
            predicted = one_line(label(printed[sample.prediction])) if sample.prediction else NONE
            pairs[one_line(label(printed[sample.reference])), predicted] += 1
        except KeyError as error:
            raise InputError(f"{run.folder / SAMPLES}: {sample.qid}: its question has no {error}") from error
    if not pairs:
        raise InputError(f"{run.folder} has no {TASK} answer with a reference")
    return pairs


def draw_matrix(axes: Axes, pairs: Pairs, rows: Sequence[str], columns: Sequence[str], *, font_size: float) -> QuadMesh:
    """Cells with counts, those of 0 empty; ``font_size`` in points."""
    counts = np.array([[pairs[row, column] for column in columns] for row in rows])
    totals = counts.sum(axis=1, keepdims=True)
    shares = 100 * counts / np.maximum(totals, 1)
    mesh = axes.pcolormesh(shares, cmap=COLORS, vmin=0, vmax=100, edgecolors="#FFFFFF", linewidth=0.6)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            ink = ink_on(to_hex(colormaps[COLORS](shares[row, column] / 100)))
            axes.text(column + 0.5, row + 0.5, str(count), ha="center", va="center", color=ink, fontsize=font_size)

    axes.set(aspect="equal", xlim=(0, len(columns)), ylim=(len(rows), 0))
    axes.set_xticks(np.arange(len(columns)) + 0.5, columns, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(np.arange(len(rows)) + 0.5, rows)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(True)
    return mesh
