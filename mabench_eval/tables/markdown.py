"""Markdown tables that read well raw, and text from elsewhere made harmless in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

LONGEST_CELL = 80
"""Characters of foreign text in a cell; a name of thousands would bury the table."""

_SPECIAL = re.compile(r"[\\|*`\[\]~]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")


def one_line(text: str) -> str:
    """Foreign text as one line of at most ``LONGEST_CELL`` characters that can be seen."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= LONGEST_CELL else line[: LONGEST_CELL - 1] + "…"


def escape_markdown(text: str) -> str:
    """Foreign text (a model's name, a judge's) as one line that markdown shows as it is."""
    return escape_line(one_line(text))


def escape_line(line: str) -> str:
    """The same of what is one line already, however long."""
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(lambda special: "\\" + special[0], line)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, text_columns: int = 1) -> str:
    """A table with aligned columns.

    Args:
        header: One cell a column, already markdown.
        rows: As many cells as the header each, already markdown.
        text_columns: So many columns from the left are text (left-aligned); the rest are figures (right).

    Returns:
        Lines joined by newlines, without one at the end.
    """
    widths = [max(map(_width, column)) for column in zip(header, *rows, strict=True)]
    rule = ["-" * (w + 2) if i < text_columns else "-" * (w + 1) + ":" for i, w in enumerate(widths)]
    lines = [_line(row, widths, text_columns) for row in (header, *rows)]
    return "\n".join([lines[0], f"|{'|'.join(rule)}|", *lines[1:]])


def _line(row: Sequence[str], widths: Sequence[int], text_columns: int) -> str:
    cells = []
    for position, (cell, width) in enumerate(zip(row, widths, strict=True)):
        space = " " * (width - _width(cell))
        cells.append(cell + space if position < text_columns else space + cell)
    return f"| {' | '.join(cells)} |"


def _width(text: str) -> int:
    """Columns the text takes on a terminal: wide characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
