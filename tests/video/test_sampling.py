"""Sampling rules: documented numbers, and what holds for every clip."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval.errors import InputError
from mabench_eval.video.sampling import RULES, Sampling
from mabench_eval.video.timeline import Timeline, make_timeline

counts = st.integers(1, 32)
# clips of 1 to 5 seconds at the usual frame rates, and clips shorter than the frames wanted
clips = st.tuples(st.sampled_from([24.0, 25.0, 29.97, 30.0, 60.0]), st.floats(0.02, 5.01)).map(
    lambda fps_seconds: (max(1, round(fps_seconds[0] * fps_seconds[1])), fps_seconds[0])
)


def at_30(total: int) -> Timeline:
    return Timeline.constant(total, Fraction(30))


def timeline(clip: tuple[int, float]) -> Timeline:
    return Timeline.constant(clip[0], Fraction(clip[1]))


def test_uniform_takes_the_middle_of_each_segment() -> None:
    # 64 frames in 8 segments of 8: the middles are 4, 12, ..., 60
    assert Sampling("uniform", 8).indices(at_30(64)) == (4, 12, 20, 28, 36, 44, 52, 60)
    # 47 frames: segments of 5.875, middles at 2.9375 + 5.875 i, rounded down
    assert Sampling("uniform", 8).indices(at_30(47)) == (2, 8, 14, 20, 26, 32, 38, 44)


def test_endpoints_takes_first_and_last() -> None:
    # 50 frames: 49 / 7 = 7 exactly
    assert Sampling("endpoints", 8).indices(at_30(50)) == (0, 7, 14, 21, 28, 35, 42, 49)
    # 4 frames of 11: steps of 10/3 = 3.33, 6.67 are rounded to 3 and 7
    assert Sampling("endpoints", 4).indices(at_30(11)) == (0, 3, 7, 10)
    assert Sampling("endpoints", 1).indices(at_30(11)) == (5,)


def test_starter_kit_is_the_official_runners_rule() -> None:
    # s = max(1, min(round(30 / 3), 64 // 8)) = min(10, 8) = 8
    assert Sampling("starter-kit", 8).indices(at_30(64)) == (0, 8, 16, 24, 32, 40, 48, 56)
    # 150 frames: s = min(10, 18) = 10; the last 80 frames are never seen
    assert Sampling("starter-kit", 8).indices(at_30(150)) == (0, 10, 20, 30, 40, 50, 60, 70)
    # 5 frames: s = max(1, min(10, 0)) = 1, and there are only 5 frames to give
    assert Sampling("starter-kit", 8).indices(at_30(5)) == (0, 1, 2, 3, 4)


def test_llamafactory_rounds_down() -> None:
    # 51 frames: i * 50 / 7 = 7.14, 14.29, 21.43, 28.57, 35.71, 42.86 rounded down; endpoints has 29, 36, 43
    assert Sampling("llamafactory", 8).indices(at_30(51)) == (0, 7, 14, 21, 28, 35, 42, 50)
    assert Sampling("endpoints", 8).indices(at_30(51)) == (0, 7, 14, 21, 29, 36, 43, 50)
    assert Sampling("llamafactory", 8).indices(at_30(3)) == (0, 1, 2)  # no frame twice
    assert Sampling("llamafactory", 1).indices(at_30(9)) == (0,)


@given(total=st.integers(1, 400), count=counts)
def test_llamafactory_takes_what_numpy_gives(total: int, count: int) -> None:
    wanted = np.linspace(0, total - 1, min(total, count)).astype(np.int32)  # LLaMA-Factory's own line
    assert Sampling("llamafactory", count).indices(at_30(total)) == tuple(wanted)


def test_a_clip_shorter_than_the_frames_wanted_repeats_frames() -> None:
    # 3 frames, 8 wanted: (2i + 1) * 3 // 16
    assert Sampling("uniform", 8).indices(at_30(3)) == (0, 0, 0, 1, 1, 2, 2, 2)


@given(rule=st.sampled_from(sorted(RULES)), clip=clips, count=counts)
def test_indices_ascend_and_lie_in_the_clip(rule: str, clip: tuple[int, float], count: int) -> None:
    indices = Sampling(rule, count).indices(timeline(clip))
    assert list(indices) == sorted(indices)
    assert indices[0] >= 0
    assert indices[-1] < clip[0]


@given(rule=st.sampled_from(["uniform", "endpoints"]), clip=clips, count=counts)
def test_as_many_frames_as_wanted(rule: str, clip: tuple[int, float], count: int) -> None:
    assert len(Sampling(rule, count).indices(timeline(clip))) == count


@given(clip=clips, count=counts)
def test_starter_kit_gives_fewer_only_when_the_clip_has_fewer(clip: tuple[int, float], count: int) -> None:
    assert len(Sampling("starter-kit", count).indices(timeline(clip))) == min(count, clip[0])


@given(rule=st.sampled_from(["uniform", "endpoints"]), clip=clips, count=counts)
def test_no_frame_twice_when_there_are_enough(rule: str, clip: tuple[int, float], count: int) -> None:
    if clip[0] >= count:
        assert len(set(Sampling(rule, count).indices(timeline(clip)))) == count


@given(total=st.integers(8, 200))
def test_uniform_is_symmetric_in_time(total: int) -> None:
    # mirrored middles differ by at most one frame from rounding down
    forward = Sampling("uniform", 8).indices(at_30(total))
    mirrored = tuple(total - 1 - index for index in reversed(forward))
    assert all(abs(a - b) <= 1 for a, b in zip(forward, mirrored, strict=True))


def test_unknown_rule_and_no_frames_are_input_errors() -> None:
    with pytest.raises(InputError, match="did you mean 'uniform'"):
        Sampling("unifrom")
    with pytest.raises(InputError, match="at least 1"):
        Sampling(count=0)


# Rules speak of time. At a constant rate they give what they gave when they spoke of numbers alone.


def by_number(rule: str, total: int, fps: float, count: int) -> tuple[int, ...]:
    """The rules of earlier versions, word for word."""
    if rule == "uniform":
        return tuple((2 * i + 1) * total // (2 * count) for i in range(count))
    if rule == "endpoints":
        if count == 1:
            return ((total - 1) // 2,)
        return tuple((2 * i * (total - 1) + count - 1) // (2 * (count - 1)) for i in range(count))
    if rule == "llamafactory":
        return tuple(np.linspace(0, total - 1, min(total, count)).astype(int).tolist())
    step = max(1, min(round(fps / 3), total // count))
    return tuple(range(0, total, step))[:count]


rates = st.one_of(
    st.sampled_from([Fraction(30000, 1001), Fraction(24000, 1001), Fraction(25), Fraction(30), Fraction(15, 2)]),
    st.fractions(1, 240, max_denominator=1001),
)
ticks = st.sampled_from([Fraction(1, 90_000), Fraction(1, 15_360), Fraction(1, 1000), Fraction(1, 600)])


@given(rule=st.sampled_from(sorted(RULES)), total=st.integers(1, 400), rate=rates, count=counts)
def test_at_a_constant_rate_nothing_has_changed(rule: str, total: int, rate: Fraction, count: int) -> None:
    clip = Timeline.constant(total, rate)
    assert Sampling(rule, count).indices(clip) == by_number(rule, total, float(rate), count)
    assert (clip.total, clip.fps) == (total, float(rate))
    assert [clip.seconds(number) for number in (0, total - 1)] == pytest.approx([0, (total - 1) / rate], rel=1e-15)


@given(
    rule=st.sampled_from(sorted(RULES)),
    total=st.integers(1, 200),
    rate=rates,
    tick=ticks,
    start=st.integers(-1000, 10**6),
    count=counts,
    data=st.data(),
)
def test_rounded_timestamps_are_those_of_the_rate_that_the_stream_states(
    rule: str, total: int, rate: Fraction, tick: Fraction, start: int, count: int, data: st.DataObject
) -> None:
    """A container rounds each timestamp to its tick, up or down; the frames taken are the same."""
    exact = [number / rate / tick for number in range(total)]
    times = [
        start + int(time) + (data.draw(st.integers(0, 1)) if number and time % 1 else 0)
        for number, time in enumerate(exact)
    ]
    clip = make_timeline(times, tick, None, rate)
    assert clip is not None
    if 1 / rate > 2 * tick:
        assert Sampling(rule, count).indices(clip) == by_number(rule, total, float(rate), count)
        assert clip.fps == float(rate)


@given(total=st.integers(2, 200), rate=rates)
def test_a_constant_rate_is_found_where_the_stream_states_another(total: int, rate: Fraction) -> None:
    tick = 1 / (rate * 512)
    clip = make_timeline([512 * number for number in range(total)], tick, None, rate * Fraction(7, 3))
    assert clip == Timeline.constant(total, rate)


steps = st.lists(st.integers(1, 900), min_size=1, max_size=60)


@given(rule=st.sampled_from(sorted(RULES)), steps=steps, count=counts)
def test_at_any_rate_indices_ascend_and_lie_in_the_clip(rule: str, steps: list[int], count: int) -> None:
    times = [sum(steps[:number]) for number in range(len(steps))]
    clip = make_timeline(times, Fraction(1, 1000), steps[-1], None)
    assert clip is not None
    indices = Sampling(rule, count).indices(clip)
    assert list(indices) == sorted(indices)
    assert 0 <= indices[0] <= indices[-1] < len(steps)
    if rule == "llamafactory":
        assert len(indices) == min(count, len(steps))
    elif rule != "starter-kit":
        assert len(indices) == count
    if rule == "endpoints" and count > 1:
        assert (indices[0], indices[-1]) == (0, len(steps) - 1)


@given(steps=steps, count=counts)
def test_uniform_takes_what_is_on_screen_in_the_middle_of_each_span(steps: list[int], count: int) -> None:
    clip = Timeline([sum(steps[:number]) for number in range(len(steps))], sum(steps), Fraction(1, 1000))
    for i, number in enumerate(Sampling("uniform", count).indices(clip)):
        middle = Fraction(2 * i + 1, 2 * count) * clip.end
        assert clip.starts[number] <= middle < clip.starts[number] + steps[number]


def test_a_clip_that_stands_still_and_then_moves() -> None:
    """One frame for a second, then ten of a tenth: half of the time is the first one's."""
    clip = make_timeline([0, *range(1000, 2000, 100)], Fraction(1, 1000), 100, Fraction(30))
    assert clip is not None
    # middles of four spans of half a second: 0.25, 0.75, 1.25, 1.75 s
    assert Sampling("uniform", 4).indices(clip) == (0, 0, 3, 8)
    assert [clip.seconds(number) for number in (0, 1, 3, 8)] == [0.0, 1.0, 1.2, 1.7]
    assert clip.fps == 11 / 2


@pytest.mark.parametrize("times", [[None, 0, 1], [0, 0, 1], [0, 2, 1]])
def test_without_usable_timestamps_the_stated_rate_counts(times: list[int | None]) -> None:
    assert make_timeline(times, Fraction(1, 1000), None, Fraction(25)) == Timeline.constant(3, Fraction(25))
    assert make_timeline(times, Fraction(1, 1000), None, None) is None


def test_one_frame_lasts_as_long_as_the_stream_says() -> None:
    assert make_timeline([5], Fraction(1, 100), 4, None) == Timeline.constant(1, Fraction(25))
    assert make_timeline([5], Fraction(1, 100), 4, Fraction(30)) == Timeline.constant(1, Fraction(30))
    assert make_timeline([5], Fraction(1, 100), None, None) is None
    assert make_timeline([], Fraction(1, 100), None, Fraction(30)) is None
