"""What the steps of ``build`` share: how problems are told, and the command that goes on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mabench_eval.cli.console import SHOWN_PROBLEMS, print_line
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence


def print_problems(problems: Sequence[str], more: str) -> None:
    """A line each, on one screen."""
    for problem in problems[:SHOWN_PROBLEMS]:
        print_line(f"  - {problem}")
    if len(problems) > SHOWN_PROBLEMS:
        print_line(f"  ... and {len(problems) - SHOWN_PROBLEMS} more; {more}")


def command(folder: Path) -> str:
    """The command that works on a folder, as one would type it."""
    import shlex

    return f"mabench-eval build {shlex.quote(str(folder))}"


def jobs(given: str) -> int | None:
    """Raises InputError for what is no number of processes."""
    if given == "auto":
        return None
    if not given.isdecimal() or int(given) < 1:
        raise InputError(f"--jobs {given}: expected a number of processes from 1 on, or auto")
    return int(given)
