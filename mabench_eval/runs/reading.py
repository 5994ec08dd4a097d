"""A finished run, read back from its folder with all that it was made of. Nothing that is read is ever run.

Code comes from the command line alone: paths in ``run.json`` (``include``, prompts, flags, cards, weights) are words to
be shown. Only the question file and the clips of a run of an early version, which kept no questions of its own, are
looked for where its record says, and are read as data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mabench_eval.answers import failed, sample_of
from mabench_eval.benchmark import Benchmark, expand_variants, load_benchmark, read_benchmark
from mabench_eval.catalogue import TaskCard, load_catalogue
from mabench_eval.errors import InputError
from mabench_eval.judging import read_rubrics
from mabench_eval.planning import RunConfig
from mabench_eval.runfiles import RECORD, SAMPLES, RunFiles, RunRecord, from_json, read_run_files
from mabench_eval.runs.material import Material, read_material
from mabench_eval.scoring import Flags, read_flags
from mabench_eval.types import Question, Sample


@dataclass(frozen=True, slots=True)
class FinishedRun(RunFiles):
    """A run whose results have been written, with what it was made of."""

    lines: tuple[Sample, ...]
    """Of ``samples.jsonl``: read once, however often they are looked at."""
    config: RunConfig
    material: Material
    clip_folder: Path
    """Where its clips are looked for; only pictures need them, and it need not exist."""
    tasks: tuple[TaskCard, ...]
    """Those that the run asked, with the words that it used."""
    questions: tuple[Question, ...]
    """Those of the run, in the benchmark's order, each in all the ways it was asked."""

    @property
    def benchmark(self) -> Benchmark:
        """The whole, also where the run asked a part."""
        return self.material.benchmark

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


def read_run(
    folder: Path, *, data: str | None = None, clips: Path | None = None, include: Sequence[Path] = ()
) -> FinishedRun:
    """The run of a folder. Raises InputError for one that is not finished, or whose files are not what a run writes.

    Args:
        folder: The run's.
        data: Question file of a run of an early version, which kept none.
        clips: Clip folder, for who needs pictures; None: where the run's record says.
        include: Folders with the tasks of a run of an early version, where they are not the library's.
    """
    files = read_run_files(folder)
    samples = files.samples()
    config = config_of(folder, files.record)
    material = material_of(files, config, data=data, include=include)
    tasks = asked_tasks(files, material)

    names, qids = {task.name for task in tasks}, {sample.qid for sample in samples}
    asked = [question for question in material.benchmark.questions if question.qid in qids]
    if foreign := qids - {question.qid for question in asked if question.task in names}:
        raise InputError(f"{folder / SAMPLES}: {min(foreign)} is no question of this run")
    questions = expand_variants(asked, config.repeats, circular=config.circular)
    place = clips or material.benchmark.clip_folder
    return FinishedRun(folder, files.record, files.scores, tuple(samples), config, material, place, tasks, questions)


def config_of(folder: Path, record: RunRecord) -> RunConfig:
    """The choices of a run. Raises InputError for one that is none."""
    # Earlier versions had null for the decoder that was installed.
    choices = {name: value for name, value in record.config.items() if (name, value) != ("decoder", None)}
    return from_json(RunConfig, choices, f"{folder / RECORD}: config")


def material_of(
    files: RunFiles, config: RunConfig, *, data: str | None = None, include: Sequence[Path] = ()
) -> Material:
    """What a finished run was made of: from its folder; of one of an early version as ``read_run`` says.

    Raises InputError.
    """
    folder, record, benchmark = files.folder, files.record, files.scores.benchmark
    if record.material is not None:
        clips = Path(str(record.benchmark.get("clips", "videos")))
        return read_material(folder, benchmark.name, benchmark.sha256, record.material, clips)

    catalogue = load_catalogue(include).check()
    if unknown := record.prompts.keys() - catalogue.tasks.keys():
        raise InputError(
            f"{folder / RECORD}: prompts.{min(unknown)}: no such task in the catalogue",
            hint="Name the folder that has it: --include DIR",
        )
    questions = _early_benchmark(files, config, catalogue.tasks, data)
    words = {
        name: replace(catalogue.tasks[name], system_prompt=words.system, user_prompt=words.user)
        for name, words in record.prompts.items()
    }
    asked = {question.task for question in questions.questions}
    return Material(
        questions,
        {name: words.get(name, task) for name, task in catalogue.tasks.items() if name in asked},
        read_rubrics(words.values()),
        clips=None if looks(record) else {},
        examples=None,
        flags=_early_flags(files, config, questions),
    )


def asked_tasks(files: RunFiles, material: Material) -> tuple[TaskCard, ...]:
    """The tasks that a run asked, in its order. Raises InputError where one is not in its own material."""
    names = list(files.record.prompts)
    if unknown := [name for name in names if name not in material.tasks]:
        raise InputError(f"{files.folder / RECORD}: prompts.{unknown[0]}: the run's own tasks do not have it")
    if bare := [name for name in names if not material.tasks[name].closed and name not in material.rubrics]:
        raise InputError(f"{files.folder / RECORD}: prompts.{bare[0]}: the run's own rubrics do not have it")
    return tuple(material.tasks[name] for name in names)


def looks(record: RunRecord) -> bool:
    """Whether the run's model saw frames."""
    return record.identity.get("sampling") is not None


def _early_benchmark(files: RunFiles, config: RunConfig, tasks: Mapping[str, TaskCard], data: str | None) -> Benchmark:
    """The questions of a run that kept none: of ``--data``, or of the recorded file if it is there and the same."""
    recorded = Path(str(files.record.benchmark.get("file", "")))
    name, folder = files.scores.benchmark.name, Path(str(files.record.benchmark.get("clips", "videos")))
    clips = folder if folder.is_dir() else None
    if data is not None or config.data == "demo":
        benchmark = replace(load_benchmark(data or config.data, tasks, clips), name=name)
    elif recorded.is_file():
        benchmark = read_benchmark(name, recorded, tasks, clips)
    else:
        raise InputError(
            f"{files.folder} was made by an early version, which kept no questions, and {recorded} is not there",
            hint="Name the question file: --data DATA",
        )
    if benchmark.sha256 != files.scores.benchmark.sha256:
        raise InputError(
            f"{benchmark.file} has changed since the run {files.folder}",
            hint="Name the question file that it was made on: --data DATA; or run it again first.",
        )
    return benchmark


def _early_flags(files: RunFiles, config: RunConfig, benchmark: Benchmark) -> Flags | None:
    """The flags of a run that kept none; None where the recorded file is not there or not the same any more."""
    if files.scores.flags is None or config.flags is None or not config.flags.is_file():
        return None
    try:
        asked = [question for question in benchmark.questions if question.task in files.record.prompts]
        flags = read_flags(config.flags, asked)
    except InputError:
        return None
    return flags if flags.sha256 == files.scores.flags.sha256 else None


def _read_anew(question: Question, task: TaskCard, answer: Sample) -> Sample:
    if answer.response is None:
        return failed(question, answer.error or "")
    return sample_of(question, task, answer.response, stop_reason=answer.stop_reason, frames=answer.frames)
