"""Which worker gets which clip, without any worker."""

from __future__ import annotations

from mabench_eval.execution.slots import AHEAD, IN_FLIGHT, Assignments, Slot
from mabench_eval.planning import PlannedClip
from mabench_eval.types import AnswerKind, Clip, Request


def clip(name: str, requests: int = 2) -> PlannedClip:
    keys = [f"{name}:{number}" for number in range(requests)]
    return PlannedClip(Clip(name), tuple(Request(key, key, "SAD", AnswerKind.YES_NO, {}, "", "?", 8) for key in keys))


def assignments(clips: str, workers: int) -> Assignments[PlannedClip]:
    """A clip for each letter, and workers whose models are loaded."""
    work = Assignments([clip(name) for name in clips])
    work.slots = [Slot(number, None, None, ready=True) for number in range(1, workers + 1)]
    return work


def names(clips: list[PlannedClip]) -> str:
    return "".join(planned.clip.name for planned in clips)


def test_clips_are_given_ahead_and_the_last_ones_one_by_one() -> None:
    work = assignments("abcde", workers=2)
    first, second = work.slots
    assert names(work.assign(first)) == "ab"  # 5 wait for 2 workers
    assert names(work.assign(second)) == "cd"  # 3 wait
    assert names(work.assign(first)) == ""  # 1 waits, and the worker has 2 queued
    first.queued = 0
    assert names(work.assign(first)) == ""  # its model drew both, and answered none: it may hold no more than 2
    first.settle("a:0")
    assert set(first.held) == {"a", "b"}
    first.settle("a:1")
    assert set(first.held) == {"b"}
    assert names(work.assign(first)) == "e"


def test_a_model_that_draws_many_clips_holds_no_more_than_its_part() -> None:
    work = assignments("abcdefghijkl", workers=2)
    slot = work.slots[0]
    given = []
    for _ in range(12):  # it draws each clip at once, and answers none
        given += work.assign(slot)
        slot.queued = 0
    # 12 // 2 allow 6; each clip given lowers that: with 4 held 8 are left, and 8 // 2 = 4
    assert (names(given), work.limit(slot)) == ("abcd", 4)
    assert work.keep(slot) == -1
    slot.settle("a:0")
    slot.settle("a:1")
    assert work.keep(slot) == AHEAD
    assert assignments("a" * 100, workers=1).limit(slot) == IN_FLIGHT


def test_a_clip_that_two_workers_were_lost_with_goes_to_no_third() -> None:
    work = assignments("abc", workers=1)
    slot = work.slots[0]
    assert names(work.assign(slot)) == "ab"
    assert work.give_back(slot, node_alive=True) == []
    slot = work.slots[0] = Slot(1, None, None, ready=True)
    assert names(work.assign(slot)) == "c"  # a and b are suspects, and come last
    assert work.no_more(slot)
    slot.held.clear()
    slot.queued = 0
    assert names(work.assign(slot)) == "a"
    assert (slot.alone, names(work.assign(slot))) == (True, "")
    assert names(work.give_back(slot, node_alive=True)) == "a"
    assert [planned.clip.name for planned in work.waiting] == ["b"]


def test_a_node_that_is_gone_is_no_fault_of_its_clips() -> None:
    work = assignments("abc", workers=1)
    for _ in range(3):
        slot = work.slots[0] = Slot(1, None, None, ready=True)
        assert len(work.assign(slot)) == 2
        assert work.give_back(slot, node_alive=False) == []
    assert len(work.waiting) == 3
