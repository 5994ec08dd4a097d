"""Scores of an official prediction file, by the same reading, judging and arithmetic as a run's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from mabench_eval.answers import failed, sample_of
from mabench_eval.benchmark import Benchmark
from mabench_eval.catalogue import Catalogue, TaskCard
from mabench_eval.errors import InputError
from mabench_eval.journal import Journal, Progress, Records, Silent
from mabench_eval.judging import JudgePlan, judge_samples, open_judges
from mabench_eval.runfiles import RunScores
from mabench_eval.runs.submission import read_predictions
from mabench_eval.runs.writing import run_scores
from mabench_eval.scoring import read_flags
from mabench_eval.types import Question, Sample


def score_predictions(
    file: Path,
    benchmark: Benchmark,
    catalogue: Catalogue,
    judge: str,
    settings: Mapping[str, Any] | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
    flags: Path | None = None,
) -> RunScores:
    """Scores of a prediction file, as those of a run.

    A question that the file leaves out, or leaves empty (as the official runner does when a call failed), has no
    answer: it is missing, not wrong. ``folder``: where judgments are kept, so that no call is made twice; None:
    nowhere. ``flags``: of an audit. Raises InputError for a file that does not fit the benchmark, and for judges that
    cannot start.
    """
    if not benchmark.labelled:
        raise InputError(f"{benchmark.file} has no answers to score against", hint="Give a labelled file to --data.")
    texts = _read_texts(file, benchmark)
    flagged = read_flags(flags, benchmark.questions) if flags else None
    tasks = tuple(task for task in catalogue.tasks.values() if any(q.task == task.name for q in benchmark.questions))
    samples = [
        _sample(question, catalogue.tasks[question.task], texts.get(question.qid)) for question in benchmark.questions
    ]

    judges = open_judges(judge, catalogue, settings or {})
    if problems := [problem for each in judges for problem in each.problems()]:
        raise InputError("nothing was scored", problems=problems)
    plan = JudgePlan(() if all(task.closed for task in tasks) else judges, tasks)
    with Journal(folder) if folder and plan.judges else nullcontext() as journal:
        records = journal.records if journal else Records()
        keep = journal.append if journal else partial(_keep, records)
        progress = progress or Silent()
        for warning in records.warnings:
            progress.note(warning)
        samples = judge_samples(samples, benchmark.questions, plan, records, keep, progress)
    return run_scores(file.stem, plan, benchmark, benchmark.questions, tasks, samples, flags=flagged)


def _read_texts(file: Path, benchmark: Benchmark) -> dict[str, str]:
    """Question id -> answer, of a file that fits the benchmark."""
    rows = read_predictions(file)["answers"]
    known, counts = {q.qid for q in benchmark.questions}, Counter(row["qid"] for row in rows)
    problems = [f"{qid}: no such question in {benchmark.file}" for qid in counts if qid not in known]
    problems += [f"{qid}: answered {count} times" for qid, count in counts.items() if count > 1]
    if problems:
        raise InputError(f"{file} does not fit {benchmark.file}", problems=problems)
    return {row["qid"]: row["pred_answer"] for row in rows}


def _sample(question: Question, task: TaskCard, text: str | None) -> Sample:
    if text is None:
        return failed(question, "not in the prediction file")
    return sample_of(question, task, text) if text.strip() else failed(question, "empty pred_answer")


def _keep(records: Records, kind: str, key: str, **fields: Any) -> None:
    """Keep a record in memory alone."""
    records.add({"kind": kind, "key": key, **fields})
