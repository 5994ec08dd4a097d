"""The motion baseline: figures of rectangles whose movement is known, and tracks whose numbers are written out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from judges.lexical.facts import read_description
from mabench_eval import evaluate
from mabench_eval.answers.labels import read_labels
from mabench_eval.catalogue import import_file, load_catalogue
from mabench_eval.construction.sides import Sides
from mabench_eval.engines import open_engine
from mabench_eval.taxonomy import BODY_PARTS, MICRO_ACTIONS
from mabench_eval.types import AnswerKind, Clip, ClipWork, Frames, Request
from models.motion.answers import answer_yes_no, nearing, onset
from models.motion.body import PAIRED_PLACES, STEP, BodyMotion, Track, body_motion
from models.motion.claims import PHASES, WHOLE, Claim, read_claims, read_span
from models.motion.labels import action_scores, part_scores, together, zone_shares
from models.motion.model import MotionModel
from models.motion.pixels import find_person, measure, optical_flow, shrink
from models.motion.prose import best_labels, describe, reason
from models.motion.tables import PROFILES, SIGNS
from tests.support.benchmarks import CMAR_TEXT, write_benchmark
from tests.support.paths import ROOT

COUNT = 8
STILL: tuple[tuple[int, int], ...] = ((0, 0),) * COUNT
ALONG = tuple((min(2 * max(t - 1, 0), 6), 0) for t in range(COUNT))
"""Rightward by 0, 0, 2, 4, 6, 6, 6, 6 pixels: all of it between frames 1 and 4."""


def cloth(rows: int, columns: int, seed: int) -> NDArray[np.uint8]:
    """A dark patch with a texture that survives shrinking by two."""
    coarse = np.random.default_rng(seed).integers(10, 110, (rows // 6 + 1, columns // 6 + 1))
    return np.kron(coarse, np.ones((6, 6)))[:rows, :columns, None].repeat(3, axis=2).astype(np.uint8)


def figure(**moves: tuple[tuple[int, int], ...]) -> Frames:
    """A figure 160 px tall from row 40 on, its midline at column 120: head, torso with arms, legs; 8 frames in 2 s.

    Sides are the viewer's.

    ``moves``: part -> (rightward, downward) in pixels for each frame.
    """
    blocks = {  # top, left, height, width
        "torso": (68, 92, 60, 56),
        "legs": (128, 96, 72, 48),
        "head": (40, 106, 28, 28),
        "right_hand": (124, 126, 14, 14),
        "left_hand": (124, 100, 14, 14),
    }
    frames = np.full((COUNT, 240, 240, 3), 200, np.uint8)
    for seed, (part, (top, left, height, width)) in enumerate(blocks.items()):
        for frame, (right, down) in zip(frames, moves.get(part, STILL), strict=True):
            frame[top + down : top + down + height, left + right : left + right + width] = cloth(height, width, seed)
    return clip(frames)


def clip(pixels: NDArray[np.uint8]) -> Frames:
    """Frames of a clip of 60 frames at 30 a second, in the middle of equal segments: at (t + 1/2) / T of 2 seconds."""
    count = len(pixels)
    indices = tuple((2 * t + 1) * 60 // (2 * count) for t in range(count))
    return Frames(pixels, indices, tuple(index / 30 for index in indices), 30.0, 60)


def tracks(**steps: list[tuple[float, float]]) -> BodyMotion:
    """A body whose parts go as written (hundredths of its height) in the six sixths of 3 seconds; others are still."""
    still = [(0.0, 0.0)] * 6
    names = ["head", "torso", *(f"{side} {name}" for side in ("left", "right") for name in PAIRED_PLACES)]
    parts = {}
    for name in names:
        flow = np.asarray(steps.get(name.replace(" ", "_"), still), np.float32) / np.float32(100)
        length = np.asarray(np.hypot(*flow.T), np.float32)
        rest = (0.0, 0.1) if name == "head" else (-0.1 if name.startswith("left") else 0.1, 0.6)
        parts[name] = Track(length, flow, rest, length > 0)
    motion = measure(shrink(np.zeros((2, 30, 30, 3), np.uint8)))
    return BodyMotion(MappingProxyType(parts), np.linspace(0, 1, 7, dtype=np.float32), 3.0, motion)


# -- pixels


def test_shrink_takes_block_means() -> None:
    pixels = np.zeros((1, 240, 4, 3), np.uint8)
    pixels[0, :2, :2] = [[[10] * 3, [20] * 3], [[30] * 3, [40] * 3]]
    small = shrink(pixels)  # 240 rows to 120: blocks of 2 x 2
    assert small.shape == (1, 120, 2, 3)
    assert small[0, 0, 0].tolist() == [25, 25, 25]  # (10 + 20 + 30 + 40) / 4
    assert small[0, 0, 1].tolist() == [0, 0, 0]


def test_a_small_picture_is_not_shrunk() -> None:
    assert shrink(np.full((1, 48, 36, 3), 7, np.uint8)).shape == (1, 48, 36, 3)


def test_the_person_stands_out_from_a_background_that_runs_from_margin_to_margin() -> None:
    picture = np.full((100, 80, 3), 1, np.float32) * np.linspace(100, 200, 80)[:, None]  # light falls from the right
    picture[20:90, 30:50] = 10
    silhouette, box = find_person(picture[None].astype(np.float32))
    assert (box.top, box.bottom, box.left, box.right, box.found) == (20, 90, 30, 50, True)
    assert box.middle == pytest.approx(40)
    assert silhouette.sum() == 70 * 20


@pytest.mark.parametrize("level", [0, 128])
def test_without_a_person_the_whole_frame_is_the_box(level: int) -> None:
    _, box = find_person(np.full((2, 30, 40, 3), level, np.float32))
    assert (box.top, box.bottom, box.left, box.right, box.middle, box.found) == (0, 30, 0, 40, 20, False)


@pytest.mark.parametrize(("right", "down"), [(1, 0), (-2, 0), (0, 3), (0, -1), (2, 2)])
def test_flow_is_the_displacement_to_the_right_and_down(right: int, down: int) -> None:
    waves = np.add.outer(np.sin(np.arange(60) / 3), np.cos(np.arange(60) / 4)).astype(np.float32) * 50
    flow = optical_flow(waves[None], np.roll(waves, (down, right), (0, 1))[None])
    assert np.median(flow[0, 20:40, 20:40], axis=(0, 1)) == pytest.approx([right, down], abs=0.15)


def test_shake_and_exposure_are_no_motion() -> None:
    frames = np.array(figure().pixels)
    frames[4:] = np.roll(frames[4:], (2, 0), (2, 1)) + 5  # one shrunk pixel to the right, and lighter
    frames[:, 200:] = 60  # a floor, and pictures on the wall: what tells a moving camera from a moving person
    frames[:, 30:60, 15:25] = frames[:, 100:130, 215:225] = 90
    frames[4:, 30:60, 15:17] = frames[4:, 100:130, 215:217] = 205
    frames[4:, 30:60, 25:27] = frames[4:, 100:130, 225:227] = 90
    shaken, moved = body_motion(clip(frames)), body_motion(figure(torso=ALONG, head=ALONG, legs=ALONG))
    assert shaken.motion.energy.sum() < 0.1 * moved.motion.energy.sum()


def test_noise_is_no_motion() -> None:
    noise = np.random.default_rng(0).normal(0, 3, figure().pixels.shape)
    noisy = np.clip(figure().pixels + noise, 0, 255).astype(np.uint8)
    moving = body_motion(figure(head=ALONG)).motion.energy.sum()
    assert body_motion(clip(noisy)).motion.energy.sum() < 0.02 * moving


# -- parts


def test_a_head_that_goes_right_early() -> None:
    """6 px of 160 are 0.0375 body heights, gone between (1 + 1/2) / 8 and (4 + 1/2) / 8 of the clip, to the right."""
    body = body_motion(figure(head=ALONG))
    head = body.parts["head"]
    assert head.steps.sum(axis=0) == pytest.approx([6 / 160, 0], abs=0.01)
    assert head.active.tolist() == [False, True, True, True, False, False, False]
    assert 1.5 / 8 < onset(Claim(("head",), ("right",)), WHOLE, body) < 3 / 8
    assert not any(body.parts[f"{side} foot"].amplitude for side in ("left", "right"))
    assert zone_shares(body)[0] > 0.9
    assert best_labels(body)[0] == "Head"
    assert answer_yes_no("In the early phase, does the head move primarily rightward?", body)
    assert not answer_yes_no("In the early phase, does the head move primarily leftward?", body)
    assert not answer_yes_no("In the late phase, does the head move primarily rightward?", body)


@pytest.mark.parametrize(("sides", "moved", "other"), [("viewer", "right", "left"), ("person", "left", "right")])
def test_whose_left_and_right(sides: Sides, moved: str, other: str) -> None:
    """The hand on the right of the picture goes up by 40 px of 160, a quarter of the body's height."""
    body = body_motion(figure(right_hand=tuple((0, -min(6 * t, 40)) for t in range(COUNT))), sides)
    hand, still = body.parts[f"{moved} hand"], body.parts[f"{other} hand"]
    assert hand.energy.sum() > 10 * still.energy.sum()
    assert hand.steps[:, 1].sum() < -5 * STEP  # upward is negative
    assert answer_yes_no(f"Does the {moved} hand show a larger movement than the {other} hand?", body)
    assert f"The {moved} hand leads" in describe(body)

    # To the right is outward for what is on the right.
    body = body_motion(figure(right_hand=ALONG), sides)
    assert answer_yes_no(f"Does the {moved} hand move outward?", body)
    assert not answer_yes_no(f"Does the {moved} hand move inward?", body)
    assert f"on the {moved} side of the body" in describe(body)


