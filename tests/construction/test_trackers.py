"""Trackers by card: where they come from, what their identity rests on, and what becomes of what they raise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from mabench_eval import (
    PARTS,
    ClipError,
    ClipToTrack,
    InputError,
    Picture,
    Sides,
    TrackedClip,
    Tracks,
    register_tracker,
)
from mabench_eval.catalogue import TrackerCard, load_catalogue
from mabench_eval.cli import main
from mabench_eval.construction import OpenTracker, open_tracker
from mabench_eval.types import Json
from mabench_eval.video import each_frame
from tests.support.paths import DEMO

CODE = """\
import numpy as np
from mabench_eval import PARTS, TrackedClip, Tracks, register_tracker

@register_tracker("mine", depends=["weights.bin"])
class Mine:
    def __init__(self, settings):
        self.speed = settings["speed"]

    @staticmethod
    def problems(settings):
        return ["too fast"] if settings["speed"] > 9 else []

    def track(self, clip):
        times = np.array([seconds for seconds, picture in clip.pictures()])
        where = np.repeat(self.speed * times[:, None, None], len(PARTS), 1) * np.ones(2)
        seen = np.ones((len(times), len(PARTS)))
        return TrackedClip(times, clip.sides, 100.0, 1.0, (Tracks("mine", where, seen),))
"""
CARD = """\
name: mine
description: Everything moves at one speed.
licence: MIT
settings:
  speed: 2
"""


def two_pictures() -> Iterator[Picture]:
    yield 0.0, np.zeros((4, 4, 3), np.uint8)
    yield 0.5, np.zeros((4, 4, 3), np.uint8)


CLIP = ClipToTrack("walk", Path("walk.mp4"), two_pictures, "viewer")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to ``--include``, with a tracker in it."""
    place = tmp_path / "trackers"
    place.mkdir()
    (place / "mine.yaml").write_text(CARD)
    (place / "mine.py").write_text(CODE)
    (place / "weights.bin").write_bytes(b"1")
    return tmp_path


def opened(folder: Path, settings: Json | None = None) -> OpenTracker:
    return open_tracker(load_catalogue([folder]).check().tracker("mine"), settings or {})


def test_a_tracker_joins_by_include_and_tracks(folder: Path) -> None:
    tracker = opened(folder)
    assert dict(tracker.facts) == {"name": "mine", "version": "1", "licence": "MIT"}
    assert (tracker.environment, tracker.draft) == (None, False)
    assert tracker.track(CLIP).sources[0].positions[-1, 0, 0] == 1.0
    assert opened(folder, {"speed": 4}).track(CLIP).sources[0].positions[-1, 0, 0] == 2.0


def test_its_identity_changes_with_code_data_settings_and_version(folder: Path) -> None:
    code, data = folder / "trackers" / "mine.py", folder / "trackers" / "weights.bin"
    first = opened(folder).identity
    assert opened(folder).identity == first
    seen = [first, opened(folder, {"speed": 3}).identity]
    data.write_bytes(b"23")
    seen.append(opened(folder).identity)
    code.write_text(CODE + "# edited\n")
    seen.append(opened(folder).identity)
    (folder / "trackers" / "mine.yaml").write_text(CARD + "version: 2\n")
    seen.append(opened(folder).identity)
    assert all(one != other for place, one in enumerate(seen) for other in seen[:place])


def test_what_is_missing_is_said_before(folder: Path) -> None:
    assert opened(folder).problems() == []
    assert opened(folder, {"speed": 10}).problems() == ["too fast"]


def test_an_unknown_setting_has_a_suggestion_and_the_list(folder: Path) -> None:
    with pytest.raises(InputError, match="'mine' has no setting 'sped'; did you mean 'speed'") as caught:
        opened(folder, {"sped": 1})
    assert caught.value.hint == "Its settings: speed"


def test_a_function_is_a_tracker_too() -> None:
    @register_tracker("still")
    def still(clip: ClipToTrack) -> TrackedClip:
        """Nothing moves."""
        nowhere = Tracks("still", np.zeros((2, len(PARTS), 2)), np.ones((2, len(PARTS))))
        return TrackedClip(np.array([0.0, 1.0]), clip.sides, 100.0, 1.0, (nowhere,))

    card = load_catalogue().tracker("still")
    assert (card.description, card.licence) == ("Nothing moves.", "not stated")
    assert len(open_tracker(card, {}).track(CLIP).times) == 2


def test_a_card_without_its_code_is_an_error(tmp_path: Path) -> None:
    card = TrackerCard("nobody", "Nothing.", "MIT", source=tmp_path / "nobody.yaml")
    with pytest.raises(InputError, match="does not register 'nobody'"):
        open_tracker(card, {})


