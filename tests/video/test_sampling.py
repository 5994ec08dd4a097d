"""Sampling rules: documented numbers, and what holds for every clip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval.errors import InputError
from mabench_eval.video.sampling import RULES, Sampling

counts = st.integers(1, 32)
# clips of 1 to 5 seconds at the usual frame rates, and clips shorter than the frames wanted
clips = st.tuples(st.sampled_from([24.0, 25.0, 29.97, 30.0, 60.0]), st.floats(0.02, 5.01)).map(
    lambda fps_seconds: (max(1, round(fps_seconds[0] * fps_seconds[1])), fps_seconds[0])
)


def test_uniform_takes_the_middle_of_each_segment() -> None:
    # 64 frames in 8 segments of 8: the middles are 4, 12, ..., 60
    assert Sampling("uniform", 8).indices(64, 30) == (4, 12, 20, 28, 36, 44, 52, 60)
    # 47 frames: segments of 5.875, middles at 2.9375 + 5.875 i, rounded down
    assert Sampling("uniform", 8).indices(47, 30) == (2, 8, 14, 20, 26, 32, 38, 44)


def test_endpoints_takes_first_and_last() -> None:
    # 50 frames: 49 / 7 = 7 exactly
    assert Sampling("endpoints", 8).indices(50, 30) == (0, 7, 14, 21, 28, 35, 42, 49)
    # 4 frames of 11: steps of 10/3 = 3.33, 6.67 are rounded to 3 and 7
    assert Sampling("endpoints", 4).indices(11, 30) == (0, 3, 7, 10)
    assert Sampling("endpoints", 1).indices(11, 30) == (5,)


def test_starter_kit_is_the_official_runners_rule() -> None:
    # s = max(1, min(round(30 / 3), 64 // 8)) = min(10, 8) = 8
    assert Sampling("starter-kit", 8).indices(64, 30) == (0, 8, 16, 24, 32, 40, 48, 56)
    # 150 frames: s = min(10, 18) = 10; the last 80 frames are never seen
    assert Sampling("starter-kit", 8).indices(150, 30) == (0, 10, 20, 30, 40, 50, 60, 70)
    # 5 frames: s = max(1, min(10, 0)) = 1, and there are only 5 frames to give
    assert Sampling("starter-kit", 8).indices(5, 30) == (0, 1, 2, 3, 4)


def test_a_clip_shorter_than_the_frames_wanted_repeats_frames() -> None:
    # 3 frames, 8 wanted: (2i + 1) * 3 // 16
    assert Sampling("uniform", 8).indices(3, 30) == (0, 0, 0, 1, 1, 2, 2, 2)


@given(rule=st.sampled_from(sorted(RULES)), clip=clips, count=counts)
def test_indices_ascend_and_lie_in_the_clip(rule: str, clip: tuple[int, float], count: int) -> None:
    total, fps = clip
    indices = Sampling(rule, count).indices(total, fps)
    assert list(indices) == sorted(indices)
    assert indices[0] >= 0
    assert indices[-1] < total


@given(rule=st.sampled_from(["uniform", "endpoints"]), clip=clips, count=counts)
def test_as_many_frames_as_wanted(rule: str, clip: tuple[int, float], count: int) -> None:
    assert len(Sampling(rule, count).indices(*clip)) == count


@given(clip=clips, count=counts)
def test_starter_kit_gives_fewer_only_when_the_clip_has_fewer(clip: tuple[int, float], count: int) -> None:
    assert len(Sampling("starter-kit", count).indices(*clip)) == min(count, clip[0])


@given(rule=st.sampled_from(["uniform", "endpoints"]), clip=clips, count=counts)
def test_no_frame_twice_when_there_are_enough(rule: str, clip: tuple[int, float], count: int) -> None:
    if clip[0] >= count:
        assert len(set(Sampling(rule, count).indices(*clip))) == count


@given(total=st.integers(8, 200))
def test_uniform_is_symmetric_in_time(total: int) -> None:
    # mirrored middles differ by at most one frame from rounding down
    forward = Sampling("uniform", 8).indices(total, 30)
    mirrored = tuple(total - 1 - index for index in reversed(forward))
    assert all(abs(a - b) <= 1 for a, b in zip(forward, mirrored, strict=True))


def test_unknown_rule_and_no_frames_are_input_errors() -> None:
    with pytest.raises(InputError, match="did you mean 'uniform'"):
        Sampling("unifrom")
    with pytest.raises(InputError, match="at least 1"):
        Sampling(count=0)
