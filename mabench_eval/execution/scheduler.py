"""The run's side: clips to workers as they become free, answers back, and what to do when one is lost."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mabench_eval.catalogue import MODULE, REGISTRY, Registration
from mabench_eval.errors import ModelError
from mabench_eval.execution.cluster import (
    MAKING,
    ClusterLayout,
    connected,
    end_worker,
    make_worker,
    node_of,
    room_for_one,
    share,
)
from mabench_eval.execution.executor import AnsweredRequest, FrameView, ShouldStop
from mabench_eval.execution.messages import ClipAssignment, Failure, WorkerSpec, WorkerUpdate
from mabench_eval.execution.shared_clips import check_nodes, clips_here
from mabench_eval.journal import fingerprint
from mabench_eval.planning import PlannedClip, Run
from mabench_eval.types import Response

AHEAD = 2
"""Clips that wait at a worker, being decoded, for its model to draw them."""
IN_FLIGHT = 16
"""Clips at a worker whose model draws many at once: 192 questions. More, where it answers none before it has them."""
LOST = 2
"""Workers that a clip may cost before it is set aside."""
TRIES = 3
"""Times in a row that a worker is started without one answer."""
PATIENCE = 5.0
"""Seconds after which a worker without news says so."""
OVERDUE = 60.0
"""Seconds after which a line tells of a worker that has not started, besides making an environment."""
STARTING = 180.0
"""Seconds that the last workers may take to start at all, likewise."""
SILENCE = 300.0
"""Seconds after which a worker that runs, and does not even say that it has no news, counts as lost."""
POLL = 1.0
"""Seconds between looks at who is there: workers of which nothing is heard, nodes that have joined."""


@dataclass(slots=True, eq=False)
class _Slot:
    """A worker's place, whoever fills it."""

    number: int
    actor: Any
    place: Any
    """Promise of its node's name."""
    asked: Any = None
    """The exchange under way; None while there is nothing to do."""
    since: float = 0.0
    """When that began."""
    held: dict[str, PlannedClip] = field(default_factory=dict)
    """Clip name -> the clip with the requests that have no answer yet."""
    queued: int = 0
    alone: bool = False
    """Whether it holds one clip that has cost a worker before, and gets no other beside it."""
    least: int = AHEAD
    """Clips that it may hold in any case."""
    fruitless: int = 0
    """Times in a row that it was lost without an answer."""
    started: bool = False
    ready: bool = False
    """Whether its model is loaded. Until then it holds no clip: others are not to wait for one that never starts."""


