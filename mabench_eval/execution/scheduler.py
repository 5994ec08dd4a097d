"""Running on workers: they are started, given clips as they become free, and replaced when they are lost."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic

from mabench_eval.errors import ModelError
from mabench_eval.execution.cluster import (
    ENV_BUILD_TIMEOUT_S,
    ClusterChoice,
    ClusterLayout,
    connected,
    has_room,
    node_of,
    start_worker,
    stop_worker,
)
from mabench_eval.execution.messages import Answer, WorkerFailure, WorkerUpdate
from mabench_eval.execution.shared_clips import check_nodes, clip_sizes
from mabench_eval.execution.slots import WORKERS_PER_CLIP, Assignments, Slot, Task
from mabench_eval.execution.worker import Worker

TRIES = 3
"""Workers that are started in one slot in a row without one answer."""
CHECK_INTERVAL_S = 1.0
"""Between checks for silent workers and for new nodes."""
POLL_TIMEOUT_S = 5.0
"""After which an exchange with a worker ends without news."""
SILENCE_TIMEOUT_S = 300.0
"""After which a worker whose exchange does not even end counts as lost."""
SLOW_START_S = 60.0
"""After which a line reports a worker that has not started, besides making an environment."""
START_TIMEOUT_S = 180.0
"""For the last workers to start at all, likewise."""


class RayWorkers(ABC, Generic[Task, Answer]):
    """Has clips worked on by workers on Ray; who does what with them fills in the abstract methods."""

    unable = "cannot start"
    """What a worker says that finds something missing."""

    def __init__(self, choice: ClusterChoice, note: Callable[[str], None]) -> None:
        self._choice, self._note = choice, note
        self._work: Assignments[Task] = Assignments(())
        self._layout: ClusterLayout
        self._make: Callable[[Any], Worker[Any, Any, Answer]]
        self._spec: Any
        self._any_answer = False
        """Whether any worker has answered, so that what they do is known to work."""
        self._last_news = self._last_check = time.monotonic()
        self._last_failure = self._last_trace = ""
        self._noted: set[str] = set()

    def do(self, tasks: Sequence[Task], should_stop: Callable[[], bool]) -> Generator[Answer]:
        """Start workers and give them clips; they are gone when this ends, in whatever way.

        Raises ModelError when nothing can go on, InputError where nodes do not have the clips.
        """
        self._work = Assignments(tasks)
        with connected(self._choice.ray):
            sizes: Mapping[str, int | None] = {}
            if not self._choice.ship_clips:
                sizes = clip_sizes(file for task in tasks for file in self._files_of(task))
                if sizes:
                    check_nodes(sizes)
            self._layout = self._find_layout()
            self._make, self._spec = self._worker(sizes)
            self._last_news = time.monotonic()
            if environment := self._choice.environment:
                self._note(f"Ray makes environment {environment.name} where a worker starts: minutes, the first time")
            try:
                for number in range(1, min(self._layout.workers, len(tasks)) + 1):
                    self._work.slots.append(self._start(number))
                yield from self._feed(should_stop)
            finally:
                for slot in self._work.slots:
                    stop_worker(slot.actor)

    def _learn(self, resolved: Mapping[str, Any]) -> None:
        """Keep what a worker has told of its settings; of several the last."""

    @abstractmethod
    def _find_layout(self) -> ClusterLayout:
        """How the workers are spread over the cluster as it is now."""

    @abstractmethod
    def _files_of(self, task: Task) -> Sequence[Path]:
        """The clips that a worker reads for it, unless they are sent."""

    @abstractmethod
    def _worker(self, sizes: Mapping[str, int | None]) -> tuple[Callable[[Any], Worker[Any, Any, Answer]], Any]:
        """What makes a worker, and of what; ``sizes`` of the clips that it must find."""

    @abstractmethod
    def _assignment(self, task: Task) -> Any:
        """What is sent to a worker for a task."""

    @abstractmethod
    def _key_of(self, answer: Answer) -> str:
        """Which of its task's keys an answer is for."""

    @abstractmethod
    def _given_up(self, task: Task, error: str) -> Iterator[Answer]:
        """In place of the answers to a task that kills workers."""

    def _start(self, number: int, fruitless: int = 0) -> Slot[Task]:
        """A slot with a new worker."""
        started = start_worker(self._layout, self._make, self._spec, self._choice.environment)
        return Slot(number, *started, fruitless=fruitless)

    def _feed(self, should_stop: Callable[[], bool]) -> Generator[Answer]:
        """Exchange clips for answers with all workers until every answer is there."""
        import ray
        from ray.exceptions import RayError, RuntimeEnvSetupError

        while self._work.waiting or any(slot.held for slot in self._work.slots):
            if should_stop():
                self._work.waiting.clear()
            if time.monotonic() - self._last_check > CHECK_INTERVAL_S:
                self._last_check = time.monotonic()
                yield from self._check_workers()
                self._grow()

            self._begin_exchanges()
            under_way = {slot.exchange: slot for slot in self._work.slots if slot.exchange is not None}
            if not under_way:
                return
            finished, _ = ray.wait(list(under_way), num_returns=1, timeout=CHECK_INTERVAL_S)
            if finished:  # and whatever else has ended by now: no answer waits for another worker's
                finished, _ = ray.wait(list(under_way), num_returns=len(under_way), timeout=0)
            for exchange in finished:
                slot = under_way[exchange]
                try:
                    update: WorkerUpdate[Answer] = ray.get(exchange)
                except RuntimeEnvSetupError as error:
                    yield from self._fail(slot, self._environment_failure(error))
                except RayError as error:
                    yield from self._lose(slot, _reason(error))
                else:
                    yield from self._take(slot, update)

    def _begin_exchanges(self) -> None:
        """Begin the next exchange with every worker that has none under way, and something to do."""
        for slot in self._work.slots:
            if slot.exchange is not None:
                continue
            clips = self._work.assign(slot) if slot.ready else []
            if clips or slot.held or not slot.ready:
                assignments = [self._assignment(task) for task in clips]
                keep, no_more = self._work.keep(slot), self._work.no_more(slot)
                slot.since = time.monotonic()
                slot.exchange = slot.actor.exchange.remote(assignments, keep, no_more, POLL_TIMEOUT_S)

    def _take(self, slot: Slot[Task], update: WorkerUpdate[Answer]) -> Generator[Answer]:
        """Take in what is new at a worker."""
        slot.exchange, slot.started, slot.queued = None, True, update.queued
        slot.ready = slot.ready or update.waiting
        self._last_news = time.monotonic()
        for line in update.notes:
            self._note_once(line)
        if update.resolved:
            self._learn(update.resolved)
        for answer in update.answers:
            slot.fruitless, self._any_answer = 0, True
            slot.settle(self._key_of(answer))
            yield answer

        if not update.answers and update.waiting and len(slot.held) >= self._work.limit(slot):
            slot.least = 2 * len(slot.held)  # the model answers nothing before it has seen more clips
        if update.failure:
            yield from self._fail(slot, update.failure)

    def _fail(self, slot: Slot[Task], failure: WorkerFailure) -> Generator[Answer]:
        """A worker cannot go on. Raises ModelError when it could not even start, nor any other."""
        if failure.loading:
            others = [other for other in self._work.slots if other is not slot]
            if all(other.fruitless or not other.started for other in others):
                message = f"{_name(slot)} {self.unable}: {failure.message}"
                raise ModelError(message, hint=failure.hint, trace=failure.trace)
            slot.fruitless = TRIES
        self._last_trace = failure.trace
        yield from self._lose(slot, failure.message)

    def _lose(self, slot: Slot[Task], reason: str) -> Generator[Answer]:
        """A worker is gone: its clips go to others, and another worker is started in its slot."""
        name, (_, node_alive) = _name(slot), node_of(slot.node_id)
        stop_worker(slot.actor)
        self._last_failure = reason
        moved = f"; {len(slot.held)} clips go to others" if slot.held else ""
        self._note_once(f"{name} is lost ({reason}){moved}")

        deadly = self._work.give_back(slot, node_alive=node_alive)
        for task in deadly:
            error = f"clip {task.name} killed {WORKERS_PER_CLIP} workers and was marked failed"
            self._note_once(error)
            yield from self._given_up(task, error)

        # Where the work is known to be possible, a deadly clip says nothing about the worker.
        slot.fruitless += not (deadly and self._any_answer)
        slots = self._work.slots
        if slot.fruitless < TRIES:
            slots[slots.index(slot)] = self._start(slot.number, slot.fruitless)
        else:
            slots.remove(slot)
            if not slots and self._work.waiting:
                raise self._all_gone()

    def _check_workers(self) -> Generator[Answer]:
        """Give up silent workers, and report those that have not started.

        Raises ModelError when no worker runs and none can start.
        """
        now = time.monotonic()
        waiting = [slot for slot in self._work.slots if slot.exchange is not None]
        for slot in waiting:
            if slot.started and now - slot.since > SILENCE_TIMEOUT_S:
                yield from self._lose(slot, f"no sign of life for {SILENCE_TIMEOUT_S:.0f} s")

        build_s = ENV_BUILD_TIMEOUT_S if self._choice.environment else 0
        for slot in waiting:
            if not slot.started and now - slot.since > SLOW_START_S + build_s:
                self._note_once(
                    f"worker {slot.number} has not started: no node has room for it, or its node is slow; "
                    "the others go on without it"
                )
        if any(slot.started for slot in self._work.slots):
            return
        without_news = now - self._last_news
        if without_news > START_TIMEOUT_S + build_s or (without_news > POLL_TIMEOUT_S and not has_room(self._layout)):
            raise self._all_gone()

    def _grow(self) -> None:
        """Start more workers where nodes have joined, and all of them are used."""
        if self._choice.workers != "auto" or not self._work.waiting:
            return
        layout = self._find_layout()
        for number in range(self._layout.workers + 1, layout.workers + 1):
            self._note_once(f"worker {number} joins: the cluster has grown")
            self._work.slots.append(self._start(number))
        self._layout = max(self._layout, layout, key=lambda each: each.workers)

    def _environment_failure(self, error: Exception) -> WorkerFailure:
        """What pip reports, out of Ray's long message."""
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = next((line for line in lines if line.startswith("ERROR:")), (lines or ["no reason is given"])[-1])
        name = self._choice.environment.name if self._choice.environment else ""
        hint = "pip needs a way to its index from every node, and Ray the package virtualenv there."
        return WorkerFailure(f"environment {name} cannot be made: {reason[:300]}", hint, loading=True)

    def _all_gone(self) -> ModelError:
        reason = f"; the last said: {self._last_failure}" if self._last_failure else ": no worker could be started"
        return ModelError(
            f"all workers are gone{reason}",
            hint="What is done is kept: the same command again goes on from there.",
            trace=self._last_trace,
        )

    def _note_once(self, line: str) -> None:
        """Report a line once, whichever worker it comes from."""
        if line not in self._noted:
            self._noted.add(line)
            self._note(line)


def _name(slot: Slot[Any]) -> str:
    """The worker as messages name it."""
    address, _ = node_of(slot.node_id)
    return f"worker {slot.number}{f' on {address}' if address else ''}"


def _reason(error: Exception) -> str:
    """Why a worker was lost, in a line of Ray's message; of one that could not be made, the last line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[-1 if "creation task" in lines[0] else 0].rstrip(".")[:200]
