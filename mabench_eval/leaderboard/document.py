"""The leaderboard as one document: its tables with every figure, interval, rank and best.

``assembly.py`` works it out once; Markdown, HTML, CSV and JSON print it and work nothing out. Its texts are one line
each, also those from elsewhere (names of models, judges, benchmarks); each printer escapes them in its own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mabench_eval.leaderboard.entry import Entry
from mabench_eval.leaderboard.marks import Mark
from mabench_eval.leaderboard.paper import BinomialInterval
from mabench_eval.leaderboard.ranking import RankInterval
from mabench_eval.runfiles import Interval
from mabench_eval.tables import NO_VALUE

NOT_VERIFIED, VERIFIED = "not verified", "accuracies verified"
OWN, PEOPLE, TUNED = "own", "people", "fine-tuned"
"""Groups of the runs of models, of those whose answers people gave, and, the paper's too, of models with a LoRA
adapter; other groups are the paper's."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure with its interval, its ranks, and whether it is the best."""

    value: float | None
    interval: Interval | BinomialInterval | None = None
    rank: RankInterval | None = None
    is_best: bool = False
    """Whether no row of the table that competes has more, as printed."""

    @property
    def ends(self) -> tuple[float, float] | None:
        """Low and high of the 95 % interval; None where there is none."""
        interval = self.interval
        if interval is None or interval.low is None or interval.high is None:
            return None
        return interval.low, interval.high


@dataclass(frozen=True, slots=True)
class Row:
    """A row of any table."""

    labels: tuple[str, ...]
    """Leading cells; of Table 2 and of runs the name and the date."""
    cells: Mapping[str, Cell]
    """Column -> its cell, of all columns."""
    group: str = ""
    """A key of the document's ``groups``; empty in Tables 3 and 4."""
    unpaired: bool = False
    """Whether nothing is known of its answers, so that it is ranked by its intervals' errors."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Columns whose figure does not follow from the row's others -> why."""
    remarks: tuple[str, ...] = ()
    """What a reader must know beside the figures."""

    @property
    def name(self) -> str:
        """The first of the labels."""
        return self.labels[0]

    @property
    def date(self) -> str:
        """YYYY-MM or YYYY-MM-DD; empty where it is not known."""
        return "" if self.labels[1] == NO_VALUE else self.labels[1]

    settings: tuple[str, ...] = ()
    """Where its run differs from the paper's protocol, in words; with any it stands among the other settings."""

    @property
    def source(self) -> str:
        """``paper`` or ``run``."""
        return "paper"

    @property
    def verified(self) -> str:
        """How far its figures were recomputed by anyone but their author."""
        return "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRow(Row):
    """The row of a run."""

    entry: Entry
    in_table2: bool
    """Whether it may stand beside the paper's rows."""

    mark: Mark | None
    """What a maintainer verified; None: nothing."""

    @property
    def source(self) -> str:
        """``run``."""
        return "run"

    @property
    def verified(self) -> str:
        """``not verified``, or what was."""
        return VERIFIED if self.mark else NOT_VERIFIED


@dataclass(frozen=True, slots=True)
class OwnTable:
    """The runs on one benchmark that is not the paper's, best first."""

    name: str
    """Of the benchmark."""
    sha256: str
    clips: int
    """Of the run that saw most of it, as is the next."""
    questions: int
    is_known: bool
    """Whether its questions are, so that a row cannot leave some out."""
    rows: tuple[OwnRow, ...]
    """Runs by the paper's protocol."""
    others: tuple[OwnRow, ...]
    """Runs with other settings: no bests and no ranks."""
    people: tuple[OwnRow, ...] = ()
    """People: no bests and no ranks."""


@dataclass(frozen=True, slots=True, order=True)
class JudgeLine:
    """A judge of own runs, and the rubrics by which it judged; sha256 by their first digits."""

    judge: str
    identity: str
    model: str
    rubrics: str


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """The document."""

    source: str
    """Of the paper's rows."""
    judge: str
    """The paper's."""
    groups: Mapping[str, str]
    """Key -> heading, in the order of Table 2; runs last."""
    chance: Mapping[str, float]
    """Closed column -> what guessing gives, percent."""
    titles: Mapping[str, str]
    """Of the paper's tables: ``table2``, ``table3``, ``table4``."""
    table2: tuple[Row, ...]
    """By groups; runs by the paper's protocol, best first."""
    others: tuple[OwnRow, ...]
    """Runs with other settings on what Table 2 is about: no bests and no ranks."""
    table3: tuple[Row, ...]
    table4: tuple[Row, ...]
    own: tuple[OwnTable, ...]
    """Runs that do not stand in Table 2."""
    remarks: tuple[str, ...]
    """What is odd in the paper's Table 2 beyond single cells."""
    judges: tuple[JudgeLine, ...]
    people: tuple[OwnRow, ...] = ()
    """People on what Table 2 is about: no bests and no ranks."""

    @property
    def all_remarks(self) -> list[str]:
        """What does not add up in the paper's tables: cells that do not follow from their rows first."""
        rows = [*self.table2, *self.table3, *self.table4]
        return [*(note for row in rows for note in row.notes.values()), *self.remarks]

    @property
    def runs(self) -> list[OwnRow]:
        """The runs of all tables, best first."""
        rows = [*self.table2, *self.others, *self.people]
        rows += [row for table in self.own for row in (*table.rows, *table.others, *table.people)]
        return sorted((row for row in rows if isinstance(row, OwnRow)), key=lambda row: by_scores(row.entry))


def by_scores(entry: Entry) -> tuple[Any, ...]:
    """Sorts runs best first: final score, closed average, open average; those without last; then by name."""
    figures = (entry.scores.final, entry.scores.closed_avg, entry.scores.open_avg)
    return (*((figure is None, -(figure or 0)) for figure in figures), entry.name, entry.run)
