"""Running on workers: they are started, given clips as they become free, and replaced when they are lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mabench_eval.catalogue import MODULE, REGISTRY
from mabench_eval.errors import ModelError
from mabench_eval.execution.cluster import (
    ENV_BUILD_TIMEOUT_S,
    ClusterLayout,
    cluster_layout,
    connected,
    has_room,
    node_of,
    start_worker,
    stop_worker,
)
from mabench_eval.execution.executor import AnsweredRequest, FrameView, ShouldStop
from mabench_eval.execution.messages import ClipAssignment, WorkerFailure, WorkerSpec, WorkerUpdate
from mabench_eval.execution.shared_clips import check_nodes, clip_sizes
from mabench_eval.execution.slots import WORKERS_PER_CLIP, Assignments, Slot
from mabench_eval.journal import fingerprint
from mabench_eval.planning import PlannedClip, Run
from mabench_eval.types import Response

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


class RayExecutor:
    """Asks the model in workers on Ray."""

    def __init__(self, run: Run, view: FrameView, note: Callable[[str], None]) -> None:
        self._run, self._view, self._note = run, view, note
        self._work = Assignments(())
        self._layout: ClusterLayout
        self._spec: WorkerSpec
        self._any_answer = False
        """Whether any worker has answered, so that the model is known to work."""
        self._last_news = self._last_check = time.monotonic()
        self._last_failure = self._last_trace = ""
        self._noted: set[str] = set()

    def ask(self, clips: Sequence[PlannedClip], should_stop: ShouldStop) -> Generator[AnsweredRequest]:
        """Start workers and give them clips; they are gone when this ends, in whatever way."""
        self._work = Assignments(clips)
        with connected(self._run.config.ray):
            sizes: Mapping[str, int | None] = {}
            if self._view.sampling is not None and not self._run.config.ship_clips:
                sizes = clip_sizes(clips)
                check_nodes(sizes)
            self._layout = self._find_layout()
            self._spec = self._worker_spec(sizes)
            self._last_news = time.monotonic()
            if environment := self._run.environment:
                self._note(f"Ray makes environment {environment.name} where a worker starts: minutes, the first time")
            try:
                for number in range(1, min(self._layout.workers, len(clips)) + 1):
                    self._work.slots.append(self._start(number))
                yield from self._feed(should_stop)
            finally:
                for slot in self._work.slots:
                    stop_worker(slot.actor)

    def _find_layout(self) -> ClusterLayout:
        return cluster_layout(self._run.config, self._run.card.engine, dict(self._run.card.settings))

    def _worker_spec(self, sizes: Mapping[str, int | None]) -> WorkerSpec:
        run = self._run
        registration = REGISTRY.models[run.card.name] if run.card.engine == "python" else None
        if registration and registration.target.__module__.startswith(MODULE):
            registration = None  # in a file, where the worker's catalogue finds it; code of a notebook is sent
        include = tuple(path.absolute() for path in run.config.include)
        identity = fingerprint(run.identity["model"])
        return WorkerSpec(run.card, run.config.seed, include, registration, identity, self._view, sizes, Path.cwd())

    def _start(self, number: int, fruitless: int = 0) -> Slot:
        """A slot with a new worker."""
        return Slot(number, *start_worker(self._layout, self._spec, self._run.environment), fruitless=fruitless)

    def _feed(self, should_stop: ShouldStop) -> Generator[AnsweredRequest]:
        """Exchange clips for answers with all workers until every request is answered."""
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
                    update: WorkerUpdate = ray.get(exchange)
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
                assignments = [self._assignment(planned) for planned in clips]
                keep, no_more = self._work.keep(slot), self._work.no_more(slot)
                slot.since = time.monotonic()
                slot.exchange = slot.actor.exchange.remote(assignments, keep, no_more, POLL_TIMEOUT_S)

    def _assignment(self, planned: PlannedClip) -> ClipAssignment:
        """The clip under its absolute path, with its bytes where they are sent."""
        path = planned.clip.path and planned.clip.path.absolute()
        absolute = replace(planned, clip=replace(planned.clip, path=path))
        content = None
        if self._run.config.ship_clips and self._view.sampling is not None and path:
            with suppress(OSError):  # the worker says that the clip cannot be read
                content = path.read_bytes()
        return ClipAssignment(absolute, content)

    def _take(self, slot: Slot, update: WorkerUpdate) -> Generator[AnsweredRequest]:
        """Take in what is new at a worker."""
        slot.exchange, slot.started, slot.queued = None, True, update.queued
        slot.ready = slot.ready or update.waiting
        self._last_news = time.monotonic()
        for line in update.notes:
            self._note_once(line)
        for answered in update.answers:
            slot.fruitless, self._any_answer = 0, True
            slot.settle(answered.response.key)
            yield answered

        if not update.answers and update.waiting and len(slot.held) >= self._work.limit(slot):
            slot.least = 2 * len(slot.held)  # the model answers nothing before it has seen more clips
        if update.failure:
            yield from self._fail(slot, update.failure)

    def _fail(self, slot: Slot, failure: WorkerFailure) -> Generator[AnsweredRequest]:
        """A worker's model cannot go on. Raises ModelError when it could not be loaded, nor any other."""
        if failure.loading:
            others = [other for other in self._work.slots if other is not slot]
            if all(other.fruitless or not other.started for other in others):
                message = f"{_name(slot)} cannot load the model: {failure.message}"
                raise ModelError(message, hint=failure.hint, trace=failure.trace)
            slot.fruitless = TRIES
        self._last_trace = failure.trace
        yield from self._lose(slot, failure.message)

    def _lose(self, slot: Slot, reason: str) -> Generator[AnsweredRequest]:
        """A worker is gone: its clips go to others, and another worker is started in its slot."""
        name, (_, node_alive) = _name(slot), node_of(slot.node_id)
        stop_worker(slot.actor)
        self._last_failure = reason
        moved = f"; {len(slot.held)} clips go to others" if slot.held else ""
        self._note_once(f"{name} is lost ({reason}){moved}")

        deadly = self._work.give_back(slot, node_alive=node_alive)
        for planned in deadly:
            error = f"clip {planned.clip.name} killed {WORKERS_PER_CLIP} workers and was marked failed"
            self._note_once(error)
            for request in planned.requests:
                yield AnsweredRequest(Response(request.key, error=error), clip_failed=True)

        # Where the model is known to work, a deadly clip says nothing about the worker.
        slot.fruitless += not (deadly and self._any_answer)
        slots = self._work.slots
        if slot.fruitless < TRIES:
            slots[slots.index(slot)] = self._start(slot.number, slot.fruitless)
        else:
            slots.remove(slot)
            if not slots and self._work.waiting:
                raise self._all_gone()

    def _check_workers(self) -> Generator[AnsweredRequest]:
        """Give up silent workers, and report those that have not started.

        Raises ModelError when no worker runs and none can start.
        """
        now = time.monotonic()
        waiting = [slot for slot in self._work.slots if slot.exchange is not None]
        for slot in waiting:
            if slot.started and now - slot.since > SILENCE_TIMEOUT_S:
                yield from self._lose(slot, f"no sign of life for {SILENCE_TIMEOUT_S:.0f} s")

        build_s = ENV_BUILD_TIMEOUT_S if self._run.environment else 0
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
        """Start more workers where nodes have joined, and the run uses all of them."""
        if self._run.config.workers != "auto" or not self._work.waiting:
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
        name = self._run.environment.name if self._run.environment else ""
        hint = "pip needs a way to its index from every node, and Ray the package virtualenv there."
        return WorkerFailure(f"environment {name} cannot be made: {reason[:300]}", hint, loading=True)

    def _all_gone(self) -> ModelError:
        reason = f"; the last said: {self._last_failure}" if self._last_failure else ": no worker could be started"
        return ModelError(
            f"all workers are gone{reason}",
            hint="The answers so far are kept: the same command again asks what is missing.",
            trace=self._last_trace,
        )

    def _note_once(self, line: str) -> None:
        """Report a line once, whichever worker it comes from."""
        if line not in self._noted:
            self._noted.add(line)
            self._note(line)


def _name(slot: Slot) -> str:
    """The worker as messages name it."""
    address, _ = node_of(slot.node_id)
    return f"worker {slot.number}{f' on {address}' if address else ''}"


def _reason(error: Exception) -> str:
    """Why a worker was lost, in a line of Ray's message; of one that could not be made, the last line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[-1 if "creation task" in lines[0] else 0].rstrip(".")[:200]
