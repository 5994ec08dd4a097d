"""The challenge's official prediction file: written from a run, read back, and checked before it is handed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mabench_eval.answers import strip_reasoning
from mabench_eval.benchmark import Benchmark, first_asked
from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import InputError
from mabench_eval.parsing import read_json
from mabench_eval.planning import official_layout
from mabench_eval.runfiles import read_document
from mabench_eval.runs.reading import FinishedRun
from mabench_eval.runs.record import PREDICTIONS, command
from mabench_eval.types import Outcome, Question, Sample

SUBMISSION = "submission.json"
"""The prediction file in a run's folder."""


def make_submission(samples: Sequence[Sample], tasks: Sequence[TaskCard]) -> dict[str, Any]:
    """The prediction file of a run: the prompts used, in the official layout, and each question that has an answer.

    Of a question asked several times it is the first answer, to the options as printed. A question without one
    (unparsable, refused, error) is left out: an answer is never invented.
    """
    return {
        "prompts": [{"task": task.name, "system_prompt": official_layout(task).system_prompt} for task in tasks],
        "answers": [
            {"qid": sample.qid, "pred_answer": sample.prediction}
            for sample in first_asked(samples)
            if sample.outcome is Outcome.ANSWERED
        ],
    }


def fill_unanswered(
    document: Mapping[str, Any], questions: Sequence[Question], tasks: Mapping[str, TaskCard]
) -> dict[str, Any]:
    """The prediction file with every unanswered question filled in: the first option, or a sentence that says so.

    The official format wants every question answered; who hands in a filled file does so on purpose.
    """
    given = {answer["qid"]: answer["pred_answer"] for answer in document["answers"]}
    answers = [{"qid": q.qid, "pred_answer": given.get(q.qid) or _filler(q, tasks[q.task])} for q in questions]
    return {**document, "answers": answers}


def read_predictions(file: Path) -> dict[str, Any]:
    """Read a prediction file. Raises InputError when it does not have the official shape."""
    try:
        return _checked(read_json(file, halves=True), file)
    except OSError as error:
        raise InputError(f"cannot read prediction file {file}: {error.strerror or error}") from error


def read_own_predictions(folder: Path) -> dict[str, Any]:
    """The prediction file that a run has written into its folder. Raises InputError."""
    return _checked(read_document(folder / SUBMISSION), folder / SUBMISSION)


def _checked(document: Any, file: Path) -> dict[str, Any]:
    """The content of a prediction file, if it has the official shape."""
    problems = [] if isinstance(document, dict) else ["the file must hold one JSON object"]
    for key, fields in (("prompts", ("task", "system_prompt")), ("answers", ("qid", "pred_answer"))):
        rows = document.get(key) if isinstance(document, dict) else None
        if not isinstance(rows, list):
            problems.append(f"{key!r} must be a list of {{{', '.join(fields)}}}")
            continue
        for number, row in enumerate(rows, start=1):
            if not isinstance(row, dict) or any(not isinstance(row.get(field), str) for field in fields):
                problems.append(f"{key}[{number}]: expected the texts {', '.join(fields)}, found {str(row)[:80]}")
    if problems:
        raise InputError(f"{file} is no official prediction file", problems=problems)
    return dict(document)


def prediction_problems(document: Mapping[str, Any], benchmark: Benchmark, tasks: Mapping[str, TaskCard]) -> list[str]:
    """What keeps a prediction file from being accepted for a benchmark; empty when it is valid."""
    questions = {question.qid: question for question in benchmark.questions}
    problems = [f"prompts: unknown task {row['task']!r}" for row in document["prompts"] if row["task"] not in tasks]
    prompted = {row["task"] for row in document["prompts"]}
    asked = dict.fromkeys(question.task for question in benchmark.questions)
    problems += [f"prompts: no system prompt for task {task}" for task in asked if task not in prompted]
    counts = Counter(row["qid"] for row in document["answers"])
    problems += [f"{qid}: answered {count} times" for qid, count in counts.items() if count > 1]
    problems += [f"{qid}: no such question" for qid in counts if qid not in questions]
    problems += [f"{qid}: no answer" for qid in questions if qid not in counts]
    for row in document["answers"]:
        question = questions.get(row["qid"])
        problem = question and _answer_problem(row["pred_answer"], question, tasks[question.task])
        if problem:
            problems.append(f"{row['qid']}: {problem}")
    return problems


def missing_answers(run: FinishedRun, document: Mapping[str, Any]) -> list[str]:
    """Why a run's prediction file leaves questions out, and what gives them an answer; a line a reason.

    The same command again answers what failed, and nothing else: not what the run never asked, and not what the model
    replied to without an answer.
    """
    given = {row["qid"] for row in document["answers"]}
    outcomes = {sample.qid: sample.outcome for sample in first_asked(run.lines)}
    missing = Counter(outcomes.get(q.qid) for q in run.benchmark.questions if q.qid not in given)
    config, asked = run.config, f"{len(outcomes):,} of {len(run.benchmark.questions):,} questions"
    lines = []
    if missing[None] and config.shard:
        lines.append(f"It is one shard, which asked {asked}: join them all first: mabench-eval merge RUN RUN...")
    elif missing[None]:
        whole = command(replace(config, tasks="all", limit=None))
        lines.append(f"The run asked {asked}. A run of all takes over what it has: {whole}")
    if missing[Outcome.ERROR] and PREDICTIONS not in config.settings:
        of_clips = f" (clips left out: {run.scores.left_out_clips})" if run.scores.left_out_clips else ""
        lines.append(f"{missing[Outcome.ERROR]:,} failed{of_clips}, and are asked again by: {command(config)}")
    if silent := missing[Outcome.UNPARSABLE] + missing[Outcome.REFUSED]:
        lines.append(f"{silent:,} replies hold no answer, and are not asked again.")
    if missing:
        lines.append("Fill in the first option, or a sentence that says so, for every missing answer: --fill")
    return lines


def _answer_problem(answer: str, question: Question, task: TaskCard) -> str | None:
    if not answer.strip():
        return "empty pred_answer"
    if task.closed:
        allowed = tuple(question.options) or task.options
        return None if answer in allowed else f"{answer[:40]!r} is none of {', '.join(allowed)}"
    return None if strip_reasoning(answer) == answer.strip() else "holds a <think> block; only the answer belongs here"


def _filler(question: Question, task: TaskCard) -> str:
    return next(iter(question.options), "") or next(iter(task.options), "") or "No answer."
