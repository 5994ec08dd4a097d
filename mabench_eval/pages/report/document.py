"""The whole report."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from mabench_eval.errors import InputError
from mabench_eval.pages.blocks import footer, sections, top_bar
from mabench_eval.pages.html import join
from mabench_eval.pages.page import Page, render
from mabench_eval.pages.report.accuracy import accuracy_section
from mabench_eval.pages.report.bias import bias_section
from mabench_eval.pages.report.confusion import confusion_section
from mabench_eval.pages.report.data import ReportData
from mabench_eval.pages.report.judged import judged_section
from mabench_eval.pages.report.outcomes import outcomes_section
from mabench_eval.pages.report.questions import browser_data, questions_section
from mabench_eval.pages.report.settings import cost_section, settings_section
from mabench_eval.pages.report.strips import Strips, make_strips
from mabench_eval.pages.report.summary import header, scores_section
from mabench_eval.runs import FinishedRun, read_run

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
        InputError: The folder is no finished run's. Clips are not needed; with ``thumbs`` those that are gone lack
            pictures.
    """
    if frames not in FRAME_MODES:
        raise InputError(f"--frames {frames}: one of {', '.join(FRAME_MODES)}")
    data = ReportData(run if isinstance(run, FinishedRun) else read_run(Path(run)))
    strips = make_strips(data) if frames == "thumbs" else None

    parts = [
        scores_section(data),
        accuracy_section(data),
        judged_section(data),
        confusion_section(data),
        bias_section(data),
        outcomes_section(data),
        cost_section(data),
        settings_section(data),
        questions_section(data, _pictures_note(strips)),
    ]
    shown = [part for part in parts if part]

    label = data.scores.label
    body = join([top_bar(label, shown), header(data), sections(shown), footer()], "\n")
    return render(
        Page(
            title=f"{label} on {data.scores.benchmark.name}: MA-Bench report",
            body=body,
            data=browser_data(data, strips.pictures if strips else {}),
            styles=["questions.css"],
            scripts=["question.js", "list.js", "questions.js"],
        )
    )


def summary_page(folder: Path) -> str:
    """The head of the report alone: who was evaluated on what, the key figures, the paper's table.

    Raises InputError for a folder that is no finished run's.
    """
    data = ReportData(read_run(folder))
    body = join([header(data), sections([scores_section(data)])], "\n")
    return render(Page(title=data.scores.label, body=body, styles=["questions.css"]))


def _pictures_note(strips: Strips | None) -> str:
    if strips is None:
        return NO_PICTURES
    if not strips.problems:
        return PICTURES
    more = f" and {len(strips.problems) - 1} more" if len(strips.problems) > 1 else ""
    return f"{PICTURES if strips.pictures else 'No frames are shown.'} Without: {strips.problems[0]}{more}."
