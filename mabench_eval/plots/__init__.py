"""Plots for papers, of finished runs and of benchmarks: static, vector or raster, the same bytes from the same figures.

They are drawn by matplotlib (extra ``plots``), which is imported when a plot is drawn.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Literal, get_args

from mabench_eval.errors import InputError
from mabench_eval.journal import write_bytes
from mabench_eval.packages import lacks
from mabench_eval.plots.counted import Counts, Panel, Values
from mabench_eval.plots.runs import PlotRun, caption, read_runs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "KINDS",
    "SUFFIXES",
    "WIDTHS",
    "Counts",
    "Kind",
    "Panel",
    "Values",
    "draw",
    "picture_of_panels",
    "plot",
]

Kind = Literal["bars", "radar", "confusion", "frames"]
KINDS: tuple[str, ...] = get_args(Kind)
SUFFIXES = (".svg", ".png", ".pdf")
WIDTHS = (1.0, 40.0)
"""Inches that a plot may be wide; anything else is most likely a mistaken unit."""


def plot(
    runs: Sequence[Path | str],
    kind: str,
    file: Path | str,
    *,
    width: float | None = None,
    data: str | None = None,
    include: Sequence[Path] = (),
) -> list[str]:
    """Draw finished runs into a file.

    Args:
        runs: Folders of one to eight finished runs, drawn in this order.
        kind: ``bars``, ``radar``, ``confusion``, or ``frames`` (one model with several numbers of frames).
        file: ``.svg`` and ``.pdf`` (vector, fonts inside), or ``.png`` (300 dpi); replaced where it exists.
        width: In inches; None: one or two columns of a paper, depending on the kind.
        data: Question file of runs of an early version, which kept none.
        include: Folders with the tasks of such runs, where they are not the library's.

    Returns:
        What a caption must say of the runs, a line each.

    Raises:
        InputError: Nothing was drawn: a run, the file's name or the width is unusable, or matplotlib is missing.
    """
    file = Path(file)
    _check(kind, file, width)
    plot_runs = read_runs([Path(run) for run in runs], data, include)
    figure = draw(plot_runs, kind, width)
    from mabench_eval.plots.style import render, without_glyph

    try:
        write_bytes(file, render(figure, file.suffix.lower().removeprefix(".")))
    except OSError as error:
        raise InputError(f"cannot write {file}: {error.strerror or error}") from error
    lines = caption(plot_runs, marks=kind == "bars")
    if boxes := without_glyph(figure):
        lines.append(f"The font has no picture of {' '.join(boxes)}: boxes stand in their place.")
    return lines


def draw(runs: Sequence[PlotRun], kind: str, width: float | None = None) -> Figure:
    """The plot as a matplotlib figure. Raises InputError."""
    with _style().own_settings():
        figure: Figure = importlib.import_module(f"mabench_eval.plots.{kind}").draw(runs, width)
    return figure


def picture_of_panels(columns: Sequence[Sequence[Panel]], suffix: str) -> bytes:
    """Columns of panels beside one another, as the bytes of a file with this suffix. Raises InputError."""
    style = _style()
    with style.own_settings():
        figure = importlib.import_module("mabench_eval.plots.panels").draw_panels(columns)
    content: bytes = style.render(figure, suffix.removeprefix("."))
    return content


def _style() -> ModuleType:
    """Everything that needs matplotlib. Raises InputError where it is missing."""
    try:
        return importlib.import_module("mabench_eval.plots.style")
    except ImportError as error:
        raise lacks("drawing pictures", error, "plots") from error


def _check(kind: str, file: Path, width: float | None) -> None:
    if kind not in KINDS:
        raise InputError(f"no kind of picture {kind!r}: one of {', '.join(KINDS)}")
    if file.suffix.lower() not in SUFFIXES:
        raise InputError(f"{file}: a picture is a file {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    if not file.parent.is_dir():
        raise InputError(f"{file}: there is no folder {file.parent}", hint=f"mkdir -p {file.parent}")
    if width is not None and not WIDTHS[0] <= width <= WIDTHS[1]:
        raise InputError(f"--width {width:g}: expected inches, {WIDTHS[0]:g} to {WIDTHS[1]:g}")
