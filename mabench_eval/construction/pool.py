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
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from mabench_eval.errors import MabenchError, ModelError

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


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_tasks(tasks: Sequence[Any], prepare: Callable[[], Work], workers: int) -> Generator[Outcome]:
    """Do all tasks, in any order; ``prepare`` is called once in each worker. Closing the generator ends them all.

    A task that raises is an Outcome with ``error``. Nothing but a task and its result is held, whatever their number.
    Raises ModelError where no worker can be made ready.
    """
    context = multiprocessing.get_context("spawn")
    waiting = deque(range(len(tasks)))
    team: list[_Worker] = []
    deaths = 0
    try:
        while waiting or any(worker.task is not None for worker in team):
            # As many workers as there is work for; those that died are replaced here.
            idle = sum(worker.task is None for worker in team)
            while len(team) < workers and idle < len(waiting):
                team.append(_Worker(context.Pipe, context.Process, prepare))
                idle += 1

            ready = wait([worker.connection for worker in team])
            for worker in [worker for worker in team if worker.connection in ready]:
                done, outcome = worker.task, worker.receive()
                if isinstance(outcome, _Death):
                    team.remove(worker)
                    if done is None:
                        deaths += 1
                        if outcome.reason or deaths >= STARTS:
                            raise ModelError(
                                f"no worker can be started: {outcome.reason or outcome.how}", hint=outcome.hint
                            )
                    else:
                        yield Outcome(done, error=outcome.how, seconds=outcome.seconds)
                    continue

                # The next task first, so that the worker is busy while the result is taken care of.
                deaths = 0
                if waiting:
                    worker.send(waiting.popleft(), tasks)
                if outcome is not None and done is not None:
                    yield outcome
    finally:
        for worker in team:
            worker.end()


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

    def __init__(
        self, pipe: Callable[[], Any], process: Callable[..., SpawnProcess], prepare: Callable[[], Work]
    ) -> None:
        self.connection, theirs = pipe()
        self.task: int | None = None
        self._since = time.monotonic()
        self._process = process(target=_serve, args=(theirs, prepare), daemon=True)
        with _one_thread():
            self._process.start()
        theirs.close()  # so that its end is seen here

    def send(self, number: int, tasks: Sequence[Any]) -> None:
        """Give it a task."""
        self.task, self._since = number, time.monotonic()
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
        if kind == "ready" or number is None:
            return None
        return Outcome(number, **{kind: content}, seconds=seconds)

    def end(self) -> None:
        """Stop it, whatever it does."""
        self._process.terminate()
        self._process.join()
        self.connection.close()


def _how_it_died(code: int | None) -> str:
    if code == -signal.SIGKILL:
        return "its worker was killed, most likely for want of memory (fewer --jobs need less)"
    return f"its worker died ({signal.Signals(-code).name})" if code and code < 0 else f"its worker ended, code {code}"


@contextmanager
def _one_thread() -> Iterator[None]:
    """What a process started meanwhile finds in its environment; variables that the user has set stay."""
    added = [name for name in THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _serve(connection: Connection, prepare: Callable[[], Work]) -> None:
    """A worker's life: until nobody is at the other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of a terminal's processes; the first one decides
    try:
        work = prepare()
    except Exception as error:  # noqa: BLE001 - told where the user sees it
        message = error.message if isinstance(error, MabenchError) else f"{type(error).__name__}: {error}"
        connection.send(("failed", (message, getattr(error, "hint", ""))))
        return
    try:
        connection.send(("ready", None))
        while True:
            connection.send(_outcome(work, connection.recv()))
    except (EOFError, OSError):
        return


def _outcome(work: Work, task: Any) -> tuple[str, Any]:
    try:
        return "result", work(task)
    except MabenchError as error:
        return "error", error.message
    except Exception as error:  # noqa: BLE001 - one task's error is no end of the others
        return "error", f"{type(error).__name__}: {error}".rstrip(": ")
