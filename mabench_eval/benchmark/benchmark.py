"""A benchmark, checked: its questions in the file's order, its clip folder, its fingerprint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mabench_eval.benchmark.questions import check_rows
from mabench_eval.benchmark.sources import find_questions, read_rows
from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import InputError
from mabench_eval.journal import fingerprint
from mabench_eval.types import Question

OFFICIAL_QUESTIONS = "9f286d27a10585dc3c693046f59c18229c9e2aaa3710a8ae3f22e865823914a3"
"""Fingerprint of the 12,000 published questions, whatever their order, with or without answers."""


@dataclass(frozen=True)
class Benchmark:
    """Questions, and where their clips are."""

    name: str
    """``demo``, or the name of the file or folder."""
    questions: tuple[Question, ...]
    """In the file's order."""
    file: Path
    clip_folder: Path
    """Where the clips are expected; it need not exist for models that do not look."""
    note: str = ""
    """One line: what of the file is not in the official form, and how it was read; empty where all is."""

    @cached_property
    def sha256(self) -> str:
        """Fingerprint of all questions in order, answers included."""
        return fingerprint([[q.qid, q.task, q.clip, q.text, q.answer] for q in self.questions])

    @cached_property
    def official(self) -> bool:
        """Whether these are the 12,000 published questions, in any order, with or without answers."""
        return fingerprint(sorted([q.qid, q.task, q.clip, q.text] for q in self.questions)) == OFFICIAL_QUESTIONS

    @cached_property
    def labelled(self) -> bool:
        """Whether any question has its answer."""
        return any(q.answer is not None for q in self.questions)

    @cached_property
    def clip_names(self) -> tuple[str, ...]:
        """Each clip once, in order of first appearance."""
        return tuple(dict.fromkeys(q.clip for q in self.questions))


def load_benchmark(data: str, tasks: Mapping[str, TaskCard], clips: Path | None = None) -> Benchmark:
    """Read and check a question file: a path, a folder, ``demo``, ``hub`` or ``hub:ORG/NAME``.

    ``clips`` is the clip folder; by default ``videos/`` beside the question file.
    Raises InputError with all problems of the file at once. Clips are not opened here: see ``read_clips``.
    """
    return read_benchmark(*find_questions(data), tasks, clips)


def read_benchmark(name: str, file: Path, tasks: Mapping[str, TaskCard], clips: Path | None = None) -> Benchmark:
    """The benchmark in a question file, under this name. Raises InputError as ``load_benchmark``."""
    rows = check_rows(read_rows(file), tasks)
    if rows.problems:
        raise InputError(f"{file}: {len(rows.problems)} problem(s), nothing was run", problems=rows.problems)
    note = f"{file}: {rows.note}" if rows.note else ""
    return Benchmark(name, tuple(rows.questions), file, file.parent / "videos" if clips is None else clips, note)
