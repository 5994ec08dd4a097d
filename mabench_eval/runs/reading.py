"""A finished run, read back from its folder with the benchmark it was made on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mabench_eval.answers import failed, sample_of
from mabench_eval.benchmark import Benchmark, expand_variants, load_benchmark
from mabench_eval.catalogue import Catalogue, TaskCard, load_catalogue
from mabench_eval.errors import InputError
from mabench_eval.planning import RunConfig
from mabench_eval.runfiles import RECORD, SAMPLES, RunFiles, RunRecord, from_json, read_run_files
from mabench_eval.types import Question, Sample


@dataclass(frozen=True, slots=True)
class FinishedRun(RunFiles):
    """A run whose results have been written, with what it was made of."""

    lines: tuple[Sample, ...]
    """Of ``samples.jsonl``: read once, however often they are looked at."""
    config: RunConfig
    catalogue: Catalogue
    benchmark: Benchmark
    tasks: tuple[TaskCard, ...]
    """With the words that the run used."""
    questions: tuple[Question, ...]
    """Those of the run, in the benchmark's order, each in all the ways it was asked."""

    def samples(self) -> list[Sample]:
        """The lines of ``samples.jsonl``, in the benchmark's order."""
        return list(self.lines)

    def unjudged_samples(self) -> list[Sample]:
        """The samples in the order of ``questions``, read anew from the responses, not judged. Raises InputError."""
        tasks = {task.name: task for task in self.tasks}
        answers = {sample.variant: sample for sample in self.lines}
        if missing := [question.variant for question in self.questions if question.variant not in answers]:
            raise InputError(f"{self.folder / SAMPLES}: no line for (qid, repeat, rotation) {missing[0]}")
        return [_read_anew(question, tasks[question.task], answers[question.variant]) for question in self.questions]


def read_run(folder: Path, include: Sequence[Path] = ()) -> FinishedRun:
    """The run of a folder. Raises InputError for one that is not finished, or whose benchmark has changed.

    ``include``: more files and folders that join the catalogue.
    """
    files = read_run_files(folder)
    samples = files.samples()
    config = config_of(folder, files.record)
    catalogue = load_catalogue(list(dict.fromkeys([*config.include, *include]))).check()
    if unknown := files.record.prompts.keys() - catalogue.tasks.keys():
        raise InputError(
            f"{folder / RECORD}: prompts.{min(unknown)}: no such task in the catalogue",
            hint="Name the folder that has it: --include DIR",
        )
    benchmark = load_benchmark(config.data, catalogue.tasks, config.clips)
    if benchmark.sha256 != files.scores.benchmark.sha256:
        raise InputError(f"{benchmark.file} has changed since the run {folder}; run it again first")

    tasks = tuple(
        replace(catalogue.tasks[name], system_prompt=words.system, user_prompt=words.user)
        for name, words in files.record.prompts.items()
    )
    qids = {sample.qid for sample in samples}
    asked = [question for question in benchmark.questions if question.qid in qids]
    if foreign := qids - {question.qid for question in asked if question.task in files.record.prompts}:
        raise InputError(f"{folder / SAMPLES}: {min(foreign)} is no question of this run")
    questions = expand_variants(asked, config.repeats, circular=config.circular)
    return FinishedRun(
        folder, files.record, files.scores, tuple(samples), config, catalogue, benchmark, tasks, questions
    )


def config_of(folder: Path, record: RunRecord) -> RunConfig:
    """The choices of a run. Raises InputError for one that is none."""
    # Earlier versions had null for the decoder that was installed.
    choices = {name: value for name, value in record.config.items() if (name, value) != ("decoder", None)}
    return from_json(RunConfig, choices, f"{folder / RECORD}: config")


def _read_anew(question: Question, task: TaskCard, answer: Sample) -> Sample:
    if answer.response is None:
        return failed(question, answer.error or "")
    return sample_of(question, task, answer.response, stop_reason=answer.stop_reason, frames=answer.frames)
