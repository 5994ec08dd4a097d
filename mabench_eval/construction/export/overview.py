"""A benchmark in figures, as the paper's Figure 2 has them: clips, labels, lengths, words, questions, answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from mabench_eval.construction.folder import ClipRow
from mabench_eval.construction.parts import PARTS
from mabench_eval.construction.questions import DIRECTIONS, BuiltQuestion, statement_of
from mabench_eval.taxonomy import OFFICIAL_CLOSED, OFFICIAL_TASKS


@dataclass(frozen=True, slots=True)
class Spread:
    """Lengths of many things."""

    values: tuple[float, ...]
    """Ascending."""

    @property
    def words(self) -> str:
        """Least, median and greatest, ``1.20 to 3.40, median 2.00``; of none a dash."""
        if not self.values:
            return "-"
        least, middle, most = (
            f"{value:.2f}".rstrip("0").rstrip(".") for value in (self.values[0], median(self.values), self.values[-1])
        )
        return f"{least} to {most}, median {middle}"


@dataclass(frozen=True, slots=True)
class Overview:
    """What there is of everything. Counters are in the order in which they are shown."""

    clips: int
    subjects: int | None
    """People seen; None where clips do not say."""
    actions: Mapping[str, int]
    """Action -> clips, the most first."""
    labels: Mapping[str, int]
    """Body part of the action -> clips, the most first."""
    seconds: Spread
    """Of the clips."""
    tasks: Mapping[str, int]
    """Task -> questions."""
    parts: Mapping[str, int]
    """Body part -> questions that ask for it; one that asks for two counts for both."""
    directions: Mapping[str, int]
    """The same of directions."""
    families: Mapping[str, int]
    """Family of the statement -> questions."""
    answers: Mapping[str, Mapping[str, int]]
    """Closed task -> answer -> questions."""
    words: Mapping[str, Spread]
    """Open task -> words of its references."""


def overview_of(clips: Iterable[ClipRow], questions: Sequence[BuiltQuestion]) -> Overview:
    """Count. ``clips``: those of the questions."""
    rows = list(clips)
    subjects = {row.subject for row in rows}
    tasks = _in_order(Counter(question.task for question in questions), OFFICIAL_TASKS)
    parts, directions, families = Counter[str](), Counter[str](), Counter[str]()
    for question in questions:
        if question.statement is not None:
            statement = statement_of(question.statement)
            parts.update(set(statement.parts))
            directions.update(set(statement.directions))
            families[f"{statement.task} {statement.family}"] += 1
    return Overview(
        len(rows),
        None if None in subjects else len(subjects),
        _most_first(Counter(row.fine for row in rows)),
        _most_first(Counter(row.coarse for row in rows)),
        Spread(tuple(sorted(row.seconds for row in rows))),
        tasks,
        _in_order(parts, PARTS),
        _in_order(directions, DIRECTIONS),
        dict(sorted(families.items())),
        {
            task: dict(sorted(Counter(q.answer for q in questions if q.task == task).items()))
            for task in tasks
            if task in OFFICIAL_CLOSED
        },
        {
            task: Spread(tuple(sorted(len(q.answer.split()) for q in questions if q.task == task)))
            for task in tasks
            if task not in OFFICIAL_CLOSED
        },
    )


def _most_first(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _in_order(counts: Counter[str], names: Sequence[str]) -> dict[str, int]:
    """Those that there are, in this order; others by name after them."""
    return {name: counts[name] for name in (*names, *sorted(counts.keys() - set(names))) if counts[name]}
