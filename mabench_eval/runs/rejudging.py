"""Judging a finished run once more, or for the first time: no model and no clip is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mabench_eval._version import __version__
from mabench_eval.errors import InputError
from mabench_eval.journal import Budget, Journal, Progress, Silent, judging_session, session_end
from mabench_eval.judging import JudgePlan, judge_samples, open_judges
from mabench_eval.runs.reading import FinishedRun, read_run
from mabench_eval.runs.writing import Result, write_rejudged


def judge_run(
    folder: Path | str,
    judge: str,
    settings: Mapping[str, Any] | None = None,
    *,
    include: Sequence[Path] = (),
    max_cost: float | None = None,
    progress: Progress | None = None,
) -> Result:
    """Judge the open answers of a run and write its scores anew: they are then those of these judges.

    Judgments of other judges stay in the journal, so that a panel asks only those that are new. ``judge`` and
    ``settings`` are as ``RunConfig.judge`` and ``RunConfig.judge_settings``; ``max_cost`` limits what this call may
    cost. Raises InputError for a folder that holds no finished run, and for judges that cannot start; JournalError.
    """
    finished = read_run(Path(folder), include)
    judges = open_judges(judge, finished.catalogue, settings or {})
    problems = [problem for each in judges for problem in each.problems()]
    if not finished.benchmark.labelled:
        problems.append(f"{finished.benchmark.file} has no references to judge against")
    if problems:
        raise InputError("nothing was judged", problems=problems)
    return _judge(
        finished, JudgePlan(judges, finished.tasks), settings or {}, judge, Budget(max_cost), progress or Silent()
    )


def _judge(
    finished: FinishedRun, keys: JudgePlan, settings: Mapping[str, Any], judge: str, budget: Budget, progress: Progress
) -> Result:
    with Journal(finished.folder) as journal:
        answers = sum(q.answer is not None and q.task in keys.rubrics for q in finished.questions)
        journal.append("session", version=__version__, **judging_session(keys.prices, answers))
        scored = judge_samples(
            finished.samples(), finished.questions, keys, journal.records, journal.append, progress, budget
        )
        journal.append("end", **session_end(scored, judged=bool(keys.judges)))
        config = replace(finished.config, judge=judge, judge_settings=dict(settings))
        return write_rejudged(finished, config, keys, scored, journal.records)
