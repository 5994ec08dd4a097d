"""An entry: one run, cut down to what its row shows. A file in ``entries/`` holds one.

Entries of earlier versions lack what came later, and stay readable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta

from mabench_eval.leaderboard.columns import COLUMNS, OPEN_COLUMNS, ColumnFigures
from mabench_eval.leaderboard.known import known
from mabench_eval.runfiles import HUMAN, BenchmarkRecord, FramesRecord, Interval, RubricRecord
from mabench_eval.stats import TOP_LEVEL
from mabench_eval.taxonomy import OFFICIAL_CLOSED
from mabench_eval.types import Json

Percent = Annotated[float, Meta(ge=0, le=100)]
"""NaN is outside, here and below."""
Level = Annotated[float, Meta(ge=0, le=TOP_LEVEL)]


@dataclass(frozen=True, slots=True)
class EntryInterval(Interval):
    """A figure with its error bar, in range: percent, or 0-5."""

    value: Percent
    se: Percent | None
    low: Percent | None
    high: Percent | None


@dataclass(frozen=True, slots=True)
class EntryFlagInterval(EntryInterval):
    """The same on a part of the questions."""

    n: int
    """Questions."""


@dataclass(frozen=True, slots=True)
class EntryFlags:
    """Closed accuracies without the questions that an audit flagged."""

    sha256: str
    """Of the file of flags."""
    clean: Mapping[str, EntryFlagInterval]
    """On unflagged questions."""
    hard: Mapping[str, EntryFlagInterval]
    """On those that the text-only probe gets wrong."""


@dataclass(frozen=True, slots=True)
class EntryJudge:
    """A judge of the run."""

    name: str
    official: bool
    """Whether it is the paper's."""
    sha256: str
    """Of its identity."""
    model_id: str | None = ""
    """None: it is no model. Entries of early versions do not say."""


class EntryTask:
    """The scores of one task: ``EntryClosedTask`` or ``EntryOpenTask``."""

    __slots__ = ()
    n: int
    """Askings with an outcome other than error."""
    total: int
    """All askings."""
    coverage: float
    """``n`` of ``total``, percent."""
    outcomes: Mapping[str, int] | None
    """Outcome -> askings; None in entries of early versions."""

    @property
    def has_scores(self) -> bool:
        """Whether there is any figure."""
        raise NotImplementedError

    @staticmethod
    def choose(data: Any) -> type[EntryTask]:
        """Which of the two a JSON object holds."""
        return EntryOpenTask if isinstance(data, dict) and "levels" in data else EntryClosedTask


@dataclass(frozen=True, slots=True)
class EntryClosedTask(EntryTask):
    """A task whose answers are read and compared."""

    accuracy: Percent | None
    n: int
    total: int
    coverage: Percent
    outcomes: Mapping[str, int] | None = None

    @property
    def has_scores(self) -> bool:
        """Whether the benchmark has answers."""
        return self.accuracy is not None


@dataclass(frozen=True, slots=True)
class EntryOpenTask(EntryTask):
    """A task whose answers are judged."""

    levels: Mapping[str, Level | None]
    """Means over the judged samples."""
    judged: int
    n: int
    total: int
    coverage: Percent
    outcomes: Mapping[str, int] | None = None

    @property
    def has_scores(self) -> bool:
        """Whether any answer has a score."""
        return any(mean is not None for mean in self.levels.values())


@dataclass(frozen=True, slots=True)
class EntryScores:
    """The figures of the run."""

    n: int
    total: int
    coverage: Percent
    tasks: Mapping[str, EntryTask]
    closed_avg: Percent | None
    open_avg: Level | None
    final: Percent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The content of the file."""

    name: str
    date: str | None
    """Day on which the run's last session ended, YYYY-MM-DD, UTC."""
    model: str
    judges: tuple[EntryJudge, ...]
    rubrics: Mapping[str, RubricRecord]
    """Open task -> by which it was judged."""
    benchmark: BenchmarkRecord
    frames: FramesRecord | None
    """None: the model does not look."""
    answers: str
    """``generate``, or how else closed answers came about."""
    intervals: Mapping[str, EntryInterval] | None = None
    """Figure -> its interval; left out where samples are kept, from which it is worked out anew."""
    flags: EntryFlags | None = None
    """Where an audit's flags were given."""
    scores: EntryScores
    repeats: Annotated[int, Meta(ge=1)] = 1
    """How often every question was asked; ``n`` and ``total`` count each time."""
    run: str
    """The run's id; its end is the fingerprint of ``identity``."""
    identity: Json | None = None
    """What the run is a pure function of, as in ``run.json``; None in entries of early versions."""
    seal: str | None = None
    """:func:`entry_digest` of what was written, name and date left out: it tells that something was changed since."""

    @property
    def is_human(self) -> bool:
        """Whether a person gave the answers."""
        return self.answers == HUMAN

    @property
    def questions(self) -> int:
        """Questions that the run was asked, each counted once."""
        return self.scores.total // self.repeats

    @property
    def open_tasks(self) -> dict[str, EntryOpenTask]:
        """Those with scores of a judge."""
        tasks = self.scores.tasks.items()
        return {name: task for name, task in tasks if isinstance(task, EntryOpenTask) and task.has_scores}

    @property
    def own_rubrics(self) -> list[str]:
        """Open tasks that were judged by other rubrics than the library's."""
        given = known().rubrics
        return [
            task for task, rubric in self.rubrics.items() if given.get(task, {}).get(rubric.version) != rubric.sha256
        ]

    @property
    def is_judged_officially(self) -> bool:
        """Whether the paper's judge, alone, scored the open answers, by the library's rubrics."""
        return len(self.judges) == 1 and self.judges[0].official and not self.own_rubrics

    @property
    def figures(self) -> ColumnFigures:
        """Column -> the run's figure."""
        scores, tasks = self.scores, self.scores.tasks
        figures: dict[str, float | None] = {
            "closed_avg": scores.closed_avg,
            "open_avg": scores.open_avg,
            "final": scores.final,
        }
        for name in OFFICIAL_CLOSED:
            task = tasks.get(name)
            figures[name] = task.accuracy if isinstance(task, EntryClosedTask) else None
        for column in OPEN_COLUMNS:
            name, level = column.split(" ")
            task = tasks.get(name)
            figures[column] = task.levels.get(level) if isinstance(task, EntryOpenTask) else None
        return {column: figures[column] for column in COLUMNS}