def test_what_it_raises_or_gives_wrongly_names_the_clip(folder: Path) -> None:
    def none() -> Iterator[Picture]:
        raise ClipError("walk.mp4 cannot be decoded")
        yield

    with pytest.raises(ClipError, match=r"^walk.mp4 cannot"):
        opened(folder).track(replace(CLIP, pictures=none))
    with pytest.raises(ClipError, match=r"^clip walk: tracker 'mine' broke off at .*mine\.py:\d+: TypeError"):
        opened(folder, {"speed": None}).track(CLIP)

    @register_tracker("odd")
    def odd(clip: ClipToTrack) -> TrackedClip:
        return "tracks"  # type: ignore[return-value]

    with pytest.raises(ClipError, match="'odd' gave str, not a TrackedClip"):
        open_tracker(load_catalogue().tracker("odd"), {}).track(CLIP)

    @register_tracker("other sides")
    def other_sides(clip: ClipToTrack) -> TrackedClip:
        return replace(opened(folder).track(CLIP), sides="person")

    with pytest.raises(ClipError, match="by the person's sides, where the viewer's were asked for"):
        open_tracker(load_catalogue().tracker("other sides"), {}).track(CLIP)


def test_the_command_line_lists_them_with_licence_and_environment(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "trackers", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert (rows["pose-flow"]["licence"], rows["pose-flow"]["environment"]) == ("Apache-2.0", "mediapipe")


def test_doctor_says_what_a_tracker_lacks(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MABENCH_EVAL_ENVIRONMENTS", str(tmp_path / "none"))
    assert main(["doctor", "mine", "--include", str(folder)]) == 0
    assert "mine can run here." in capsys.readouterr().out
    assert main(["doctor", "mine", "--include", str(folder), "--set", "speed=10"]) == 2
    assert "too fast" in capsys.readouterr().out
    assert main(["doctor", "pose-flow", "--json"]) == (0 if find_spec("mediapipe") else 2)
    found = {each["name"]: each for each in json.loads(capsys.readouterr().out)["findings"]}
    assert found["licence"]["summary"] == "Apache-2.0"
    assert found["environment"]["fix"] == "mabench-eval env make mediapipe"


def test_doctor_takes_a_model_before_a_tracker_of_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "motion", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "motion"
    assert main(["doctor", "motion", "--tracker", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tracker"] == "motion"


def test_pose_flow_needs_its_packages_only_when_it_tracks() -> None:
    tracker = open_tracker(load_catalogue().check().tracker("pose-flow"), {})
    assert tracker.facts["licence"] == "Apache-2.0"
    assert bool(tracker.problems()) == (find_spec("mediapipe") is None or find_spec("cv2") is None)


def motion(pictures: Callable[[], Iterator[Picture]], sides: Sides = "viewer") -> TrackedClip:
    tracker = open_tracker(load_catalogue().check().tracker("motion"), {})
    assert tracker.draft
    return tracker.track(ClipToTrack("drawn", Path("drawn.mp4"), pictures, sides))


@pytest.mark.parametrize("sides", ["viewer", "person"])
def test_motion_tracks_every_frame_by_the_sides_asked_for(sides: Sides) -> None:
    """In the demo's ninth clip a hand waves, and nothing else moves much."""
    tracked = motion(partial(each_frame, DEMO / "videos" / "demo_09.mp4"), sides)
    assert len(tracked.times) == 75
    (tracks,) = tracked.sources
    amplitude = dict(zip(PARTS, np.hypot(*np.moveaxis(np.ptp(tracks.positions, axis=0), 1, 0)), strict=True))
    known = json.loads((DEMO / "ground_truth.json").read_text())["clips"]["demo_09"]["parts"]
    widest = max(known, key=lambda part: known[part]["amplitude"]).lower()
    if sides == "person":
        widest = widest.replace("left", "-").replace("right", "left").replace("-", "right")
    assert amplitude[widest] > 2 * amplitude["head"]


def test_motion_refuses_what_shows_nobody_and_one_picture() -> None:
    with pytest.raises(ClipError, match="clip drawn: nobody stands out from a plain background"):
        motion(two_pictures)
    with pytest.raises(ClipError, match="clip drawn has 1 picture: motion needs two"):
        motion(lambda: islice(two_pictures(), 1))
    with pytest.raises(ClipError, match="clip drawn has 0 pictures"):
        motion(lambda: iter(()))


def test_the_identity_of_motion_holds_the_baseline() -> None:
    identity = open_tracker(load_catalogue().tracker("motion"), {}).identity
    assert list(identity["depends"]) == ["../models/motion"]
