"""Scores of an official prediction file, by a run's own reading, judging and arithmetic; or a whole run made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from mabench_eval.benchmark import Benchmark
from mabench_eval.catalogue import Catalogue, TaskCard
from mabench_eval.errors import InputError
from mabench_eval.journal import Journal, Progress, Records, Silent, fingerprint
from mabench_eval.planning import RunConfig, official_layout
from mabench_eval.runfiles import PREDICTED, RunScores
from mabench_eval.runs.given import GivenAnswers, GivenRun
from mabench_eval.runs.record import PREDICTIONS
from mabench_eval.runs.submission import read_predictions
from mabench_eval.runs.writing import Result


def score_predictions(
    file: Path,
    benchmark: Benchmark,
    catalogue: Catalogue,
    judge: str,
    settings: Mapping[str, Any] | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
    flags: Path | None = None,
    name: str | None = None,
) -> RunScores:
    """Scores of a prediction file, as those of a run.

    A question that the file leaves out, or leaves empty (as the official runner does when a call failed), has no
    answer: it is missing, not wrong. ``folder``: where judgments are kept, so that no call is made twice; None:
    nowhere. ``flags``: of an audit. ``name``: whose answers they are; None: the file's. Raises InputError for a file
    that does not fit the benchmark, and for judges that cannot start.
    """
    config = RunConfig(name or file.stem, judge=judge, judge_settings=settings or {}, flags=flags)
    run = GivenRun(_given(file, benchmark, catalogue), config, benchmark, catalogue)
    progress = progress or Silent()
    with Journal(folder) if folder and run.is_judged else nullcontext() as journal:
        records = journal.records if journal else Records()
        for warning in records.warnings:
            progress.note(warning)
        return run.score(records, journal.append if journal else partial(_keep, records), progress)


def predictions_run(
    file: Path, benchmark: Benchmark, catalogue: Catalogue, config: RunConfig, progress: Progress | None = None
) -> Result:
    """Make a whole run of a prediction file.

    Args:
        file: Of the official form. Its prompts are the run's; how its answers came about is not known.
        benchmark: With answers.
        catalogue: With its tasks.
        config: ``model`` names the run, ``output`` is its folder; judges and flags are as for any run.
        progress: Listens.

    Raises:
        InputError: As ``score_predictions``, and where the folder holds another run.
        JournalError: The folder cannot be written.
    """
    config = replace(config, settings={PREDICTIONS: str(file)})
    run = GivenRun(_given(file, benchmark, catalogue), config, benchmark, catalogue)
    return run.write(config.output, progress or Silent())


def _given(file: Path, benchmark: Benchmark, catalogue: Catalogue) -> GivenAnswers:
    """The answers and prompts of a file. Raises InputError where it does not fit the benchmark."""
    if not benchmark.labelled:
        raise InputError(f"{benchmark.file} has no answers to score against", hint="Give a labelled file to --data.")
    document = read_predictions(file)
    rows = document["answers"]
    known, counts = {q.qid for q in benchmark.questions}, Counter(row["qid"] for row in rows)
    problems = [f"{qid}: no such question in {benchmark.file}" for qid in counts if qid not in known]
    problems += [f"{qid}: answered {count} times" for qid, count in counts.items() if count > 1]
    if problems:
        raise InputError(f"{file} does not fit {benchmark.file}", problems=problems)
    texts = {row["qid"]: row["pred_answer"] for row in rows}
    source = {PREDICTIONS: fingerprint(sorted(texts.items()))}
    return GivenAnswers(texts, PREDICTED, "not in the prediction file", _words(document, catalogue.tasks), source)


def _words(document: Mapping[str, Any], tasks: Mapping[str, TaskCard]) -> dict[str, TaskCard]:
    """Task -> its card with the prompt of the file, in the official layout: all of it in the system message."""
    prompts = {row["task"]: row["system_prompt"] for row in document["prompts"]}
    layouts = {name: official_layout(task) for name, task in tasks.items()}
    return {name: replace(task, system_prompt=prompts.get(name, task.system_prompt)) for name, task in layouts.items()}


def _keep(records: Records, kind: str, key: str, **fields: Any) -> None:
    """Keep a record in memory alone."""
    records.add({"kind": kind, "key": key, **fields})
