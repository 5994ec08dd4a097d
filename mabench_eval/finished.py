"""A finished run, read back from its folder with the benchmark it was made on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mabench_eval.benchmark import Benchmark, load_benchmark
from mabench_eval.catalogue import Catalogue, TaskCard, load_catalogue
from mabench_eval.config import RunConfig
from mabench_eval.errors import InputError
from mabench_eval.samples import failed, sample_of
from mabench_eval.types import Json, Question, Sample, Variant
from mabench_eval.variants import variants


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
        rows = {_variant(row): row for row in map(json.loads, _lines(self.folder / "samples.jsonl"))}
        return [_sample(question, tasks[question.task], rows[question.variant]) for question in self.questions]


def read_run(folder: Path, include: Sequence[Path] = ()) -> FinishedRun:
    """The run of a folder. Raises InputError for one that is not finished, or whose benchmark has changed.

    ``include``: more files and folders that join the catalogue.
    """
    record, scores = _document(folder / "run.json"), _document(folder / "scores.json")
    config = RunConfig(**{**record["config"], "shard": record["config"]["shard"] and tuple(record["config"]["shard"])})
    catalogue = load_catalogue(list(dict.fromkeys([*config.include, *include]))).check()
    benchmark = load_benchmark(config.data, catalogue.tasks, config.clips)
    if benchmark.sha256 != record["benchmark"]["sha256"]:
        raise InputError(f"{benchmark.file} has changed since the run {folder}; run it again first")
    qids = {json.loads(line)["qid"] for line in _lines(folder / "samples.jsonl")}
    tasks = tuple(
        replace(catalogue.tasks[name], system_prompt=used["system"], user_prompt=used["user"])
        for name, used in record["prompts"].items()
    )
    asked = (question for question in benchmark.questions if question.qid in qids)
    questions = variants(asked, config.repeats, circular=config.circular)
    return FinishedRun(folder, record, scores, config, catalogue, benchmark, tasks, questions)


def _variant(row: Json) -> Variant:
    return row["qid"], row.get("repeat", 0), row.get("rotation", 0)


def _sample(question: Question, task: TaskCard, row: Json) -> Sample:
    if row["response"] is None:
        return failed(question, row["error"])
    return sample_of(question, task, row["response"], stop_reason=row.get("stop_reason"), frames=row.get("frames"))


def _document(path: Path) -> Json:
    return json.loads("\n".join(_lines(path)))  # type: ignore[no-any-return]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path.parent} is no folder of a finished run: {error}",
            hint="It is the folder that the run names at its end, results/<model>/<run id>.",
        ) from error
