"""What a run takes along, so that its folder is enough: its questions, and all that else was put to model and judges.

``questions.jsonl`` is a question file as ``--data`` takes it; ``setup.json`` has the tasks with the words that the run
used, the rubrics, the hashes of its clips, its examples and its flags. They are data: what is read here is checked and
never run, whoever wrote it. ``run.json`` holds the hashes of both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from mabench_eval.benchmark import Benchmark, question_row, read_benchmark
from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import InputError, JournalError
from mabench_eval.journal import write_remedy, write_text
from mabench_eval.judging import Rubric, parse_rubric
from mabench_eval.parsing import parse_json
from mabench_eval.planning import NO_SHOTS, Example, Examples, Run
from mabench_eval.runfiles import RUN_AGAIN, from_json, read_bytes, to_json
from mabench_eval.scoring import Flags
from mabench_eval.types import Clip, Shot

QUESTIONS, SETUP = "questions.jsonl", "setup.json"
SCHEMA_VERSION = 1
"""Of ``setup.json``: raised when a key changes its meaning or goes, not when one is added."""


@dataclass(frozen=True, slots=True)
class _ClipRecord:
    sha256: str
    """Of the clip's bytes."""
    frames: str | None = None
    """As in ``Clip``."""


@dataclass(frozen=True, slots=True)
class _ExampleRecord:
    clip: str
    question: str
    answer: str
    shown: _ClipRecord | None = None
    """The clip, where its frames are shown with the example."""


@dataclass(frozen=True, slots=True)
class _ExamplesRecord:
    count: int
    by_task: Mapping[str, tuple[_ExampleRecord, ...]]


@dataclass(frozen=True, slots=True)
class _Setup:
    """The content of ``setup.json``."""

    schema: int
    tasks: tuple[TaskCard, ...]
    """Of all questions in the file, with the words that the run used."""
    rubrics: Mapping[str, str]
    """Open task of the run -> its rubric's file."""
    clips: Mapping[str, _ClipRecord]
    """The clips of the run; empty where the model did not look."""
    examples: _ExamplesRecord | None = None
    flags: Flags | None = None


@dataclass(frozen=True, slots=True)
class MaterialFiles:
    """The texts of both files."""

    questions: str
    setup: str

    @property
    def hashes(self) -> dict[str, str]:
        """File -> sha256, as ``run.json`` holds them."""
        return {
            name: hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()
            for name, text in ((QUESTIONS, self.questions), (SETUP, self.setup))
        }

    def write(self, folder: Path) -> dict[str, str]:
        """Write both, each whole or not at all, and return their hashes. Raises JournalError."""
        try:
            write_text(folder / QUESTIONS, self.questions)
            write_text(folder / SETUP, self.setup)
        except OSError as error:
            raise JournalError(
                f"cannot write the questions of the run to {folder}: {error.strerror or error}",
                hint=f"{write_remedy(error)}, then run the same command again.",
            ) from error
        return self.hashes


@dataclass(frozen=True, slots=True)
class Material:
    """What a run was made of."""

    benchmark: Benchmark
    """The whole, also where the run asked a part."""
    tasks: Mapping[str, TaskCard]
    """Of all questions, in the catalogue's order; those of the run with the words that it used."""
    rubrics: Mapping[str, Rubric]
    """Open task of the run -> its rubric."""
    clips: Mapping[str, Clip] | None
    """Name -> clip of the run, without its place; empty where the model did not look; None: not known."""
    examples: Examples | None = NO_SHOTS
    """None: not known."""
    flags: Flags | None = None

    @classmethod
    def of(cls, run: Run) -> Self:
        """What a run that is about to start is made of."""
        used = {task.name: task for task in run.tasks}
        asked = {question.task for question in run.benchmark.questions}
        return cls(
            run.benchmark,
            {name: used.get(name, task) for name, task in run.catalogue.tasks.items() if name in asked},
            run.judging.rubrics,
            {
                name: replace(clip, path=None)
                for name in run.benchmark.clip_names
                if (clip := run.clips.get(name)) and clip.sha256
            },
            run.examples,
            run.flags,
        )

    def without_clips(self) -> Material:
        """What shards of one run have in common; cards of a task are the same wherever their files lie."""
        bare = {name: replace(task, source=None) for name, task in self.tasks.items()}
        return replace(self, benchmark=replace(self.benchmark, file=Path(), clip_folder=Path()), tasks=bare, clips=None)

    def files(self) -> MaterialFiles:
        """As it is written: the same bytes for the same material."""
        flags = self.flags
        if flags:  # those of other questions say nothing here
            asked = {question.qid for question in self.benchmark.questions}
            flags = replace(flags, questions={qid: said for qid, said in flags.questions.items() if qid in asked})
        setup = _Setup(
            SCHEMA_VERSION,
            tuple(replace(task, source=None) for task in self.tasks.values()),
            {task: rubric.content for task, rubric in self.rubrics.items()},
            {name: record for name, clip in (self.clips or {}).items() if (record := _clip_record(clip))},
            _examples_record(self.examples or NO_SHOTS),
            flags,
        )
        return MaterialFiles(
            "".join(f"{_line(question_row(question))}\n" for question in self.benchmark.questions),
            f"{_line(to_json(setup))}\n",
        )


