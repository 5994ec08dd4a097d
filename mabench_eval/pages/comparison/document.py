"""The whole comparison."""

from __future__ import annotations

from pathlib import Path

from mabench_eval.pages.blocks import footer, sections, top_bar
from mabench_eval.pages.comparison.data import read_comparison_data
from mabench_eval.pages.comparison.flips import browser_data, find_flips, flips_section
from mabench_eval.pages.comparison.summary import differences_section, figures_section, header
from mabench_eval.pages.html import join
from mabench_eval.pages.page import Page, render


def comparison_page(first: Path | str, second: Path | str) -> str:
    """Two finished runs side by side as one HTML file that loads nothing.

    Args:
        first: Folder of the run that the other is compared with.
        second: Folder of the run whose gains and losses are shown.

    Raises:
        InputError: A folder is no finished run's, or they have no scored question in common. Where the question file
            is gone or has changed the page is made without question texts, and says so.
    """
    data = read_comparison_data(Path(first), Path(second))
    flips = find_flips(data)
    parts = [differences_section(data), figures_section(data), flips_section(data, flips)]

    title = f"{data.first.name} and {data.second.name}"
    body = join([top_bar(title, parts), header(data), sections(parts), footer()], "\n")
    return render(
        Page(
            title=f"{title}: MA-Bench comparison",
            body=body,
            data=browser_data(data, flips) if flips else None,
            styles=["questions.css", "comparison.css"],
            scripts=["question.js", "list.js", "comparison.js"] if flips else [],
        )
    )
