"""Rows of a question file checked and made into questions; every problem is found in one pass and names its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mabench_eval.benchmark.clip_files import clip_name
from mabench_eval.benchmark.options import parse_options
from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import did_you_mean
from mabench_eval.types import AnswerKind, Question


def check_rows(rows: Sequence[Any], tasks: Mapping[str, TaskCard]) -> tuple[list[Question], list[str]]:
    """The questions in the file's order, and all problems; with a problem the questions are incomplete."""
    questions: list[Question] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        try:
            question = _question(row, tasks)
        except ValueError as error:
            qid = row.get("qid") if isinstance(row, dict) else None
            problems.append(f"row {number}{f' ({qid})' if qid else ''}: {error}")
            continue
        if question.qid in seen:
            problems.append(f"row {number} ({question.qid}): duplicate qid, first in row {seen[question.qid]}")
            continue
        seen[question.qid] = number
        questions.append(question)
    return questions, problems


def question_row(question: Question) -> dict[str, Any]:
    """The row of a question file that gives this question, as printed."""
    row = {"video": f"{question.clip}.mp4", "task": question.task, "qid": question.qid, "question": question.text}
    return row if question.answer is None else {**row, "answer": question.answer}


def _question(row: Any, tasks: Mapping[str, TaskCard]) -> Question:
    if not isinstance(row, dict):
        raise ValueError(f"expected {{video, task, qid, question, answer}}, found {type(row).__name__}")
    clip, qid, text, name = _clip_name(row), _text(row, "qid"), _text(row, "question"), _text(row, "task")
    task = tasks.get(name)
    if task is None:
        raise ValueError(f"unknown task {name!r}{did_you_mean(name, dict(tasks))}; tasks are {', '.join(tasks)}")

    options = parse_options(text, task.options) if task.answer is AnswerKind.CHOICE else {}
    return Question(qid, name, clip, text, options, _answer(row, task, options))


def _clip_name(row: Mapping[str, Any]) -> str:
    """The clip that a row names, in either published form (``video`` with suffix, ``video_name`` without)."""
    return clip_name(_text(row, "video" if "video" in row else "video_name"))


def _answer(row: Mapping[str, Any], task: TaskCard, options: Mapping[str, str]) -> str | None:
    """The reference; None where the row has none. Raises ValueError for one outside the options."""
    if row.get("answer") is None:
        return None
    answer = _text(row, "answer")
    allowed = tuple(options) or task.options
    if task.closed and answer not in allowed:
        raise ValueError(f"answer {answer!r} is none of {', '.join(allowed)}")
    return answer


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key!r} is missing" if value is None else f"{key!r} must be a text, found {value!r}")
    return value
