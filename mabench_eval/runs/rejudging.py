"""Judging a finished run once more, or for the first time: no model and no clip is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mabench_eval._version import __version__
from mabench_eval.catalogue import load_catalogue
from mabench_eval.errors import InputError
from mabench_eval.journal import Budget, Journal, Progress, Silent, judging_session, session_end
from mabench_eval.judging import Judge, JudgePlan, judge_samples, open_judges
from mabench_eval.runs.reading import FinishedRun, read_run
from mabench_eval.runs.writing import Result, write_rejudged


def judge_run(
    folder: Path | str,
    judge: str,
    settings: Mapping[str, Any] | None = None,
    *,
    data: str | None = None,
    include: Sequence[Path] = (),
    max_cost: float | None = None,
    batch: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Judge the open answers of a run and write its scores anew: they are then those of these judges.

    Judgments of other judges stay in the journal, so that a panel asks only those that are new. ``judge`` and
    ``settings`` are as ``RunConfig.judge`` and ``RunConfig.judge_settings``; ``max_cost`` limits what this call may
    cost; ``batch``: as ``RunConfig.batch``. Judges are those of the library, of installed plugins and of ``include``:
    what the run's record names is not loaded. ``data``: see ``read_run``. Raises InputError for a folder that holds no
    finished run, and for judges that cannot start; JournalError.
    """
    budget = Budget(max_cost)
    finished = read_run(Path(folder), data=data, include=include)
    judges = _judges(judge, settings or {}, include, finished)
    problems = [problem for each in judges for problem in each.problems()]
    if max_cost is not None:
        problems += [f"--max-cost: {problem}" for judge in judges for problem in judge.budget_problems()]
    if batch and not any(each.batch_price is not None for each in judges):
        problems.append("--batch: no judge is behind an endpoint whose batches are known")
    if not finished.benchmark.labelled:
        problems.append(f"{finished.benchmark.file} has no references to judge against")
    if problems:
        raise InputError("nothing was judged", problems=problems)

    plan, samples = JudgePlan(judges, finished.tasks, finished.material.rubrics), finished.unjudged_samples()
    open_answers = sum(question.answer is not None and question.task in plan.rubrics for question in finished.questions)
    named = tuple(dict.fromkeys([*finished.config.include, *include]))  # the command that makes the run needs both
    config = replace(finished.config, judge=judge, judge_settings=dict(settings or {}), include=named)
    progress = progress or Silent()
    with Journal(finished.folder) as journal:
        for warning in journal.records.warnings:
            progress.note(warning)
        journal.append("session", version=__version__, **judging_session(plan.prices, open_answers))
        for each in judges:
            each.use_batches(finished.folder, submit=batch)
        judged = judge_samples(
            samples,
            finished.questions,
            plan,
            journal.records,
            journal.append,
            progress,
            budget,
        )
        journal.append("end", **session_end(judged, judged=bool(judges)))
        return write_rejudged(finished, config, plan, judged, journal.records)


def _judges(
    names: str, settings: Mapping[str, Any], include: Sequence[Path], finished: FinishedRun
) -> tuple[Judge, ...]:
    """The judges by their names; of one that is unknown it is said that the run itself had code that is not loaded."""
    catalogue = load_catalogue(include).check()
    try:
        return open_judges(names, catalogue, settings)
    except InputError as error:
        not_named = [str(path) for path in finished.config.include if path not in include]
        if not not_named:
            raise
        hint = f"The run was made with --include {' '.join(not_named)}, which is loaded only if this command names it."
        raise InputError(error.message, problems=error.problems, hint=f"{hint}\n{error.hint}".strip()) from error
