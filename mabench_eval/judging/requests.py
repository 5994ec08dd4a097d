"""Rubrics: the Markdown files that tell a judge what each level means."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import yaml

from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import InputError
from mabench_eval.types import Json


@dataclass(frozen=True, slots=True)
class Rubric:
    """The rubric of an open task."""

    text: str
    """Markdown, without the front matter."""
    version: str
    """As the front matter says."""
    sha256: str
    """Of the whole file, hexadecimal."""

    @property
    def identity(self) -> Json:
        """What tables say of it."""
        return {"version": self.version, "sha256": self.sha256}


def rubric_path(task: TaskCard) -> Path:
    """The rubric of an open task: in the judges folder beside the task's folder. Raises InputError."""
    path = task.source.parents[1] / "judges" / (task.rubric or "") if task.source else None
    if path is None or not task.rubric or not path.is_file():
        raise InputError(f"{task.source}: open task {task.name} names no rubric that exists (`rubric: FILE.md`)")
    return path


def read_rubric(task: TaskCard) -> Rubric:
    """The rubric of an open task: YAML front matter with a ``version`` between two lines ``---``, then Markdown.

    Raises InputError for a task without one and for a file of another shape.
    """
    path = rubric_path(task)
    try:
        content = path.read_bytes()
        _, front, text = content.decode().split("---\n", 2)
        version = str(yaml.safe_load(front)["version"])
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: a rubric begins with `---`, a line `version: N`, and `---`") from error
    return Rubric(text.strip(), version, hashlib.sha256(content).hexdigest())
