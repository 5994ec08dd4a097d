"""What a comparison is made of: two runs, their figures, their answers, and the questions where they can be read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mabench_eval.errors import InputError
from mabench_eval.journal import read_json_lines
from mabench_eval.runs import Pair, compare, read_run
from mabench_eval.types import Json, Question


@dataclass(frozen=True)
class Side:
    """One of the two runs, as its folder has it."""

    name: str
    """As in the pair: the model, with its input and run id where they are needed to tell it from the other."""
    folder: Path
    record: Json
    """As in ``run.json``."""
    scores: Json
    """As in ``scores.json``."""
    lines: tuple[Json, ...]
    """The lines of ``samples.jsonl``."""

    @cached_property
    def rows(self) -> Mapping[str, Json]:
        """Question id -> the row of its first asking, options as printed."""
        return {row["qid"]: row for row in self.lines if not row.get("repeat") and not row.get("rotation")}

    @property
    def asked_again(self) -> bool:
        """Whether there are repeats or rotations, which ``rows`` leave out."""
        return len(self.rows) < len(self.lines)


@dataclass(frozen=True)
class Material:
    """The two runs, and what they are compared by."""

    pair: Pair
    first: Side
    second: Side
    questions: Mapping[str, Question]
    """Question id -> question as printed; empty where the question file cannot be read."""
    problems: Sequence[str]
    """Why question texts are missing, or whose they are."""

    @property
    def sides(self) -> tuple[Side, Side]:
        """First and second."""
        return self.first, self.second


def read_material(first: Path, second: Path) -> Material:
    """The comparison of two folders. Raises InputError where ``compare`` does."""
    (pair,) = compare([first, second])
    sides = _side(pair.first, first), _side(pair.second, second)
    return Material(pair, *sides, *_questions(sides))


def _side(name: str, folder: Path) -> Side:
    """A run that ``compare`` has read: its files are there."""
    record, scores = (json.loads((folder / file).read_bytes()) for file in ("run.json", "scores.json"))
    return Side(name, folder, record, scores, tuple(read_json_lines(folder / "samples.jsonl")))


def _questions(sides: tuple[Side, Side]) -> tuple[dict[str, Question], list[str]]:
    """The questions by their ids, and what is wrong with them; of runs on one file one reading is enough."""
    same = len({side.scores["benchmark"]["sha256"] for side in sides}) == 1
    questions: dict[str, Question] = {}
    read: list[str] = []
    problems: list[str] = []
    for side in sides:
        if same and read:
            break
        try:
            questions = {question.qid: question for question in _read(side.folder)} | questions
            read.append(side.name)
        except InputError as error:
            problems.append(error.message)
    if same or not read:
        return questions, [] if read else problems
    return questions, [f"The runs were made on different question files; a text that differs is that of {read[0]}."]


def _read(folder: Path) -> Sequence[Question]:
    """The run's questions as printed. Raises InputError: the benchmark is gone or has changed, or the record is old."""
    try:
        return [question for question in read_run(folder).questions if not question.repeat and not question.rotation]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"the run.json of {folder.name} does not tell where its questions are: {error!r}") from error
