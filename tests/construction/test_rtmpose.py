"""The tracker ``rtmpose``: on a stand-in of rtmlib that checks what it is given; on rtmlib where it is installed."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mabench_eval import PARTS, ClipError, ClipToTrack, ModelError, Picture, TrackedClip
from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.construction import LAYOUTS, OpenTracker, open_tracker
from mabench_eval.environments import locate_environment
from tests.construction.test_anatomy import standing
from tests.construction.test_part_flow import moved_picture, needs_opencv
from tests.support.trackers import Seen, rtmlib_stand_in, with_corner, write_network
from trackers.rtmpose.networks import NETWORKS, SOLUTIONS

BOX = [130.0, 10.0, 270.0, 400.0]
HALPE = list(LAYOUTS["halpe26"])


def halpe26(shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """The standing person's 26 joints, the hand at the viewer's left so many pixels lower, and their scores."""
    named = {name: standing()[row] for name, row in LAYOUTS["mediapipe33"].items()}
    joints = np.array([named.get(name, (200.0, 90.0)) for name in HALPE])
    joints[HALPE.index("right wrist"), 1] += shift
    return joints, np.full(26, 0.8)


@pytest.fixture
def networks(tmp_path: Path) -> dict[str, str]:
    """Settings that name both files."""
    detector = write_network(tmp_path / "detector.onnx", [1, 3, 640, 416])
    pose = write_network(tmp_path / "pose.onnx", ["batch", 3, 256, 192])
    return {"detector": str(detector), "pose": str(pose)}


def opened(**settings: Any) -> OpenTracker:
    return open_tracker(load_catalogue().check().tracker("rtmpose"), settings)


def track(tracker: OpenTracker, count: int, still: bool = False) -> TrackedClip:
    def pictures() -> Iterator[Picture]:
        for number in range(count):
            yield number / 30, with_corner(moved_picture(0 if still else number, 0))

    return tracker.track(ClipToTrack("drawn", Path("drawn.mp4"), pictures, "viewer"))


@needs_opencv
def test_joints_and_flow_are_two_sources(networks: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrist and the pixels of the hand go down a pixel a picture, five in all; the torso is 100 pixels long."""
    seen = Seen(lambda number: [BOX], lambda number, box: halpe26(number))
    with rtmlib_stand_in(monkeypatch, seen):
        tracked = track(opened(**networks), 6)
    joints, flow = tracked.sources
    assert (joints.source, flow.source) == ("rtmpose", "flow")
    assert (tracked.found, tracked.persons, tracked.size) == (1.0, 1, (400, 360))
    assert tracked.torso == pytest.approx(np.hypot(0, 100))
    hand = PARTS.index("left hand")
    assert np.ptp(joints.positions[:, hand, 1]) == pytest.approx(5 / 100, abs=1e-3)
    assert np.ptp(flow.positions[:, hand, 1]) == pytest.approx(5 / 100, abs=0.015)
    assert np.ptp(joints.positions[:, PARTS.index("right hand")], axis=0).max() < 1e-3
    assert set(joints.rotation) == {"head yaw", "head pitch", "head roll"}
    assert not flow.rotation