def read_material(
    folder: Path, name: str, sha256: str, hashes: Mapping[str, str] | None, clips: Path | None = None
) -> Material:
    """The material in a run's folder, checked.

    Args:
        folder: The run's.
        name: Of the benchmark.
        sha256: Of the benchmark, as the run has it on record.
        hashes: File -> sha256 of its bytes, as the run has them on record; None: of a run that was cut off, which
            has no record yet.
        clips: Where its clips are, as the run has it on record; it need not exist.

    Raises:
        InputError: A file is missing, or is not what the run wrote; with its name, and the key that does not fit.
    """
    contents = {file: read_bytes(folder / file) for file in (QUESTIONS, SETUP)}
    for file, content in contents.items():
        if hashes is not None and hashlib.sha256(content).hexdigest() != hashes.get(file):
            raise InputError(f"{folder / file} is not the file that the run wrote: its hash differs", hint=RUN_AGAIN)
    where = str(folder / SETUP)
    data = parse_json(contents[SETUP], where, hint=RUN_AGAIN)
    schema = data.get("schema") if isinstance(data, dict) else None
    if type(schema) is int and schema > SCHEMA_VERSION:
        raise InputError(
            f"{where}: written by a newer version (schema {schema}; this one reads {SCHEMA_VERSION})",
            hint="Update mabench_eval.",
        )
    setup = from_json(_Setup, data, where, RUN_AGAIN)
    tasks = {task.name: replace(task, source=None) for task in setup.tasks}  # no path of a stranger's is followed
    if problems := [problem for task in tasks.values() for problem in _task_problems(task)]:
        raise InputError(f"{where}: tasks that cannot be", problems=problems, hint=RUN_AGAIN)

    benchmark = read_benchmark(name, folder / QUESTIONS, tasks, clips)
    if benchmark.sha256 != sha256:
        raise InputError(f"{folder / QUESTIONS} holds other questions than the run has on record", hint=RUN_AGAIN)
    return Material(
        benchmark,
        tasks,
        {task: parse_rubric(text, f"{where}: rubrics.{task}") for task, text in setup.rubrics.items()},
        {clip: _clip(clip, known) for clip, known in setup.clips.items()},
        _examples(setup.examples),
        setup.flags,
    )


def _task_problems(task: TaskCard) -> list[str]:
    """What keeps a task from being asked and scored, a line each."""
    problems = []
    if task.closed and not task.options:
        problems.append(f"{task.name}: a closed task without options")
    if not task.closed and not task.levels:
        problems.append(f"{task.name}: an open task without levels")
    return problems


def _clip_record(clip: Clip | None) -> _ClipRecord | None:
    return _ClipRecord(clip.sha256, clip.frames) if clip and clip.sha256 else None


def _clip(name: str, record: _ClipRecord) -> Clip:
    return Clip(name, None, record.sha256, record.frames)


def _examples_record(examples: Examples) -> _ExamplesRecord | None:
    if not examples.count:
        return None
    by_task = {
        task: tuple(
            _ExampleRecord(each.clip, each.shot.question, each.shot.answer, _clip_record(each.shot.clip))
            for each in drawn
        )
        for task, drawn in examples.by_task.items()
    }
    return _ExamplesRecord(examples.count, dict(sorted(by_task.items())))


def _examples(record: _ExamplesRecord | None) -> Examples:
    if record is None:
        return NO_SHOTS
    by_task = {
        task: tuple(
            Example(
                each.clip,
                Shot(each.question, each.answer, _clip(each.clip, each.shown) if each.shown else None),
            )
            for each in drawn
        )
        for task, drawn in record.by_task.items()
    }
    return Examples(record.count, by_task)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
