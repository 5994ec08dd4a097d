"""A pool whose workers are on Ray: the tasks and outcomes of ``pool``, by the mechanism that runs have.

The files of a task are the paths among its fields. Those below the build's folder are sent along, since only the first
process needs to see that folder; clips are read by the workers, or sent as well.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from mabench_eval.construction.pool import Outcome, Work, try_task
from mabench_eval.errors import ModelError
from mabench_eval.execution import (
    OTHER_CLIPS,
    ClusterChoice,
    ClusterLayout,
    RayWorkers,
    Worker,
    connected,
    core_layout,
    differences,
)
from mabench_eval.execution import Work as Loaded


class RayPool:
    """Workers on Ray, started when there is work for them. A context, which ends them all."""

    def __init__(
        self, prepare: Callable[[], Work], choice: ClusterChoice, folder: Path, note: Callable[[str], None]
    ) -> None:
        """``prepare``: as for ``Pool``; ``folder``: the build's; ``note``: is told of workers that come and go."""
        self._prepare, self._choice, self._folder, self._note = prepare, choice, folder, note
        self._connection = ExitStack()

    def __enter__(self) -> Self:
        """Nothing is connected yet."""
        return self

    def __exit__(self, *exception: object) -> None:
        """End the connection, and a cluster that was started for it."""
        self._connection.close()

    def run(self, tasks: Sequence[Any]) -> Generator[Outcome]:
        """Do all tasks, dataclasses with a ``clip``, in any order; see ``Pool.run``.

        Raises ModelError where no worker can be made ready, InputError where nodes do not have the clips.
        """
        if not tasks:
            return
        self._connection.enter_context(connected(self._choice.ray))  # once: a second time it is there already
        workers = _TaskWorkers(self._prepare, self._choice, self._folder, self._note)
        yield from workers.do([_NumberedTask(number, task) for number, task in enumerate(tasks)], lambda: False)


@dataclass(frozen=True, slots=True)
class _NumberedTask:
    """A task as the scheduler sees it."""

    number: int
    task: Any
    done: bool = False

    @property
    def name(self) -> str:
        return str(self.task.clip)

    @property
    def keys(self) -> Sequence[str]:
        return () if self.done else (str(self.number),)

    def without(self, key: str) -> _NumberedTask:
        return replace(self, done=self.done or key == str(self.number))


@dataclass(frozen=True, slots=True)
class _SentTask:
    """A task as it goes to a worker."""

    number: int
    task: Any
    contents: Mapping[Path, bytes]
    """Its files that are sent along."""


@dataclass(frozen=True, slots=True)
class _WorkerSpec:
    """What a worker needs to begin."""

    prepare: Callable[[], Work]
    clip_sizes: Mapping[str, int | None]
    """Path -> bytes of the clips that it must find."""
    folder: Path
    """The working directory, which relative paths start from."""


class _TaskWorkers(RayWorkers[_NumberedTask, Outcome]):
    """Has tasks done by workers that need a core each."""

    unable = "cannot open the tracker"

    def __init__(
        self, prepare: Callable[[], Work], choice: ClusterChoice, folder: Path, note: Callable[[str], None]
    ) -> None:
        self._prepare, self._folder = prepare, folder.absolute()
        super().__init__(choice, note)

    def _find_layout(self) -> ClusterLayout:
        return core_layout(self._choice.workers)

    def _files_of(self, task: _NumberedTask) -> Sequence[Path]:
        return [file for file in _files(task.task) if not self._is_own(file)]

    def _worker(self, sizes: Mapping[str, int | None]) -> tuple[Callable[[Any], Worker[Any, Any, Outcome]], Any]:
        return _TaskWorker, _WorkerSpec(self._prepare, sizes, Path.cwd())

    def _assignment(self, task: _NumberedTask) -> _SentTask:
        contents = {}
        for file in _files(task.task):
            if self._choice.ship_clips or self._is_own(file):
                with suppress(OSError):  # the worker says that it cannot be read
                    contents[file] = file.read_bytes()
        return _SentTask(task.number, task.task, contents)

    def _key_of(self, answer: Outcome) -> str:
        return str(answer.task)

    def _given_up(self, task: _NumberedTask, error: str) -> Iterator[Outcome]:
        yield Outcome(task.number, error=error)

    def _is_own(self, file: Path) -> bool:
        return self._folder in file.absolute().parents


class _TaskWorker(Worker[_SentTask, _SentTask, Outcome]):
    """Does one task after the other."""

    def __init__(self, spec: _WorkerSpec) -> None:
        self._spec = spec
        super().__init__()

    def _prepare(self, given: _SentTask) -> _SentTask:
        return given

    def _load(self) -> Loaded[_SentTask, Outcome]:
        with suppress(OSError):  # without the folder the clips are not found either, and that is reported
            os.chdir(self._spec.folder)
        if unequal := differences(self._spec.clip_sizes):
            raise ModelError(OTHER_CLIPS, problems=unequal)
        return partial(_outcomes, self._spec.prepare())


def _outcomes(work: Work, drawn: Iterator[_SentTask]) -> Iterator[Outcome]:
    for sent in drawn:
        since = time.monotonic()
        with _unpacked(sent) as task:
            kind, content = try_task(work, task)
        yield Outcome(sent.number, **{kind: content}, seconds=time.monotonic() - since)


@contextmanager
def _unpacked(sent: _SentTask) -> Iterator[Any]:
    """The task, where the files that came along lie in a folder of its own."""
    if not sent.contents:
        yield sent.task
        return
    with TemporaryDirectory(prefix="mabench-") as folder:
        places = {file: Path(folder, str(number), file.name) for number, file in enumerate(sent.contents)}
        for file, place in places.items():
            place.parent.mkdir()
            place.write_bytes(sent.contents[file])
        moved = {
            each.name: places[value]
            for each in fields(sent.task)
            if isinstance(value := getattr(sent.task, each.name), Path) and value in places
        }
        yield replace(sent.task, **moved)


def _files(task: Any) -> list[Path]:
    return [value for each in fields(task) if isinstance(value := getattr(task, each.name), Path)]
