"""What may be said of a clip: its names, and when it is true, false or open."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise

import pytest

from mabench_eval.construction import Statement, statement_of, statements, truth, truths
from mabench_eval.construction.descriptors import Descriptor, Measure, Part, Phase, Quality
from mabench_eval.construction.parts import PARTS
from tests.support.construction import drawn_clips

AT_REST = Measure(0.01, 0.02, (Phase((0, 0), (0, 0), (0, 0, 0, 0), 0),) * 3, None, None, None, 0)


def clip(*sources: dict[str, Measure], **quality: object) -> Descriptor:
    """Three seconds of it: parts that are not given are at rest; a source a mapping."""
    parts = {name: Part(1.0, {str(n): s.get(name, AT_REST) for n, s in enumerate(sources)}) for name in PARTS}
    seen = replace(Quality(1.0, (), 1, None), **quality)  # type: ignore[arg-type]
    return Descriptor(1, "clip", None, 3.0, 90, "viewer", {}, 90.0, seen, parts, {}, ())


def moves(*places: tuple[float, float], onset: float = 0.5, settle: float = 2.0, reversals: int = 0) -> Measure:
    """From place to place: where it is when the clip begins, and at the end of each phase."""
    phases = []
    for (left, top), (right, bottom) in pairwise(places):
        x, y = right - left, bottom - top
        four = (max(-y, 0.0), max(y, 0.0), max(-x, 0.0), max(x, 0.0))
        phases.append(Phase((left, top), (right, bottom), four, abs(x) + abs(y)))
    spans = [max(axis) - min(axis) for axis in zip(*places, strict=True)]
    size = (spans[0] ** 2 + spans[1] ** 2) ** 0.5
    return Measure(size, sum(p.speed for p in phases), tuple(phases), onset, 1.0, settle, reversals)  # type: ignore[arg-type]


UP_AND_BACK = moves((0, 0), (0, -0.4), (0, 0), (0, 0), onset=0.3, settle=1.8)
"""Up by 0.4 in the first second, back in the next."""
RIGHT_LATE = moves((0, 0), (0, 0), (0, 0), (0.2, 0), onset=2.3, settle=2.9)
"""To the right by 0.2 in the last second."""
SAYS = {
    "SAD/direction/left hand/early/upward": True,
    "SAD/direction/left hand/early/downward": False,
    "SAD/direction/left hand/early/leftward": None,  # it goes across
    "SAD/direction/left hand/late/upward": None,  # it rests
    "SAD/throughout/head/rightward": True,
    "SAD/throughout/head/leftward": False,
    "SAD/throughout/left hand/upward": False,  # 0.4 up and 0.4 back
    "SAD/throughout/head/upward": None,  # neither up nor down
    "SAD/transition/left hand/upward+downward": True,
    "SAD/transition/left hand/downward+upward": False,
    "SAD/transition/head/rightward+leftward": False,  # it never goes back
    "SAD/transition/head/leftward+rightward": None,
    "SAD/repetition/left hand": False,  # one reversal
    "SAD/stillness/left hand": False,
    "SAD/stillness/torso": True,
    "SAD/busiest/head/late": True,
    "SAD/busiest/head/early": False,
    "SAD/busiest/left hand/early": None,  # as much in the middle
    "SAD/busiest/left hand/late": False,
    "MAD/together/left hand+right hand/early/upward+upward": True,
    "MAD/together/left hand+right hand/early/upward+downward": False,
    "MAD/together/left hand+right hand/early/downward+upward": None,  # the left hand does not
    "MAD/same way/left hand+right hand/early": True,
    "MAD/opposite ways/left hand+right hand/early": False,
    "MAD/while still/left hand+torso/early": True,
    "MAD/while still/left hand+right hand/early": False,
    "MAD/while still/torso+left hand/early": None,  # the torso does not move
    "MAD/larger/left hand+head": True,  # 0.4 >= 1.8 * 0.2
    "MAD/larger/head+left hand": False,
    "MAD/larger/right hand+left hand": None,  # 0.4 both
    "MAS/before/left hand+head": True,  # 0.3 s, 2.3 s
    "MAS/before/head+left hand": False,
    "MAS/before/left hand+torso": None,  # the torso never starts
    "MAS/settles before/left hand+head": True,  # 1.8 s, 2.9 s
    "MAS/over before/left hand+head": True,  # 1.8 s, 2.3 s
    "MAS/over before/head+left hand": False,
    "MAS/at once/head+left hand": False,
    "MAS/at once/left hand+right hand": True,  # 0.3 s, 0.35 s
    "MAS/starts/left hand/early": True,
    "MAS/starts/left hand/middle": False,
    "MAS/starts/head/late": True,
    "MAS/settles/left hand/middle": True,  # 1.8 s; up to 1.9 s it is clearly the middle
    "MAS/settles/right hand/middle": None,  # 1.95 s is on the edge
    "PPR/approach/left hand+head/middle": True,  # from 0.4 away to 0
    "PPR/apart/left hand+head/early": True,
    "PPR/approach/left hand+head/early": False,
    "PPR/approach/left hand+right hand/early": None,  # they go together
    "PPR/ends farther/left hand+head": True,  # 0.2 in the end
    "PPR/ends nearer/left hand+head": False,
    "PPR/ends nearer/left hand+torso": None,  # where it was
    "PPR/closer than/left hand+right hand+torso/early": None,
    "PPR/closer than/left foot+right foot+torso/late": True,  # 0 and 0.5
    "PPR/closer than/right foot+left foot+torso/late": False,
}


@pytest.fixture(scope="module")
def found() -> Descriptor:
    right = moves((0, 0), (0, -0.4), (0, 0), (0, 0), onset=0.35, settle=1.95)
    away = moves((0.5, 0), (0.5, 0), (0.5, 0), (0.5, 0))
    said = {"left hand": UP_AND_BACK, "right hand": right, "head": RIGHT_LATE, "right foot": away}
    return clip(said, said)


@pytest.mark.parametrize(("id", "so"), SAYS.items(), ids=SAYS.keys())
def test_what_is_said_of_a_clip_by_hand(found: Descriptor, id: str, so: bool | None) -> None:
    assert truth(statement_of(id), found) is so


def test_every_family_is_tried_by_hand() -> None:
    assert {statement_of(id).family for id in SAYS} == {each.family for each in statements()}


def test_a_movement_that_is_repeated_never_clearly_settles() -> None:
    swings = moves((0, 0), (0, -0.4), (0, 0), (0, -0.4), onset=0.3, settle=0.9, reversals=5)
    found = clip({"head": swings})
    assert truth(statement_of("SAD/repetition/head"), found) is True
    assert truth(statement_of("MAS/starts/head/early"), found) is True
    assert truth(statement_of("MAS/settles/head/early"), found) is None


def test_what_sources_or_the_quality_leave_in_doubt_is_open() -> None:
    said = {"left hand": UP_AND_BACK}
    up = statement_of("SAD/direction/left hand/early/upward")
    assert truth(up, clip(said, said)) is True
    assert truth(up, clip(said, {})) is None
    for quality in ({"found": 0.8}, {"persons": 2}, {"camera": 0.2}, {"hidden": ("left hand",)}):
        assert truth(up, clip(said, said, **quality)) is None
        assert not truths(clip(said, said, **quality))[list(statements()).index(up)]
    assert truth(up, clip(said, said, hidden=("head",))) is True


def test_one_statement_and_all_statements_are_decided_alike() -> None:
    every = list(statements())
    for drawn in drawn_clips(3, seed=1):
        said = truths(drawn.descriptor)
        for number in [*range(0, len(every), 37), *said.nonzero()[0][::9]]:
            assert truth(every[number], drawn.descriptor) is {1: True, -1: False, 0: None}[int(said[number])]


def test_both_answers_occur_in_every_family() -> None:
    seen: dict[str, Counter[int]] = defaultdict(Counter)
    every = list(statements())
    for drawn in drawn_clips(12):
        said = truths(drawn.descriptor)
        for number in said.nonzero()[0]:
            seen[every[number].family][int(said[number])] += 1
    assert {family for family, counts in seen.items() if set(counts) == {1, -1}} == {each.family for each in every}


def test_all_that_may_be_said() -> None:
    """A part: 12 directions, 4 + 4 over the clip, 1 + 1, 3 phases; of when it moves 3 + 3.

    Ordered pairs of different limbs: 14 * 13 = 182, less 6 in each of two arms and two legs, 24: 158. Three phases with
    4 * 4 directions, 3, 1 in MAD; 3 in MAS; 3 + 3 + 2 in PPR. Unordered, 79: 3 + 3 in MAD, 1 in MAS. Twins and a third:
    6 * 2 * 2 * 3.
    """
    tasks = Counter(each.task for each in statements())
    assert tasks == {
        "SAD": 14 * 25,
        "MAD": 158 * (48 + 3 + 1) + 79 * 6,
        "MAS": 158 * 3 + 79 + 14 * 6,
        "PPR": 158 * 8 + 72,
    }


def test_an_id_says_all_that_the_statement_says() -> None:
    together = Statement("MAD", "together", ("left hand", "head"), "early", ("upward", "downward"))
    assert together.id == "MAD/together/left hand+head/early/upward+downward"
    assert Statement("SAD", "stillness", ("head",)).id == "SAD/stillness/head"


def test_an_id_is_of_one_statement_and_leads_back_to_it() -> None:
    every = list(statements())
    assert [statement_of(each.id) for each in every] == every
    assert len({each.id for each in every}) == len(every)


@pytest.mark.parametrize(
    "text",
    [
        "SAD",
        "SAD/direction",
        "SAD//head",
        "SAD/direction/",
        "XXX/direction/head",
        "SAD/direction/nose",
        "SAD/direction/head/",
        "SAD/direction/head/early/forward",
        "SAD/direction/head/early/upward/more",
        "SAD/direction/head/upward/early",
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no id of a statement"):
        statement_of(text)