class RayExecutor:
    """Workers on Ray, as what asks."""

    def __init__(self, run: Run, view: FrameView, note: Callable[[str], None]) -> None:
        self._run, self._view, self._note = run, view, note
        self._slots: list[_Slot] = []
        self._left: deque[PlannedClip] = deque()
        self._cost: dict[str, int] = {}
        """Clip name -> workers that were lost with it."""
        self._answered = False
        """Whether any worker has answered."""
        self._told: set[str] = set()
        self._last = ""
        """What the last lost worker said."""
        self._since = self._looked = time.monotonic()
        self._spread: ClusterLayout
        self._order: WorkerSpec

    def ask(self, clips: Sequence[PlannedClip], enough: ShouldStop) -> Generator[AnsweredRequest]:
        """Start workers and feed them; they are gone when this ends, in whatever way."""
        self._left = deque(clips)
        with connected(self._run.config.ray):
            read = self._view.sampling is not None and not self._run.config.ship_clips
            here = clips_here(clips) if read else {}
            if here:
                check_nodes(here)
            self._spread = self._share()
            self._order, self._since = self._make_order(here), time.monotonic()
            if environment := self._run.environment:
                self._note(f"Ray makes environment {environment.name} where a worker starts: minutes, the first time")
            try:
                numbers = range(1, min(self._spread.workers, len(clips)) + 1)
                self._slots = [self._slot(number) for number in numbers]
                yield from self._feed(enough)
            finally:
                for slot in self._slots:
                    end_worker(slot.actor)

    def _share(self) -> ClusterLayout:
        return share(self._run.config, self._run.card.engine, dict(self._run.card.settings))

    def _slot(self, number: int, fruitless: int = 0) -> _Slot:
        """A place with a new worker."""
        return _Slot(number, *make_worker(self._spread, self._order, self._run.environment), fruitless=fruitless)

    def _make_order(self, here: Mapping[str, int | None]) -> WorkerSpec:
        run = self._run
        return WorkerSpec(
            run.card,
            run.config.seed,
            tuple(path.absolute() for path in run.config.include),
            _in_no_file(run.card.name) if run.card.engine == "python" else None,
            fingerprint(run.engine.identity),
            self._view,
            here,
            Path.cwd(),
        )

    def _feed(self, enough: ShouldStop) -> Generator[AnsweredRequest]:
        import ray
        from ray.exceptions import RayError, RuntimeEnvSetupError

        while self._left or any(slot.held for slot in self._slots):
            if enough():
                self._left.clear()
            if time.monotonic() - self._looked > POLL:
                self._looked = time.monotonic()
                yield from self._check()
                self._grow()
            self._call_all()
            under_way = {slot.asked: slot for slot in self._slots if slot.asked is not None}
            if not under_way:
                return
            ready, _ = ray.wait(list(under_way), num_returns=1, timeout=POLL)
            if ready:  # and all that came with it: none is to wait for the others
                ready, _ = ray.wait(list(under_way), num_returns=len(under_way), timeout=0)
            for asked in ready:
                slot = under_way[asked]
                try:
                    report: WorkerUpdate = ray.get(asked)
                except RuntimeEnvSetupError as error:
                    yield from self._fail(slot, self._no_environment(error))
                except RayError as error:
                    yield from self._lose(slot, _reason(error))
                else:
                    yield from self._take(slot, report)

    def _call_all(self) -> None:
        """The next exchange with every worker that has none under way, and something to do."""
        for slot in self._slots:
            if slot.asked is None:
                clips = self._clips_for(slot) if slot.ready else []
                if clips or slot.held or not slot.ready:
                    last = slot.alone or not self._left or self._left[0].clip.name in self._cost
                    handed = [self._handed(planned) for planned in clips]
                    slot.since = time.monotonic()
                    slot.asked = slot.actor.exchange.remote(handed, self._keep(slot), slot.ready and last, PATIENCE)

    def _keep(self, slot: _Slot) -> int:
        """How many clips the worker is to have waiting; see ``Worker.exchange``."""
        if not slot.ready:
            return 0
        if len(slot.held) >= self._most(slot):
            return -1
        return AHEAD if len(self._left) > len(self._slots) else 0  # the last ones go to whoever is free

    def _most(self, slot: _Slot) -> int:
        """Clips that a worker may hold: towards the end no more than its part of what is left."""
        return max(slot.least, min(IN_FLIGHT, len(self._left) // len(self._slots)))

    def _clips_for(self, slot: _Slot) -> list[PlannedClip]:
        """The clips that a worker gets now, which it then holds."""
        found: list[PlannedClip] = []
        wanted = AHEAD if len(self._left) > len(self._slots) else 1
        while self._left and not slot.alone and slot.queued < wanted and len(slot.held) < self._most(slot):
            if self._left[0].clip.name in self._cost:
                if slot.held:
                    break
                slot.alone = True
            planned = self._left.popleft()
            slot.held[planned.clip.name] = planned
            slot.queued += 1
            found.append(planned)
        return found

    def _handed(self, planned: PlannedClip) -> ClipAssignment:
        path = planned.clip.path and planned.clip.path.absolute()
        there = replace(planned, clip=replace(planned.clip, path=path))
        send = self._run.config.ship_clips and self._view.sampling is not None and path
        return ClipAssignment(there, path.read_bytes() if send and path else None)

    def _take(self, slot: _Slot, report: WorkerUpdate) -> Generator[AnsweredRequest]:
        slot.asked, slot.started, slot.queued = None, True, report.queued
        slot.ready = slot.ready or report.waiting
        self._since = time.monotonic()
        for line in report.notes:
            self._tell(line)
        for answered in report.answers:
            slot.fruitless, self._answered = 0, True
            self._settle(slot, answered.response.key)
            yield answered
        if not report.answers and report.waiting and len(slot.held) >= self._most(slot):
            slot.least = 2 * len(slot.held)  # a model that answers nothing before it has seen more
        if report.failure:
            yield from self._fail(slot, report.failure)

    def _settle(self, slot: _Slot, key: str) -> None:
        """One answer of a worker is here."""
        for name, planned in slot.held.items():
            requests = tuple(request for request in planned.requests if request.key != key)
            if len(requests) < len(planned.requests):
                slot.held[name] = replace(planned, requests=requests)
                if not requests:
                    del slot.held[name]
                    slot.alone = False
                return

    def _no_environment(self, error: Exception) -> Failure:
        """What pip said, of all that Ray tells."""
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = next((line for line in lines if line.startswith("ERROR:")), (lines or ["no reason is told"])[-1])
        name = self._run.environment.name if self._run.environment else ""
        hint = "pip needs a way to its index from every node, and Ray the package virtualenv there."
        return Failure(f"environment {name} cannot be made: {said[:300]}", hint, loading=True)

    def _fail(self, slot: _Slot, failure: Failure) -> Generator[AnsweredRequest]:
        """The model there cannot go on. Raises ModelError when it could not even be loaded, and no other has been."""
        where = node_of(slot.place)[0]
        if failure.loading:
            if all(other.fruitless or not other.started or other is slot for other in self._slots):
                there = f"worker {slot.number}{f' on {where}' if where else ''}"
                raise ModelError(f"{there} cannot load the model: {failure.message}", hint=failure.hint)
            slot.fruitless = TRIES
        yield from self._lose(slot, failure.message)

    def _lose(self, slot: _Slot, reason: str) -> Generator[AnsweredRequest]:
        """A worker is gone: its clips go to others, and another is started in its place."""
        where, lives = node_of(slot.place)
        end_worker(slot.actor)
        self._last = reason
        held, slot.held = list(slot.held.values()), {}
        aside = False
        self._tell(
            f"worker {slot.number}{f' on {where}' if where else ''} is lost ({reason})"
            + (f"; {len(held)} clips go to others" if held else "")
        )
        for planned in held:
            name = planned.clip.name
            if lives:  # a clip is no reason for a node's end, nor for a worker's that never started
                self._cost[name] = self._cost.get(name, 0) + 1
            if name not in self._cost:
                self._left.appendleft(planned)
            elif self._cost[name] < LOST:
                self._left.append(planned)  # alone, when all others are done
            else:
                yield from self._set_aside(planned)
                aside = self._answered
        slot.fruitless += not aside  # such a clip tells nothing of the worker, once it is known that the model works
        if slot.fruitless < TRIES:
            self._slots[self._slots.index(slot)] = self._slot(slot.number, slot.fruitless)
        else:
            self._slots.remove(slot)
            if not self._slots and self._left:
                raise self._all_gone()

    def _set_aside(self, planned: PlannedClip) -> Generator[AnsweredRequest]:
        """The questions of a clip that workers do not survive become errors."""
        error = f"clip {planned.clip.name} ended {LOST} workers and was set aside"
        self._tell(error)
        for request in planned.requests:
            yield AnsweredRequest(Response(request.key, error=error), of_clip=True)

    def _check(self) -> Generator[AnsweredRequest]:
        """Give up workers of which nothing is heard, and tell of those that have not started.

        Raises ModelError when nobody works and nobody can.
        """
        now = time.monotonic()
        for slot in [slot for slot in self._slots if slot.started and slot.asked and now - slot.since > SILENCE]:
            yield from self._lose(slot, f"no sign of life for {SILENCE:.0f} s")
        making = MAKING if self._run.environment else 0
        for slot in self._slots:
            if not slot.started and slot.asked and now - slot.since > OVERDUE + making:
                self._tell(
                    f"worker {slot.number} has not started: no node has room for it, or its node is slow; "
                    "nobody waits for it"
                )
        if any(slot.started for slot in self._slots):
            return
        if now - self._since > STARTING + making or (now - self._since > PATIENCE and not room_for_one(self._spread)):
            raise self._all_gone()

    def _grow(self) -> None:
        """More workers where more nodes have joined, and all of them are to be used."""
        if self._run.config.workers != "auto" or not self._left:
            return
        found = self._share()
        for number in range(self._spread.workers + 1, found.workers + 1):
            self._tell(f"worker {number} joins: the cluster has grown")
            self._slots.append(self._slot(number))
        self._spread = max(self._spread, found, key=lambda each: each.workers)

    def _all_gone(self) -> ModelError:
        said = f"; the last said: {self._last}" if self._last else ": no worker could be started"
        return ModelError(
            f"all workers are gone{said}",
            hint="What was answered is kept: the same command again asks what is missing.",
        )

    def _tell(self, line: str) -> None:
        """Say a line once, whichever worker it comes from."""
        if line not in self._told:
            self._told.add(line)
            self._note(line)


def _in_no_file(name: str) -> Registration | None:
    """The model's code, where a worker does not find it by the catalogue: registered in a script or a notebook."""
    code = REGISTRY.models[name]
    return None if code.target.__module__.startswith(MODULE) else code


def _reason(error: Exception) -> str:
    """What Ray says of a lost worker, in a line; of one that could not be made, the error there, which comes last."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[-1 if "creation task" in lines[0] else 0].rstrip(".")[:200]
