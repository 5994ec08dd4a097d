"""Which statement is asked of which clip: the answer is a fair coin, and nothing that is read tells how it fell.

First a family is drawn, then a statement, then the answer, then a clip of which it is the answer: a statement is true
as often as false, by the coin and not by count. Exact balance looks right and leaks: who knows some answers knows the
others by what is left to make the balance. So does a statement that is asked until no clip is left of one answer: it is
asked as often as the rarer answer has clips, whichever answers come up.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from mabench_eval.construction.descriptors import Descriptor
from mabench_eval.construction.questions.topics import conflict, topic_masks
from mabench_eval.construction.questions.truths import all_statements, truths

TRIES = 8
"""Clips that are looked at for one whose earlier answer is the wished one."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A statement to be asked of a clip."""

    clip: int
    """Its place among the clips."""
    statement: int
    """Its place among the statements."""
    so: bool
    """The answer."""


@dataclass(frozen=True, slots=True, eq=False)
class TruthTable:
    """Statement and answer -> the clips; six bytes a statement of a clip: 37 MB for 20,500 clips with 300 each."""

    clips: int
    entries: NDArray[np.int32]
    """Clips, by statement, those of which it is false before those of which it is true."""
    starts: NDArray[np.int64]
    """(2 * statements + 1,): where those of each statement and answer begin in ``entries``."""


def truth_table(descriptors: Iterable[Descriptor]) -> TruthTable:
    """Of all clips, one descriptor in memory at a time."""
    keys, clips, count = [], [], 0
    for count, descriptor in enumerate(descriptors, 1):
        said = truths(descriptor)
        decided = np.flatnonzero(said)
        keys.append((2 * decided + (said[decided] > 0)).astype(np.uint16))
        clips.append(np.full(len(decided), count - 1, np.int32))
    assert 2 * len(all_statements()) <= 1 << 16, "keys have two bytes"
    key = np.concatenate([np.zeros(0, np.uint16), *keys])
    order = np.argsort(key, kind="stable")
    starts = np.searchsorted(key[order], np.arange(2 * len(all_statements()) + 1))
    return TruthTable(count, np.concatenate([np.zeros(0, np.int32), *clips])[order], starts.astype(np.int64))


def draw_statements(table: TruthTable, wanted: Mapping[str, int], seed: int) -> list[Drawn]:
    """Up to ``wanted`` questions of each task on every clip: as many as can be asked. The same for the same seed.

    Tasks take turns: what one asks of a clip may keep another from it.
    """
    lot, pools, told = Random(f"{seed}/statements"), _Pools(table), [(0, 0)] * table.clips
    numbers: dict[str, list[int]] = {task: [] for task in wanted}
    for number, statement in enumerate(all_statements()):
        if statement.task in numbers and pools.is_asked_for(number):
            numbers[statement.task].append(number)
    tasks = [_Draw(pools, told, numbers[task], wanted[task], lot) for task in sorted(wanted)]
    drawn = []
    while tasks:
        task = lot.choice(tasks)
        if (each := task.next()) is not None:
            drawn.append(each)
        else:
            tasks.remove(task)
    return drawn


class _Pools:
    """The clips that may still be asked a statement, by answer.

    Statements that are true of the same clips and false of the same, or the other way about, have one pool: "the hand
    approaches the head" and "the head moves away from the hand" ask for the same thing.
    """

    def __init__(self, table: TruthTable) -> None:
        self.entries = array("i", table.entries.tobytes())
        self.starts, self.sizes = table.starts[:-1].tolist(), np.diff(table.starts).tolist()
        """Of each statement and answer: where its clips begin, and how many are left: they stand first."""
        self._keys: list[int] = []
        """Statement and answer -> those whose clips stand for it."""
        first: dict[tuple[str, bytes, bytes], tuple[int, int]] = {}
        for number, statement in enumerate(all_statements()):
            keys = 2 * number, 2 * number + 1
            if all(self.sizes[key] for key in keys):
                false, true = (self._digest(table, key) for key in keys)
                turned = true < false
                pair = (true, false) if turned else (false, true)
                low, high = first.setdefault((statement.task, *pair), keys[::-1] if turned else keys)
                keys = (high, low) if turned else (low, high)
            self._keys += keys

    @staticmethod
    def _digest(table: TruthTable, key: int) -> bytes:
        clips = table.entries[table.starts[key] : table.starts[key + 1]]
        return hashlib.sha256(clips.tobytes()).digest()

    def is_asked_for(self, number: int) -> bool:
        """Whether there are clips of either answer to begin with."""
        return bool(self.sizes[2 * number] and self.sizes[2 * number + 1])

    def key(self, number: int, so: bool) -> int:
        """The pool of a statement and an answer."""
        return self._keys[2 * number + so]

    def place(self, key: int, lot: Random) -> int:
        """Of a clip in the pool, at random."""
        return int(self.starts[key] + lot.randrange(self.sizes[key]))

    def take_out(self, key: int, place: int) -> None:
        """The clip at that place is asked no more."""
        self.sizes[key] -= 1
        last = self.starts[key] + self.sizes[key]
        self.entries[place], self.entries[last] = self.entries[last], self.entries[place]


