"""A finished run, read back from its folder with the benchmark it was made on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from mabench_eval.answers import failed, sample_of
from mabench_eval.benchmark import Benchmark, expand_variants, load_benchmark
from mabench_eval.catalogue import Catalogue, TaskCard, load_catalogue
from mabench_eval.errors import InputError
from mabench_eval.journal import read_json_lines
from mabench_eval.planning import RunConfig
from mabench_eval.types import Json, Question, Sample, Variant

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run whose results have been written."""

    folder: Path
    record: Json
    """As in ``run.json``."""
    scores: Json
    """As in ``scores.json``."""
    config: RunConfig
    catalogue: Catalogue
    benchmark: Benchmark
    tasks: tuple[TaskCard, ...]
    questions: tuple[Question, ...]
    """Those of the run, in the benchmark's order, each in all the ways it was asked."""

    def samples(self) -> list[Sample]:
        """The samples, read anew from the responses in ``samples.jsonl``, not judged."""
        tasks = {task.name: task for task in self.tasks}
        rows = {_variant(row): row for row in _rows(self.folder)}
        return [_sample(question, tasks[question.task], rows[question.variant]) for question in self.questions]


def read_run(folder: Path, include: Sequence[Path] = ()) -> FinishedRun:
    """The run of a folder. Raises InputError for one that is not finished, or whose benchmark has changed.

    ``include``: more files and folders that join the catalogue.
    """
    record, scores = read_record(folder), _document(folder / "scores.json")
    config = config_of(record)
    catalogue = load_catalogue(list(dict.fromkeys([*config.include, *include]))).check()
    benchmark = load_benchmark(config.data, catalogue.tasks, config.clips)
    if benchmark.sha256 != record["benchmark"]["sha256"]:
        raise InputError(f"{benchmark.file} has changed since the run {folder}; run it again first")
    qids = {row["qid"] for row in _rows(folder)}
    tasks = tuple(
        replace(catalogue.tasks[name], system_prompt=used["system"], user_prompt=used["user"])
        for name, used in record["prompts"].items()
    )
    asked = (question for question in benchmark.questions if question.qid in qids)
    questions = expand_variants(asked, config.repeats, circular=config.circular)
    return FinishedRun(folder, record, scores, config, catalogue, benchmark, tasks, questions)


def read_record(folder: Path) -> Json:
    """The ``run.json`` of a folder. Raises InputError for one that is not finished."""
    return _document(folder / "run.json")


def config_of(record: Json) -> RunConfig:
    """The choices of a run, from its ``run.json``."""
    shard = record["config"]["shard"]
    return RunConfig(**{**record["config"], "shard": tuple(shard) if shard else None})


def _variant(row: Json) -> Variant:
    return row["qid"], row.get("repeat", 0), row.get("rotation", 0)


def _sample(question: Question, task: TaskCard, row: Json) -> Sample:
    if row["response"] is None:
        return failed(question, row["error"])
    return sample_of(question, task, row["response"], stop_reason=row.get("stop_reason"), frames=row.get("frames"))


def _document(path: Path) -> Json:
    return _read(path, lambda path: json.loads(path.read_bytes()))


def _rows(folder: Path) -> list[Json]:
    return _read(folder / "samples.jsonl", read_json_lines)


def _read(path: Path, read: Callable[[Path], Found]) -> Found:
    try:
        return read(path)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path.parent} is no folder of a finished run: {error}",
            hint="It is the folder that the run names at its end, results/<model>/<run id>.",
        ) from error
