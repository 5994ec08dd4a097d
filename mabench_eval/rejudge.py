"""Judging a finished run once more, or for the first time: no model and no clip is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mabench_eval import __version__
from mabench_eval.costs import Budget
from mabench_eval.errors import InputError
from mabench_eval.finished import FinishedRun, read_run
from mabench_eval.journal import Journal
from mabench_eval.judging import STAGE, Judging, Keys, open_judges, with_judgments
from mabench_eval.progress import Progress, Silent
from mabench_eval.results import Result, judged_again


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
    return _judge(finished, Keys(judges, finished.tasks), settings or {}, judge, Budget(max_cost), progress or Silent())


def _judge(
    finished: FinishedRun, keys: Keys, settings: Mapping[str, Any], judge: str, budget: Budget, progress: Progress
) -> Result:
    samples = finished.samples()
    waiting = [(q, s) for q, s in zip(finished.questions, samples, strict=True) if q.task in keys.rubrics]
    with Journal(finished.folder) as journal:
        journal.append("session", version=__version__)
        with Judging(keys, journal.records, journal.append, progress, budget) as judging:
            progress.stage(STAGE, len(waiting) * len(keys.judges), 0)
            for question, sample in waiting:
                judging.take(question, sample)
            for line in judging.finish():
                progress.note(line)
        journal.append("end")
        scored = with_judgments(samples, finished.questions, keys, journal.records)
        config = replace(finished.config, judge=judge, judge_settings=dict(settings))
        return judged_again(finished, config, keys, scored, journal.records)
