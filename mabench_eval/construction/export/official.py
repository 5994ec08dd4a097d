"""The two question files of an export, in the forms in which MA-Bench is published, and the clips beside them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from mabench_eval.benchmark import LABELLED, QUESTIONS, read_benchmark
from mabench_eval.catalogue import TaskCard
from mabench_eval.construction.folder import BuildFolder, ClipRow
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.errors import InputError
from mabench_eval.journal import Progress, copy_file, file_digest, write_json
from mabench_eval.types import Json, Question

Clips = Literal["link", "copy", "none"]
VIDEOS = "videos"
"""Where the evaluator looks for the clips of a question file: beside it."""
Sums = dict[str, str]
"""File of an export, as a path in it -> sha256."""


def write_questions(
    out: Path, questions: Sequence[BuiltQuestion], tasks: Mapping[str, TaskCard], *, answers: bool
) -> tuple[Question, ...]:
    """Write ``questions.json`` and, with ``answers``, ``labelled.json``; each is read back as the evaluator reads it.

    Gives the questions of the last of them. Raises InputError for questions that it does not take, all of them named.
    """
    write_json(out / QUESTIONS, [full_row(question) for question in questions])
    files = [out / QUESTIONS]
    if answers:
        write_json(out / LABELLED, [labelled_row(question) for question in questions])
        files.append(out / LABELLED)
    for file in files:
        with_answers = file.name == LABELLED
        read = read_benchmark("export", file, tasks).questions
        expected = [(q.qid, q.task, q.clip, q.text, q.answer if with_answers else None) for q in questions]
        if [(q.qid, q.task, q.clip, q.text, q.answer) for q in read] != expected:
            raise InputError(f"{file.name} does not hold the questions that were to be written; nothing was written")
    return read


def full_row(question: BuiltQuestion) -> Json:
    """A row as the full benchmark has it, without answers."""
    return {
        "video_name": question.clip,
        "task": question.task,
        "qid": question.qid,
        "question": question.text,
    }


def labelled_row(question: BuiltQuestion) -> Json:
    """A row as the labelled sample has it."""
    return {
        "video": f"{question.clip}.mp4",
        "task": question.task,
        "qid": question.qid,
        "question": question.text,
        "answer": question.answer,
    }


def place_clips(out: Path, folder: BuildFolder, clips: Sequence[ClipRow], how: Clips, progress: Progress) -> Sums:
    """Put the clips into ``videos/`` under their names; each must be the one that ``init`` took in.

    ``link`` is a hard link, a symbolic one where the export is on another file system, or a copy where there are none.
    Raises InputError that names every clip that has changed, or is not there.
    """
    if how == "none":
        return {}
    (out / VIDEOS).mkdir()
    progress.stage("placing clips", len(clips), 0)
    sums: Sums = {}
    problems = []
    for clip in clips:
        progress.advance("placing clips")
        source, name = folder.file_of(clip).resolve(), f"{VIDEOS}/{clip.clip}.mp4"
        try:
            digest = copy_file(source, out / name) if how == "copy" else _linked(source, out / name)
        except OSError as error:
            problems.append(f"{clip.file}: {error.strerror or error}")
            continue
        if digest != clip.sha256:
            problems.append(f"{clip.file} was changed since `init`")
        sums[name] = digest
    if problems:
        raise InputError(
            f"{len(problems)} of {len(clips)} clips in {folder.settings.clips} cannot be exported; nothing was written",
            problems=problems,
            hint=f"Take the changes in: mabench-eval build {folder.path} init, and the steps after it.\n"
            "Or leave the clips out: --clips none",
        )
    return sums


def _linked(source: Path, target: Path) -> str:
    """Link a clip, one way or another; the sha256 of its bytes."""
    digest = file_digest(source)
    for link in (os.link, os.symlink):
        try:
            link(source, target)
        except OSError:  # another file system, or none that has links of this kind
            continue
        return digest
    return copy_file(source, target)
