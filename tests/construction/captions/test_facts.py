"""What may be said in a caption: true only where all sources say so by a margin, and never of what is hardly seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from mabench_eval.construction import PARTS
from mabench_eval.construction.captions import Fact, fact_of
from mabench_eval.construction.captions.facts import FAMILIES, MOMENTS
from mabench_eval.construction.kinematics import PHASES
from mabench_eval.construction.questions import Statement
from tests.construction.captions.known import cap, known, ramp, swing

HAND, OTHER = "right hand", "left hand"
RAISED = {HAND: ramp((0.0, -1.4), 3, 17)}
"""From 2.5 to 1.1, 0.9 above the torso's middle: from the lap to head height, in the first third."""


def of(first: float, second: float, part: str = HAND) -> tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]:
    """A part that moves so far rightward, by the first source and by the second."""
    return {part: ramp((first, 0.0), 3, 17)}, {part: ramp((second, 0.0), 3, 17)}


@pytest.mark.parametrize(
    ("far", "fact", "holds"),
    [
        # 0.06 is clear to see; at the noise floor, 0.04, it is clear that it is not; between them it is open.
        ((0.07, 0.07), cap("moves", HAND), True),
        ((0.07, 0.05), cap("moves", HAND), None),
        ((0.03, 0.03), cap("moves", HAND), False),
        # Slight up to 0.15, moderate from 0.2 to 0.45, wide from 0.55; nothing between.
        ((0.12, 0.14), cap("extent", HAND, value="slight"), True),
        ((0.12, 0.17), cap("extent", HAND, value="slight"), None),
        ((0.3, 0.3), cap("extent", HAND, value="slight"), False),
        ((0.3, 0.44), cap("extent", HAND, value="moderate"), True),
        ((0.5, 0.5), cap("extent", HAND, value="wide"), None),
        ((0.6, 0.9), cap("extent", HAND, value="wide"), True),
        # At 0.25 it begins right of the middle line; on it is up to 0.1, beside it from 0.18.
        ((-0.2, -0.3), cap("side", HAND, when="end", value="midline"), True),
        ((-0.12, -0.3), cap("side", HAND, when="end", value="midline"), None),
        ((-0.5, -0.6), cap("side", HAND, when="end", value="left"), True),
        ((0.1, 0.1), cap("side", HAND, when="start", value="left"), False),
        # Away from 0.55 on: 0.25 + 0.4.
        ((0.4, 0.4), cap("reach", HAND, when="end", value="away"), True),
        ((0.2, 0.2), cap("reach", HAND, when="end", value="away"), None),
    ],
)
def test_margins(far: tuple[float, float], fact: Fact, holds: bool | None) -> None:
    assert known(*of(*far)).truth(fact) is holds


def test_heights_are_relative_to_the_torso_and_need_it() -> None:
    clip = known(RAISED)
    assert clip.holds(cap("height", HAND, when="start", value="lap"))  # 2.5 - 2.0
    assert clip.holds(cap("height", HAND, when="end", value="head"))  # 1.1 - 2.0
    assert clip.truth(cap("height", HAND, when="end", value="chest")) is False
    unseen = known(RAISED, hidden=("torso",))
    assert unseen.truth(cap("height", HAND, when="end", value="head")) is None
    assert unseen.holds(cap("moves", HAND))


def test_a_hand_that_goes_up_and_stays_goes_one_way_along_an_axis() -> None:
    clip = known(RAISED)
    assert clip.holds(cap("manner", HAND, value="one-way"))
    assert clip.holds(cap("axis", HAND, value="vertical"))
    assert clip.holds(cap("net", HAND, value="upward"))
    assert clip.holds(cap("heads", HAND, when="early", value="upward"))
    assert clip.holds(cap("rests", HAND, when="late"))
    assert clip.truth(cap("rests", HAND, when="early")) is False
    assert clip.truth(cap("turns", HAND, value="1")) is False
    # 1.4 torso lengths; from 0.2 to 0.8 of the way it takes 0.6 of 14 frames, 0.28 s: five lengths a second.
    assert clip.holds(cap("pace", HAND, value="quick"))


def test_there_and_back_and_to_and_fro() -> None:
    back = {HAND: ramp((0.0, -0.5), 3, 17) - ramp((0.0, -0.5), 40, 55)}
    assert known(back).holds(cap("manner", HAND, value="return"))
    # Three full swings turn back six times; the ways up and down are 12 amplitudes of a half, 3 of the whole each.
    three = known({HAND: swing((0.0, 0.3), 3)})
    assert three.holds(cap("manner", HAND, value="repeated"))
    assert three.holds(cap("turns", HAND, value="6"))
    assert three.truth(cap("turns", HAND, value="5")) is False
    # One swing: out, across, and back: it turns back twice.
    assert known({HAND: swing((0.3, 0.0), 1)}).holds(cap("manner", HAND, value="swings"))


def test_noise_across_the_way_is_no_repetition() -> None:
    """A hand that rises by a whole length while it trembles by 0.04 sideways: it turns back on that axis alone."""
    clip = known({HAND: ramp((0.0, -1.0), 3, 57) + swing((0.04, 0.0), 5)})
    assert clip.truth(cap("manner", HAND, value="repeated")) is None
    assert clip.truth(cap("turns", HAND, value="10")) is None


