"""What a report is made of: a finished run, its samples as they stand in its folder, and figures with references."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mabench_eval.catalogue import TaskCard, builtin_folder
from mabench_eval.errors import InputError
from mabench_eval.journal import read_json_lines
from mabench_eval.leaderboard import Paper, load_paper
from mabench_eval.runs import FinishedRun, read_run
from mabench_eval.scoring import ClipLabels, GradedAnswer, clip_labels, question_scores, score_intervals
from mabench_eval.taxonomy import label
from mabench_eval.types import Json, Question, Variant


@dataclass(frozen=True)
class Material:
    """A run and what its sections are made of."""

    run: FinishedRun
    rows: tuple[Json, ...]
    """The lines of ``samples.jsonl``."""

    @property
    def scores(self) -> Json:
        """As in ``scores.json``."""
        return self.run.scores

    @property
    def record(self) -> Json:
        """As in ``run.json``."""
        return self.run.record

    @cached_property
    def first(self) -> tuple[Json, ...]:
        """Of each question the first asking, options as printed."""
        return tuple(row for row in self.rows if not row.get("repeat") and not row.get("rotation"))

    @cached_property
    def tasks(self) -> Mapping[str, TaskCard]:
        """Name -> the run's task, with the prompts that were used."""
        return {task.name: task for task in self.run.tasks}

    @cached_property
    def questions(self) -> Mapping[Variant, Question]:
        """Those of the run, by what tells one asking from another."""
        return {question.variant: question for question in self.run.questions}

    @cached_property
    def labels(self) -> Mapping[str, ClipLabels]:
        """Clip -> what it shows, by its references."""
        return clip_labels(self.run.benchmark.questions)

    @cached_property
    def paper(self) -> Paper | None:
        """The paper's tables, of a run on the whole official benchmark: nothing else may be set beside them."""
        if not self.scores["benchmark"]["official"]:
            return None
        return load_paper(builtin_folder() / "leaderboard" / "paper.json")

    def option(self, row: Json, letter: str | None) -> str | None:
        """The label behind a letter of a row's question; None for no letter."""
        printed = self.questions[variant_of(row)].options.get(letter or "")
        return label(printed) if printed else None

    @cached_property
    def part_spans(self) -> Mapping[str, Json]:
        """``TASK PART`` -> interval of the task's accuracy on clips of the body part, as in ``scores.json``.

        Of repeats the mean, as the accuracies: they stand in ``scores.json`` without intervals.
        """
        answers = [
            GradedAnswer(row["qid"], row["clip"], f"{row['task']} {shown.body_part}", row["correct"], None)
            for row in self.rows
            if not row.get("rotation")
            and row.get("correct") is not None
            and (shown := self.labels.get(row["clip"]))
            and shown.body_part
        ]
        return score_intervals(question_scores(answers), trials=Counter(answer.task for answer in answers))


def read_material(folder: Path) -> Material:
    """The run of a folder. Raises InputError for one that is not finished, or whose question file is gone."""
    try:
        run = read_run(folder)
        return material_of(run)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{folder}: not what a finished run writes: {error!r}",
            hint="Run its command again: nothing is asked twice, and its files are written anew.",
        ) from error


def material_of(run: FinishedRun) -> Material:
    """The run with its samples. Raises InputError when they cannot be read."""
    file = run.folder / "samples.jsonl"
    try:
        return Material(run, tuple(read_json_lines(file)))
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read: {error}") from error


def variant_of(row: Json) -> Variant:
    """What tells the row from those of the same question asked again."""
    return row["qid"], row.get("repeat", 0), row.get("rotation", 0)


def closed_tasks(scores: Json) -> Sequence[tuple[str, Json]]:
    """(name, scores) of the tasks with an accuracy, None included."""
    return [(name, task) for name, task in scores["tasks"].items() if "accuracy" in task]


def open_tasks(scores: Json) -> Sequence[tuple[str, Json]]:
    """(name, scores) of the tasks with levels."""
    return [(name, task) for name, task in scores["tasks"].items() if "levels" in task]
