"""Flow inside the body parts: known shifts of a noisy picture, where OpenCV is installed."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from mabench_eval.construction import PARTS, PartFlow
from mabench_eval.construction.part_flow import HEAD, is_covered
from tests.construction.test_anatomy import standing

needs_opencv = pytest.mark.skipif(find_spec("cv2") is None, reason="needs OpenCV, as in the environment mediapipe")
TORSO = 100.0


def test_a_face_that_flickers_more_than_the_body_isis_covered() -> None:
    flat = np.full(len(PARTS), 1000.0)
    jumped = np.zeros(len(PARTS))
    jumped[HEAD] = 14
    assert not is_covered(flat, jumped), "so little is noise"
    jumped[HEAD] = 30
    assert is_covered(flat, jumped)
    assert not is_covered(flat, jumped + 20), "light that flickers is on all parts"
    assert not is_covered(np.zeros(len(PARTS)), np.zeros(len(PARTS)))


def moved_picture(arm: int, camera: int) -> np.ndarray:
    """(360, 400, 3): noise, of which the columns and rows around the viewer's left hand are shifted downward."""
    noise = np.kron(np.random.default_rng(0).integers(0, 255, (200, 200)), np.ones((4, 4))).astype(np.uint8)
    picture = noise[100:460, 100 - camera : 500 - camera].copy()
    picture[185:235, 120:160] = noise[600 - arm : 650 - arm, 600:640]
    return np.repeat(picture[..., None], 3, axis=2)


@needs_opencv
def test_a_part_goes_where_its_pixels_go_and_the_camera_is_taken_off() -> None:
    """The hand goes down a pixel a picture, five in all: 0.05 torso lengths; the camera shifts all else by five."""
    for camera in (0, 1):
        flow = PartFlow()
        joints = np.array([np.add(standing(), (camera * step, 0)) for step in range(6)])
        for step in range(6):
            picture = moved_picture(step, camera * step)
            flow.add(picture, flow.body_of(picture, joints[step] / (400, 360), "mediapipe33"))
        tracks = flow.tracks("flow", joints, "mediapipe33", "viewer", TORSO, np.zeros((len(PARTS), 2)))
        assert (flow.pictures, flow.size) == (6, (400, 360))
        assert flow.camera[-1] == pytest.approx((5 * camera, 0), abs=0.5)
        down = tracks.positions[-1, :, 1]
        assert down[PARTS.index("left hand")] == pytest.approx(0.05, abs=0.012)
        assert np.abs(down[[PARTS.index("torso"), PARTS.index("right hand")]]).max() < 0.005
        assert tracks.visible[:, PARTS.index("left hand")].min() == 1


@needs_opencv
def test_without_a_person_nothing_is_visible() -> None:
    flow = PartFlow()
    for _ in range(2):
        flow.add(moved_picture(0, 0), None)
    tracks = flow.tracks("flow", np.array([standing()] * 2), "mediapipe33", "viewer", TORSO, np.ones((len(PARTS), 2)))
    assert (tracks.visible.max(), tracks.positions.min(), tracks.positions.max()) == (0, 1, 1)


@needs_opencv
def test_a_body_without_a_mask_is_what_lies_around_its_bones() -> None:
    """In a picture of twice the size, the grid is the same: a torso of 200 pixels is 100 of the 360 rows."""
    flow = PartFlow()
    small = flow.body_of(np.zeros((360, 400, 3), np.uint8), standing() / (400, 360), "mediapipe33")
    large = flow.body_of(np.zeros((720, 800, 3), np.uint8), standing() / (400, 360), "mediapipe33")
    assert small.shape == (90, 100)
    assert np.array_equal(small, large)
    assert small[37, 50]  # the middle of the torso, (200, 150)
    assert not small[1, 1]


@needs_opencv
def test_pictures_of_another_size_and_none_at_all_are_told() -> None:
    flow = PartFlow()
    with pytest.raises(ValueError, match="no picture was added"):
        _ = flow.size
    flow.add(np.zeros((360, 400, 3), np.uint8), None)
    with pytest.raises(ValueError, match="follow each other"):
        flow.add(np.zeros((360, 300, 3), np.uint8), None)
