"""Who may have a rank in which column of a table: the paper's rows, and runs whose answers and judges allow it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mabench_eval.leaderboard.entries import Entry, repeats_of
from mabench_eval.leaderboard.paper import COLUMNS, PARTS, Paper, binomial_intervals
from mabench_eval.leaderboard.samples import Samples
from mabench_eval.scoring import AVERAGES, QuestionScores
from mabench_eval.tables import judged_officially
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN
from mabench_eval.types import Json

AVERAGE_NAMES = dict(zip((*PARTS, "final"), AVERAGES, strict=True))
"""Column of an average -> its name among figures."""

UNKNOWN = {"se": None, "low": None, "high": None, "method": None}


@dataclass(frozen=True, slots=True)
class Contender:
    """A row of a table, with what its ranks follow from."""

    intervals: Mapping[str, Json]
    """Column -> its interval, as in ``scores.json``; all None but the value where there is none."""
    ranked: frozenset[str]
    """Columns in which it may have a rank."""
    figures: QuestionScores | None = None
    """Question by question; None: not known."""
    unpaired: bool = False
    """Without questions it is drawn by its intervals' errors, on its own."""


def table2_contenders(
    paper: Paper, entries: Sequence[Entry], samples: Samples
) -> tuple[dict[str, Contender], list[Contender]]:
    """Table 2: the paper's rows by name, without the reference rows, and the runs."""
    papers = {}
    for row in paper.tables["table2"]:
        if row.group == "reference":
            continue
        unknown = {column: {"value": value, **UNKNOWN} for column, value in row.figures.items()}
        intervals = {**unknown, **binomial_intervals(row, paper.questions)}
        papers[row.name] = Contender(intervals, frozenset(COLUMNS), unpaired=True)
    runs = [_contender(entry, samples, ranked(entry, paper.questions, officially_judged(entry))) for entry in entries]
    return papers, runs


def own_contenders(entries: Sequence[Entry], samples: Samples) -> list[Contender]:
    """Runs on the same data. Open tasks rank them where the same judges scored all of them by the same rubric."""
    judged, totals = judged_alike(entries), totals_of(entries)
    return [_contender(entry, samples, ranked(entry, totals, judged)) for entry in entries]


def _contender(entry: Entry, samples: Samples, columns: frozenset[str]) -> Contender:
    known = entry.get("intervals", {})
    intervals = {
        column: known.get(AVERAGE_NAMES.get(column, column)) or {"value": value, **UNKNOWN}
        for column, value in figures_of_entry(entry).items()
    }
    return Contender(intervals, columns, samples.get(entry["run"]))


def ranked(entry: Entry, totals: Mapping[str, int], judged: Collection[str]) -> frozenset[str]:
    """Columns in which a run may be the best: all of the questions answered, and those of ``judged`` tasks scored.

    Args:
        entry: The run.
        totals: Task -> its number of questions, each counted once.
        judged: Open tasks whose judges are such that they may rank the run.
    """
    tasks, repeats = entry["scores"]["tasks"], repeats_of(entry)
    whole = {name for name, task in tasks.items() if task["n"] == task["total"] == totals.get(name, 0) * repeats}
    columns = {name for name in OFFICIAL_CLOSED if name in whole}
    for name in OFFICIAL_OPEN:
        if name in whole and name in judged and tasks[name].get("judged") == tasks[name]["n"]:
            columns |= {f"{name} {level}" for level in LEVELS}
    columns |= {average for average, parts in PARTS.items() if columns.issuperset(parts)}
    return frozenset(columns | ({"final"} if columns.issuperset(PARTS) else set()))


def officially_judged(entry: Entry) -> tuple[str, ...]:
    """The open tasks, where the paper's judge scored them."""
    return OFFICIAL_OPEN if judged_officially(entry["judges"]) else ()


def judged_alike(entries: Sequence[Entry]) -> set[str]:
    """The open tasks that the same judges scored by the same rubric in all runs that have scores of them."""
    alike = set()
    for task in OFFICIAL_OPEN:
        scored = [entry for entry in entries if has_levels(entry["scores"]["tasks"].get(task, {}))]
        judges = {tuple(sorted(judge["sha256"] for judge in entry["judges"])) for entry in scored}
        rubrics = {entry["rubrics"].get(task, {}).get("sha256") for entry in scored}
        if len(judges) == len(rubrics) == 1:
            alike.add(task)
    return alike


def totals_of(entries: Sequence[Entry]) -> dict[str, int]:
    """Task -> the most questions that one of the runs was asked, each counted once."""
    totals: dict[str, int] = {}
    for entry in entries:
        for name, task in entry["scores"]["tasks"].items():
            totals[name] = max(totals.get(name, 0), task["total"] // repeats_of(entry))
    return totals


def figures_of_entry(entry: Entry) -> dict[str, float | None]:
    """Column -> the run's figure."""
    scores = entry["scores"]
    tasks = scores["tasks"]
    figures = {name: tasks.get(name, {}).get("accuracy") for name in OFFICIAL_CLOSED}
    for name in OFFICIAL_OPEN:
        figures |= {f"{name} {level}": tasks.get(name, {}).get("levels", {}).get(level) for level in LEVELS}
    return {column: figures[column] if column in figures else scores[column] for column in COLUMNS}


def has_levels(task: Mapping[str, Any]) -> bool:
    """Whether any answer to an open task has a score."""
    return any(mean is not None for mean in task.get("levels", {}).values())