@needs_opencv
def test_pictures_without_anybody_are_bridged_and_counted(
    networks: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Seen(lambda number: [] if number in (1, 2) else [BOX], lambda number, box: halpe26())
    with rtmlib_stand_in(monkeypatch, seen):
        tracked = track(opened(**networks), 8, still=True)
    assert tracked.found == 6 / 8
    assert np.ptp(tracked.sources[0].positions, axis=0).max() < 1e-3


@needs_opencv
@pytest.mark.parametrize(
    ("boxes", "count", "message"),
    [
        ([], 3, "clip drawn: no person is found in any of its 3 pictures"),
        ([BOX], 1, "clip drawn has 1 picture: motion needs two"),
        ([BOX], 0, "clip drawn has 0 pictures: motion needs two"),
    ],
)
def test_a_clip_that_shows_nothing_is_one_line(
    networks: dict[str, str], monkeypatch: pytest.MonkeyPatch, boxes: Any, count: int, message: str
) -> None:
    seen = Seen(lambda number: boxes, lambda number, box: halpe26())
    with rtmlib_stand_in(monkeypatch, seen), pytest.raises(ClipError) as caught:
        track(opened(**networks), count)
    assert caught.value.message == message


def people(networks: dict[str, str], layout: str = "halpe26") -> Any:
    from trackers.rtmpose.people import People

    return People(Path(networks["detector"]), Path(networks["pose"]), layout)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """One person who stands, in every picture."""
    with rtmlib_stand_in(monkeypatch, Seen(lambda number: [BOX], lambda number, box: halpe26())) as stand_in:
        yield stand_in


PICTURE = with_corner(np.zeros((360, 400, 3), np.uint8))


def test_joints_are_shares_of_the_picture(networks: dict[str, str], seen: Seen) -> None:
    person = people(networks).see(PICTURE)
    assert person.joints[HALPE.index("left shoulder")] == pytest.approx((240 / 400, 100 / 360))
    assert (person.scores.max(), person.persons) == (pytest.approx(0.8), 1)


def test_the_largest_person_is_followed_wherever_another_one_grows(networks: dict[str, str], seen: Seen) -> None:
    large, small, larger = [0, 0, 100, 100], [200, 0, 250, 50], [150, 0, 390, 350]
    boxes = [[small, large], [larger, [20, 0, 110, 90]], [larger]]
    seen.boxes = lambda number: [list(map(float, box)) for box in boxes[number]]
    eye = people(networks)
    assert [eye.see(PICTURE).persons for _ in boxes] == [2, 2, 1]
    assert seen.asked == [large, [20, 0, 110, 90], larger]

    eye.begin()
    seen.pictures, seen.boxes = 0, lambda number: [small, larger]
    eye.see(PICTURE)
    assert seen.asked[-1] == larger


def test_nobody_is_no_skeleton_of_the_whole_picture(networks: dict[str, str], seen: Seen) -> None:
    seen.boxes = lambda number: []
    person = people(networks).see(PICTURE)
    assert np.isnan(person.joints).all()
    assert (person.joints.shape, person.scores.max(), person.persons, seen.asked) == ((26, 2), 0, 0, [])


def test_networks_that_do_not_fit_are_one_line(networks: dict[str, str], seen: Seen, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"pose\.onnx finds 26 joints, not the 133 of coco133"):
        people(networks, "coco133").see(PICTURE)
    write_network(Path(networks["pose"]), ["batch", 3, "height", "width"])
    with pytest.raises(ModelError, match="not one picture of a fixed size"):
        people(networks)
    Path(networks["detector"]).write_bytes(b"\x00")
    with pytest.raises(ModelError, match=r"detector\.onnx is no network that ONNX Runtime can run"):
        people(networks)


def test_what_is_missing_is_said_with_the_command(
    networks: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    packages = [line for line in opened(**networks).problems() if line.endswith(": --env auto")]
    assert len(packages) == any(find_spec(name) is None for name in ("rtmlib", "onnxruntime", "cv2"))
    assert opened(**networks).problems() == packages

    (download,) = (line for line in opened().problems() if line not in packages)
    assert download.endswith(
        """$(mabench-eval env path rtmpose) -c "import rtmlib; rtmlib.BodyWithFeet(mode='balanced')\""""
    )
    for name in NETWORKS["halpe26", "balanced"]:
        write_network(tmp_path / "home" / "hub" / "checkpoints" / f"{name}.onnx", [])
    assert opened().problems() == packages

    assert opened(**networks | {"pose": "no.onnx"}).problems() == [*packages, "there is no no.onnx: --set pose=FILE"]
    assert "joints are halpe26 or coco133, not coco17" in opened(joints="coco17").problems()[0]
    assert "not quick: --set mode=balanced" in opened(mode="quick").problems()[0]


def test_its_identity_is_what_is_in_the_networks(networks: dict[str, str], tmp_path: Path) -> None:
    before = opened(**networks).identity
    moved = write_network(tmp_path / "elsewhere" / "p.onnx", ["batch", 3, 256, 192])
    assert opened(**networks | {"pose": str(moved)}).identity == before
    write_network(moved, ["batch", 3, 384, 288])
    assert opened(**networks | {"pose": str(moved)}).identity != before
    assert opened(joints="coco17").identity["settings"]["pose"] is None  # which `problems` tells of


def test_doctor_tells_of_networks_once_the_environment_is_made(
    networks: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MABENCH_EVAL_ENVIRONMENTS", str(tmp_path / "environments"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    location = locate_environment(load_catalogue().environment("rtmpose"))
    location.python.parent.mkdir(parents=True)
    location.python.touch()
    location.marker.touch()
    assert main(["doctor", "rtmpose", "--json"]) == 2
    lacking = [each for each in json.loads(capsys.readouterr().out)["findings"] if each["state"] == "missing"]
    assert [each["summary"][:25] for each in lacking] == ["rtmlib has not downloaded"]
    chosen = [f"--set={name}={file}" for name, file in networks.items()]
    assert main(["doctor", "rtmpose", *chosen]) == 0


@pytest.mark.skipif(find_spec("rtmlib") is None, reason="needs rtmlib, as in the environment rtmpose")
def test_rtmlib_has_these_networks_and_takes_these_arguments() -> None:
    import rtmlib

    for (layout, mode), names in NETWORKS.items():
        chosen = getattr(rtmlib, SOLUTIONS[layout]).MODE[mode]
        assert [chosen[what].rpartition("/")[2] for what in ("det", "pose")] == [f"{name}.zip" for name in names]
    for tool in (rtmlib.YOLOX, rtmlib.RTMPose):
        assert list(inspect.signature(tool).parameters)[:2] == ["onnx_model", "model_input_size"]
    assert list(inspect.signature(rtmlib.RTMPose.__call__).parameters) == ["self", "image", "bboxes"]
