"""Who was evaluated on what, what a reader must know, the key figures, and the table of the paper."""

from __future__ import annotations

from datetime import datetime

from mabench_eval.pages.blocks import Section, badge, note, tile, tiles
from mabench_eval.pages.html import Markup, element, join, table
from mabench_eval.pages.report.data import ReportData
from mabench_eval.runfiles import Interval, RunRecord, RunScores
from mabench_eval.stats import TOP_LEVEL
from mabench_eval.tables import notes, number, table2_cells
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN

FIGURES = (
    *OFFICIAL_CLOSED,
    "closed AVG",
    *(f"{task} {level}" for task in OFFICIAL_OPEN for level in LEVELS),
    "open AVG",
)
"""Names in ``intervals`` of the columns of Table 2."""
SHORT = (*OFFICIAL_CLOSED, "AVG", *(LEVELS * len(OFFICIAL_OPEN)), "AVG")
GROUPS = (
    ("", 1),
    ("Closed-ended, accuracy in %", 7),
    *((f"{task}, 0-5", len(LEVELS)) for task in OFFICIAL_OPEN),
    ("Open", 1),
)
"""The two lines of the table's header."""


def header(data: ReportData) -> Markup:
    """The head of the page."""
    lines = notes(data.scores)
    items = [element("li", line, class_="strong" if line.startswith("INCOMPLETE") else None) for line in lines]
    return element(
        "header",
        element("p", "MA-Bench evaluation report", class_="kicker"),
        element("h1", data.scores.label),
        element("p", _subtitle(data), class_="subtitle"),
        element("p", join(_badges(data.scores), " "), class_="badges"),
        element("ul", items, class_="notes") if items else None,
        id="top",
    )


def end_date(record: RunRecord) -> str:
    """The day on which the run ended, as 2026-11-23; empty where that is not known."""
    return datetime.fromisoformat(record.sessions[-1][1]).date().isoformat() if record.sessions else ""


def _subtitle(data: ReportData) -> str:
    benchmark, frames = data.scores.benchmark, data.scores.frames
    seen = frames.words if frames else "frames not looked at"
    size = f"{benchmark.clips:,} clips, {benchmark.questions:,} questions"
    model = data.scores.unnamed_model or ""
    return " · ".join(part for part in (model, f"on {benchmark.name}", size, seen, end_date(data.record)) if part)


def _badges(scores: RunScores) -> list[Markup]:
    benchmark = scores.benchmark
    badges = [
        badge("official benchmark", "good") if benchmark.official else badge("not the official benchmark", "warn"),
        badge("complete", "good") if scores.complete else badge("incomplete", "warn"),
    ]
    if scores.input != "video":
        badges.append(badge(f"input: {scores.input}", "warn"))
    if not benchmark.labelled:
        badges.append(badge("no references", "warn"))
    return badges


def scores_section(data: ReportData) -> Section:
    """The key figures and the paper's table."""
    scores = data.scores
    cells = [
        join([figure, element("span", _cell_interval(scores.intervals.get(name)), class_="span")])
        for figure, name in zip(table2_cells(data.scores), FIGURES, strict=True)
    ]
    caption = "In the shape of the paper's Table 2"
    content = [
        tiles(_tiles(scores)),
        table(["Method", *SHORT], [[scores.label, *cells]], caption=caption, groups=GROUPS),
    ]
    if scores.intervals:
        lead = "Below each figure its 95 % interval: whole clips are drawn anew, since questions share them."
        content.append(note(lead))
    return Section("scores", "Scores", join(content))


def _tiles(scores: RunScores) -> list[Markup]:
    intervals, hierarchy, all_correct = scores.intervals, scores.hierarchy_consistency, scores.all_correct_per_clip
    return [
        tile(
            "Final score",
            number(scores.final),
            _tile_interval(intervals.get("final")),
            "mean of the 12 sub-scores, 0-100",
        ),
        tile(
            "Closed average",
            number(scores.closed_avg),
            _tile_interval(intervals.get("closed AVG")),
            "percent, six tasks",
        ),
        tile("Open average", number(scores.open_avg), _tile_interval(intervals.get("open AVG")), "0-5, six levels"),
        tile(
            "Hierarchy consistency",
            number(hierarchy.value),
            f"{hierarchy.n:,} clips",
            "percent: the coarse answer is the body part of the fine one",
        ),
        tile(
            "All right on a clip",
            number(all_correct.value),
            f"{all_correct.n:,} clips",
            "percent: every closed question of the clip",
        ),
    ]


def _cell_interval(interval: Interval | None) -> str:
    """``72.6-85.4``, levels with two decimals, so that fourteen stand side by side; empty where there is none."""
    if interval is None or interval.low is None or interval.high is None:
        return ""
    digits = 2 if interval.high <= TOP_LEVEL else 1
    return f"{interval.low:.{digits}f}-{interval.high:.{digits}f}"


def _tile_interval(interval: Interval | None) -> str:
    """``72.62 to 85.42``; empty where there is none."""
    if interval is None or interval.low is None:
        return ""
    return f"{number(interval.low)} to {number(interval.high)}"
