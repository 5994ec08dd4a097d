"""Which worker gets which clip: the slots of the workers, and the clips that wait for one. Knows nothing of Ray.

A worker gets a few clips ahead of its model, and no more than its part of those that are left. The clips of a lost
worker go to others: those it may have died of last, and each alone. A clip that kills two workers is given to no other.
What is to be done with a clip, and by what, is nothing to these rules.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, Self, TypeVar

AHEAD = 2
"""Clips that wait at a worker, being decoded, for its model to draw them."""
IN_FLIGHT = 16
"""Clips at a worker whose model draws many at once: 192 questions. More, where it answers none before it has them."""
WORKERS_PER_CLIP = 2
"""Workers that a clip may kill."""


class ClipTask(Protocol):
    """What is to be done with one clip: answered key by key."""

    @property
    def name(self) -> str:
        """The clip's; of those under way no two have the same."""

    @property
    def keys(self) -> Sequence[str]:
        """Of the answers that are awaited."""

    def without(self, key: str) -> Self:
        """What is left when that is answered."""


Task = TypeVar("Task", bound=ClipTask)


@dataclass(slots=True, eq=False)
class Slot(Generic[Task]):
    """A worker's place in a run; another worker takes it when one is lost."""

    number: int
    actor: Any
    node_id: Any
    """Promise of its node's id."""
    exchange: Any = None
    """The exchange under way; None while there is nothing to do."""
    since: float = 0.0
    """When that began."""
    held: dict[str, Task] = field(default_factory=dict)
    """Clip name -> what is not answered of its task."""
    queued: int = 0
    """Clips that the model has not drawn yet."""
    alone: bool = False
    """Whether it holds one clip that a worker was lost with, and gets no other beside it."""
    least: int = AHEAD
    """Clips that it may hold in any case."""
    fruitless: int = 0
    """Workers lost here in a row without an answer."""
    started: bool = False
    """Whether its worker has been heard of."""
    ready: bool = False
    """Whether its model is loaded. Until then it holds no clip: others need not wait for one that never starts."""

    def settle(self, key: str) -> None:
        """One answer has come; a clip of which no other is awaited is held no longer."""
        for name, task in self.held.items():
            if key in task.keys:
                self.held[name] = rest = task.without(key)
                if not rest.keys:
                    del self.held[name]
                    self.alone = False
                return


class Assignments(Generic[Task]):
    """The slots of a run, and the clips that no worker holds."""

    def __init__(self, clips: Sequence[Task]) -> None:
        self.slots: list[Slot[Task]] = []
        self.waiting = deque(clips)
        self._lost_workers: dict[str, int] = {}
        """Clip name -> workers that were lost with it."""

    def limit(self, slot: Slot[Task]) -> int:
        """Clips that a worker may hold: towards the end no more than its part of those that are left."""
        return max(slot.least, min(IN_FLIGHT, len(self.waiting) // len(self.slots)))

    def assign(self, slot: Slot[Task]) -> list[Task]:
        """The clips that a worker gets now, which it then holds."""
        clips: list[Task] = []
        wanted = AHEAD if len(self.waiting) > len(self.slots) else 1
        while self.waiting and not slot.alone and slot.queued < wanted and len(slot.held) < self.limit(slot):
            if self.waiting[0].name in self._lost_workers:
                if slot.held:
                    break
                slot.alone = True
            task = self.waiting.popleft()
            slot.held[task.name] = task
            slot.queued += 1
            clips.append(task)
        return clips

    def keep(self, slot: Slot[Task]) -> int:
        """Clips that the worker is to have queued, as ``Worker.exchange`` takes it."""
        if not slot.ready:
            return 0
        if len(slot.held) >= self.limit(slot):
            return -1
        return AHEAD if len(self.waiting) > len(self.slots) else 0  # the last ones go to whichever worker is free

    def no_more(self, slot: Slot[Task]) -> bool:
        """Whether the worker gets no clip besides those it holds."""
        return slot.ready and (slot.alone or not self.waiting or self.waiting[0].name in self._lost_workers)

    def give_back(self, slot: Slot[Task], *, node_alive: bool) -> list[Task]:
        """Take back the clips of a lost worker; those that have now killed too many are returned instead.

        A clip is not to blame where the whole node is gone, or the worker never started.
        """
        deadly = []
        for name, task in slot.held.items():
            if node_alive:
                self._lost_workers[name] = self._lost_workers.get(name, 0) + 1
            if name not in self._lost_workers:
                self.waiting.appendleft(task)
            elif self._lost_workers[name] < WORKERS_PER_CLIP:
                self.waiting.append(task)  # behind all others
            else:
                deadly.append(task)
        slot.held = {}
        return deadly
