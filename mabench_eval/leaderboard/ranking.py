"""Best figures and rank intervals: the rows of one table compared with each other, column by column."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import NamedTuple

import numpy as np

from mabench_eval.leaderboard.columns import AVERAGES, COLUMNS, FIGURE_NAMES, PARTS, SUBSCORES, ColumnFigures
from mabench_eval.leaderboard.entries import OwnRun
from mabench_eval.leaderboard.entry import Entry
from mabench_eval.leaderboard.paper import REFERENCE, BinomialInterval, Paper, PaperRow, binomial_intervals
from mabench_eval.runfiles import Interval
from mabench_eval.scoring import AVERAGES as WEIGHTS
from mabench_eval.scoring import QuestionScores, by_clip, weights_of
from mabench_eval.stats import REPLICATES, Floats, bootstrap, cluster_table, combined, rank_sets, standard_errors
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN

_PLACES = {column: place for place, column in enumerate((*SUBSCORES, *AVERAGES))}
"""Column -> its place in arrays."""
_WEIGHTS = np.array(weights_of(WEIGHTS, SUBSCORES))
"""(12, 3): of each figure in each average."""
_UNPAIRED_SEED = 1
"""Differs from the bootstrap's, so that the draws of unpaired rows are independent of those of paired rows."""


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

    All runs see the same draws of clips, so that runs on shared clips are paired; unpaired rows are drawn from normal
    distributions by their errors. A rank is among the rows that have one in the column; one alone has none.
    """
    ranks: list[dict[str, RankInterval]] = [{} for _ in rows]
    if not any(row.questions or row.unpaired for row in rows):
        return ranks
    values, draws, clips = _drawn(rows)
    for column in COLUMNS:
        place = _PLACES[column]
        there = [n for n, row in enumerate(rows) if column in row.may_rank and not np.isnan(values[n, place])]
        if len(there) < 2:
            continue
        fewest = float(clips[there, place].min())
        sets = rank_sets(values[there, place], draws[:, there, place], clips=int(fewest) if isfinite(fewest) else None)
        for number, rank in zip(there, sets, strict=True):
            if rank:
                ranks[number][column] = RankInterval(*rank)
    return ranks


def _drawn(rows: Sequence[Contender]) -> tuple[Floats, Floats, Floats]:
    """Of every row and column, (rows, 15): the figure, its draws (replicates first), the clips it is over.

    NaN where there is no figure, or none whose error is known; clips are infinite where they are not drawn.
    """
    shape = len(rows), len(SUBSCORES)
    values, draws, clips = np.full(shape, np.nan), np.full((REPLICATES, *shape), np.nan), np.full(shape, inf)

    paired = [number for number, row in enumerate(rows) if row.questions]
    if paired:
        values[paired], draws[:, paired], clips[paired] = _paired([rows[number] for number in paired])

    random = np.random.default_rng(_UNPAIRED_SEED)
    for number, row in enumerate(rows):
        for place, column in enumerate(SUBSCORES):
            interval = row.intervals.get(column)
            if row.unpaired and interval and interval.se is not None:
                values[number, place] = interval.value
                draws[:, number, place] = random.normal(interval.value, interval.se, REPLICATES)

    averages = combined(draws.reshape(-1, len(SUBSCORES)), _WEIGHTS).reshape(REPLICATES, len(rows), -1)
    of_averages = np.where(_WEIGHTS.T > 0, clips[:, None, :], 0).max(axis=2)  # those of the part with most
    return (
        np.concatenate([values, combined(values, _WEIGHTS)], axis=1),
        np.concatenate([draws, averages], axis=2),
        np.concatenate([clips, of_averages], axis=1),
    )


def _paired(rows: Sequence[Contender]) -> tuple[Floats, Floats, Floats]:
    """The same of rows whose questions are known, over the twelve figures that are no averages."""
    table = cluster_table(
        {
            f"{number} {column}": by_clip((row.questions or {}).get(column, {}).values())
            for number, row in enumerate(rows)
            for column in SUBSCORES
        }
    )
    shape = len(rows), len(SUBSCORES)
    means = np.where(np.isnan(standard_errors(table)), np.nan, table.means)
    return means.reshape(shape), bootstrap(table).reshape(REPLICATES, *shape), table.clips.astype(float).reshape(shape)
