"""The tracker ``cotracker3``, on stand-ins that check what they are given; the real code where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mabench_eval import NOBODY, PARTS, ClipError, ClipToTrack, ModelError, Picture, TrackedClip
from mabench_eval.catalogue import load_catalogue
from mabench_eval.construction import OpenTracker, open_tracker
from tests.construction.test_part_flow import moved_picture, needs_opencv
from tests.construction.test_rtmpose import BOX, halpe26
from tests.support.trackers import (
    Followed,
    Seen,
    cotracker_stand_in,
    rtmlib_stand_in,
    with_corner,
    write_network,
)
from trackers.cotracker3.motion import grid_inside, point_tracks
from trackers.cotracker3.tracker import _masks_around

HAND, TORSO, HEAD = (PARTS.index(part) for part in ("left hand", "torso", "head"))
SIZE = 400, 360
PERSON = np.zeros((1, 360, 400), np.uint8)
PERSON[:, 20:, 120:280] = 1
"""The mask of the standing person, and of what is near."""


def on_hand(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray((points[:, 0] < 165) & (points[:, 1] > 180) & (points[:, 1] < 255))


def move(points: NDArray[np.float64], pictures: int) -> NDArray[np.float64]:
    """The hand goes down two pixels a picture."""
    return np.outer(on_hand(points), (0, 2 * pictures)).astype(np.float64)


def none_hidden(points: NDArray[np.float64], pictures: int) -> NDArray[np.bool_]:
    return np.zeros(len(points), bool)


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Followed]:
    with cotracker_stand_in(monkeypatch, Followed(move, none_hidden, lambda call: PERSON)) as stand_in:
        yield stand_in


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """RTMPose finds the standing person, whose wrist goes down two pixels a picture."""
    with rtmlib_stand_in(monkeypatch, Seen(lambda number: [BOX], lambda number, box: halpe26(2 * number))) as stand_in:
        yield stand_in


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Settings that name all weights."""
    (tmp_path / "cotracker3.pth").write_bytes(b"cotracker3")
    (tmp_path / "yolov8.pt").write_bytes(b"yolov8")
    return {
        "weights": str(tmp_path / "cotracker3.pth"),
        "segmenter": str(tmp_path / "yolov8.pt"),
        "detector": str(write_network(tmp_path / "detector.onnx", [1, 3, 640, 640])),
        "pose": str(write_network(tmp_path / "pose.onnx", ["batch", 3, 256, 192])),
    }


def opened(**settings: Any) -> OpenTracker:
    return open_tracker(load_catalogue().check().tracker("cotracker3"), settings)


def track(tracker: OpenTracker, count: int = 6) -> TrackedClip:
    def pictures() -> Iterator[Picture]:
        for number in range(count):
            yield number / 30, with_corner(moved_picture(number, 0))

    return tracker.track(ClipToTrack("drawn", Path("drawn.mp4"), pictures, "viewer"))


def test_points_of_the_grid_lie_in_the_mask() -> None:
    """In 8 x 6 pixels, 2 apart: columns 1, 3, 5, 7 and rows 1, 3, 5; the mask, twice as large, holds two of them."""
    mask = np.zeros((12, 16), bool)
    mask[:5, 8:] = True
    assert grid_inside(mask, (8, 6), 2.0).tolist() == [[5, 1], [7, 1]]


def test_a_part_moves_by_its_points_that_are_seen() -> None:
    """Two points of the hand go 10 and 20 right; then the second is lost, and the first goes on by 10."""
    places = np.zeros((3, 5, 2))
    places[1:, 0, 0], places[1:, 1, 0], places[2, 0, 0], places[2, 1, 0] = 10, 20, 20, 400
    visible = np.ones((3, 5), bool)
    visible[2, 1] = False
    owners = np.array([HAND, HAND, TORSO, TORSO, NOBODY])
    tracks = point_tracks(places, visible, owners, 100.0, np.zeros((len(PARTS), 2)))
    assert tracks.positions[:, HAND, 0] == pytest.approx([0, 0.15, 0.25])
    assert np.ptp(tracks.positions[:, TORSO]) == 0
    assert tracks.visible[:, HAND].tolist() == [0.5, 0.5, 0.25]  # of four points at least
    assert tracks.visible[:, HEAD].max() == 0


def test_the_mask_is_that_of_the_one_whom_the_joints_are_of() -> None:
    masks = np.zeros((2, 10, 20), bool)
    masks[0, :, :10], masks[1, :, 10:] = True, True
    joints = np.array([[0.6, 0.5], [0.9, 1.2], [0.1, 0.1]])  # two of three in the right half, one below the picture
    ordered = _masks_around(masks, joints)
    assert ordered is not None
    assert ordered[0, 0, 19]
    assert _masks_around(masks[:, :, :0].reshape(2, 10, 0), joints[:0]) is None
    assert _masks_around(np.zeros((2, 10, 20), bool), joints) is None


