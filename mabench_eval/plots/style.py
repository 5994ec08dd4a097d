"""How plots look: colours, hatches, markers and lines of the runs, sizes, and the bytes of a file.

The eight colours are an optimum of a search over sRGB: steps of 10 in lightness (CIE L*, 10 to 80), so that they stay
apart in grey, and as far apart as possible for normal sight and for each kind of colour blindness (as Machado,
Oliveira and Fernandes 2009 simulate it): at least 25 in CIE 1976 dE, where Okabe and Ito's have 16.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from textwrap import wrap
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from mabench_eval.errors import InputError
from mabench_eval.runfiles import Interval
from mabench_eval.text import visible

COLUMN, PAGE = 3.25, 6.875
"""Inches: one column of a paper, and both (CVPR)."""
DPI = 300
LEGEND_ROW = 0.17
"""Height of a row, inches."""
LEGEND_HANDLE = 0.5
"""Width of what stands before a name, inches."""
LETTER = 0.06
"""Width of a letter of the names, inches, about."""
FONT = "DejaVu Sans"
"""Comes with matplotlib: plots are the same on every machine."""
DARK, GREY, LIGHT = "#000000", "#595959", "#FFFFFF"


@dataclass(frozen=True, slots=True)
class Look:
    """How one run is drawn: any of these four tells it from the others."""

    color: str
    hatch: str
    marker: str
    line: str | tuple[float, tuple[float, ...]]

    @property
    def ink(self) -> str:
        """Black or white, whichever shows on the colour."""
        return ink_on(self.color)


LOOKS = (
    Look("#10458C", "", "o", "-"),
    Look("#D4A437", "////", "s", (0, (5, 1.5))),
    Look("#038859", "....", "^", (0, (5, 1.2, 1, 1.2))),
    Look("#1A1D01", "\\\\\\\\", "D", (0, (2.2, 1.2))),
    Look("#6ED4EE", "xxxx", "v", (0, (5, 1, 1, 1, 1, 1))),
    Look("#A1400D", "----", "P", (0, (10, 2))),
    Look("#8784F0", "oooo", "X", (0, (8, 1.2, 2.5, 1.2))),
    Look("#591245", "++++", "*", (0, (3, 1, 3, 1, 1, 1))),
)
"""Of the runs in their order: neighbours are 20 or more apart in lightness. Dotted lines are reserved for chance."""

SETTINGS = MappingProxyType(
    {
        "font.family": FONT,
        "font.size": 7,
        "axes.labelsize": 7,
        "axes.titlesize": 7,
        "legend.fontsize": 7,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "text.parse_math": False,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "lines.linewidth": 1.2,
        "lines.markersize": 4,
        "hatch.linewidth": 0.5,
        "legend.frameon": False,
        "legend.handlelength": 2.4,
        "legend.columnspacing": 1.4,
        "legend.borderpad": 0.2,
        "figure.constrained_layout.use": True,
        "svg.fonttype": "path",
        "svg.hashsalt": "mabench_eval",
        "pdf.fonttype": 42,
    }
)
"""Of matplotlib. Names are never parsed as mathematics; the salt makes the ids in SVG the same each time."""
METADATA: MappingProxyType[str, dict[str, None]] = MappingProxyType(
    {
        "svg": {"Date": None},
        "pdf": {"CreationDate": None},
        "png": {},
    }
)
"""No file holds a time, so that equal runs give equal bytes."""


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw with our settings, whatever a user's ``matplotlibrc`` says. Raises InputError where names leave no room."""
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)  # type: ignore[arg-type]
        # Told by ``without_glyph``, in a line of the caption.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("error", message="constrained_layout not applied")
        try:
            yield
        except UserWarning as warning:
            raise InputError(
                "the names leave no room for the picture", hint="Give it more: --width INCHES"
            ) from warning


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches; no display and no state shared with a user's own figures."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def render(figure: Figure, kind: str) -> bytes:
    """The bytes of a file: ``svg``, ``pdf`` or ``png``."""
    stream = BytesIO()
    with own_settings():
        figure.savefig(stream, format=kind, dpi=DPI, metadata=METADATA[kind])
    if kind == "svg":  # which holds each text in a comment, too: there one control character would break it
        return visible(stream.getvalue().decode(errors="replace")).encode()
    return stream.getvalue()


