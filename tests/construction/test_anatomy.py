"""The body as thick bones, in every layout of skeletons."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mabench_eval.construction import LAYOUTS, NOBODY, PARTS, Sides, bones, head_angles, parts_at, sum_by_part
from mabench_eval.construction.layouts import SIZES


def standing() -> NDArray[np.float64]:
    """The 33 joints of somebody who stands and faces the camera; the torso is 100 pixels long."""
    places = {
        (0,): (200, 45),
        (2, 5): (210, 40),
        (7, 8): (220, 45),
        (11, 12): (240, 100),
        (13, 14): (260, 150),
        (15, 16): (260, 200),
        (17, 18): (262, 215),
        (19, 20): (258, 217),
        (23, 24): (225, 200),
        (25, 26): (225, 290),
        (27, 28): (225, 380),
        (29, 30): (225, 390),
        (31, 32): (235, 395),
    }
    joints = np.zeros((33, 2))
    for rows, (across, down) in places.items():
        for row, sign in zip(rows, (1, -1), strict=False):
            joints[row] = 200 + sign * (across - 200), down
    return joints


@pytest.mark.parametrize(("sides", "left"), [("viewer", 140), ("person", 260)])
def test_points_belong_to_the_part_in_front(sides: Sides, left: int) -> None:
    points = np.array([(200, 30), (200, 150), (left, 175), (left, 210), (5, 5)], float)
    found = parts_at(points, bones(standing(), "mediapipe33", sides), 100.0)
    names = [PARTS[owner] if owner != NOBODY else None for owner in found]
    assert names == ["head", "torso", "left lower arm", "left hand", None]


def test_the_head_turns_by_the_nose_between_the_ears() -> None:
    turned, bowed, tilted = standing(), standing(), standing()
    turned[0, 0] += 10  # to the viewer's right
    bowed[0, 1] += 10
    tilted[7, 1] += 10  # the person's left ear, at the viewer's right, goes down
    angles = head_angles(np.array([standing(), turned, bowed, tilted]), "mediapipe33")
    quarter = np.arcsin(10 / 40)
    assert np.allclose(angles["head yaw"][:3], [0, quarter, 0])
    assert np.allclose(angles["head pitch"][:3], [0, 0, quarter])
    assert np.allclose(angles["head roll"], [0, 0, 0, np.arctan2(10, 40)])


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_every_layout_has_a_bone_for_every_part(layout: str) -> None:
    """The same person in another layout: joints of the same name at the same places, all others far away."""
    named = {name: standing()[row] for name, row in LAYOUTS["mediapipe33"].items()}
    named |= {"head top": np.array([200.0, 10.0]), "neck": np.array([200.0, 95.0])}
    joints = np.full((SIZES[layout], 2), -1e4)
    for name, row in LAYOUTS[layout].items():
        joints[row] = named.get(name, (-1e4, -1e4))
    points = np.array([(200, 30), (200, 150), (140, 175), (140, 212), (175, 250), (175, 340), (175, 385)], float)
    found = [PARTS[owner] for owner in parts_at(points, bones(joints, layout, "viewer"), 100.0)]
    assert found == [
        "head",
        "torso",
        "left lower arm",
        "left hand",
        "left upper leg",
        "left lower leg",
        "left foot",
    ]


def test_a_hand_without_fingers_goes_on_as_the_arm_does() -> None:
    """The lower arm goes 50 down, from (140, 150) to the wrist at (140, 200): half as much again is the hand."""
    coco = np.array([standing()[LAYOUTS["mediapipe33"][name]] for name in LAYOUTS["coco17"]])
    assert bones(coco, "coco17", "viewer")[PARTS.index("left hand")].tolist() == [[140, 200], [140, 225]]


def test_a_bone_that_is_nowhere_holds_no_point() -> None:
    joints = standing()
    joints[14] = np.nan  # the person's right elbow
    found = parts_at(np.array([(140.0, 175.0), (200.0, 150.0)]), bones(joints, "mediapipe33", "viewer"), 100.0)
    assert [PARTS[owner] for owner in found if owner != NOBODY] == ["torso"]


def test_a_layout_without_ears_says_nothing_of_the_head() -> None:
    assert head_angles(np.zeros((2, 17, 2)), "h36m17") == {}


def test_sums_are_those_of_a_part_alone() -> None:
    sums = sum_by_part(np.array([1, NOBODY, 1, 13]), np.array([[1.0, 2], [5, 5], [3, 4], [7, 8]]))
    assert sums.shape == (14, 2)
    assert (sums[1].tolist(), sums[13].tolist(), sums[0].tolist()) == ([4, 6], [7, 8], [0, 0])