@needs_opencv
def test_points_and_skeleton_are_two_sources(files: dict[str, str], followed: Followed, seen: Seen) -> None:
    """The wrist and the hand's points go down two pixels a picture, ten in all, of a torso of 100."""
    tracked = track(opened(**files))
    skeleton, points = tracked.sources
    assert (skeleton.source, points.source) == ("rtmpose", "points")
    assert (tracked.found, tracked.persons, tracked.size) == (1.0, 1, SIZE)
    for source in tracked.sources:
        assert np.ptp(source.positions[:, HAND, 1]) == pytest.approx(0.1, abs=1e-3)
        assert np.ptp(source.positions[:, TORSO], axis=0).max() < 1e-3
    assert np.array_equal(skeleton.positions[0], points.positions[0])
    assert points.visible[:, [HAND, TORSO, HEAD]].min() == 1

    # 12 points a torso length, in the mask and on a part; none at the side of it
    (asked,) = followed.queries
    across, down = asked[:, 1], asked[:, 2]
    assert np.diff(np.unique(across)) == pytest.approx(100 / 12, abs=1e-3)
    assert (asked[:, 0] == 0).all()
    assert (across.min(), down.min()) >= (120, 20)
    assert 200 < len(asked) < 500


@needs_opencv
def test_points_begin_where_person_and_mask_are_first_seen_and_go_both_ways(
    files: dict[str, str], followed: Followed, seen: Seen
) -> None:
    """Nobody in picture 0, no mask in picture 1; then another person is masked besides."""
    two = np.concatenate([np.zeros_like(PERSON), PERSON])
    two[0, :, 300:] = 1
    seen.boxes = lambda number: [BOX] if number else []
    followed.masks = lambda call: two if call else None
    tracked = track(opened(**files))
    assert set(followed.queries[0][:, 0]) == {2}
    assert np.ptp(tracked.sources[1].positions[:, HAND, 1]) == pytest.approx(0.1, abs=1e-3)
    assert (tracked.found, tracked.persons, followed.calls) == (5 / 6, 2, 2)


@needs_opencv
def test_what_cotracker_does_not_see_counts_for_nothing(files: dict[str, str], followed: Followed, seen: Seen) -> None:
    followed.hidden = lambda points, pictures: on_hand(points) if pictures >= 3 else none_hidden(points, pictures)
    points = track(opened(**files)).sources[1]
    assert points.visible[:, HAND].tolist() == [1, 1, 1, 0, 0, 0]
    assert points.positions[-1, HAND, 1] - points.positions[0, HAND, 1] == pytest.approx(0.04, abs=1e-3)


@needs_opencv
def test_skeletons_of_ones_own_take_the_place_of_rtmpose(
    files: dict[str, str], followed: Followed, tmp_path: Path
) -> None:
    own = {name: files[name] for name in ("weights", "segmenter")}
    (tmp_path / "poses").mkdir()
    joints = np.array([halpe26(2 * number)[0] for number in range(6)])
    np.save(tmp_path / "poses" / "drawn.npy", np.concatenate([joints, np.ones((6, 26, 1))], axis=2))
    tracker = opened(**own, folder=str(tmp_path / "poses"), layout="halpe26")
    tracked = track(tracker)
    assert [source.source for source in tracked.sources] == ["skeleton", "points"]
    assert np.ptp(tracked.sources[0].positions[:, HAND, 1]) == pytest.approx(0.1, abs=1e-3)
    for count in (5, 7):
        with pytest.raises(ClipError, match=f"clip drawn: {count} frames and 6 skeletons"):
            track(tracker, count)
    with pytest.raises(InputError, match=r"no skeleton other\.npy"):
        tracker.track(ClipToTrack("other", Path("other.mp4"), lambda: iter(()), "viewer"))


@needs_opencv
def test_points_under_a_mosaic_count_for_nothing(files: dict[str, str], followed: Followed, seen: Seen) -> None:
    """The head is of one grey, which is another one in every picture."""

    def pictures() -> Iterator[Picture]:
        for number in range(6):
            picture = with_corner(moved_picture(0, 0))
            picture[5:80, 160:240] = 60 + 40 * (number % 3)
            yield number / 30, picture

    followed.move = lambda points, number: np.full((len(points), 2), 3.0 * number)
    points = opened(**files).track(ClipToTrack("drawn", Path("drawn.mp4"), pictures, "viewer")).sources[1]
    assert points.visible[:, HEAD].max() == 0
    assert np.ptp(points.positions[:, HEAD], axis=0).max() == 0
    assert np.ptp(points.positions[:, TORSO, 0]) == pytest.approx(0.15, abs=1e-3)


