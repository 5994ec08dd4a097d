"""Markdown written so that escaping cannot be forgotten: a plain string is escaped wherever it is put.

Names, labels, notes come from elsewhere. What is markup on purpose is ``Markdown``; joined or formatted by other means
it is a plain string again, so that a mistake shows as visible signs, never as a link, a picture or another cell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from mabench_eval.text import visible, visible_line

LONGEST_CELL = 80
"""Characters of foreign text in a cell; a name of thousands would bury the table."""

_INTERVAL = r"\[-?[\d.]+, -?[\d.]+\](?![\[(:])"
"""Reads as itself, and stays readable raw."""
_SPECIAL = re.compile(rf"({_INTERVAL})|[\\|*`\[\]~$]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
"""What begins HTML or a link."""
_BLOCK = re.compile(r"[#>+=-]|\d+[.)]")
"""What would make a heading, a quote, a list or a rule at the beginning of a line."""


class Markdown(str):
    """Text that is markdown as it stands, and is not escaped again."""

    __slots__ = ()


def one_line(text: str) -> str:
    """Foreign text as one line of at most ``LONGEST_CELL`` characters that can be seen."""
    line = " ".join(visible(text).split())
    return line if len(line) <= LONGEST_CELL else line[: LONGEST_CELL - 1] + "…"


def escape_markdown(text: str) -> Markdown:
    """Foreign text (a model's name, a judge's) as one line that markdown shows as it is."""
    return text if isinstance(text, Markdown) else escape_line(one_line(text))


def escape_line(line: str) -> Markdown:
    """The same of a line however long; line ends in it are spelled out."""
    if isinstance(line, Markdown):
        return line
    line = _TAG.sub("&lt;", visible_line(line).replace("&", "&amp;"))
    return Markdown(_SPECIAL.sub(lambda special: special[1] or "\\" + special[0], line))


def markdown_page(parts: Iterable[str]) -> str:
    """The text of a file: paragraphs, headings, lists and tables below one another. A plain string is a paragraph."""
    return "\n\n".join(_paragraph(part) for part in parts) + "\n"


def markdown_heading(level: int, text: str) -> Markdown:
    """A heading, of level 1 to 6."""
    return Markdown(f"{'#' * level} {escape_line(text)}")


def markdown_list(items: Iterable[str]) -> Markdown:
    """A list, a line an item."""
    return Markdown("\n".join(f"- {_paragraph(item)}" for item in items))


def _paragraph(text: str) -> Markdown:
    if isinstance(text, Markdown):
        return text
    line = escape_line(text.strip())
    block = _BLOCK.match(line)
    return Markdown(f"{line[: block.end() - 1]}\\{line[block.end() - 1 :]}") if block else line


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, text_columns: int = 1) -> Markdown:
    """A table with aligned columns.

    Args:
        header: One cell a column.
        rows: As many cells as the header each.
        text_columns: So many columns from the left are text (left-aligned); the rest are figures (right).

    Returns:
        Lines joined by newlines, without one at the end.
    """
    cells = [[escape_markdown(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    rule = ["-" * (w + 2) if i < text_columns else "-" * (w + 1) + ":" for i, w in enumerate(widths)]
    lines = [_line(row, widths, text_columns) for row in cells]
    return Markdown("\n".join([lines[0], f"|{'|'.join(rule)}|", *lines[1:]]))


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
