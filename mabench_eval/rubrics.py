"""Rubrics: the Markdown files that tell a judge what each level means."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import InputError


def rubric_path(task: TaskCard) -> Path:
    """The rubric of an open task: in the judges folder beside the task's folder. Raises InputError."""
    path = task.source.parents[1] / "judges" / (task.rubric or "") if task.source else None
    if path is None or not task.rubric or not path.is_file():
        raise InputError(f"{task.source}: open task {task.name} names no rubric that exists (`rubric: FILE.md`)")
    return path


def rubric_hash(task: TaskCard) -> str:
    """sha256 of the rubric's text."""
    return hashlib.sha256(rubric_path(task).read_bytes()).hexdigest()
