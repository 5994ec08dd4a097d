"""Worker processes, one task at a time each. One that dies costs the task in its hands, and nothing else.

The standard library's pool is broken as a whole when one of its processes is killed, as the kernel does where memory
runs short.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol, Self

from mabench_eval.errors import MabenchError, ModelError
from mabench_eval.journal import open_appending

Work = Callable[[Any], Any]
"""Does one task. What it is given and gives back can be pickled."""
STARTS = 3
"""Workers that die in a row before one of them is ready."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that keep a worker to one thread: there is one on every core."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task: a result, or an error, never both."""

    task: int
    """Its place among the tasks."""
    result: Any = None
    error: str | None = None
    seconds: float = 0.0
    """That the worker had it in its hands."""


class Workers(Protocol):
    """Does tasks: processes of this machine, or workers on Ray."""

    def run(self, tasks: Sequence[Any]) -> Generator[Outcome]:
        """Do all tasks, in any order. A task that raises, or kills its worker, is an Outcome with ``error``."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Pool:
    """Up to ``workers`` processes, started when there is work for them. A context, which ends them all.

    ``prepare`` is called once in each of them, and gives what does the tasks. What they print goes to the end of a
    file, ``log``: libraries that track print whatever they like.
    """

    def __init__(self, prepare: Callable[[], Work], workers: int, log: Path) -> None:
        self._prepare, self._workers, self._log = prepare, workers, log
        self._team: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """End all workers, whatever they do."""
        for worker in self._team:
            worker.end()
        self._team.clear()

    def run(self, tasks: Sequence[Any]) -> Generator[Outcome]:
        """Do all tasks, in any order. A task that raises, or kills its worker, is an Outcome with ``error``.

        Nothing but the tasks in hand and their results is held, whatever their number. Raises ModelError where no
        worker can be made ready.
        """
        waiting = deque(range(len(tasks)))
        deaths = 0
        for worker in self._team:
            if waiting and worker.ready:
                worker.send(waiting.popleft(), tasks)
        while waiting or any(worker.task is not None for worker in self._team):
            # As many workers as there is work for; those that died are replaced here.
            starting = sum(not worker.ready for worker in self._team)
            while len(self._team) < self._workers and starting < len(waiting):
                self._team.append(_Worker(self._prepare, self._log))
                starting += 1

            heard = wait([worker.connection for worker in self._team])
            for worker in [worker for worker in self._team if worker.connection in heard]:
                number = worker.task
                said = worker.receive()
                if isinstance(said, _Death):
                    self._team.remove(worker)
                    if number is not None:
                        yield Outcome(number, error=said.how, seconds=said.seconds)
                        continue
                    deaths += 1
                    if said.reason or deaths == STARTS:
                        raise ModelError(f"no worker can be started: {said.reason or said.how}", hint=said.hint)
                    continue

                # The next task first, so that the worker is busy while the result is taken care of.
                deaths = 0
                if waiting:
                    worker.send(waiting.popleft(), tasks)
                if said is not None:
                    yield said


@dataclass(frozen=True, slots=True)
class _Death:
    """Of a worker."""

    how: str
    seconds: float = 0.0
    reason: str = ""
    """What it said itself, where ``prepare`` failed."""
    hint: str = ""


class _Worker:
    """A process, and the task in its hands."""

    def __init__(self, prepare: Callable[[], Work], log: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.task: int | None = None
        self.ready = False
        self._since = time.monotonic()
        self._process = context.Process(target=_serve, args=(theirs, prepare, log), daemon=True)
        with _inherited():
            self._process.start()
        theirs.close()  # so that its end is seen here

    def send(self, number: int, tasks: Sequence[Any]) -> None:
        """Give it a task. Where it has died since it was heard, ``receive`` says so."""
        self.task, self._since = number, time.monotonic()
        with suppress(OSError):
            self.connection.send(tasks[number])

    def receive(self) -> Outcome | _Death | None:
        """What it has to say: that it is ready (None), a result, or nothing any more."""
        number, self.task = self.task, None
        seconds = time.monotonic() - self._since
        try:
            kind, content = self.connection.recv()
        except (EOFError, OSError):
            self._process.join()
            return _Death(_how_it_died(self._process.exitcode), seconds)
        if kind == "failed":
            return _Death("", seconds, *content)
        self.ready = True
        if number is None:
            return None
        return Outcome(number, **{kind: content}, seconds=seconds)

    def end(self) -> None:
        """Stop it, whatever it does."""
        self._process.terminate()
        self._process.join()
        self.connection.close()


def _how_it_died(code: int | None) -> str:
    if code == -9:  # Windows has no such signal
        return "its worker was killed, most likely for want of memory (fewer --jobs need less)"
    return f"its worker died ({signal.Signals(-code).name})" if code and code < 0 else f"its worker ended, code {code}"


@contextmanager
def _inherited() -> Iterator[None]:
    """What a process started meanwhile inherits: one thread, unless the user's variables say more; and no Ctrl-C.

    Ctrl-C reaches all processes of a terminal. The first one decides, and it is no error of the others.
    """
    added = [name for name in THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _serve(connection: Connection, prepare: Callable[[], Work], log: Path) -> None:
    """A worker's life: until nobody is at the other end."""
    with open_appending(log) as file:  # for code in C and for processes below too
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it could not be inherited
    try:
        work = prepare()
    except Exception as error:  # noqa: BLE001 - told where the user sees it
        message = error.message if isinstance(error, MabenchError) else f"{type(error).__name__}: {error}"
        connection.send(("failed", (message, getattr(error, "hint", ""))))
        return
    try:
        connection.send(("ready", None))
        while True:
            connection.send(try_task(work, connection.recv()))
    except (EOFError, OSError):
        return


def try_task(work: Work, task: Any) -> tuple[str, Any]:
    """``result`` or ``error``, and which: what an ``Outcome`` holds."""
    try:
        return "result", work(task)
    except MabenchError as error:
        return "error", error.message
    except Exception as error:  # noqa: BLE001 - one task's error is no end of the others
        return "error", f"{type(error).__name__}: {error}".rstrip(": ")
