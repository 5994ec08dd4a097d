"""What a judge is asked about an answer, under which key; and the rubrics that tell it what each level means."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import InputError
from mabench_eval.journal import fingerprint
from mabench_eval.judging.base import Judge
from mabench_eval.parsing import read_bytes, yaml_document
from mabench_eval.types import JudgeRequest, Question


@dataclass(frozen=True, slots=True)
class Rubric:
    """The rubric of an open task."""

    content: str
    """The whole file."""
    text: str
    """Markdown, without the front matter."""
    version: str
    """As the front matter says."""
    sha256: str
    """Of the whole file, hexadecimal."""


def rubric_path(task: TaskCard) -> Path:
    """The rubric of an open task: in the judges folder beside the task's folder. Raises InputError."""
    path = task.source.parents[1] / "judges" / (task.rubric or "") if task.source else None
    if path is None or not task.rubric or not path.is_file():
        raise InputError(f"{task.source}: open task {task.name} names no rubric that exists (`rubric: FILE.md`)")
    return path


def read_rubric(task: TaskCard) -> Rubric:
    """The rubric of an open task. Raises InputError for a task without one and for a file of another shape."""
    path = rubric_path(task)
    try:
        content = read_bytes(path).decode()
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: the rubric of {task.name} cannot be read: {error}") from error
    return parse_rubric(content, str(path))


def read_rubrics(tasks: Iterable[TaskCard]) -> dict[str, Rubric]:
    """The rubrics of the open ones of these tasks, by the task's name. Raises InputError as ``read_rubric``."""
    return {task.name: read_rubric(task) for task in tasks if not task.closed}


def parse_rubric(content: str, where: str) -> Rubric:
    """A rubric: YAML front matter with a ``version`` between two lines ``---``, then Markdown.

    Raises InputError, which begins with ``where``, for another shape.
    """
    try:
        _, front, text = content.split("---\n", 2)
        version = str(yaml_document(front).value["version"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{where}: a rubric begins with `---`, a line `version: N`, and `---`") from error
    return Rubric(content, text.strip(), version, hashlib.sha256(content.encode()).hexdigest())


class JudgePlan:
    """The judges of a run, and what each is asked about an answer, under the key of its judgment.

    The key holds all that a score depends on: judge, rubric, levels, reference, answer.
    """

    def __init__(
        self, judges: Sequence[Judge], tasks: Sequence[TaskCard], rubrics: Mapping[str, Rubric] | None = None
    ) -> None:
        """``rubrics``: open task -> its rubric; None: those beside the cards, InputError where one is missing."""
        self.judges = tuple(judges)
        self.rubrics: Mapping[str, Rubric] = read_rubrics(tasks) if rubrics is None else rubrics
        self.prices = {judge.name: judge.price for judge in judges}
        """Judge -> US dollars per million tokens; None where it costs nothing a token, or its price is not known."""
        self._levels = {task.name: task.levels for task in tasks}
        self._identities = [fingerprint(judge.identity) for judge in judges]

    def problems(self, questions: Iterable[Question]) -> list[str]:
        """What keeps the judges from judging answers to these questions, a line each, before any is answered."""
        longest: dict[str, Question] = {}
        for question in questions:
            known = longest.setdefault(question.task, question)
            if len(question.answer or "") > len(known.answer or ""):
                longest[question.task] = question
        asked = [self.requests(question, "") for question in longest.values()]
        shown = zip(*filter(None, asked), strict=True)  # judge by judge
        samples: list[tuple[JudgeRequest, ...]] = list(shown) or [()] * len(self.judges)
        return [problem for judge, own in zip(self.judges, samples, strict=True) for problem in judge.problems(own)]

    def requests(self, question: Question, answer: str) -> list[JudgeRequest]:
        """One request a judge, in the judges' order; none for a closed question or one without a reference."""
        rubric, levels = self.rubrics.get(question.task), self._levels.get(question.task, ())
        if rubric is None or question.answer is None:
            return []
        asked = {"rubric": rubric.sha256, "levels": levels, "reference": question.answer, "answer": answer}
        return [
            JudgeRequest(
                fingerprint({"judge": judge, **asked}), question.task, levels, question.answer, answer, rubric.text
            )
            for judge in self._identities
        ]
