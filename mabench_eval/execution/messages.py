"""The messages between the first process and its workers. All of them can be pickled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from mabench_eval.catalogue import ModelCard, Registration
from mabench_eval.execution.executor import FrameView
from mabench_eval.planning import PlannedClip

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a worker needs to load the run's model and to read its clips."""

    card: ModelCard
    seed: int
    include: tuple[Path, ...]
    """As in ``RunConfig``: the worker reads the catalogue again on its own machine."""
    registration: Registration | None
    """A model that was registered in the run's own process, and stands in no file of the catalogue."""
    identity: str
    """Fingerprint of the model's identity: a worker with other code is refused."""
    view: FrameView
    clip_sizes: Mapping[str, int | None]
    """Path -> bytes of the clips that workers read for themselves; each worker must find the same."""
    folder: Path
    """The run's working directory, which relative paths start from."""


@dataclass(frozen=True, slots=True)
class ClipAssignment:
    """A clip given to a worker."""

    planned: PlannedClip
    content: bytes | None = None
    """The clip's file, where the worker cannot read it."""


@dataclass(frozen=True, slots=True)
class WorkerFailure:
    """Why a worker cannot go on."""

    message: str
    hint: str = ""
    loading: bool = False
    """Whether nothing was answered there, as by a model that could not be loaded."""
    trace: str = ""
    """Where its code broke; see ``ModelError``."""


@dataclass(frozen=True, slots=True)
class WorkerUpdate(Generic[Answer]):
    """What is new at a worker."""

    answers: tuple[Answer, ...]
    queued: int
    """Clips that the model has not drawn yet."""
    waiting: bool
    """Whether the model waits for a clip."""
    notes: tuple[str, ...] = ()
    failure: WorkerFailure | None = None
    resolved: Mapping[str, Any] = field(default_factory=dict)
    """See ``Engine.resolved``; empty until the model has started there."""
