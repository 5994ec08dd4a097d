"""The one way to the terminal: tables, lines, errors, JSON; figures go to stdout, all else to stderr. And files.

What is shown holds names, answers and messages from elsewhere. Here they lose what would move the cursor, colour or
hide (``mabench_eval.text``), rich reads no markup and no emoji in them, and no stream's encoding can refuse them.
Nothing else in the package prints; ``tests/cli/test_console.py`` sees to that. rich and json are imported where they
are needed: ``--help`` does without.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mabench_eval.errors import InputError, MabenchError
from mabench_eval.text import visible, visible_line

if TYPE_CHECKING:
    import logging

    from rich.console import Console

SHOWN_PROBLEMS = 20
"""Problems shown of a long list: one screen."""
FILE_WIDTH = 200
"""Columns where stdout is no terminal, and COLUMNS is not set: there is no width to fit into."""
BOLD = "\x1b[1m{}\x1b[0m"
"""Titles of tables."""
CLEAR = "\x1b[2J\x1b[H"
"""Clears a terminal and begins at its top."""


def print_error(error: MabenchError) -> None:
    """What was wrong, where, and what to do next, on one screen."""
    print_line(f"error: {error.message}")
    print_problems(error.problems)
    for line in error.hint.split("\n") if error.hint else ():
        print_line(line)


def print_problems(problems: Sequence[str], more: str = "") -> None:
    """A line each on stderr, as many as a screen has; ``more``: what to know of the others."""
    for problem in problems[:SHOWN_PROBLEMS]:
        print_line(f"  - {problem}")
    if len(problems) > SHOWN_PROBLEMS:
        print_line(f"  ... and {len(problems) - SHOWN_PROBLEMS} more{more and f'; {more}'}")


def print_line(line: str = "") -> None:
    """A line on stderr. What an error of elsewhere has in more lines follows indented: it cannot pass for ours."""
    _write(_indented(line), sys.stderr)


def print_out(line: str = "") -> None:
    """A line on stdout; line ends in it are spelled out."""
    _write(visible_line(line), sys.stdout)


def print_text(text: str) -> None:
    """Lines on stdout as they are: a prompt, a table of Markdown."""
    _write(visible(text), sys.stdout)


def print_markdown(text: str) -> None:
    """A page of Markdown on stdout, set for the terminal."""
    from rich.markdown import Markdown

    console = _console(sys.stdout, terminal_width())
    with console.capture() as capture:
        console.print(Markdown(visible(text), hyperlinks=False))
    _write(capture.get(), sys.stdout)


def print_wrapped(line: str, *, first: str = "", hang: str = "  ") -> None:
    """A line on stdout, on as many lines as the terminal makes of it, broken between words alone.

    ``first`` stands before it, ``hang`` before each line that goes on; a word longer than the terminal (a path) is one
    line.
    """
    from textwrap import fill

    shown = fill(
        visible_line(line),
        terminal_width(),
        initial_indent=first,
        subsequent_indent=hang,
        break_long_words=False,
        break_on_hyphens=False,
    )
    _write(shown, sys.stdout)


def print_json(document: Any) -> None:
    """One JSON document on stdout, in printable ASCII. Raises ValueError for a NaN, which JSON does not have."""
    import json

    _write(json.dumps(document, indent=2, allow_nan=False).replace("\x7f", "\\u007f"), sys.stdout)


def print_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str | Sequence[str]]],
    *,
    text_columns: int = 1,
    keys: int | None = None,
    breaks: Sequence[int] = (),
) -> None:
    """A table on stdout that fits the terminal: where it is too wide it is wrapped, split or stacked, never cut.

    Args:
        header: One cell a column.
        rows: As many cells each; a cell is a line, or several.
        text_columns: So many columns from the left are text, the rest figures.
        keys: So many columns from the left tell what a row is: a table that is split has them in each part. Those of
            text where figures follow, else the first.
        breaks: Columns at which the table is split first, where it must be.
    """
    from mabench_eval.cli.layout import Column, lay_out

    cells = [[[cell] if isinstance(cell, str) else cell for cell in row] for row in rows]
    shown = [["\n".join(map(visible_line, lines)) for lines in row] for row in cells]
    columns = [
        Column(visible_line(title), [row[place] for row in shown], is_text=place < text_columns)
        for place, title in enumerate(header)
    ]
    if keys is None:
        keys = text_columns if text_columns < len(header) else 1
    width = terminal_width()
    stress = BOLD.format if _shows_bold(sys.stdout) else str
    tables = lay_out(columns, width, keys=keys, breaks=breaks, stress=stress)
    _write("\n" + "\n\n".join("\n".join(lines) for lines in tables) + "\n", sys.stdout)


def clear_terminal() -> None:
    """Begin at the top of an empty screen; nothing where stdout is no terminal."""
    if sys.stdout.isatty():
        sys.stdout.write(CLEAR)


def terminal_width() -> int:
    """Columns to fit into: those that COLUMNS says, the terminal's, or plenty where stdout is no terminal."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    return _console(sys.stdout).width if sys.stdout.isatty() else FILE_WIDTH


def bar_console() -> Console:
    """What a progress bar is drawn on: stderr, where rich takes nothing for markup."""
    return _console(sys.stderr)


def notebook_console() -> Console:
    """The same in a notebook: the output of the cell that runs."""
    from rich.console import Console

    return Console(force_jupyter=True)


def print_above(bar: Console, line: str) -> None:
    """``print_line`` above a bar."""
    from rich.text import Text

    bar.print(Text(_encodable(_indented(line), sys.stderr)), soft_wrap=True)


def guard_process() -> None:
    """Make harmless what others print in this process: warnings, logging, tracebacks; prints of any character.

    For the process of a command alone: it changes the interpreter.
    """
    import logging
    import threading
    import warnings

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    format_warning = warnings.formatwarning
    warnings.formatwarning = lambda *about: visible(format_warning(*about))
    if logging.lastResort:  # what a library logs that nobody told where to
        logging.lastResort.setFormatter(_formatter(logging))
    sys.excepthook = lambda kind, error, _: _print_traceback(error)
    threading.excepthook = lambda failed: _print_traceback(failed.exc_value)


def _formatter(module: Any) -> logging.Formatter:
    """A formatter of log lines that shows them harmlessly."""
    formatter: logging.Formatter = module.Formatter()
    form = formatter.format
    formatter.format = lambda record: visible(form(record))  # type: ignore[method-assign]
    return formatter


def _print_traceback(error: BaseException | None) -> None:
    import traceback

    _write(visible("".join(traceback.format_exception(error)).rstrip("\n")), sys.stderr)


def _console(stream: TextIO, width: int | None = None) -> Console:
    from rich.console import Console

    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def _shows_bold(stream: TextIO) -> bool:
    """Whether it is a terminal that takes codes for bold text."""
    return stream.isatty() and os.name != "nt" and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")


def _indented(line: str) -> str:
    return visible(line).replace("\n", "\n  ")


def _write(shown: str, stream: TextIO) -> None:
    print(_encodable(shown, stream), file=stream)


def _encodable(shown: str, stream: TextIO) -> str:
    """The text with backslash escapes for characters that the stream's encoding does not have."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return shown.encode(encoding, "backslashreplace").decode(encoding)


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Raise InputError, not OSError, where a file that the user named cannot be written."""
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot write {file}: {error.strerror or error}") from error