@needs_opencv
def test_a_clip_without_a_mask_is_one_line(files: dict[str, str], followed: Followed, seen: Seen) -> None:
    followed.masks = lambda call: None
    with pytest.raises(ClipError, match=r"^clip drawn: the segmenter finds nobody where the skeleton is$"):
        track(opened(**files))
    seen.boxes = lambda number: []
    with pytest.raises(ClipError, match="no person is found in any of its 6 pictures"):
        track(opened(**files))


def test_files_that_hold_something_else_are_one_line(files: dict[str, str], followed: Followed, seen: Seen) -> None:
    for name, says in (
        ("segmenter", "is no network of ultralytics"),
        ("weights", "not hold the weights of CoTracker3"),
    ):
        other = Path(files[name]).with_name("other")
        other.write_bytes(b"?")
        with pytest.raises(ModelError, match=says):
            opened(**files | {name: str(other)}).track(ClipToTrack("a", Path("a.mp4"), lambda: iter(()), "viewer"))


def test_what_is_missing_is_said_with_the_command(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    packages = [line for line in opened(**files).problems() if line.endswith(": --env auto")]
    assert opened(**files).problems() == packages

    missing = [line for line in opened().problems() if line not in packages]
    places = [tmp_path / "home" / "hub" / "checkpoints" / name for name in ("scaled_offline.pth", "yolov8x-seg.pt")]
    assert [
        f"curl --create-dirs -Lo {place} https://" in line for line, place in zip(missing, places, strict=False)
    ] == [
        True,
        True,
    ]
    assert "env path cotracker" in missing[2]

    wrong = opened(**files | {"weights": "no.pth"}, grid=0, device="tpu").problems()
    assert [line for line in wrong if line not in packages] == [
        "there is no no.pth: --set weights=FILE",
        "the grid has 2 to 50 points a torso length, not 0: --set grid=12",
        "the device is cpu or cuda, not tpu: --set device=cpu",
    ]
    own = opened(**files, file="poses.pkl").problems()
    assert "there is no file poses.pkl: --set file=PATH" in own
    assert any("the layout is one of" in line for line in own)


def test_its_identity_is_what_is_in_the_files_and_the_code_that_it_borrows(
    files: dict[str, str], tmp_path: Path
) -> None:
    before = opened(**files).identity
    assert set(before["depends"]) == {"../rtmpose", "../skeleton"}
    moved = tmp_path / "moved.pth"
    moved.write_bytes(b"cotracker3")
    assert opened(**files | {"weights": str(moved)}).identity == before
    moved.write_bytes(b"cotracker2")
    assert opened(**files | {"weights": str(moved)}).identity != before
    assert opened(**files, grid=6).identity != before


@pytest.mark.skipif(
    find_spec("cotracker") is None or find_spec("torch") is None, reason="needs the environment cotracker"
)
def test_cotracker_itself_with_random_weights(tmp_path: Path) -> None:
    """Its real code: points stay where they were asked for in their own picture, and the same bytes come again."""
    import torch
    from cotracker.predictor import CoTrackerPredictor

    from trackers.cotracker3.points import PointTracker

    torch.manual_seed(0)
    network = CoTrackerPredictor(checkpoint=None, offline=True, v2=False, window_len=60).model
    torch.save(network.state_dict(), tmp_path / "random.pth")
    tracker = PointTracker(tmp_path / "random.pth", "cpu")
    pictures = np.stack([moved_picture(number, 0) for number in range(4)])
    points = grid_inside(PERSON[0] > 0, SIZE, 40.0)
    for frame in (0, 2):
        places, visible = tracker.follow(pictures, frame, points)
        assert (places.shape, places.dtype) == ((4, len(points), 2), np.float64)
        assert (visible.shape, visible.dtype) == ((4, len(points)), np.bool_)
        assert places[frame] == pytest.approx(points, abs=1e-3)
        assert visible[frame].all()
        assert np.array_equal(tracker.follow(pictures, frame, points)[0], places)


@pytest.mark.skipif(find_spec("ultralytics") is None, reason="needs the environment cotracker")
def test_ultralytics_itself_with_random_weights(tmp_path: Path) -> None:
    """Its real code, of YOLOv8n-Seg: nobody is found, or masks have the picture's size."""
    from ultralytics import YOLO

    from trackers.cotracker3.masks import Segmenter

    YOLO("yolov8n-seg.yaml", task="segment").save(tmp_path / "random.pt")
    masks = Segmenter(tmp_path / "random.pt", "cpu").masks(moved_picture(0, 0))
    assert (masks.shape[1:], masks.dtype) == ((360, 400), np.bool_)