def test_sides_are_set_and_checked() -> None:
    assert MotionModel.problems({"sides": "person"}) == []
    assert "viewer or person" in MotionModel.problems({"sides": "mirror"})[0]


def test_nodding_is_told_from_shaking_the_head() -> None:
    swing = (0, 3, -3, 3, -3, 3, -3, 0)
    nod = body_motion(figure(head=tuple((0, step) for step in swing)))
    shake = body_motion(figure(head=tuple((step, 0) for step in swing)))
    assert best_labels(nod) == ("Head", "Nodding")
    assert best_labels(shake) == ("Head", "Shaking head")
    assert answer_yes_no("Does the head move back and forth repeatedly?", nod)


def test_a_body_that_sways_moves_both_shoulders_the_same_way() -> None:
    sway = tuple((step, 0) for step in (0, 4, 6, 4, 0, -4, -6, -4))
    body = body_motion(figure(head=sway, torso=sway))
    assert together(body) > 0.5
    assert best_labels(body) == ("Body", "Shaking body")


@pytest.mark.parametrize("count", [1, 2])
def test_frames_without_motion_answer_no_and_say_so(count: int) -> None:
    body = body_motion(clip(np.array(figure().pixels[:count])))
    assert not answer_yes_no("Does the head move upward?", body)
    assert answer_yes_no("Does the head stay still?", body)
    assert "moves measurably" in describe(body)
    assert not read_description(describe(body)).moves


