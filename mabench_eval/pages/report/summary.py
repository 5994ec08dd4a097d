"""Who was evaluated on what, what a reader must know, the key figures, and the table of the paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mabench_eval.pages.blocks import Section, badge, note, tile, tiles
from mabench_eval.pages.html import Markup, element, join, table
from mabench_eval.pages.report.material import Material
from mabench_eval.stats import TOP_LEVEL
from mabench_eval.tables import notes, number, table2_cells
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN
from mabench_eval.types import Json

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
"""Headings of the table in two lines."""


def header(material: Material) -> Markup:
    """The head of the page."""
    scores = material.scores
    return element(
        "header",
        element("p", "MA-Bench evaluation report", class_="kicker"),
        element("h1", scores["model"]),
        element("p", join(_subtitle(material), " · "), class_="subtitle"),
        element("p", join(_badges(scores), " "), class_="badges"),
        _notes(scores),
        id="top",
    )


def date(record: Json) -> str:
    """The day on which the run ended, as 2026-11-23; empty where that is not known."""
    sessions = record.get("sessions") or []
    return datetime.fromisoformat(sessions[-1][1]).date().isoformat() if sessions else ""


def _subtitle(material: Material) -> list[str]:
    benchmark, frames = material.scores["benchmark"], material.scores["frames"]
    seen = f"{frames['count']} frames, {frames['sampling']} sampling" if frames else "frames not looked at"
    size = f"{benchmark['clips']:,} clips, {benchmark['questions']:,} questions"
    return [part for part in (f"on {benchmark['name']}", size, seen, date(material.record)) if part]


def _badges(scores: Json) -> list[Markup]:
    official, complete = scores["benchmark"]["official"], scores["complete"]
    found = [badge("official benchmark", "good") if official else badge("not the official benchmark", "warn")]
    found.append(badge("complete", "good") if complete else badge("incomplete", "warn"))
    found += [badge(f"input: {scores['input']}", "warn")] if scores["input"] != "video" else []
    found += [badge("no references", "warn")] if not scores["benchmark"]["labelled"] else []
    return found


def _notes(scores: Json) -> Markup | None:
    lines = [element("li", line, class_="strong" if line.startswith("INCOMPLETE") else None) for line in notes(scores)]
    return element("ul", lines, class_="notes") if lines else None


def summary(material: Material) -> Section:
    """The key figures and the paper's table."""
    scores = material.scores
    inside = [tiles(_tiles(scores)), _table2(scores)]
    if scores["intervals"]:
        inside.append(
            note("Below each figure its 95 % interval: whole clips are drawn anew, since questions share them.")
        )
    return Section("scores", "Scores", join(inside))


def _tiles(scores: Json) -> Sequence[Markup]:
    spans, hierarchy, every = scores["intervals"], scores["hierarchy_consistency"], scores["all_correct_per_clip"]
    return [
        tile("Final score", number(scores["final"]), span(spans.get("final")), "mean of the 12 sub-scores, 0-100"),
        tile("Closed average", number(scores["closed_avg"]), span(spans.get("closed AVG")), "percent, six tasks"),
        tile("Open average", number(scores["open_avg"]), span(spans.get("open AVG")), "0-5, six levels"),
        tile(
            "Hierarchy consistency",
            number(hierarchy["value"]),
            f"{hierarchy['n']:,} clips",
            "percent: the coarse answer is the body part of the fine one",
        ),
        tile(
            "All right on a clip",
            number(every["value"]),
            f"{every['n']:,} clips",
            "percent: every closed question of the clip",
        ),
    ]


def _table2(scores: Json) -> Markup:
    cells = [
        join([figure, element("span", _short(scores["intervals"].get(name)), class_="span")])
        for figure, name in zip(table2_cells(scores), FIGURES, strict=True)
    ]
    caption = "In the shape of the paper's Table 2"
    return table(["Method", *SHORT], [[scores["model"], *cells]], caption=caption, groups=GROUPS)


def _short(interval: Json | None) -> str:
    """As `span`, but percents with one decimal, so that fourteen stand side by side."""
    if interval is None or interval["low"] is None:
        return ""
    digits = 2 if interval["high"] <= TOP_LEVEL else 1
    return f"{interval['low']:.{digits}f}-{interval['high']:.{digits}f}"


def span(interval: Json | None) -> str:
    """``72.62 to 85.42``; empty where there is no interval."""
    if interval is None or interval["low"] is None:
        return ""
    return f"{number(interval['low'])} to {number(interval['high'])}"
