"""The paper's tables as printed, and what does not add up in them, found by arithmetic alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import hypot, sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Annotated, Any

from msgspec import Meta

from mabench_eval.catalogue import builtin_folder
from mabench_eval.errors import InputError
from mabench_eval.leaderboard.columns import PARTS, ColumnFigures
from mabench_eval.parsing import read_json
from mabench_eval.runfiles import from_json
from mabench_eval.stats import CONFIDENCE, final_score, mean, wilson_interval
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN

PAPER_FILE = "paper.json"
REFERENCE = "reference"
"""Group of the rows that are no methods."""
TOLERANCE = 0.01 + 1e-9
"""A printed mean may be this far from the mean of printed cells: each of the two is off by up to 0.005."""

_SIDE = {"closed_avg": "closed-ended", "open_avg": "open-ended"}


@dataclass(frozen=True, slots=True)
class BinomialInterval:
    """A figure of the paper with an error bar by questions, since nothing is known of its clips."""

    value: float
    se: float
    """Of a share p of n: sqrt(p (1 - p) / n), percent."""
    low: float
    high: float
    """95 % interval."""
    questions: int
    method: str
    """``binomial``: Wilson's interval; ``normal``."""


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One row of a table of the paper."""

    labels: tuple[str, ...]
    """Leading cells: method and date; experiment and frames; experiment, method and what was trained."""
    group: str
    """Key of the row's group in Table 2; empty in the others."""
    figures: ColumnFigures
    """As printed, and ``final``, computed from the row."""

    @property
    def name(self) -> str:
        """Leading cells that tell the row from the others of its table."""
        return self.labels[0]


@dataclass(frozen=True, slots=True)
class Paper:
    """Tables 2, 3 and 4."""

    source: str
    judge: str
    """The judge of the open columns."""
    frames: int
    """Frames a clip in Table 2."""
    questions: Mapping[str, int]
    """Task -> number of questions of the full benchmark."""
    answers: Mapping[str, int]
    """Closed task -> number of answers to choose from; 100 / this is the accuracy of guessing."""
    groups: Mapping[str, str]
    """Key -> heading, in the order of Table 2."""
    titles: Mapping[str, str]
    tables: Mapping[str, tuple[PaperRow, ...]]
    """``table2``, ``table3``, ``table4`` -> rows."""

    def best(self, column: str) -> tuple[float, str] | None:
        """The best figure of a column of Table 2, and its method; None where no method has one."""
        rows = [row for row in self.tables["table2"] if row.group != REFERENCE]
        figures = [(figure, row.name) for row in rows if (figure := row.figures.get(column)) is not None]
        return max(figures, key=lambda each: each[0], default=None)


@dataclass(frozen=True, slots=True)
class _PaperHead:
    """What the file says beside its tables."""

    source: str
    judge: str
    frames: int
    questions: Mapping[str, Annotated[int, Meta(ge=1)]]
    answers: Mapping[str, Annotated[int, Meta(ge=1)]]
    groups: Mapping[str, str]


_LABELS = {"table2": ("method", "date"), "table3": ("exp", "frames"), "table4": ("exp", "method", "sft")}


def paper_file(leaderboard_dir: Path) -> Path:
    """The folder's own ``paper.json``, or the one that comes with the library."""
    own = leaderboard_dir / PAPER_FILE
    return own if own.exists() else builtin_folder() / "leaderboard" / PAPER_FILE


def load_paper(path: Path | None = None) -> Paper:
    """The paper's tables from their JSON file; None: the one that comes with the library.

    Raises:
        InputError: The file is missing or is not what it should be.
    """
    hint = "The file comes with the library: restore it, or name the folder that holds it."
    path = path or builtin_folder() / "leaderboard" / PAPER_FILE
    try:
        data = read_json(path, hint=hint)
        head = from_json(_PaperHead, data, f"{path}: not the paper's tables", hint)
        paper = Paper(
            head.source,
            head.judge,
            head.frames,
            head.questions,
            head.answers,
            head.groups,
            titles={table: str(data[table]["title"]) for table in _LABELS},
            tables={table: tuple(_row(row, keys) for row in data[table]["rows"]) for table, keys in _LABELS.items()},
        )
    except OSError as error:
        raise InputError(f"{path}: the paper's tables cannot be read: {error.strerror}.", hint=hint) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not the paper's tables: {error!r}.", hint=hint) from error
    if unknown := {row.group for row in paper.tables["table2"]} - paper.groups.keys():
        raise InputError(f"{path}: table2: unknown groups: {', '.join(sorted(unknown))}", hint=hint)
    return paper


