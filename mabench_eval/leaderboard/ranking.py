"""Best figures and rank intervals: the rows of one table compared with each other, column by column."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import hypot, isnan
from typing import NamedTuple

import numpy as np

from mabench_eval.leaderboard.columns import AVERAGES, COLUMNS, FIGURE_NAMES, PARTS, SUBSCORES, ColumnFigures
from mabench_eval.leaderboard.entries import OwnRun
from mabench_eval.leaderboard.entry import Entry
from mabench_eval.leaderboard.paper import REFERENCE, BinomialInterval, Paper, PaperRow, binomial_intervals
from mabench_eval.runfiles import Interval
from mabench_eval.scoring import AVERAGES as WEIGHTS
from mabench_eval.scoring import QuestionScores, by_clip, top_of, weights_of
from mabench_eval.stats import Estimates, Floats, cluster_table, estimate, p_value, rank_sets
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN

_WEIGHTS = np.array(weights_of(WEIGHTS, SUBSCORES))
"""(12, 3): of each figure in each average, in the order of the columns."""


class RankInterval(NamedTuple):
    """The ranks that a row may have; 1 is best."""

    best: int
    worst: int

    def __str__(self) -> str:
        return f"{self.best}" if self.best == self.worst else f"{self.best}-{self.worst}"


@dataclass(frozen=True, slots=True)
class Contender:
    """A row of a table, with what its bests and ranks follow from."""

    figures: ColumnFigures
    may_be_best: frozenset[str] = frozenset()
    """Columns in which it competes for the best figure."""
    may_rank: frozenset[str] = frozenset()
    """Columns in which it may have a rank."""
    intervals: Mapping[str, Interval | BinomialInterval] = field(default_factory=dict)
    """Column -> its interval, where it has one."""
    questions: QuestionScores | None = None
    """Its scores question by question; None: not known."""
    unpaired: bool = False
    """Whether its errors alone are known, so that it cannot be paired with other rows over clips."""


def paper_contender(row: PaperRow, paper: Paper) -> Contender:
    """A row of the paper. Reference rows are no methods and do not compete; Tables 3 and 4 have no ranks."""
    if row.group == REFERENCE:
        return Contender(row.figures)
    if not row.group:
        return Contender(row.figures, frozenset(COLUMNS))
    intervals = binomial_intervals(row, paper.questions)
    return Contender(row.figures, frozenset(COLUMNS), frozenset(COLUMNS), intervals, unpaired=True)


def run_contenders(runs: Sequence[OwnRun], totals: Mapping[str, int], *, in_table2: bool) -> list[Contender]:
    """Runs on the same data.

    Open tasks make a run the best only where the paper's judge scored them. In Table 2 the same holds for its ranks;
    elsewhere open tasks rank runs that the same judges scored by the same rubrics.

    Args:
        runs: Of one table.
        totals: Task -> its number of questions, each counted once.
        in_table2: Whether the paper's rows are in the table.
    """
    alike = judged_alike([run.entry for run in runs])
    contenders = []
    for run in runs:
        official = whole_columns(run.entry, totals, OFFICIAL_OPEN if run.entry.is_judged_officially else ())
        may_rank = official if in_table2 else whole_columns(run.entry, totals, alike)
        of_figures = run.entry.intervals or {}
        names = {column: FIGURE_NAMES.get(column, column) for column in COLUMNS}
        intervals = {column: of_figures[name] for column, name in names.items() if name in of_figures}
        contenders.append(Contender(run.entry.figures, official, may_rank, intervals, run.figures))
    return contenders


def whole_columns(entry: Entry, totals: Mapping[str, int], judged: Collection[str]) -> frozenset[str]:
    """Columns in which a run may compete: all of the questions answered, and those of ``judged`` tasks scored.

    Args:
        entry: The run.
        totals: Task -> its number of questions, each counted once.
        judged: Open tasks whose judges make the run comparable with the other rows.
    """
    tasks = entry.scores.tasks
    whole = {name for name, task in tasks.items() if task.n == task.total == totals.get(name, 0) * entry.repeats}
    columns = {name for name in OFFICIAL_CLOSED if name in whole}
    for name, task in entry.open_tasks.items():
        if name in OFFICIAL_OPEN and name in whole and name in judged and task.judged == task.n:
            columns |= {f"{name} {level}" for level in LEVELS}
    columns |= {average for average, parts in PARTS.items() if columns.issuperset(parts)}
    return frozenset(columns | ({"final"} if columns.issuperset(PARTS) else set()))


def judged_alike(entries: Sequence[Entry]) -> set[str]:
    """The open tasks that the same judges scored by the same rubric in all runs that have scores of them."""
    alike = set()
    for task in OFFICIAL_OPEN:
        scored = [entry for entry in entries if task in entry.open_tasks]
        judges = {tuple(sorted(judge.sha256 for judge in entry.judges)) for entry in scored}
        rubrics = {entry.rubrics[task].sha256 if task in entry.rubrics else None for entry in scored}
        if len(judges) == len(rubrics) == 1:
            alike.add(task)
    return alike


def best_columns(rows: Sequence[Contender]) -> list[frozenset[str]]:
    """Of each row the columns where it has, or shares, the best figure as printed, among two competitors or more."""
    best: dict[str, float] = {}
    for column in COLUMNS:
        figures = [row.figures[column] for row in rows if column in row.may_be_best]
        printed = [round(figure, 2) for figure in figures if figure is not None]
        if len(printed) > 1:
            best[column] = max(printed)
    return [
        frozenset(
            column
            for column in row.may_be_best & best.keys()
            if (figure := row.figures[column]) is not None and round(figure, 2) == best[column]
        )
        for row in rows
    ]


def rank_rows(rows: Sequence[Contender]) -> list[dict[str, RankInterval]]:
    """Of each row the ranks that it may have, in the columns where it has any.

    Runs are paired over the clips that they share; errors of unpaired rows are taken for independent. A rank is among
    the rows that have one in the column; one alone has none.
    """
    ranks: list[dict[str, RankInterval]] = [{} for _ in rows]
    paired = {number: place for place, number in enumerate(n for n, row in enumerate(rows) if row.questions)}
    found = _estimates([rows[number].questions or {} for number in paired])
    for column in COLUMNS:
        standings = {
            number: standing
            for number, row in enumerate(rows)
            if column in row.may_rank
            and (standing := _paired(found, column, paired[number]) if row.questions else _unpaired(row, column))
        }
        if len(standings) > 1:
            tests = _p_values(list(standings.values()), found, top_of(FIGURE_NAMES.get(column, column)))
            sets = rank_sets([standing.value for standing in standings.values()], tests)
            for number, rank in zip(standings, sets, strict=True):
                ranks[number][column] = RankInterval(*rank)
    return ranks


class _Standing(NamedTuple):
    """A row in one column."""

    value: float
    error: float
    clips: int | None
    """That it is over; None: not known, and as many as make no difference."""
    place: int | None
    """Among the estimates of paired rows."""


def _estimates(runs: Sequence[QuestionScores]) -> Estimates:
    """The twelve figures of each run that are no averages, one run after the other; and then its three averages."""
    columns = {
        f"{number} {column}": by_clip(run.get(column, {}).values())
        for number, run in enumerate(runs)
        for column in SUBSCORES
    }
    return estimate(cluster_table(columns), np.kron(np.eye(len(runs)), _WEIGHTS))


def _paired(found: Estimates, column: str, run: int) -> _Standing | None:
    """A run whose questions are known; None where it has no figure, or one of a single clip."""
    if column in AVERAGES:
        averages = len(AVERAGES)
        runs = len(found.values) // (len(SUBSCORES) + averages)
        place = runs * len(SUBSCORES) + run * averages + list(AVERAGES).index(column)
    else:
        place = run * len(SUBSCORES) + SUBSCORES.index(column)
    value, error, clips = float(found.values[place]), float(found.errors[place]), int(found.clips[place])
    return None if isnan(value) or clips < 2 else _Standing(value, error, clips, place)


def _unpaired(row: Contender, column: str) -> _Standing | None:
    """A row of which errors alone are known."""
    interval = row.intervals.get(column) if row.unpaired else None
    return _Standing(interval.value, interval.se, None, None) if interval and interval.se is not None else None


def _p_values(standings: Sequence[_Standing], found: Estimates, top: float) -> Floats:
    """(M, M): of no difference between every two rows."""
    errors = np.array([[hypot(one.error, other.error) for other in standings] for one in standings])
    own = [number for number, standing in enumerate(standings) if standing.place is not None]
    errors[np.ix_(own, own)] = found.errors_apart([standings[number].place or 0 for number in own])

    tests = np.ones_like(errors)
    for one, other in combinations(range(len(standings)), 2):
        first, second = standings[one], standings[other]
        clips = min((each.clips for each in (first, second) if each.clips is not None), default=None)
        tests[one, other] = p_value(second.value - first.value, float(errors[one, other]), clips, top)
    return tests
