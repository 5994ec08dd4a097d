"""The page put together."""

from __future__ import annotations

from mabench_eval._version import __version__
from mabench_eval.leaderboard import Leaderboard
from mabench_eval.pages.blocks import sections, top_bar
from mabench_eval.pages.html import element, join
from mabench_eval.pages.leaderboard.ablations import frames, tuning
from mabench_eval.pages.leaderboard.compare import browser_data, compare
from mabench_eval.pages.leaderboard.own import others, own, people
from mabench_eval.pages.leaderboard.table2 import table2
from mabench_eval.pages.leaderboard.text import adding, header, judges, reading, remarks
from mabench_eval.pages.page import Page, render

HTML_FILE = "index.html"
FOOTER = (
    f"Written by mabench-eval leaderboard --html, mabench_eval {__version__}: change paper.json or entries/, not this "
    "page. It loads nothing. The same figures: README.md beside it, and --csv FILE."
)


def leaderboard_page(board: Leaderboard) -> str:
    """The leaderboard as one HTML file that loads nothing, to be written as ``index.html`` in its folder."""
    parts = [
        table2(board),
        others(board),
        people(board),
        compare(board),
        own(board),
        frames(board),
        tuning(board),
        remarks(board),
        reading(),
        judges(board),
        adding(),
    ]
    shown = [part for part in parts if part]
    footer = element("footer", element("p", FOOTER))
    body = join([top_bar("MA-Bench leaderboard", shown), header(board), sections(shown), footer], "\n")
    scripts = ["leaderboard-plot.js", "leaderboard.js"]
    return render(Page("MA-Bench leaderboard", body, browser_data(board), ["leaderboard.css"], scripts))
