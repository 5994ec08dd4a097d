"""The tracker ``pose-flow`` where MediaPipe is installed (``.ci/run``)."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.construction import SHORT, TARGETS, Proof, compare
from demo.motions import CLIPS
from demo.questions import breath_of, clip_name
from demo.truth import tracks
from mabench_eval import PARTS, ClipError, ClipToTrack, Picture, Sides, TrackedClip
from mabench_eval.catalogue import load_catalogue
from mabench_eval.construction import OpenTracker, describe, open_tracker
from mabench_eval.video import each_frame
from tests.support.paths import DEMO, ROOT, SHARED

needs_mediapipe = pytest.mark.skipif(
    find_spec("mediapipe") is None or find_spec("cv2") is None, reason="needs the environment mediapipe"
)
REAL = SHARED / "clips"
Pixels = NDArray[np.uint8]
HEAD = PARTS.index("head")


@cache
def tracker() -> OpenTracker:
    return open_tracker(load_catalogue().check().tracker("pose-flow"), {})


def track(pictures: Sequence[Pixels], sides: Sides = "viewer", name: str = "drawn") -> TrackedClip:
    def timed() -> Iterator[Picture]:
        yield from ((number / 30, picture) for number, picture in enumerate(pictures))

    return tracker().track(ClipToTrack(name, Path("drawn.mp4"), timed, sides))


@cache
def demo_pictures(number: int, count: int = 12) -> tuple[Pixels, ...]:
    found = each_frame(DEMO / "videos" / f"{clip_name(number)}.mp4")
    return tuple(picture for (_, picture), _ in zip(found, range(count), strict=False))


def everything(tracked: TrackedClip) -> bytes:
    return b"".join(
        array.tobytes()
        for source in tracked.sources
        for array in (source.positions, source.visible, *source.rotation.values())
    )


@needs_mediapipe
def test_statements_about_the_demo_are_true() -> None:
    """A minute; benchmarks/construction.py prints the figures."""
    proof = Proof()
    for number in range(len(CLIPS)):
        path = DEMO / "videos" / f"{clip_name(number)}.mp4"
        tracked = tracker().track(ClipToTrack(path.stem, path, partial(each_frame, path), "viewer"))
        assert (tracked.found, tracked.persons) == (1.0, 1)
        assert tracked.sources[1].visible[:, HEAD].min() == 1, "no mosaic"
        compare(describe(tracked, path.stem, None, tracker().facts), tracks(CLIPS[number], breath_of(number)), proof)
    assert {task: proof.share(task) >= target for task, target in TARGETS.items()} == dict.fromkeys(TARGETS, True)
    assert sum(count < 2 for count in proof.counts["MAS"]) <= SHORT
    assert proof.share("direction") >= 95
    assert proof.apart() >= 0.95
    assert np.quantile(proof.late, 0.9) <= 0.1


@needs_mediapipe
def test_the_same_pictures_give_the_same_bytes_in_every_process() -> None:
    here = everything(track(demo_pictures(0)))
    assert everything(track(demo_pictures(0))) == here
    code = (
        "import hashlib, tests.construction.test_pose_flow as t;"
        "print(hashlib.sha256(t.everything(t.track(t.demo_pictures(0)))).hexdigest())"
    )
    there = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
        for _ in range(2)
    ]
    assert there == [hashlib.sha256(here).hexdigest() + "\n"] * 2


@needs_mediapipe
def test_nothing_of_mediapipe_comes_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    track(demo_pictures(0, 3))
    assert capfd.readouterr() == ("", "")


@needs_mediapipe
def test_parts_are_named_by_the_sides_asked_for() -> None:
    viewer, person = (track(demo_pictures(8), sides) for sides in ("viewer", "person"))
    left, right = PARTS.index("left hand"), PARTS.index("right hand")
    for one, other in zip(viewer.sources, person.sources, strict=True):
        assert np.array_equal(one.positions[:, left], other.positions[:, right])
        assert one.positions[0, left, 0] < one.positions[0, right, 0]


@needs_mediapipe
def test_a_camera_that_moves_is_seen_and_taken_off() -> None:
    still = track([demo_pictures(0)[0]] * 12)
    textured = np.random.default_rng(0).integers(-12, 13, (*demo_pictures(0)[0].shape[:2], 1))
    picture = np.clip(demo_pictures(0)[0] + textured, 0, 255).astype(np.uint8)
    shifted = track([np.roll(picture, number, axis=1) for number in range(12)])
    assert still.camera == pytest.approx(0, abs=0.005)
    assert shifted.camera == pytest.approx(11 * 360 / 320 / shifted.torso, rel=0.1)
    for source in shifted.sources:
        assert np.ptp(source.positions[2:, PARTS.index("torso"), 0]) < 0.08


@needs_mediapipe
def test_a_second_person_is_counted() -> None:
    side_by_side = [np.concatenate(pair, axis=1) for pair in zip(demo_pictures(0), demo_pictures(1), strict=True)]
    assert track(side_by_side).persons == 2


@needs_mediapipe
@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        ([np.full((240, 320, 3), 128, np.uint8)] * 3, "clip drawn: no person is found in any of its 3 pictures"),
        ([np.full((240, 320, 3), 128, np.uint8)], "clip drawn has 1 picture: motion needs two"),
        ([], "clip drawn has 0 pictures: motion needs two"),
    ],
)
def test_a_clip_that_shows_nothing_is_one_line(pictures: Any, message: str) -> None:
    with pytest.raises(ClipError) as caught:
        track(pictures)
    assert caught.value.message == message


@needs_mediapipe
@pytest.mark.skipif(not REAL.is_dir(), reason="needs the clips that may not be redistributed")
@pytest.mark.parametrize("name", ["0010_02_0101", "0019_02_0078", "0030_01_0002"])
def test_flow_under_a_mosaic_counts_for_nothing(name: str) -> None:
    path = REAL / f"{name}.mp4"
    tracked = tracker().track(ClipToTrack(name, path, partial(each_frame, path), "viewer"))
    pose, flow = tracked.sources
    assert flow.visible[:, HEAD].max() == 0
    assert pose.visible[:, HEAD].mean() > 0.9
    assert "head" in describe(tracked, name, None, tracker().facts).quality.hidden