# -- questions


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("does the right hand move upward and to the left?", [("right hand", "up left")]),
        ("in this bowing head action, does the head move downward?", [("head", "down")]),
        ("does the left foot move leftward towards the body midline?", [("left foot", "left")]),
        ("while the head moves right, does the left lower leg drop?", [("head", "right"), ("left lower leg", "down")]),
        ("was the movement of the torso ahead of that of the head?", [("torso", ""), ("head", "")]),
        ("do the head and the right hand move up?", [("head,right hand", "up")]),
        ("do both hands spread outward?", [("left hand,right hand", "out")]),
        ("is anything there?", []),
    ],
)
def test_claims_are_parts_with_the_directions_beside_them(text: str, claims: list[tuple[str, str]]) -> None:
    assert [(",".join(claim.parts), " ".join(claim.directions)) for claim in read_claims(text)] == claims


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("in the early phase of the video", PHASES["early"]),
        ("during the middle segment", PHASES["middle"]),
        ("in the late stage", PHASES["late"]),
        ("during the late segment (0.9-1.2 seconds)", (0.3, 0.4)),  # of 3 seconds
        ("from its initial centered position", None),
        ("later than the head", None),
    ],
)
def test_spans_are_seconds_or_phases(text: str, span: tuple[float, float] | None) -> None:
    assert read_span(text, 3.0) == (None if span is None else pytest.approx(span))


