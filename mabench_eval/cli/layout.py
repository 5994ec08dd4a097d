"""Tables that fit a terminal: wrapped at words, split into several or stacked, and never cut.

No digit and no name may be lost, so that each table gets a shape whose widths fit before it is drawn. That is done
here too, and not by rich, which would double the time of a short command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, zip_longest

Lines = list[str]
"""A table that is drawn: as many lines as it takes, none with spaces at its end."""
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

    @cached_property
    def widest(self) -> int:
        """Columns of a terminal in which nothing is wrapped."""
        return max(map(_width, [self.title, *self.cells]))

    @cached_property
    def narrowest(self) -> int:
        """Columns of a terminal in which the title and text are wrapped as far as they may be, between words alone."""
        title = max(map(_width, self.title.split()), default=0)
        if not self.is_text:
            return max([title, *map(_width, self.cells)])
        words = max((_width(word) for cell in self.cells for word in cell.split()), default=0)
        return max(title, words, min(COMFORT, max(map(_width, self.cells), default=0)))


def lay_out(
    columns: Sequence[Column],
    width: int,
    *,
    keys: int,
    breaks: Sequence[int] = (),
    stress: Callable[[str], str] = str,
) -> Iterator[Lines]:
    """One table within ``width``; or several, each with the key columns; or a block for each row.

    Args:
        columns: At least one, of as many rows each.
        width: Columns of the terminal.
        keys: So many columns from the left tell what a row is.
        breaks: Columns at which a table that does not fit whole is split first.
        stress: Makes titles stand out, once nothing depends on their width any more.
    """
    narrowest = [column.narrowest for column in columns]
    if _total(narrowest) <= width:
        yield _table(columns, width, stress)
    elif any(_total([*narrowest[:keys], least]) > width for least in narrowest[keys:] or [0]):
        yield from _stacked(columns, width, stress)
    else:
        edges = [keys, *breaks, len(columns)] if breaks else _even_edges(narrowest, keys, width)
        for first, end in pairwise(edges):
            yield from lay_out([*columns[:keys], *columns[first:end]], width, keys=keys, stress=stress)


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


def _table(columns: Sequence[Column], width: int, stress: Callable[[str], str]) -> Lines:
    """One table; text is wrapped only as far as it must be."""
    widths = [column.widest for column in columns]
    between = LOOSE if _total(widths, LOOSE) <= width else DENSE
    least = [column.narrowest for column in columns]
    while _total(widths) > width:  # the widest of those that can be narrower gives way
        widths[max((own, place) for place, own in enumerate(widths) if own > least[place])[1]] -= 1

    def drawn(cells: Sequence[str], *, at_bottom: bool = False) -> Lines:
        parts = [_wrapped(cell, own) for cell, own in zip(cells, widths, strict=True)]
        if at_bottom:
            tallest = max(map(len, parts))
            parts = [[""] * (tallest - len(part)) + part for part in parts]
        return [
            (" " * between).join(map(_padded, line, widths, (column.is_text for column in columns))).rstrip()
            for line in zip_longest(*parts, fillvalue="")
        ]

    titles = [stress(line) for line in drawn([column.title for column in columns], at_bottom=True)]
    rows = zip(*(column.cells for column in columns), strict=True)
    return [*titles, "\u2500" * _total(widths, between), *(line for row in rows for line in drawn(row))]


def _stacked(columns: Sequence[Column], width: int, stress: Callable[[str], str]) -> Iterator[Lines]:
    """A block a row: each cell beside its title. What is longer than a line is folded."""
    titles = min(max(_width(column.title) for column in columns), width // 3)
    cells = max(1, width - titles - DENSE)
    for row in zip(*(column.cells for column in columns), strict=True):
        block = []
        for column, cell in zip(columns, row, strict=True):
            for title, text in zip_longest(_wrapped(column.title, titles), _wrapped(cell, cells), fillvalue=""):
                room = " " * (titles + DENSE - _width(title))
                block.append(f"{stress(title) if title else title}{room}{text}".rstrip())
        yield block


def _wrapped(text: str, width: int) -> Lines:
    """The text in lines that are no wider, broken between words; a word that is wider by itself is folded."""
    from rich.cells import chop_cells

    lines: Lines = []
    for paragraph in text.split("\n"):
        lines.append("")
        for word in re.findall(r"\s*\S+\s*", paragraph):
            if _width(lines[-1]) + _width(word.rstrip()) <= width:
                lines[-1] += word
                continue
            if not lines[-1]:
                lines.pop()
            lines += chop_cells(word, width) if _width(word.rstrip()) > width else [word]
    return [line.rstrip() for line in lines]


def _padded(text: str, width: int, is_text: bool) -> str:
    room = " " * (width - _width(text))
    return text + room if is_text else room + text


def _total(widths: Sequence[int], between: int = DENSE) -> int:
    return sum(widths) + between * (len(widths) - 1)


def _width(text: str) -> int:
    """Columns of a terminal that the longest line takes: two for a Chinese character."""
    from rich.cells import cell_len

    return max(map(cell_len, text.split("\n")))