class _Draw:
    """The questions of one task."""

    def __init__(
        self, pools: _Pools, told: list[tuple[int, int]], numbers: Sequence[int], room: int, lot: Random
    ) -> None:
        """``told``: clip -> what its questions tell and presume, of all tasks."""
        self._pools, self._told, self._lot = pools, told, lot
        self._room = [room] * len(told)
        self._before: list[bool | None] = [None] * len(told)
        """The last answer of this task on each clip."""
        self._families: dict[str, list[int]] = {}
        for number in numbers if room else ():
            self._families.setdefault(all_statements()[number].family, []).append(number)

    def next(self) -> Drawn | None:
        """One more; None when no statement is left with clips of either answer."""
        lot, pools = self._lot, self._pools
        while self._families:
            name = lot.choice(list(self._families))
            numbers = self._families[name]
            place = lot.randrange(len(numbers))
            number = numbers[place]
            if self._is_open(number, so=False) and self._is_open(number, so=True):
                so = lot.random() < 0.5
                clip = self._take_clip(number, so)
                # One clip fewer of the other answer too: how long it goes on must not hang on what comes up.
                other = pools.key(number, not so)
                pools.take_out(other, pools.place(other, lot))
                self._ask(clip, number, so)
                return Drawn(clip, number, so)
            numbers[place] = numbers[-1]
            numbers.pop()
            if not numbers:
                del self._families[name]
        return None

    def _is_open(self, number: int, *, so: bool) -> bool:
        """Whether a clip is left for a statement and an answer."""
        pools, key = self._pools, self._pools.key(number, so)
        while pools.sizes[key]:
            place = pools.place(key, self._lot)
            if self._may_be_asked(pools.entries[place], number):
                return True
            pools.take_out(key, place)
        return False

    def _take_clip(self, number: int, so: bool) -> int:
        """One of the clips that are left, at random, which is taken out.

        Of those that were asked before, one with the answer that a second coin says, where a few tries find one: else
        clips of which much is true would be asked what is true twice, and one answer would tell the other.
        """
        pools, key, wish = self._pools, self._pools.key(number, so), self._lot.random() < 0.5
        first, tries = None, 0
        while True:
            place = pools.place(key, self._lot)
            clip = int(pools.entries[place])
            if not self._may_be_asked(clip, number):
                pools.take_out(key, place)
                first = None  # it may stand elsewhere now
                continue
            first, tries = place if first is None else first, tries + 1
            if self._before[clip] in (None, wish) or tries == TRIES:
                place = place if self._before[clip] in (None, wish) else first
                clip = int(pools.entries[place])
                pools.take_out(key, place)
                return clip

    def _may_be_asked(self, clip: int, number: int) -> bool:
        """Once it may not it never may: topics are only ever added, and room is only ever taken."""
        return self._room[clip] > 0 and not conflict(*topic_masks()[number], *self._told[clip])

    def _ask(self, clip: int, number: int, so: bool) -> None:
        (tells, presumes), (told, presumed) = topic_masks()[number], self._told[clip]
        self._told[clip] = told | tells, presumed | presumes
        self._room[clip] -= 1
        self._before[clip] = so
