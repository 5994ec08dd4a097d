"""Which statement is asked of which clip: the answer is a fair coin, and nothing that is read tells how it fell.

First a family is drawn, then a statement, then the answer, then a clip of which it is the answer: a statement is true
as often as false, by the coin and not by count. Exact balance looks right and leaks: who knows some answers knows the
others by what is left to make the balance. A statement is drawn only while there are clips of either answer that have
room for it, or the answer would be what is left.
"""

from __future__ import annotations

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
    lot, clips = Random(f"{seed}/statements"), _Clips(table.clips)
    numbers: dict[str, list[int]] = {task: [] for task in wanted}
    for number, statement in enumerate(all_statements()):
        if statement.task in numbers:
            numbers[statement.task].append(number)
    tasks = [_Draw(table, clips, numbers[task], wanted[task], lot) for task in sorted(wanted)]
    drawn = []
    while tasks:
        task = lot.choice(tasks)
        if (each := task.next()) is not None:
            drawn.append(each)
        else:
            tasks.remove(task)
    return drawn


class _Clips:
    """What has been asked of each clip, as topics."""

    def __init__(self, count: int) -> None:
        self.told = [0] * count
        self.presumed = [0] * count


class _Draw:
    """The questions of one task."""

    def __init__(self, table: TruthTable, clips: _Clips, numbers: Sequence[int], room: int, lot: Random) -> None:
        self._entries, self._starts = memoryview(table.entries.copy()), table.starts.tolist()
        self._sizes = np.diff(table.starts).tolist()
        """Of each statement and answer, the clips that may still be asked: they stand first among its entries."""
        self._clips, self._lot = clips, lot
        self._room = [room] * table.clips
        self._before: list[bool | None] = [None] * table.clips
        """The last answer of this task on each clip."""
        self._families: dict[str, list[int]] = {}
        if room:
            for number in numbers:
                self._families.setdefault(all_statements()[number].family, []).append(number)

    def next(self) -> Drawn | None:
        """One more; None when no statement is left with clips of either answer."""
        lot = self._lot
        while self._families:
            name = lot.choice(list(self._families))
            numbers = self._families[name]
            place = lot.randrange(len(numbers))
            number = numbers[place]
            if self._is_open(2 * number) and self._is_open(2 * number + 1):
                so = lot.random() < 0.5
                clip = self._clip(2 * number + so)
                self._ask(clip, number, so)
                self._burn(2 * number + (not so))
                return Drawn(clip, number, so)
            numbers[place] = numbers[-1]
            numbers.pop()
            if not numbers:
                del self._families[name]
        return None

    def _is_open(self, key: int) -> bool:
        """Whether a clip is left for a statement and an answer; those found on the way that are none are taken out."""
        while self._sizes[key]:
            place = self._starts[key] + self._lot.randrange(self._sizes[key])
            if self._may_be_asked(self._entries[place], key // 2):
                return True
            self._take_out(key, place)
        return False

    def _clip(self, key: int) -> int:
        """One of the clips that are left, at random.

        Of those that were asked before, one with the answer that a second coin says, where a few tries find one: else
        clips of which much is true would be asked what is true twice, and one answer would tell the other.
        """
        wish = self._lot.random() < 0.5
        first, tries = None, 0
        while tries < TRIES:
            place = self._starts[key] + self._lot.randrange(self._sizes[key])
            clip = self._entries[place]
            if not self._may_be_asked(clip, key // 2):
                self._take_out(key, place)
                continue
            if self._before[clip] in (None, wish):
                return clip
            first, tries = clip if first is None else first, tries + 1
        assert first is not None, "there was one when it was looked for"
        return first

    def _may_be_asked(self, clip: int, number: int) -> bool:
        """Once it may not it never will: topics are only ever added, and room is only ever taken."""
        tells, presumes = topic_masks()[number]
        return self._room[clip] > 0 and not conflict(
            tells, presumes, self._clips.told[clip], self._clips.presumed[clip]
        )

    def _take_out(self, key: int, place: int) -> None:
        self._sizes[key] -= 1
        last = self._starts[key] + self._sizes[key]
        self._entries[place], self._entries[last] = self._entries[last], self._entries[place]

    def _burn(self, key: int) -> None:
        """One clip fewer on the other side too."""
        self._take_out(key, self._starts[key] + self._lot.randrange(self._sizes[key]))

    def _ask(self, clip: int, number: int, so: bool) -> None:
        tells, presumes = topic_masks()[number]
        self._clips.told[clip] |= tells
        self._clips.presumed[clip] |= presumes
        self._room[clip] -= 1
        self._before[clip] = so
