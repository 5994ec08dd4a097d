"""What a path does, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval.construction import kinematics

TIMES = np.arange(10) / 10
"""Ten frames in 0.9 s."""


def rightward(*places: float) -> np.ndarray:
    return np.stack([np.array(places, float), np.zeros(len(places))], axis=1)


def test_phases_are_thirds_of_the_time() -> None:
    """0.9 s: edges at 0.3 and 0.6, frames 3 and 6. Of 0, 1, 2, 4, 6, 8 s: edges 2.67, 5.33."""
    assert kinematics.phase_bounds(TIMES) == ((0, 3), (3, 6), (6, 9))
    assert kinematics.phase_bounds(np.array([0.0, 1, 2, 4, 6, 8])) == ((0, 2), (2, 4), (4, 5))
    assert kinematics.phase_bounds(np.array([0.0])) == ((0, 0), (0, 0), (0, 0))


def test_lengths() -> None:
    """3 right and 4 down, and back along the same way: the box is 3 x 4, the way 10."""
    path = np.array([[0.0, 0], [3, 4], [0, 0]])
    assert kinematics.amplitude(path) == 5
    assert kinematics.length(path) == 10
    assert kinematics.directional(path) == (4, 4, 3, 3)  # up, down, left, right


def test_onset_peak_and_settling() -> None:
    """From 0 to 10 in frames 2 to 7: a fifth of the way is passed on frame 4 (at 4), within 2 of 10 from frame 6 on."""
    path = rightward(0, 0, 0, 2, 4, 6, 8, 10, 10, 10)
    assert kinematics.onset(path, TIMES, 0.1) == pytest.approx(0.4)
    assert kinematics.peak(path, TIMES) == pytest.approx(0.7)
    assert kinematics.settle(path, TIMES, 0.1) == pytest.approx(0.6)
    assert kinematics.onset(path, TIMES, 20) is None
    assert kinematics.settle(rightward(*[1] * 10), TIMES, 0.1) is None


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ((0, 1, 2, 3), 0),
        ((0, 2, 4, 2, 0), 1),
        ((0, 4, 0, 4, 0), 3),
        ((0, 4, 3.5, 4, 0), 1),  # half a step back is less than a quarter of the range
        ((2, 2, 2), 0),
    ],
)
def test_reversals_by_hand(values: tuple[float, ...], count: int) -> None:
    assert kinematics.reversals(np.array(values, float), 0.1) == count


def test_smoothing_means_over_the_window_and_over_what_is_there_at_the_ends() -> None:
    path = rightward(0, 3, 6, 0, 0, 0, 0, 0, 0, 9)
    smoothed = kinematics.smooth(path, TIMES, window=0.2)[:, 0]
    assert smoothed[[0, 1, 2, 9]] == pytest.approx([1.5, 3, 3, 4.5])


def test_approach() -> None:
    """From 5 apart to 2 apart."""
    still = np.zeros((10, 2))
    assert kinematics.approach(rightward(5, 4, 3, 2, 2, 2, 2, 2, 2, 2), still, 0, 3) == 3
    assert kinematics.approach(still, rightward(5, 4, 3, 2, 2, 2, 2, 2, 2, 9), 3, 9) == -7


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=40), st.floats(0.01, 1))
def test_turning_a_path_over_changes_nothing_but_its_directions(values: list[float], floor: float) -> None:
    path, times = rightward(*values), np.arange(len(values)) / 30
    assert kinematics.reversals(-path[:, 0], floor) == kinematics.reversals(path[:, 0], floor)
    assert kinematics.onset(-path, times, floor) == kinematics.onset(path, times, floor)
    up, down, left, right = kinematics.directional(path)
    assert kinematics.directional(-path) == (down, up, right, left)
    assert left + right == pytest.approx(kinematics.length(path))
