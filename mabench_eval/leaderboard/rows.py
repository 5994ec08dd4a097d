"""Rows of any form of the leaderboard: which run stands where, what a row says beside its figures, what is best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import floor
from typing import Any

from mabench_eval.leaderboard.contenders import has_levels
from mabench_eval.leaderboard.entries import Entry, Loaded, repeats_of
from mabench_eval.leaderboard.paper import COLUMNS, Figures, Paper, PaperRow
from mabench_eval.stats import percent
from mabench_eval.tables import judged_officially
from mabench_eval.taxonomy import OFFICIAL_TASKS

Competitor = tuple[Figures, frozenset[str]]
"""A row's figures, and the columns in which it may be the best."""


def competing(row: PaperRow) -> frozenset[str]:
    """Columns in which a row of the paper may be the best: all, but none of a reference row."""
    return frozenset() if row.group == "reference" else frozenset(COLUMNS)


def best_of(rows: Iterable[Competitor]) -> dict[str, float]:
    """Column -> best figure as printed, where at least two rows compete."""
    found: dict[str, list[float]] = {}
    for figures, ranked in rows:
        for column in ranked:
            figure = figures[column]
            if figure is not None:
                found.setdefault(column, []).append(round(figure, 2))
    return {column: max(figures) for column, figures in found.items() if len(figures) > 1}


def is_best(row: Competitor, column: str, best: Mapping[str, float]) -> bool:
    """Whether the row has, or shares, the column's best figure."""
    figures, ranked = row
    figure = figures[column]
    return figure is not None and column in ranked and round(figure, 2) == best.get(column)


def best_columns(rows: Sequence[Competitor]) -> list[list[str]]:
    """Of each row of one table the columns in which it is the best."""
    best = best_of(rows)
    return [[column for column in COLUMNS if is_best(row, column, best)] for row in rows]


def says(entry: Entry, paper: Paper, *, coverage: bool, show: Callable[[str], str]) -> list[str]:
    """What a reader must know beside the figures: frames, missing answers, missing scores, another judge.

    Args:
        entry: The run.
        paper: Whose frames need no mention.
        coverage: Whether missing answers are mentioned; not where a column tells them.
        show: Makes text from elsewhere harmless where it is going to stand.
    """
    told = []
    scores, frames = entry["scores"], entry["frames"]
    if frames is not None and frames["count"] != paper.frames:
        told.append(f"{frames['count']} frames")
    if repeats_of(entry) > 1:
        told.append(f"mean of {repeats_of(entry)} answers to each question")
    if entry["answers"] != "generate":
        told.append(f"answers: {show(entry['answers'])}")
    if coverage and scores["n"] < scores["total"]:
        told.append(f"{floored(scores['coverage'])} answered")
    opened = [task for task in scores["tasks"].values() if has_levels(task)]
    judged, answered = sum(task["judged"] for task in opened), sum(task["n"] for task in opened)
    if judged < answered:
        told.append(f"{floored(percent(judged, answered) or 0.0)} of open answers judged")
    if opened and entry["judges"]:
        names = ", ".join(f"{show(judge['name'])} {show(short(judge))}" for judge in entry["judges"])
        note = "" if judged_officially(entry["judges"]) else ", not the paper's"
        told.append(f"{'judge' if len(entry['judges']) == 1 else 'mean of judges'}: {names}{note}")
    return told


def questions_of(entry: Entry) -> int:
    """Questions that the run was asked, each counted once."""
    return int(entry["scores"]["total"] // repeats_of(entry))


def by_data(loaded: Loaded, paper: Paper) -> tuple[list[Entry], list[list[Entry]]]:
    """The runs that stand in Table 2, and for each other benchmark those on it, all best first."""
    full: list[Entry] = []
    others: dict[tuple[str, str], list[Entry]] = {}
    for entry in sorted(loaded.entries, key=order):
        data = entry["benchmark"]
        among = full if _is_full(entry, paper) else others.setdefault((data["name"], data["sha256"]), [])
        among.append(entry)
    return full, [group for _, group in sorted(others.items())]


def _is_full(entry: Entry, paper: Paper) -> bool:
    """Whether a run asked whole tasks of the official benchmark, so that it may stand in the paper's table."""
    asked = {name: task["total"] for name, task in entry["scores"]["tasks"].items() if name in OFFICIAL_TASKS}
    whole = all(total == paper.questions[name] * repeats_of(entry) for name, total in asked.items())
    return bool(entry["benchmark"]["official"] and asked and whole)


def order(entry: Entry) -> tuple[Any, ...]:
    """Best first: final score, closed average; rows without them last; then by name."""
    figures = [entry["scores"][name] for name in ("final", "closed_avg", "open_avg")]
    return (*((figure is None, -(figure or 0)) for figure in figures), entry["name"], entry["run"])


def size_of(group: Sequence[Entry]) -> tuple[int, int]:
    """(clips, questions) of the data that runs share: of the run that saw most of it."""
    return max((entry["benchmark"]["clips"], entry["benchmark"]["questions"]) for entry in group)


def floored(share: float) -> str:
    """Percent, never rounded up: 11,999 of 12,000 are not 100 %."""
    return f"{floor(share * 10) / 10:.1f} %"


def short(thing: Mapping[str, Any]) -> str:
    """The first digits of its sha256."""
    return str(thing["sha256"])[:8]


def hex_of(sha256: str) -> str:
    """The first twelve digits, and nothing that is none."""
    return "".join(char for char in sha256[:12] if char.isalnum())