HEAD_THEN_HAND = {
    "head": [(2.0, 0.0), (2.0, 0.0), (0.0, 0.0), (-1.0, 0.0), (0.0, 0.0), (0.0, 0.0)],
    "right_hand": [(0.0, 0.0), (0.0, 0.0), (3.0, -9.0), (3.0, -9.0), (0.0, 0.0), (0.0, 4.0)],
}  # in hundredths: the head goes right by 4 and back by 1; the hand goes right by 6 and up by 18, at last down by 4


@pytest.mark.parametrize(
    ("question", "yes"),
    [
        ("Did the head start moving rightward before the right hand began moving upward?", True),
        ("Did the right hand begin to move before the head?", False),
        ("Did the right hand start moving upward after the head started moving rightward?", True),
        ("Did the left hand begin moving before the head?", False),  # it never does
        ("Does the head move rightward?", True),
        ("Does the head move leftward?", False),  # 1 of 5 is less than 0.3
        ("Does the head move rightward only?", True),  # 4 of 5 is 0.8
        ("Does the right hand maintain an upward motion throughout the clip?", True),  # 18 of 22 is 0.82
        ("Does the right hand move upward only, and rightward?", True),
        ("Does the head change from rightward to leftward?", True),
        ("Does the head change from leftward to rightward?", False),
        ("In the late phase, does the right hand move upward?", False),
        ("Does the left foot stay almost still throughout the clip?", True),
        ("Does the head stay almost still throughout the clip?", False),  # 0.04 is more than 0.015
        ("Does the head move back and forth repeatedly?", False),  # it turns back once
        ("Does the right hand show a larger movement than the head?", True),  # 0.23 against 0.05
        ("Compared to the right hand, did the head exhibit a greater amplitude?", False),
        ("Do the head and the right hand move in the same horizontal direction?", True),
        ("Do the head and the right hand move in opposite horizontal directions?", False),
        ("In the middle phase, while the right hand moves upward, does the head move leftward?", True),
        ("In the middle phase, does the right hand approach the head?", True),
        ("In the middle phase, does the head move away from the right hand?", False),
        ("In the late phase, does the right hand move away from the head?", True),
        ("Is it raining?", False),
    ],
)
def test_yes_no_by_the_numbers(question: str, yes: bool) -> None:
    assert answer_yes_no(question, tracks(**HEAD_THEN_HAND)) is yes


def test_onset_is_when_a_quarter_is_done() -> None:
    """The head does half its 4 in each of the first two sixths: a quarter after half a sixth."""
    body = tracks(**HEAD_THEN_HAND)
    assert onset(Claim(("head",), ("right",)), WHOLE, body) == pytest.approx(0.5 / 6)
    assert onset(Claim(("head",), ("up",)), WHOLE, body) == float("inf")


def test_nearing_is_the_change_of_distance() -> None:
    """Left hand at (-0.1, 0.6), right hand at (0.1, 0.6): 0.06 to the right brings them from 0.2 to 0.14."""
    body = tracks(left_hand=[(3.0, 0.0), (3.0, 0.0), *[(0.0, 0.0)] * 4])
    assert nearing("left hand", "right hand", WHOLE, body) == pytest.approx(0.06)
    assert nearing("left hand", "right hand", PHASES["late"], body) == pytest.approx(0.0)