def texts_of(figure: Figure) -> list[Text]:
    """Every text in a figure."""
    return figure.findobj(Text)


def without_glyph(figure: Figure) -> list[str]:
    """The characters in a figure's texts that its font has no picture of, each once, in order."""
    known = get_font(findfont(FONT)).get_charmap()
    written = {char for text in texts_of(figure) for char in text.get_text()}
    return sorted(char for char in written if ord(char) not in known and not char.isspace())


def legend_above(figure: Figure, handles: Sequence[Any], names: Sequence[str]) -> None:
    """A legend above all axes, in as few rows as fit, read row by row; the figure grows by them."""
    place: Any = "outside upper center"
    for rows in range(1, len(names) + 1):
        columns = -(-len(names) // rows)
        # matplotlib fills a legend column by column
        order = [number for column in range(columns) for number in range(column, len(names), columns)]
        shown = [wrapped(names[number], figure.get_figwidth() - LEGEND_HANDLE) for number in order]
        legend = figure.legend([handles[number] for number in order], shown, loc=place, ncols=columns)

        if columns == 1 or legend.get_window_extent().width <= 0.98 * figure.bbox.width:
            extra = legend.get_window_extent().height / figure.dpi if columns == 1 else rows * LEGEND_ROW
            figure.set_figheight(figure.get_figheight() + extra)
            return
        legend.remove()


def legend_beside(figure: Figure, handles: Sequence[Any], names: Sequence[str]) -> float:
    """A legend right of all axes, one name below the other; returns its width in inches."""
    place: Any = "outside right center"
    shown = [wrapped(name, figure.get_figwidth() / 2 - LEGEND_HANDLE) for name in names]
    return figure.legend(list(handles), shown, loc=place).get_window_extent().width / figure.dpi


def wrapped(name: str, width: float) -> str:
    """A name in lines of at most ``width`` inches; in one that begins with ``_`` a space comes first.

    matplotlib leaves names out of a legend that begin with ``_``.
    """
    lines = wrap(name, max(8, int(width / LETTER))) or [name]
    return f" {lines[0]}" if len(lines) == 1 and name.startswith("_") else "\n".join(lines)


def light_border(width: float = 1.6) -> list[withStroke]:
    """A light border, ``width`` in points, around lines and text that cross dark things."""
    return [withStroke(linewidth=width, foreground=LIGHT)]


def draw_whiskers(axes: Axes, xs: Sequence[float], intervals: Sequence[Interval | None]) -> None:
    """95 % intervals, with a light border that shows them on any colour; nothing where there is none."""
    for x, interval in zip(xs, intervals, strict=True):
        if interval is None or interval.low is None or interval.high is None:
            continue
        below, above = interval.value - interval.low, interval.high - interval.value
        lengths = [[max(0.0, below)], [max(0.0, above)]]  # never below 0 by rounding
        for color, width, zorder in ((LIGHT, 1.7, 3.0), (DARK, 0.7, 3.1)):
            axes.errorbar(
                [x],
                [interval.value],
                yerr=lengths,
                fmt="none",
                ecolor=color,
                elinewidth=width,
                capthick=width,
                capsize=1.5,
                zorder=zorder,
            )


def lightness(color: str) -> float:
    """CIE L* (0 black, 100 white) of an sRGB colour ``#RRGGBB``: all that grey shows of it (IEC 61966-2-1, CIE 15)."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 116 * luminance ** (1 / 3) - 16 if luminance > 216 / 24389 else 24389 / 27 * luminance


def ink_on(color: str) -> str:
    """Black or white, whichever shows better on a colour."""
    return LIGHT if lightness(color) < 60 else DARK