def test_who_leads_exceeds_every_other_limb_by_a_quarter() -> None:
    def lead(other: float) -> bool | None:
        return known({HAND: ramp((0.0, -1.0), 3, 17), OTHER: ramp((0.0, other), 3, 17)}).truth(cap("leads", HAND))

    assert lead(-0.7) is True  # 1.0 / 0.7 = 1.43
    assert lead(-0.9) is None  # 1.11
    assert lead(-1.3) is False
    both = known({HAND: ramp((0.0, -1.0), 3, 17), OTHER: ramp((0.0, -0.9), 3, 17)})
    assert both.holds(cap("leads", HAND, OTHER))
    assert both.truth(cap("rank", HAND, value="1")) is None or both.holds(cap("rank", HAND, value="1"))


def test_ranks_need_a_gap_on_either_side() -> None:
    clip = known({HAND: ramp((0, -1.0), 3, 17), "head": ramp((0.3, 0), 3, 17), "left foot": ramp((0.28, 0), 3, 17)})
    assert clip.holds(cap("rank", HAND, value="1"))
    assert clip.truth(cap("rank", "head", value="2")) is None  # 0.3 / 0.28 = 1.07


def test_alike_is_by_direction_or_as_in_a_mirror() -> None:
    apart = known({HAND: ramp((0.4, 0), 3, 17), OTHER: ramp((-0.4, 0), 3, 17)})
    assert apart.holds(cap("alike", HAND, OTHER, value="mirrored"))
    assert apart.holds(cap("alike", HAND, OTHER, value="opposite"))
    assert apart.truth(cap("alike", HAND, OTHER, value="same")) is False
    together = known({HAND: ramp((0, -0.4), 3, 17), OTHER: ramp((0, -0.4), 3, 17)})
    assert together.holds(cap("alike", HAND, OTHER, value="same"))
    alone = known({HAND: ramp((0, -0.4), 3, 17)})
    assert alone.truth(cap("alike", HAND, OTHER, value="same")) is None


def test_near_and_never_near() -> None:
    """The hand ends 0.25 from the head's middle: near. At rest it is 1.52 away, and goes nowhere: clear."""
    clip = known({HAND: ramp((0.0, -1.5), 3, 17)})
    assert clip.holds(cap("near", HAND, "head"))
    assert clip.holds(cap("near", HAND, "head", when="late"))
    assert clip.truth(cap("clear", HAND, "head")) is False
    assert clip.holds(cap("clear", OTHER, "head"))
    assert clip.truth(cap("near", OTHER, "head")) is False


def test_clear_is_open_where_the_way_is_long_enough_to_get_there() -> None:
    """Out and back by 0.7 within a phase: 1.52 apart at its ends, (1.52 + 1.52 - 1.4) / 2 = 0.82 at least: clear.
    By 1.3: (3.04 - 2.6) / 2 = 0.22, less than 0.4: nobody knows from its ends alone."""

    def there_and_back(far: float) -> bool | None:
        way = ramp((0.0, -far), 2, 10) - ramp((0.0, -far), 10, 18)
        return known({HAND: way}).truth(cap("clear", HAND, "head"))

    assert there_and_back(0.7) is True
    assert there_and_back(1.3) is None


def test_nothing_is_claimed_below_the_noise_floor_or_of_what_is_hidden() -> None:
    clip = known({HAND: ramp((0.0, -0.039), 3, 17)}, hidden=(OTHER,))
    for part in (HAND, OTHER):
        for fact in all_of(part):
            if clip.holds(fact):
                assert fact.family in ("rests", "side", "height", "reach") and part == HAND


def all_of(part: str) -> list[Fact]:
    return [
        Fact(name, (part,), when, value)
        for name, family in FAMILIES.items()
        if 1 in family.parts
        for when in family.when
        for value in family.values or (None,)
    ]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"found": 0.5}, "a person is found in 50% of the frames"),
        ({"persons": 2}, "2 persons are in the picture"),
        ({"camera": 0.2}, "the camera moves"),
        ({"hidden": PARTS}, "no part is seen well"),
    ],
)
def test_of_some_clips_nothing_is_known(facts: dict[str, Any], why: str) -> None:
    clip = known(RAISED, **facts)
    assert clip.why_nothing == why
    assert not any(map(clip.holds, all_of(HAND)))
    assert not clip.holds(Statement("SAD", "direction", (HAND,), "early", ("upward",)))


def test_every_fact_has_an_id_that_leads_back_to_it() -> None:
    pairs = {1: ("head",), 2: ("left hand", "head")}
    facts = [
        Fact(name, pairs[count], when, value)
        for name, family in FAMILIES.items()
        for count in family.parts
        for when in family.when
        for value in family.values or (None,)
    ]
    assert len({fact.id for fact in facts}) == len(facts)
    assert [fact_of(fact.id) for fact in facts] == facts
    assert cap("side", HAND, when="start", value="midline").id == "CAP/side/right hand/start/midline"
    assert fact_of("SAD/stillness/head") == Statement("SAD", "stillness", ("head",))


@pytest.mark.parametrize(
    "id",
    [
        "",
        "CAP",
        "CAP/moves",
        "CAP/flies/head",
        "CAP/moves/nose",
        "CAP/moves/head/early",
        "CAP/side/head/early/left",
        "CAP/side/head/start",
        "CAP/extent/head/huge",
        "CAP/near/head",
        "CAP/near/head+head",
        "CAP/moves/head/start/left/more",
        "XYZ/moves/head",
    ],
)
def test_other_words_are_no_id(id: str) -> None:
    with pytest.raises(ValueError, match="no id"):
        fact_of(id)


def test_a_moment_or_a_phase_stands_in_the_same_place() -> None:
    assert not {*MOMENTS} & {*PHASES}
