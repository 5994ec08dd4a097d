"""The page put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mabench_eval._version import __version__
from mabench_eval.leaderboard import leaderboard_document, write_file
from mabench_eval.pages.blocks import bar, sections
from mabench_eval.pages.html import element, join
from mabench_eval.pages.leaderboard.ablations import frames, tuning
from mabench_eval.pages.leaderboard.compare import browser_data, compare
from mabench_eval.pages.leaderboard.own import own
from mabench_eval.pages.leaderboard.table2 import table2
from mabench_eval.pages.leaderboard.text import adding, header, judges, reading, remarks
from mabench_eval.pages.page import Page, render
from mabench_eval.types import Json

HTML_FILE = "index.html"
FOOTER = (
    f"Written by mabench-eval leaderboard --html, mabench_eval {__version__}: change paper.json or entries/, not this "
    "page. It loads nothing. The same figures: README.md beside it, and --csv FILE."
)


def leaderboard_page(found: Json) -> str:
    """The leaderboard as one HTML file that loads nothing.

    Args:
        found: What `mabench_eval.leaderboard.document` gives; every figure of the page is one of its figures.
    """
    parts = [
        table2(found),
        compare(found),
        own(found),
        frames(found),
        tuning(found),
        remarks(found),
        reading(),
        judges(found),
        adding(),
    ]
    shown = [part for part in parts if part]
    footer = element("footer", element("p", FOOTER))
    body = join([bar("MA-Bench leaderboard", shown), header(found), sections(shown), footer], "\n")
    scripts = ["leaderboard-plot.js", "leaderboard.js"]
    return render(Page("MA-Bench leaderboard", body, browser_data(found), ["leaderboard.css"], scripts))


def write_leaderboard_page(leaderboard_dir: Path, runs: Sequence[Path]) -> Path:
    """Write the page to ``index.html`` in the leaderboard's folder, whole or not at all. Raises as `document`."""
    path = leaderboard_dir / HTML_FILE
    write_file(path, leaderboard_page(leaderboard_document(leaderboard_dir, runs)))
    return path


def is_leaderboard_page_stale(leaderboard_dir: Path) -> bool:
    """Whether there is a page that differs from what would be written; none is not stale, it is not wanted."""
    path = leaderboard_dir / HTML_FILE
    if not path.is_file():
        return False
    return path.read_bytes() != leaderboard_page(leaderboard_document(leaderboard_dir, ())).encode()
