"""The report put together."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from mabench_eval._version import __version__
from mabench_eval.errors import InputError
from mabench_eval.pages.blocks import bar, sections
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.pages.page import Page, render
from mabench_eval.pages.report.accuracy import accuracy
from mabench_eval.pages.report.bias import bias
from mabench_eval.pages.report.confusion import confusion
from mabench_eval.pages.report.judged import judged
from mabench_eval.pages.report.material import Material, material_of, read_material
from mabench_eval.pages.report.outcomes import outcomes
from mabench_eval.pages.report.questions import browser_data, questions
from mabench_eval.pages.report.settings import settings, spent
from mabench_eval.pages.report.strips import Strips, make_strips
from mabench_eval.pages.report.summary import header, summary
from mabench_eval.runs import FinishedRun

FrameMode = Literal["none", "thumbs"]
"""``none``: no picture. ``thumbs``: small frames of each clip, which makes the page as private as the clips are."""
FRAME_MODES: tuple[str, ...] = get_args(FrameMode)
NO_PICTURES = (
    "No frames are shown: clips of the benchmark may not be redistributed. For a page of your own: --frames thumbs."
)
PICTURES = "Frames were decoded anew. Clips of the benchmark may not be redistributed, and so may this page not."


def report_page(run: FinishedRun | Path | str, frames: FrameMode = "none") -> str:
    """The report of a finished run as one HTML file that loads nothing.

    Args:
        run: The run, or its folder.
        frames: Whether small pictures of the frames are in it.

    Raises:
        InputError: The folder is no finished run's, or the question file it was made on is gone or has changed:
            question texts stand nowhere else. Clips are not needed; with ``thumbs`` those that are gone lack pictures.
    """
    if frames not in FRAME_MODES:
        raise InputError(f"--frames {frames}: one of {', '.join(FRAME_MODES)}")
    material = material_of(run) if isinstance(run, FinishedRun) else read_material(Path(run))
    clips = dict.fromkeys(row["clip"] for row in material.rows)
    strips = make_strips(material.run, clips) if frames == "thumbs" else None
    return render(_page(material, strips))


def _page(material: Material, strips: Strips | None) -> Page:
    parts = [
        summary(material),
        accuracy(material),
        judged(material),
        confusion(material),
        bias(material),
        outcomes(material),
        spent(material),
        settings(material),
        questions(material, _pictures_told(strips)),
    ]
    shown = [part for part in parts if part]
    name = f"{material.scores['model']} on {material.scores['benchmark']['name']}"
    body = join([bar(material.scores["model"], shown), header(material), sections(shown), _footer()], "\n")
    data = browser_data(material, strips.pictures if strips else {})
    return Page(f"{name}: MA-Bench report", body, data, ["questions.css"], ["question.js", "list.js", "questions.js"])


def _pictures_told(strips: Strips | None) -> str:
    if strips is None:
        return NO_PICTURES
    if not strips.problems:
        return PICTURES
    more = f" and {len(strips.problems) - 1} more" if len(strips.problems) > 1 else ""
    return f"{PICTURES if strips.pictures else 'No frames are shown.'} Missing: {strips.problems[0]}{more}."


def _footer() -> Markup:
    told = (
        f"Made by mabench_eval {__version__}. Every figure is defined in its docs/scores.md; this page loads nothing."
    )
    return element("footer", element("p", told))
