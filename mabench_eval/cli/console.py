"""What the terminal shows: tables, lines, errors; figures go to stdout, all else to stderr. And files a user names.

rich and json are imported where they are needed: ``--help`` does without.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mabench_eval.errors import InputError, MabenchError

SHOWN_PROBLEMS = 20
"""Problems shown of a long list: one screen."""
FILE_WIDTH = 200
"""Columns where stdout is no terminal and so has no width to fit into."""


def print_error(error: MabenchError) -> None:
    """What was wrong, where, and what to do next, on one screen."""
    lines = [f"error: {error.message}", *(f"  - {problem}" for problem in error.problems[:SHOWN_PROBLEMS])]
    more = len(error.problems) - SHOWN_PROBLEMS
    if more > 0:
        lines.append(f"  ... and {more} more")
    if error.hint:
        lines.append(error.hint)
    print("\n".join(lines), file=sys.stderr)


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    import json

    print(json.dumps(document, indent=2))


def print_line(line: str) -> None:
    """A line on stderr."""
    print(line, file=sys.stderr)


def print_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, text_columns: int = 1, dense: bool = False
) -> None:
    """A table on stdout; the first ``text_columns`` columns are text, the rest figures; ``dense``: closer together."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=dense, show_edge=not dense)
    for position, name in enumerate(header):
        if position < text_columns:
            widest = max((len(row[position]) for row in rows), default=0)
            table.add_column(name, overflow="fold", min_width=min(widest, 12))
        else:
            table.add_column(name, overflow="fold", justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*map(escape, row))
    Console(width=None if sys.stdout.isatty() else FILE_WIDTH).print(table)


def terminal_width() -> int:
    """Columns of the terminal; plenty where stdout is no terminal."""
    from rich.console import Console

    return Console().width if sys.stdout.isatty() else FILE_WIDTH


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Raise InputError, not OSError, where a file that the user named cannot be written."""
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot write {file}: {error.strerror or error}") from error
