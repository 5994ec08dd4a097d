"""The whole comparison."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mabench_eval.pages.blocks import footer, sections, top_bar
from mabench_eval.pages.comparison.data import read_comparison_data
from mabench_eval.pages.comparison.flips import browser_data, find_flips, flips_section
from mabench_eval.pages.comparison.summary import differences_section, figures_section, header
from mabench_eval.pages.html import join
from mabench_eval.pages.page import Page, render


def comparison_page(
    first: Path | str, second: Path | str, *, data: str | None = None, include: Sequence[Path] = ()
) -> str:
    """Two finished runs side by side as one HTML file that loads nothing.

    Args:
        first: Folder of the run that the other is compared with.
        second: Folder of the run whose gains and losses are shown.
        data: Question file of runs of an early version, which kept none.
        include: Folders with the tasks of such runs, where they are not the library's.

    Raises:
        InputError: A folder is no finished run's, or they have no scored question in common. Where the questions of a
            run are gone or were edited the page is made without their texts, and says so.
    """
    compared = read_comparison_data(Path(first), Path(second), data=data, include=include)
    flips = find_flips(compared)
    parts = [differences_section(compared), figures_section(compared), flips_section(compared, flips)]

    title = f"{compared.first.name} and {compared.second.name}"
    body = join([top_bar(title, parts), header(compared), sections(parts), footer()], "\n")
    return render(
        Page(
            title=f"{title}: MA-Bench comparison",
            body=body,
            data=browser_data(compared, flips) if flips else None,
            styles=["questions.css", "comparison.css"],
            scripts=["question.js", "list.js", "comparison.js"] if flips else [],
        )
    )
