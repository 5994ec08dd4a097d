"""Answers to one question against each other: variances and the share of luck, by hand."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest

from mabench_eval.runfiles import RepeatScores
from mabench_eval.scoring.intervals import GradedAnswer, answer_scores, question_scores, score_intervals
from mabench_eval.scoring.repeats import repeat_scores
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN


def asked(task: str, marks: dict[str, str]) -> list[GradedAnswer]:
    """Clip -> the answers to its one question: right (1), wrong (0) or missing (-)."""
    return [
        GradedAnswer(f"{task}{clip}", clip, task, None if mark == "-" else mark == "1", None)
        for clip, each in marks.items()
        for mark in each
    ]


def test_two_questions_on_two_clips_asked_three_times() -> None:
    """Scores 100, 100, 0 and 0, 0, 0: means 200/3 and 0, the figure 100/3.

    Within: (2 x (100/3)^2 + (200/3)^2) / 2 = 10,000/3, and 0: on average 5,000/3. Of the means: 2 x (100/3)^2 / 1 =
    20,000/9, of which luck is 5,000/9: between 5,000/3. The error: sqrt(2/1 x 2 x (100/3)^2) / 2 = 100/3. Luck adds
    5,000 / (3 x 3 x 2) = 2,500/9 to its square, 10,000/9: a quarter.
    """
    samples = asked("SAD", {"a": "110", "b": "000"})
    answers, found = answer_scores(samples), score_intervals(question_scores(samples), trials={"SAD": 6})
    assert answers["SAD"] == {"SADa": ("a", [100, 100, 0]), "SADb": ("b", [0, 0, 0])}
    assert found["SAD"].value == pytest.approx(100 / 3)
    assert found["SAD"].se == pytest.approx(100 / 3)
    repeats = repeat_scores(answers, found)
    figure = repeats.figures["SAD"]
    assert (repeats.k, figure.questions, figure.se) == (3, 2, found["SAD"].se)
    assert figure.within == pytest.approx(5000 / 3)
    assert figure.between == pytest.approx(5000 / 3)
    assert figure.luck_share == pytest.approx(25)


def test_missing_answers_count_as_fewer() -> None:
    """Scores 100, 0 and a single 0: within 5,000, of the first alone; 1/K is 1/2 and 1, 3/4 on average.

    Means 50 and 0: variance 1,250, less than the 3,750 that luck would give: between is 0, and all of the error luck.
    """
    samples = asked("SAD", {"a": "10", "b": "0-"})
    figure = repeat_scores(answer_scores(samples), score_intervals(question_scores(samples))).figures["SAD"]
    assert (figure.within, figure.between, figure.luck_share) == (5000, 0, 100)


def test_what_does_not_exist_is_none() -> None:
    once = asked("SAD", {"a": "1", "b": "0"})
    once_each = repeat_scores(answer_scores(once), score_intervals(question_scores(once)))
    assert asdict(once_each.figures["SAD"]) == {
        "questions": 2,
        "within": None,
        "between": None,
        "se": pytest.approx(50),
        "luck_share": None,
    }
    alone = asked("SAD", {"a": "10"})  # one clip has no error
    figure = repeat_scores(answer_scores(alone), score_intervals(question_scores(alone))).figures["SAD"]
    assert (figure.within, figure.between, figure.luck_share) == (5000, None, None)
    steady = asked("SAD", {"a": "11", "b": "11"})  # nothing varies: no error to share
    assert (
        repeat_scores(answer_scores(steady), score_intervals(question_scores(steady))).figures["SAD"].luck_share is None
    )
    assert repeat_scores({}, {}) == RepeatScores(0, {})


def test_an_average_has_the_luck_of_its_parts() -> None:
    """Six tasks as in the first test, on the same clips: each adds (1/6)^2 x 2,500/9, together 2,500/54.

    They agree on every clip, so the average has the error of one of them, 10,000/9 squared: 1/24 of it is luck.
    """
    marks = {"a": "110", "b": "000"}
    samples = [sample for task in OFFICIAL_CLOSED for sample in asked(task, marks)]
    figures = repeat_scores(answer_scores(samples), score_intervals(question_scores(samples))).figures
    average = figures["closed AVG"]
    assert (average.questions, average.within, average.between) == (12, None, None)
    assert average.luck_share == pytest.approx(100 / 24)
    levels = [
        GradedAnswer(f"{task}{clip}", clip, task, None, dict.fromkeys(LEVELS, score))
        for task in OFFICIAL_OPEN
        for clip, scores in {"a": (4, 2), "b": (1, 1)}.items()
        for score in scores
    ]
    # 4, 2 and 1, 1: within (2 + 0) / 2 = 1; luck 1 / (2 x 2) = 1/4; means 3 and 1, error 1: a quarter
    figures = repeat_scores(answer_scores(levels), score_intervals(question_scores(levels))).figures
    assert figures["MADU L1"].luck_share == pytest.approx(25)


def test_luck_is_found_in_what_it_was_put() -> None:
    """4,000 questions on clips of their own, each right with a probability of its own, uniform on 0-1; 4 answers.

    On 0-1: within is the mean of p (1 - p), 1/6; between the variance of p, 1/12. The share: (1/24) / (1/12 + 1/24).
    """
    random = np.random.default_rng(0)
    chances = random.random(4000)
    marks = {str(n): "".join(str(int(hit)) for hit in random.random(4) < p) for n, p in enumerate(chances)}
    samples = asked("SAD", marks)
    figure = repeat_scores(answer_scores(samples), score_intervals(question_scores(samples))).figures["SAD"]
    assert figure.within == pytest.approx(10000 / 6, rel=0.03)
    assert figure.between == pytest.approx(10000 / 12, rel=0.06)
    assert figure.luck_share == pytest.approx(100 / 3, rel=0.05)


def test_repeats_make_the_interval_of_a_small_task_narrower() -> None:
    """Ten clips, of 100 answers each 40, 42, ..., 58 right: 49 on average, squares of 9, 7, 5, 3, 1 twice: 330.

    The error is sqrt(10/9 x 330) / 10 = 1.915: worth .49 x .51 / .01915^2 = 681 independent answers, not ten. Wilson's
    interval of so many is about 1.96 errors to each side.
    """
    samples = asked("SAD", {str(clip): "1" * (40 + 2 * clip) + "0" * (60 - 2 * clip) for clip in range(10)})
    found = score_intervals(question_scores(samples), trials={"SAD": 1000})["SAD"]
    assert found.value == pytest.approx(49)
    assert found.method == "wilson"
    assert found.se == pytest.approx(math.sqrt(10 / 9 * 330) / 10)
    assert found.low and found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * 1.915, rel=0.01)


def test_levels_that_are_all_zero_are_no_shares() -> None:
    """Wilson's interval of 0 right says nothing of a mean between 0 and 5: 5 * (1 - 0.025^(1/3)) of three clips."""
    levels = [GradedAnswer(f"q{clip}", clip, "MADU", None, dict.fromkeys(LEVELS, 0)) for clip in "abc"]
    found = score_intervals(question_scores(levels), trials={})["MADU L1"]
    assert (found.low, found.method) == (0, "student")
    assert found.high == pytest.approx(5 * 0.7076, abs=1e-3)
