"""Skeletons of all layouts become the same parts, by the viewer's sides or the person's."""

from __future__ import annotations

import numpy as np
import pytest

from mabench_eval.construction import LAYOUTS, PARTS, Tracks, limb, tracks_of_joints
from mabench_eval.construction.layouts import SIZES
from mabench_eval.construction.parts import part_joints
from mabench_eval.construction.sides import Sides
from mabench_eval.construction.tracks import bridged
from mabench_eval.errors import InputError

BODY = {
    "nose": (100, 40),
    "neck": (100, 70),
    "mid hip": (100, 180),
    "spine": (100, 125),
    "head top": (100, 20),
    "eye": (6, 36),
    "ear": (12, 40),
    "shoulder": (30, 80),
    "elbow": (40, 120),
    "wrist": (20, 150),
    "thumb": (16, 152),
    "index": (14, 160),
    "pinky": (20, 160),
    "hip": (15, 180),
    "knee": (25, 230),
    "ankle": (22, 280),
    "heel": (22, 286),
    "toe": (26, 294),
    "small toe": (30, 292),
}
"""Joint -> place: of middle ones on the picture, of sided ones from the midline at 100. A torso is 100 pixels long."""


def skeleton(layout: str) -> np.ndarray:
    """(joints, 2): someone who faces the camera, so that the own left is on the right of the picture."""
    joints = np.full((SIZES[layout], 2), np.nan)
    for name, row in LAYOUTS[layout].items():
        side, _, joint = name.partition(" ")
        if side in ("left", "right"):
            across, down = BODY[joint]
            joints[row] = 100 + across * (1 if side == "left" else -1), down
        else:
            joints[row] = BODY[name]
    return joints


def tracks(layout: str, sides: Sides = "viewer", frames: int = 2) -> Tracks:
    joints = np.repeat(skeleton(layout)[None], frames, axis=0)
    found, torso = tracks_of_joints("skeleton", joints, np.ones(joints.shape[:2]), layout, sides)
    assert torso == 100
    return found


def at(found: Tracks, part: str, frame: int = 0) -> list[float]:
    return [float(value) for value in found.positions[frame, PARTS.index(part)]]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_every_part_its_place(layout: str) -> None:
    """The elbow is at 40, the wrist at 20 from the midline: the lower arm at 30, 135 down; all in torso lengths."""
    found = tracks(layout)
    assert at(found, "right lower arm") == pytest.approx([1.30, 1.35])
    assert at(found, "left lower arm") == pytest.approx([0.70, 1.35])
    assert at(found, "torso") == pytest.approx([1.0, 1.3])
    assert at(found, "head")[0] == pytest.approx(1.0)
    assert at(found, "right foot")[0] > 1.2 > 0.8 > at(found, "left foot")[0]
    assert at(found, "right hand")[0] > 1.15
    assert (found.visible == 1).all()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_persons_own_sides_are_the_viewers_turned_over(layout: str) -> None:
    seen, own = tracks(layout), tracks(layout, "person")
    for part in PARTS:
        other = part.replace("left", "@").replace("right", "left").replace("@", "right")
        assert at(own, part) == at(seen, other)


def test_a_joint_that_is_lost_goes_on_in_a_straight_line_and_at_the_ends_stays() -> None:
    joints = np.repeat(skeleton("coco17")[None], 5, axis=0)
    scores = np.ones(joints.shape[:2])
    wrist = LAYOUTS["coco17"]["left wrist"]
    joints[:, wrist, 0] = [120, 130, 0, 150, 0]
    scores[2, wrist], joints[4, wrist] = 0.1, np.nan
    found, _ = tracks_of_joints("skeleton", joints, scores, "coco17", "viewer")
    hand = found.positions[:, PARTS.index("right hand"), 0]
    assert hand == pytest.approx([1.2, 1.3, 1.4, 1.5, 1.5])
    assert found.visible[2, PARTS.index("right hand")] == pytest.approx(0.1)


def test_skeletons_that_are_none() -> None:
    joints = np.repeat(skeleton("coco17")[None], 2, axis=0)
    scores = np.ones(joints.shape[:2])
    with pytest.raises(InputError, match="unknown layout 'coco18'; layouts are coco17"):
        tracks_of_joints("skeleton", joints, scores, "coco18", "viewer")
    with pytest.raises(InputError, match="layout halpe26 has 26 joints"):
        tracks_of_joints("skeleton", joints, scores, "halpe26", "viewer")
    scores[:, LAYOUTS["coco17"]["left hip"]] = 0
    with pytest.raises(InputError, match="in no frame seen together"):
        tracks_of_joints("skeleton", joints, scores, "coco17", "viewer")


def test_tracks_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"tracks of \(3, 13, 2\)"):
        Tracks("x", np.zeros((3, 13, 2)), np.zeros((3, 13)))
    with pytest.raises(ValueError, match="one number a frame"):
        Tracks("x", np.zeros((3, 14, 2)), np.zeros((3, 14)), {"head yaw": np.zeros(2)})
    with pytest.raises(ValueError, match="number that is none"):
        Tracks("x", np.full((3, 14, 2), np.nan), np.zeros((3, 14)))


def test_parts_and_limbs() -> None:
    assert len(PARTS) == 14
    assert [limb(part) for part in ("head", "torso", "left hand", "right foot")] == [
        "head",
        "torso",
        "left arm",
        "right leg",
    ]
    assert part_joints("viewer")["left hand"][0] == "right wrist"
    assert part_joints("person")["left hand"][0] == "left wrist"


def test_pictures_without_a_person_are_bridged() -> None:
    joints = np.stack([np.full((33, 2), at) for at in (np.nan, 1.0, np.nan, 3.0, np.nan)])
    filled = bridged(joints, np.isfinite(joints).all(axis=2))
    assert filled[:, 0, 0].tolist() == [1, 1, 2, 3, 3]
