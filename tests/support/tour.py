"""The tour in docs/tour.md: its commands, what they print on a terminal of 80 columns, and the page with that in it.

``python -m tests.support.tour`` runs the commands and writes their output into the page; its words stay as they are.
"""

from __future__ import annotations

import io
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from mabench_eval.cli import main
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "tour.md"
WIDTH = 80
REWRITE = "python -m tests.support.tour"
HERE = "/home/you/mabench_eval"
"""On the page, where the repository is."""
SCREEN = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
"""A fenced block: lines that begin with ``$`` are commands, all others what they print."""


def commands(page: str) -> list[str]:
    """The commands on the page, in their order."""
    return [line[2:] for screen in SCREEN.findall(page) for line in screen.splitlines() if line.startswith("$ ")]


def screens(page: str, folder: Path) -> Iterator[str]:
    """The page's screens as they are when all its commands are run in an empty folder, one after the other."""
    with chdir(folder), patch.dict("os.environ", COLUMNS=str(WIDTH)):
        for screen in SCREEN.findall(page):
            yield "\n".join(f"$ {command}\n{output(command)}" for command in commands(f"```console\n{screen}```\n"))


def output(command: str) -> str:
    """What a command prints, results and remarks as a terminal mixes them; ``*`` is filled in as by a shell."""
    program, *words = (
        filled
        for word in shlex.split(command)
        for filled in (sorted(map(str, Path().glob(word))) if "*" in word else [word])
    )
    assert program == "mabench-eval", command
    terminal = io.StringIO()
    with redirect_stdout(terminal), redirect_stderr(terminal):
        code = main(words)
    assert code == 0, f"{command}: {terminal.getvalue()}"
    return terminal.getvalue().replace(str(ROOT), HERE)


def comparable(screen: str) -> str:
    """A screen without what may differ from machine to machine: the size of a page with compressed pictures."""
    return re.sub(r"\d+\.\d MB", "N MB", screen)


def rewritten(page: str, folder: Path) -> str:
    """The page with its screens as they are now."""
    fresh = screens(page, folder)
    return SCREEN.sub(lambda _: next(fresh), page)


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")
    sys.exit(0)
