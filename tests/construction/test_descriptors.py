"""Descriptors of made-up tracks, and what they decide."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval.construction import PARTS, Descriptor, Statement, TrackedClip, Tracks, describe, statements, truth
from mabench_eval.construction.descriptors import FLOOR
from mabench_eval.construction.questions.statements import CLEAR, OPPOSITE, Direction, Task, direction_of
from mabench_eval.runfiles import from_json, to_json

FRAMES = 61
TIMES = np.arange(FRAMES) / 30
"""Two seconds: phases are frames 0-20, 20-40, 40-60."""
REST = {part: (0.3 * place, 0.25 * (place % 5)) for place, part in enumerate(PARTS)}


def ramp(by: tuple[float, float], first: int, last: int) -> np.ndarray:
    """(T, 2): from rest to ``by`` between two frames."""
    share = np.clip((np.arange(FRAMES) - first) / (last - first), 0, 1)
    return np.asarray(share[:, None] * np.array(by))


def tracked(*sources: Mapping[str, np.ndarray], visible: float = 1.0, **facts: float) -> TrackedClip:
    """Offsets of moving parts from where they rest, by source."""
    tracks = []
    for number, moves in enumerate(sources):
        positions = np.stack([np.array(REST[p]) + moves.get(p, np.zeros((FRAMES, 2))) for p in PARTS], axis=1)
        tracks.append(Tracks(f"source {number}", positions, np.full((FRAMES, len(PARTS)), visible)))
    return TrackedClip(TIMES, "viewer", 90.0, facts.pop("found", 1.0), tuple(tracks), **facts)  # type: ignore[arg-type]


def described(*sources: Mapping[str, np.ndarray], **facts: float) -> Descriptor:
    return describe(tracked(*sources, **facts), "clip", "ab" * 32, {"name": "t", "version": "1", "licence": "none"})


UP_EARLY = {"left hand": ramp((0, -0.3), 5, 15)}


def test_a_hand_that_rises_in_the_first_third() -> None:
    """0.3 torso lengths between frames 5 and 15: a fifth of it on frame 8; within a fifth of the end from 13 on."""
    part = described(UP_EARLY).parts["left hand"]
    (measure,) = part.sources.values()
    assert (measure.amplitude, measure.path) == pytest.approx((0.3, 0.3), abs=1e-3)
    assert measure.phases[0].move == pytest.approx((0, -0.3), abs=1e-3)
    assert measure.phases[0].four == pytest.approx((0.3, 0, 0, 0), abs=1e-3)
    assert measure.phases[0].speed == pytest.approx(0.3 / (20 / 30), abs=1e-3)
    assert measure.phases[1].move == measure.phases[2].move == (0, 0)
    assert measure.onset == pytest.approx(8 / 30, abs=0.5 / 30)
    assert measure.settle == pytest.approx(13 / 30, abs=0.5 / 30)
    assert measure.reversals == 0


def test_what_stays_below_the_noise_floor_has_no_times() -> None:
    part = described({"head": ramp((FLOOR * 0.9, 0), 5, 15)}).parts["head"]
    (measure,) = part.sources.values()
    assert (measure.onset, measure.peak, measure.settle) == (None, None, None)


def test_a_descriptor_is_json_and_back() -> None:
    found = described(UP_EARLY, UP_EARLY, camera=0.01)
    assert from_json(Descriptor, to_json(found), "descriptors.jsonl:1") == found


def say(task: Task, family: str, *parts: str, phase: str | None = None, way: tuple[Direction, ...] = ()) -> Statement:
    return Statement(task, family, parts, phase, way)


RISES = say("SAD", "direction", "left hand", phase="early", way=("upward",))
SINKS = say("SAD", "direction", "left hand", phase="early", way=("downward",))
ACROSS = say("SAD", "direction", "left hand", phase="early", way=("leftward",))


@pytest.mark.parametrize(
    ("statement", "holds"),
    [
        (RISES, True),
        (SINKS, False),
        (ACROSS, None),
        (say("SAD", "direction", "left hand", phase="late", way=("upward",)), None),  # it is at rest then
        (say("SAD", "stillness", "left hand"), False),
        (say("SAD", "stillness", "head"), True),
        (say("SAD", "repetition", "left hand"), False),
        (say("SAD", "repetition", "head"), None),  # it does not move
        (say("MAD", "larger", "left hand", "head"), True),
        (say("MAD", "larger", "head", "left hand"), False),
        (say("MAD", "larger", "head", "torso"), None),
        (say("MAS", "before", "left hand", "head"), None),  # one of them does not start
    ],
)
def test_statements_by_hand(statement: Statement, holds: bool | None) -> None:
    assert truth(statement, described(UP_EARLY)) is holds
    assert truth(statement, described(UP_EARLY, UP_EARLY)) is holds


def test_order_and_direction_of_two_parts() -> None:
    """The hand starts on frame 8, the foot 20 frames, 0.67 s, later; both are still in the last third but the foot."""
    found = described({**UP_EARLY, "right foot": ramp((0.2, 0), 25, 35), "head": ramp((0, 0.2), 5, 15)})
    assert truth(say("MAS", "before", "left hand", "right foot"), found) is True
    assert truth(say("MAS", "before", "right foot", "left hand"), found) is False
    assert truth(say("MAS", "before", "left hand", "head"), found) is None  # at once
    both = say("MAD", "together", "left hand", "head", phase="early", way=("upward", "downward"))
    assert truth(both, found) is True
    assert truth(say("MAD", "together", "left hand", "head", phase="early", way=("upward", "upward")), found) is False
    assert truth(say("MAD", "together", "left hand", "head", phase="early", way=("downward", "upward")), found) is None


def test_coming_closer() -> None:
    """Left upper arm and torso rest 0.3 apart on the line (place 2 and 1: 0.25 down too); half of the way is gone."""
    one, other = np.array(REST["left upper arm"]), np.array(REST["torso"])
    found = described({"left upper arm": ramp(tuple((other - one) / 2), 25, 35)})
    assert truth(say("PPR", "approach", "left upper arm", "torso", phase="middle"), found) is True
    assert truth(say("PPR", "apart", "torso", "left upper arm", phase="middle"), found) is False
    assert truth(say("PPR", "approach", "left upper arm", "torso", phase="late"), found) is None


def test_what_sources_do_not_agree_on_is_open() -> None:
    down = {"left hand": ramp((0, 0.3), 5, 15)}
    for others in ({}, down):
        assert truth(RISES, described(UP_EARLY, others)) is None
        assert truth(SINKS, described(UP_EARLY, others)) is None


def test_doubtful_clips_decide_nothing() -> None:
    for facts in ({"found": 0.8}, {"persons": 2}, {"camera": 0.2}, {"visible": 0.4}):
        assert truth(RISES, described(UP_EARLY, **facts)) is None


def test_contacts_are_those_of_all_sources_that_last() -> None:
    """A hand that goes to the head in frames 20 to 30 and stays: within 0.3 of it from the last third of its way on."""
    way = np.array(REST["head"]) - np.array(REST["right hand"])
    touches = {"right hand": ramp(tuple(way), 20, 30)}
    (contact,) = [each for each in described(touches, touches).contacts if each.parts == ("head", "right hand")]
    assert contact.gap == pytest.approx(0, abs=1e-3)
    assert (contact.begins, contact.ends) == pytest.approx((30 / 30, 2.0), abs=0.1)
    assert not [each for each in described(touches, {}).contacts if each.parts == ("head", "right hand")]


def test_angles_are_kept_and_decide_nothing() -> None:
    shake = np.sin(np.arange(FRAMES) / 5) * 0.3
    clip = tracked({})
    turned = Tracks("pose", clip.sources[0].positions, clip.sources[0].visible, {"head yaw": shake})
    found = describe(TrackedClip(TIMES, "viewer", 90.0, 1.0, (turned,)), "clip", None, {})
    assert found.rotation["head yaw"].range == pytest.approx(0.6, abs=0.02)
    assert found.rotation["head yaw"].reversals >= 3
    assert truth(say("SAD", "stillness", "head"), found) is True


@given(st.integers(0, 10_000))
def test_a_statement_and_its_opposite_are_never_both_true(seed: int) -> None:
    random = np.random.default_rng(seed)
    moves = {
        part: ramp((float(random.normal(0, 0.2)), float(random.normal(0, 0.2))), first, first + 10)
        for part, first in zip(random.choice(PARTS, 4, replace=False), random.integers(0, 45, 4).tolist(), strict=True)
    }
    noisy = {part: path + random.normal(0, 0.01, path.shape) for part, path in moves.items()}
    found = described(moves, noisy)
    for statement in list(statements())[:: max(1, seed % 50)]:
        if statement.family == "direction":
            turned = Statement(
                "SAD", "direction", statement.parts, statement.phase, (OPPOSITE[statement.directions[0]],)
            )
            assert truth(statement, found) is None or truth(turned, found) is (not truth(statement, found))
        if statement.family in ("before", "larger") and truth(statement, found) is not None:
            turned = Statement(statement.task, statement.family, statement.parts[::-1])
            assert truth(turned, found) is (not truth(statement, found))


def test_directions_have_a_margin() -> None:
    assert direction_of((CLEAR, 0)) == "rightward"
    assert direction_of((CLEAR * 0.99, 0)) is None
    assert direction_of((0.1, 0.06)) is None  # neither prevails
    assert direction_of((0.01, -0.2)) == "upward"