def _row(row: Mapping[str, Any], keys: Sequence[str]) -> PaperRow:
    scores = row["scores"]
    figures: dict[str, float | None] = {name: scores[name] for name in (*OFFICIAL_CLOSED, *PARTS)}
    for task in OFFICIAL_OPEN:
        means = scores[task] or [None] * len(LEVELS)
        figures |= {f"{task} {level}": value for level, value in zip(LEVELS, means, strict=True)}
    for column, value in figures.items():
        if value is not None and not 0 <= value <= 100:
            raise ValueError(f"{column} is {value!r}")
    accuracies, levels = ([figures[column] for column in columns] for columns in PARTS.values())
    figures["final"] = final_score(accuracies, levels)
    labels = tuple("-" if row[key] is None else str(row[key]) for key in keys)
    return PaperRow(labels, str(row.get("group", "")), figures)


def binomial_intervals(row: PaperRow, questions: Mapping[str, int]) -> dict[str, BinomialInterval]:
    """Column -> 95 % interval of a row's accuracies and of their mean, as if its questions were independent.

    The paper prints no answers, so that nothing is known of clips: the intervals are too narrow. Accuracies have
    Wilson's interval; ``closed_avg`` has a normal one, whose error is the root of the six errors' summed squares, over
    six.

    Args:
        row: Its accuracies are in percent.
        questions: Task -> number of questions.
    """
    intervals: dict[str, BinomialInterval] = {}
    for task in OFFICIAL_CLOSED:
        if (value := row.figures[task]) is None:
            continue
        share, n = value / 100, questions[task]
        low, high = (100 * end for end in wilson_interval(share, n))
        intervals[task] = BinomialInterval(value, 100 * sqrt(share * (1 - share) / n), low, high, n, "binomial")
    average = row.figures["closed_avg"]
    if average is not None and len(intervals) == len(OFFICIAL_CLOSED):
        error = hypot(*(each.se for each in intervals.values())) / len(intervals)
        half = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * error
        n = sum(each.questions for each in intervals.values())
        intervals["closed_avg"] = BinomialInterval(average, error, average - half, average + half, n, "normal")
    return intervals


def wrong_cells(row: PaperRow, paper: Paper) -> dict[str, str]:
    """Column -> why its figure does not follow from the row, with the recomputed value."""
    notes = {}
    for average, columns in PARTS.items():
        printed = row.figures[average]
        recomputed = mean([row.figures[column] for column in columns])
        if printed is None or recomputed is None or abs(printed - recomputed) <= TOLERANCE:
            continue
        notes[average] = (
            f"{row.name}, {_SIDE[average]} AVG: the paper prints {printed:.2f}; "
            f"the mean of the six printed figures is {recomputed:.2f}.{_guessing(row, average, paper)}"
        )
    return notes


def _guessing(row: PaperRow, average: str, paper: Paper) -> str:
    """For a row that guesses: whether the printed average follows from the exact odds instead."""
    odds = {task: 100 / answers for task, answers in paper.answers.items()}
    exact = mean([odds[task] for task in OFFICIAL_CLOSED])
    printed = row.figures[average]
    if average != "closed_avg" or printed is None or exact is None or abs(printed - exact) > TOLERANCE:
        return ""
    changed = [
        f"{task} = 1/{paper.answers[task]} = {odds[task]:.2f} % (printed: {figure:.2f})"
        for task in OFFICIAL_CLOSED
        if (figure := row.figures[task]) is not None and abs(figure - odds[task]) > TOLERANCE
    ]
    return f" {printed:.2f} follows from {', '.join(changed)}."


def remarks(paper: Paper) -> list[str]:
    """What is odd in Table 2 beyond single cells: equal halves of rows, and accuracies no count can give."""
    rows = [row for row in paper.tables["table2"] if row.group != REFERENCE]
    return [*_equal_halves(rows), *_impossible_counts(rows, paper.questions)]


def _equal_halves(rows: Sequence[PaperRow]) -> Iterator[str]:
    for one, other in combinations(rows, 2):
        for average, columns in PARTS.items():
            if all(one.figures[column] == other.figures[column] is not None for column in columns):
                yield f"{one.name} and {other.name} have the same six {_SIDE[average]} figures."


def _impossible_counts(rows: Sequence[PaperRow], questions: Mapping[str, int]) -> Iterator[str]:
    for row in rows:
        cells = [
            f"{task} {figure:.2f}"
            for task in OFFICIAL_CLOSED
            if (figure := row.figures[task]) is not None and not _is_share(figure, questions[task])
        ]
        if cells:
            yield (
                f"{row.name}: {', '.join(cells)} cannot be a share of the task's questions "
                f"({_sizes(questions)}), so the row was not scored on all of them, each once."
            )


def _is_share(figure: float, total: int) -> bool:
    """Whether some k of ``total`` gives ``figure`` percent, rounded to two decimals."""
    nearest = 100 * round(figure * total / 100) / total
    return abs(nearest - figure) <= 0.005 + 1e-9


def _sizes(questions: Mapping[str, int]) -> str:
    of_size: dict[int, list[str]] = {}
    for task in OFFICIAL_CLOSED:
        of_size.setdefault(questions[task], []).append(task)
    return "; ".join(f"{', '.join(tasks)}: {size:,} each" for size, tasks in of_size.items())
