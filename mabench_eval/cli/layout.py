"""Tables that fit a terminal: wrapped at words, split into several or stacked, and never cut.

rich cuts or folds what does not fit. Here no digit and no name may be lost, so that each table gets a shape whose
widths fit before rich draws it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

COMFORT = 20
"""Columns of a terminal below which text is not wrapped: the table is split instead."""
LOOSE, DENSE = 3, 2
"""Columns of a terminal between two columns of a table; the second where only that makes it fit."""


@dataclass(frozen=True)
class Column:
    """A column: its title, and the text of each row, of one or more lines."""

    title: str
    cells: Sequence[str]
    is_text: bool
    """Text is wrapped at words where there is little room; figures never are."""

    @property
    def widest(self) -> int:
        """Columns of a terminal in which nothing is wrapped."""
        return max(map(_width, [self.title, *self.cells]))

    @property
    def narrowest(self) -> int:
        """Columns of a terminal in which the title and text are wrapped as far as they may be, between words alone."""
        title = max(map(_width, self.title.split()), default=0)
        if not self.is_text:
            return max([title, *map(_width, self.cells)])
        words = max((_width(word) for cell in self.cells for word in cell.split()), default=0)
        return max(title, words, min(COMFORT, max(map(_width, self.cells), default=0)))


def lay_out(columns: Sequence[Column], width: int, *, keys: int, breaks: Sequence[int] = ()) -> Iterator[Table]:
    """One table within ``width``; or several, each with the key columns; or a block for each row.

    Args:
        columns: At least one, of as many rows each.
        width: Columns of the terminal.
        keys: So many columns from the left tell what a row is.
        breaks: Columns at which a table that does not fit whole is split first.
    """
    narrowest = [column.narrowest for column in columns]
    if _total(narrowest) <= width:
        yield _table(columns, width)
    elif any(_total([*narrowest[:keys], least]) > width for least in narrowest[keys:] or [0]):
        yield from _stacked(columns, width)
    else:
        edges = [keys, *breaks, len(columns)] if breaks else _even_edges(narrowest, keys, width)
        for first, end in pairwise(edges):
            yield from lay_out([*columns[:keys], *columns[first:end]], width, keys=keys)


def _even_edges(narrowest: Sequence[int], keys: int, width: int) -> list[int]:
    """Where the parts of a table begin, and its end: as few parts as fit, and their widest as narrow as can be.

    Every column fits beside the keys.
    """
    fewest = _edges(narrowest, keys, width)
    widest_alone = max(_total([*narrowest[:keys], least]) for least in narrowest[keys:])
    choices = (_edges(narrowest, keys, limit) for limit in range(widest_alone, width + 1))
    return next(edges for edges in choices if len(edges) == len(fewest))


def _edges(narrowest: Sequence[int], keys: int, limit: int) -> list[int]:
    """The same, where each part takes the columns that fit into the limit."""
    edges = [keys]
    for place in range(keys + 1, len(narrowest)):
        if _total([*narrowest[:keys], *narrowest[edges[-1] : place + 1]]) > limit:
            edges.append(place)
    return [*edges, len(narrowest)]


def _table(columns: Sequence[Column], width: int) -> Table:
    """One table; text is wrapped only as far as it must be."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    widths = [column.widest for column in columns]
    is_loose = _total(widths, LOOSE) <= width
    least = [column.narrowest for column in columns]
    while _total(widths) > width:  # the widest of those that can be narrower gives way
        widths[max((own, place) for place, own in enumerate(widths) if own > least[place])[1]] -= 1

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=not is_loose)
    for column, own in zip(columns, widths, strict=True):
        justify = "left" if column.is_text else "right"
        table.add_column(Text(column.title), width=own, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*map(Text, row))
    return table


def _stacked(columns: Sequence[Column], width: int) -> Iterator[Table]:
    """A block a row: each cell beside its title. What is longer than a line is folded."""
    from rich.table import Table
    from rich.text import Text

    titles = min(max(_width(column.title) for column in columns), width // 3)
    for row in zip(*(column.cells for column in columns), strict=True):
        block = Table(box=None, show_header=False, pad_edge=False, padding=(0, DENSE, 0, 0))
        block.add_column(width=titles, overflow="fold")
        block.add_column(width=max(1, width - titles - DENSE), overflow="fold")
        for column, cell in zip(columns, row, strict=True):
            block.add_row(Text(column.title, style="bold"), Text(cell))
        yield block


def _total(widths: Sequence[int], between: int = DENSE) -> int:
    return sum(widths) + between * (len(widths) - 1)


def _width(text: str) -> int:
    """Columns of a terminal that the longest line takes: two for a Chinese character."""
    from rich.cells import cell_len

    return max(map(cell_len, text.split("\n")))
