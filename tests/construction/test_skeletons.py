"""The tracker ``skeleton``: files of other tools, read safely, and one clear line for whatever does not fit."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mabench_eval import PARTS, ClipToTrack, MabenchError, Picture, TrackedClip
from mabench_eval.catalogue import load_catalogue
from mabench_eval.construction import LAYOUTS, OpenTracker, open_tracker
from mabench_eval.construction.layouts import SIZES
from mabench_eval.types import Json

FRAMES = 6


def pictures(count: int = FRAMES) -> Iterator[Picture]:
    for number in range(count):
        yield number / 25, np.zeros((4, 4, 3), np.uint8)


CLIP = ClipToTrack("walk", Path("walk.mp4"), pictures, "viewer")


def person(layout: str = "halpe136", frames: int = FRAMES) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(T, joints, 3): a torso of 100 pixels; the right wrist, at the viewer's left, goes rightward by 10 a frame."""
    rows = LAYOUTS[layout]
    joints = np.ones((frames, SIZES[layout], 3))
    for side, across in (("left", 30), ("right", -30)):
        joints[:, rows[f"{side} shoulder"], :2] = 200 + across, 100
        joints[:, rows[f"{side} hip"], :2] = 200 + across, 200
    joints[:, rows["right wrist"], 0] = 100 + 10 * np.arange(frames)
    return joints


def opened(**settings: Any) -> OpenTracker:
    given: Json = {"layout": "halpe136", **{key: str(v) if isinstance(v, Path) else v for key, v in settings.items()}}
    return open_tracker(load_catalogue().check().tracker("skeleton"), given)


def refused(tracker: OpenTracker, clip: ClipToTrack = CLIP) -> str:
    with pytest.raises(MabenchError) as caught:
        tracker.track(clip)
    assert "\n" not in caught.value.message
    return caught.value.message


def mmn(tmp_path: Path, **changes: Any) -> Path:
    """A pickle as MMN has it: one clip, one person."""
    joints = person()[None]
    row = {
        "frame_dir": "walk",
        "keypoint": joints[..., :2].astype(np.float32),
        "keypoint_score": joints[..., 2].astype(np.float32),
        "img_shape": (1296, 1080),
        "total_frames": FRAMES,
        "label": 5,
    }
    path = tmp_path / "test_data.pkl"
    path.write_bytes(pickle.dumps({"annotations": [{**row, **changes}]}))
    return path


def moved(tracked: TrackedClip) -> np.ndarray[Any, np.dtype[np.float64]]:
    """How far each part has gone rightward, torso lengths."""
    positions = tracked.sources[0].positions
    return np.asarray(positions[-1, :, 0] - positions[0, :, 0])


def test_a_pickle_of_mmn_is_read(tmp_path: Path) -> None:
    tracked = opened(file=mmn(tmp_path)).track(CLIP)
    assert (tracked.torso, tracked.found, tracked.persons) == (100.0, 1.0, 1)
    assert tracked.times[-1] == 0.2
    went = dict(zip(PARTS, moved(tracked), strict=True))
    assert went["left hand"] > 0 == went["right hand"], "named by the viewer's sides"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_of_every_age_are_read(tmp_path: Path, protocol: int) -> None:
    path = mmn(tmp_path, label=np.int64(5))
    path.write_bytes(pickle.dumps(pickle.loads(path.read_bytes()), protocol))
    assert opened(file=path).track(CLIP).torso == 100.0


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
@pytest.mark.parametrize("form", ["npy", "npz"])
def test_a_folder_of_arrays_is_read_in_every_layout(tmp_path: Path, layout: str, form: str) -> None:
    if form == "npy":
        np.save(tmp_path / "walk.npy", person(layout))
    else:
        joints = person(layout)
        np.savez(tmp_path / "walk.npz", keypoints=joints[..., :2], scores=joints[..., 2])
    tracked = opened(folder=tmp_path, layout=layout, fps=25).track(replace(CLIP, pictures=lambda: iter(())))
    assert (tracked.torso, tracked.times[-1]) == (100.0, 0.2)


