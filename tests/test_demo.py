"""The demo benchmark: its shape, its truth, and that it is what its script makes."""

from __future__ import annotations

import json
from collections import Counter

import av
import numpy as np
import pytest

from demo import make
from demo.motions import CLIPS, FPS
from demo.questions import breath_of, clip_name
from demo.truth import approach, tracks
from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import load_catalogue
from mabench_eval.taxonomy import BODY_PARTS, body_part
from tests.support.paths import DEMO

FOLDER = DEMO
QUESTIONS = load_benchmark("demo", load_catalogue().tasks).questions


def test_four_clips_for_each_body_part_and_twelve_questions_a_clip() -> None:
    assert Counter(body_part(clip.action) for clip in CLIPS) == dict.fromkeys(BODY_PARTS.values(), 4)
    assert len({clip.action for clip in CLIPS}) == 28
    per_clip = Counter((q.clip, q.task) for q in QUESTIONS)
    twelve = {"CMAR": 1, "FMAR": 1, "SAD": 2, "MAD": 2, "MAS": 2, "PPR": 2, "MADU": 1, "MARE": 1}
    assert per_clip == {(clip_name(n), task): count for n in range(28) for task, count in twelve.items()}


def test_answers_are_balanced() -> None:
    answers = {task: Counter(q.answer for q in QUESTIONS if q.task == task) for task in ("SAD", "MAD", "MAS", "PPR")}
    assert all(counts == {"Yes": 28, "No": 28} for counts in answers.values())
    assert set(Counter(q.answer for q in QUESTIONS if q.task == "CMAR").values()) == {4}
    assert set(Counter(q.answer for q in QUESTIONS if q.task == "FMAR").values()) == {5, 6}


def test_coarse_and_fine_answers_agree_with_the_clip() -> None:
    actions = {clip_name(number): clip.action for number, clip in enumerate(CLIPS)}
    for question in QUESTIONS:
        right = question.options.get(str(question.answer))
        if question.task == "FMAR":
            assert right == actions[question.clip]
        if question.task == "CMAR":
            assert right == body_part(actions[question.clip])


def test_references_name_both_labels_and_names_give_nothing_away() -> None:
    from mabench_eval.answers.labels import read_labels

    actions = {clip_name(number): clip.action for number, clip in enumerate(CLIPS)}
    for question in QUESTIONS:
        if question.task == "MARE":
            labels = read_labels(str(question.answer))
            assert (labels.coarse, labels.fine) == (body_part(actions[question.clip]), actions[question.clip])
    assert sorted({q.clip for q in QUESTIONS}) == [f"demo_{number:02d}" for number in range(1, 29)]
    first = [q.clip for q in QUESTIONS[:12]]
    assert len(set(first)) > 6  # shuffled over the file


@pytest.mark.parametrize("number", range(28))
def test_clips_are_short_h264_at_30_frames_a_second(number: int) -> None:
    with av.open(str(FOLDER / "videos" / f"{clip_name(number)}.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, len(container.streams)) == ("h264", 1)
        assert stream.average_rate == FPS
        assert stream.frames == CLIPS[number].frames
    assert 1.5 <= CLIPS[number].seconds <= 3


def test_the_demo_is_small() -> None:
    shipped = [FOLDER / "questions.json", *(FOLDER / "videos").iterdir()]
    assert sum(path.stat().st_size for path in shipped) < 2_600_000


def test_committed_texts_are_what_the_script_makes() -> None:
    assert make.questions_text() == (FOLDER / "questions.json").read_text(encoding="utf-8")
    assert make.truth_text() == (FOLDER / "ground_truth.json").read_text(encoding="utf-8")


def test_drawing_is_deterministic_and_the_committed_clip_shows_it() -> None:
    first, second = list(make.frames(4)), list(make.frames(4))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert make.clip_difference(4) is None


def test_another_clip_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = list(make.frames(5))[: CLIPS[4].frames]
    monkeypatch.setattr(make, "frames", lambda number: frames)
    assert "differs from what is drawn" in str(make.clip_difference(4))


def test_truth_of_nodding_by_hand() -> None:
    """Clip 5: three nods (six turns of the head and the way back), a foot that moves 12 px to the right at 1.1 s."""
    found = tracks(CLIPS[4], breath_of(4))
    assert CLIPS[4].action == "Nodding"
    # three full swings turn at six extremes: five of them wide enough, since the swing begins and ends gently
    assert 5 <= found["Head"].reversals <= 6
    # the head swings 5 px and half of the gaze's 8: 9 px each way
    assert found["Head"].amplitude == pytest.approx(2 * 9, abs=1.5)
    assert found["Right Foot"].direction("late") == "rightward"
    assert found["Right Foot"].path[-1][0] - found["Right Foot"].path[0][0] == pytest.approx(12)
    assert found["Head"].start < 0.4 < 1.1 < found["Right Foot"].start
    assert found["Left Hand"].amplitude == 0


def test_truth_of_closing_legs_by_hand() -> None:
    """Clip 15: the knees go 20 px each towards one another between 0.3 s and 0.8 s of 1.8 s."""
    assert CLIPS[14].action == "Closing legs"
    found = tracks(CLIPS[14], breath_of(14))
    # lower leg: mean of the knee (20 px) and the ankle, which follows the foot (16 px): 18 px on each side
    closer = sum(approach(found["Left Lower Leg"], found["Right Lower Leg"], phase) for phase in ("early", "middle"))
    assert closer == pytest.approx(36, abs=0.5)
    assert approach(found["Left Lower Leg"], found["Right Lower Leg"], "late") == pytest.approx(0, abs=0.1)
    assert found["Left Lower Leg"].path[-1][0] > found["Left Lower Leg"].path[0][0]  # to the right, as seen


def test_the_shipped_questions_are_those_of_the_file() -> None:
    rows = json.loads((FOLDER / "questions.json").read_text(encoding="utf-8"))
    assert [row["qid"] for row in rows] == [q.qid for q in QUESTIONS]