# -- labels and prose


def test_every_label_has_a_profile_and_a_sign() -> None:
    assert set(PROFILES) == set(BODY_PARTS.values())
    assert set(SIGNS) == set(MICRO_ACTIONS.values())
    assert {sum(profile) for profile in PROFILES.values()} == {100}


def test_scores_are_likenesses() -> None:
    body = body_motion(figure(head=ALONG))
    scores = [*part_scores(body).values(), *action_scores(body).values()]
    assert len(scores) == 7 + 52
    assert all(0 <= score <= 1 for score in scores)


def test_prose_names_what_was_measured_and_its_labels() -> None:
    body = body_motion(figure(head=ALONG))
    told = read_description(describe(body))
    assert {part.name for part in told.leads} == {"head"}
    assert ("head", "right") in {(fact.part.name, fact.value) for fact in told.facts}
    labels = read_labels(reason(body))
    assert (labels.coarse, labels.fine) == best_labels(body)
    assert "excludes" in reason(body)


# -- the model


def request(kind: AnswerKind, task: str, text: str, options: Mapping[str, str] | None = None) -> Request:
    return Request(f"key {text}", "q", task, kind, options or {}, "system", f"Answer.\n\n{text}", 16, text)


def answers(frames: Frames | None, *requests: Request) -> list[str | None]:
    model = open_engine(load_catalogue().models["motion"], 0).load(print, no_frames)
    return [response.text for response in model.generate([ClipWork(Clip("c"), frames, requests)])]


def no_frames(clip: Clip) -> Frames:
    raise AssertionError("no examples are shown")


def test_the_model_answers_every_kind_of_question() -> None:
    options = dict(re.findall(r"(?m)^([A-G])\. (.*)$", CMAR_TEXT))
    coarse, fine, yes, prose, reasons = answers(
        figure(head=ALONG),
        request(AnswerKind.CHOICE, "CMAR", CMAR_TEXT, options),
        request(AnswerKind.CHOICE, "FMAR", "?", {"A": "Waving", "B": "Turning head - B3", "C": "Tiptoe"}),
        request(AnswerKind.YES_NO, "SAD", "Does the head move rightward?"),
        request(AnswerKind.TEXT, "MADU", "Describe."),
        request(AnswerKind.TEXT, "MARE", "Reason."),
    )
    assert (coarse, fine, yes) == ("B", "B", "Yes")
    assert prose is not None and "The head leads" in prose
    assert reasons is not None and "coarse-grained: Head" in reasons


def test_a_clip_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = []

    def counted(shrunk: NDArray[np.float32]) -> Any:
        measured.append(1)
        return measure(shrunk)

    package = import_file(ROOT / "models" / "motion")  # as the catalogue has it, besides this module's own imports
    monkeypatch.setattr(f"{package.__name__}.body.measure", counted)
    asked = [request(AnswerKind.YES_NO, "SAD", f"Does the head move {way}?") for way in ("up", "down", "left")]
    assert len(answers(figure(), *asked)) == 3
    assert len(measured) == 1


def test_a_run_on_video_files(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=2, videos=True)
    result = evaluate("motion", data=str(data), output=tmp_path / "results", judge="none")
    assert {sample.outcome.value for sample in result.samples} == {"answered"}


def test_motion_beats_chance_clearly_on_the_demo(tmp_path: Path) -> None:
    """CMAR: 28 clips at 1/7. By guessing, at least half right happens 8 times in a million."""
    scores = evaluate("motion", tasks="closed", data="demo", output=tmp_path).scores
    assert (scores.accuracy("CMAR") or 0) >= 50
    assert len(scores.closed_tasks) == 6
    assert all((task.accuracy or 0) > (task.chance or 0) for task in scores.closed_tasks.values())