def test_one_file_of_arrays_is_read_by_name_of_clip(tmp_path: Path) -> None:
    np.savez(tmp_path / "all.npz", walk=person(), stand=person())
    tracker = opened(file=tmp_path / "all.npz")
    assert tracker.track(CLIP).torso == tracker.track(replace(CLIP, name="stand")).torso == 100.0
    assert refused(tracker, replace(CLIP, name="run")).endswith("all.npz, which has 2: stand, walk, ...")


def test_of_several_persons_the_clearest_is_taken_and_all_are_counted(tmp_path: Path) -> None:
    both = np.stack([person() * np.array([1, 1, 0.6]), person() + np.array([500, 0, -0.1]), 0 * person()])
    path = mmn(tmp_path, keypoint=both[..., :2], keypoint_score=both[..., 2])
    tracked = opened(file=path).track(CLIP)
    assert tracked.persons == 2
    assert tracked.sources[0].positions[0, 0, 0] >= 0


class Harmful:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch harm",)


def test_a_pickle_that_names_a_function_is_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = mmn(tmp_path, label=Harmful())
    assert "posix.system, which is no data" in refused(opened(file=path))
    assert not (tmp_path / "harm").exists()

    arrays = np.array([Harmful()], dtype=object)
    np.save(tmp_path / "walk.npy", arrays, allow_pickle=True)
    assert "walk.npy cannot be read" in refused(opened(folder=tmp_path))
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"frame_dir": "other"}, "no skeleton in"),
        ({"total_frames": 9}, "6 skeletons, where total_frames says 9"),
        ({"keypoint": np.zeros((1, 6, 17, 2)), "keypoint_score": np.ones((1, 6, 17))}, "halpe136 has 136 joints"),
        ({"keypoint": np.zeros((6, 2))}, "joints of shape (6, 2)"),
        ({"keypoint_score": np.ones((1, 5, 136))}, "scores of (1, 5, 136)"),
        ({"keypoint_score": np.full((1, 6, 136), 7.0)}, "confidence, 0-1; these go from 7 to 7"),
        ({"keypoint_score": np.zeros((1, 6, 136))}, "there is nobody in it"),
        ({"keypoint": "walk"}, "expected an array of numbers"),
        ({"keypoint": person()[None, :1, :, :2], "keypoint_score": np.ones((1, 1, 136)), "total_frames": 1}, "1 skele"),
    ],
)
def test_what_does_not_fit_is_one_line_with_the_clip(tmp_path: Path, changes: Json, expected: str) -> None:
    message = refused(opened(file=mmn(tmp_path, **changes)))
    assert expected in message
    assert "walk" in message


def test_a_skeleton_of_another_length_than_its_clip_is_refused(tmp_path: Path) -> None:
    tracker = opened(file=mmn(tmp_path))
    assert "clip walk has 7 frames and 6 skeletons" in refused(tracker, replace(CLIP, pictures=lambda: pictures(7)))


@pytest.mark.parametrize("cut", [0, 1, 10, 300])
def test_damaged_files_are_one_line(tmp_path: Path, cut: int) -> None:
    path = mmn(tmp_path)
    path.write_bytes(path.read_bytes()[:cut])
    assert "cannot be read" in refused(opened(file=path))
    np.save(tmp_path / "walk.npy", person())
    (tmp_path / "walk.npy").write_bytes((tmp_path / "walk.npy").read_bytes()[:cut])
    assert "walk.npy cannot be read" in refused(opened(folder=tmp_path))


def test_settings_that_say_nothing_are_told_before(tmp_path: Path) -> None:
    assert opened(file=mmn(tmp_path)).problems() == []
    assert "--set file=PATH or --set folder=DIR" in opened().problems()[0]
    assert "there is no file" in opened(file=tmp_path / "none.pkl").problems()[0]
    odd = opened(folder=tmp_path, layout="coco18", fps="fast").problems()
    assert "the layout is one of coco17, coco133" in odd[0]
    assert "fps is a number" in odd[1]


def test_other_files_are_another_tracker_and_other_places_are_not(tmp_path: Path) -> None:
    path = mmn(tmp_path)
    before = opened(file=path).identity
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / path.name).write_bytes(path.read_bytes())
    assert opened(file=elsewhere / path.name).identity == before
    assert opened(file=mmn(tmp_path, label=6)).identity != before
