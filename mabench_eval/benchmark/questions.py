"""Rows of a question file checked and made into questions; every problem is found in one pass and names its row.

Rows of other files than the official ones are read where there is one reading, and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mabench_eval.benchmark.clip_files import clip_name
from mabench_eval.benchmark.options import parse_options, text_with_options
from mabench_eval.benchmark.references import (
    NUMBER,
    OFFICIAL,
    Numbered,
    count_base,
    read_choice_reference,
    read_word_reference,
)
from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import did_you_mean
from mabench_eval.types import AnswerKind, Question


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """What the rows of a question file give."""

    questions: list[Question]
    """In the file's order; incomplete where there are problems."""
    problems: list[str]
    """All of them, each with its row."""
    note: str
    """How many rows are not in the official form, and how they were read; empty where all are."""


def check_rows(rows: Sequence[Any], tasks: Mapping[str, TaskCard]) -> CheckedRows:
    """The questions of rows, and all that is wrong with them."""
    questions: dict[int, Question] = {}
    problems: dict[int, str] = {}
    seen: dict[str, int] = {}
    forms: Counter[str] = Counter()
    moved = 0
    for number, row in enumerate(rows, start=1):
        try:
            question, form = _question(row, tasks)
        except ValueError as error:
            problems[number] = str(error)
            continue
        if question.qid in seen:
            problems[number] = f"duplicate qid, first in row {seen[question.qid]}"
            continue
        seen[question.qid], questions[number] = number, question
        forms[form] += 1
        moved += question.text != row["question"]

    # From what numbers count, only all of them together tell.
    numbered = [
        Numbered(number, int(question.answer), len(question.options))
        for number, question in questions.items()
        if question.answer and question.options and question.answer not in question.options
    ]
    base, unclear = count_base(numbered)
    problems |= unclear
    for each in numbered if base is not None else ():
        letter = list(questions[each.row].options)[each.number - (base or 0)]
        questions[each.row] = replace(questions[each.row], answer=letter)

    told = [_named_row(rows, number, problem) for number, problem in sorted(problems.items())]
    return CheckedRows(list(questions.values()), told, _note(forms, moved, base))


def _named_row(rows: Sequence[Any], number: int, problem: str) -> str:
    row = rows[number - 1]
    qid = row.get("qid") if isinstance(row, dict) else None
    return f"row {number}{f' ({qid})' if qid else ''}: {problem}"


def _note(forms: Counter[str], moved: int, base: int | None) -> str:
    """One line: how many answers were read of which form, how many questions had their options put under them."""
    counts = [
        f"{count} as {form}" + (f" (counted from {base})" if form == NUMBER else "")
        for form, count in forms.most_common()
        if form != OFFICIAL
    ]
    parts = [f"answers read: {', '.join(counts)}"] if counts else []
    parts += [f"options put under {moved} question{'s' if moved > 1 else ''}"] if moved else []
    return "; ".join(parts)


def question_row(question: Question) -> dict[str, Any]:
    """The row of a question file that gives this question, as printed."""
    row = {"video": f"{question.clip}.mp4", "task": question.task, "qid": question.qid, "question": question.text}
    return row if question.answer is None else {**row, "answer": question.answer}


def _question(row: Any, tasks: Mapping[str, TaskCard]) -> tuple[Question, str]:
    """The question of a row, and how its answer is written. Of an option's number the answer is its digits."""
    if not isinstance(row, dict):
        raise ValueError(f"expected {{video, task, qid, question, answer}}, found {type(row).__name__}")
    clip, qid, text, name = _clip_name(row), _text(row, "qid"), _text(row, "question"), _text(row, "task")
    task = tasks.get(name)
    if task is None:
        raise ValueError(f"unknown task {name!r}{did_you_mean(name, dict(tasks))}; tasks are {', '.join(tasks)}")

    options: Mapping[str, str] = {}
    if task.answer is AnswerKind.CHOICE:
        text = text_with_options(text, row)
        options = parse_options(text, task.options)
    answer, form = _answer(row, task, options)
    return Question(qid, name, clip, text, options, answer), form


def _clip_name(row: Mapping[str, Any]) -> str:
    """The clip that a row names, in either published form (``video`` with suffix, ``video_name`` without)."""
    return clip_name(_text(row, "video" if "video" in row else "video_name"))


def _answer(row: Mapping[str, Any], task: TaskCard, options: Mapping[str, str]) -> tuple[str | None, str]:
    """The reference, None where the row has none, and how it is written. Raises ValueError for one that is none."""
    if row.get("answer") is None:
        return None, OFFICIAL
    if not task.closed:
        return _text(row, "answer"), OFFICIAL
    value = row["answer"]
    reference = read_choice_reference(value, options) if options else read_word_reference(value, task.options)
    return reference.answer, reference.form


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key!r} is missing" if value is None else f"{key!r} must be a text, found {value!r}")
    return value
