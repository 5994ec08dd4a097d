"""The comparison put together."""

from __future__ import annotations

from pathlib import Path

from mabench_eval._version import __version__
from mabench_eval.pages.blocks import bar, sections
from mabench_eval.pages.comparison.flips import browser_data, flips, section
from mabench_eval.pages.comparison.material import Material, read_material
from mabench_eval.pages.comparison.summary import differences, figures, header
from mabench_eval.pages.html import Markup, element, join
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
    return render(_page(read_material(Path(first), Path(second))))


def _page(material: Material) -> Page:
    found = flips(material)
    parts = [differences(material), figures(material), section(material, found)]
    title = f"{material.first.name} and {material.second.name}"
    body = join([bar(title, parts), header(material), sections(parts), _footer()], "\n")
    data = browser_data(material, found) if found else None
    scripts = ["question.js", "list.js", "comparison.js"] if found else []
    return Page(f"{title}: MA-Bench comparison", body, data, ["questions.css", "comparison.css"], scripts)


def _footer() -> Markup:
    told = (
        f"Made by mabench_eval {__version__}. Every figure is defined in its docs/scores.md; this page loads nothing."
    )
    return element("footer", element("p", told))
