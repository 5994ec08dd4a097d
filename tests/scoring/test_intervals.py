"""The figures of a run and their intervals by clips, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mabench_eval.runfiles import Interval
from mabench_eval.scoring.intervals import AVERAGES, GradedAnswer, question_scores, score_intervals
from mabench_eval.stats.clustered import wilson_interval
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN


def right(task: str, answers: dict[str, str]) -> list[GradedAnswer]:
    """Clip -> its questions, right (1), wrong (0) or without an answer (-)."""
    return [
        GradedAnswer(f"{task}{clip}{place}", clip, task, None if mark == "-" else mark == "1", None)
        for clip, marks in answers.items()
        for place, mark in enumerate(marks)
    ]


def levels(task: str, scores: dict[str, float]) -> list[GradedAnswer]:
    """Clip -> the score of each level."""
    return [
        GradedAnswer(f"{task}{clip}", clip, task, None, dict.fromkeys(LEVELS, score)) for clip, score in scores.items()
    ]


def test_figures_stand_in_the_papers_order_and_errors_in_none() -> None:
    closed = [*right("GAZE", {"a": "1"}), *right("SAD", {"a": "1-"}), *right("CMAR", {"a": "0"})]
    found = question_scores([*levels("MARE", {"a": 3}), *closed])
    assert list(found) == ["CMAR", "SAD", "MARE L1", "MARE L2", "MARE L3", "GAZE"]
    assert found["SAD"] == {"SADa0": ("a", 100.0)}
    assert found["MARE L2"] == {"MAREa": ("a", 3.0)}


def test_a_small_task_has_wilsons_interval_with_its_effective_number() -> None:
    """Six questions on three clips that agree within each: errors of three questions, 2/3 right (not of six).

    Clips 2, 2, 0 right of 2; mean 2/3; deviations 2/3, 2/3, -4/3; variance 3/2 * (4/9 + 4/9 + 16/9) / 36 = 1/9. The
    independent one is (2/9) / 6 = 1/27: three times too small, so six questions are worth 2; at least the clips, 3.
    """
    found = score_intervals(question_scores(right("SAD", {"a": "11", "b": "11", "c": "00"})))["SAD"]
    low, high = wilson_interval(2 / 3, 3)
    assert found.se == pytest.approx(100 / 3)
    assert (found.low, found.high) == pytest.approx((100 * low, 100 * high))
    assert (found.method, found.clips) == ("wilson", 3)


def test_all_right_on_many_clips_still_has_a_width() -> None:
    """100 clips: 100 * n / (n + z^2) = 96.3 at least."""
    found = score_intervals(question_scores(right("SAD", {str(clip): "11" for clip in range(100)})))["SAD"]
    assert found.low == pytest.approx(96.3, abs=0.01)
    assert (found.high, found.method) == (100, "wilson")


def test_an_accuracy_on_many_clips_is_about_two_errors_wide() -> None:
    random = np.random.default_rng(1)
    marks = {str(clip): "".join(str(int(m)) for m in random.random(2) < 0.6) for clip in range(200)}
    found = score_intervals(question_scores(right("SAD", marks)))["SAD"]
    assert found.method == "wilson"
    assert found.se and found.low and found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * found.se, rel=0.05)
    assert found.low < found.value < found.high


def test_a_level_has_students_interval_on_its_own_scale() -> None:
    """Clips at 5, 5, 5, 4: 4.75, error 1/4, t of 3 degrees of freedom 3.182; log odds ln 19.

    Its error 0.25 * 5 / (4.75 * 0.25) = 1.0526; 2.9444 -+ 3.182 * 1.0526: odds 0.667 and 541.6.
    5 * 0.667 / 1.667 = 2.00, and 5 * 541.6 / 542.6 = 4.991.
    """
    found = score_intervals(question_scores(levels("MADU", {"a": 5, "b": 5, "c": 5, "d": 4})))["MADU L1"]
    assert (found.value, found.method) == (4.75, "student")
    assert found.se == pytest.approx(0.25)
    assert (found.low, found.high) == pytest.approx((2.00, 4.991), abs=0.01)


def test_an_average_has_the_freedom_of_its_part_on_the_fewest_clips() -> None:
    """Five tasks on twenty clips, one on two of them."""
    marks = {str(clip): "10"[clip % 2] for clip in range(20)}
    closed = [sample for task in OFFICIAL_CLOSED[1:] for sample in right(task, marks)]
    found = score_intervals(question_scores([*right("CMAR", {"0": "1", "1": "0"}), *closed]))["closed AVG"]
    assert found.clips == 2
    assert found.low is not None and found.high is not None and found.se is not None
    assert found.high - found.low > 12 * found.se / 2  # t of one degree of freedom is 12.7, not 2.1


def test_everything_right_is_no_certainty() -> None:
    """Ten clips: Wilson's 100 * 10 / (10 + z^2) of a share; of the others 1 - 0.025^(1/10) = 30.85 % may be wrong."""
    closed = [sample for task in OFFICIAL_CLOSED for sample in right(task, dict.fromkeys("abcdefghij", "1"))]
    open_ = [sample for task in OFFICIAL_OPEN for sample in levels(task, dict.fromkeys("abcdefghij", 5.0))]
    found = score_intervals(question_scores([*closed, *open_]))
    assert found["SAD"].low == pytest.approx(72.25, abs=0.01)
    assert [found["closed AVG"].low, found["final"].low] == pytest.approx([100 - 30.85] * 2, abs=0.01)
    assert [found["MARE L3"].low, found["open AVG"].low] == pytest.approx([5 * (1 - 0.3085)] * 2, abs=0.001)
    assert {round(interval.high or 0, 9) for interval in found.values()} == {100.0, 5.0}


def test_averages_are_there_when_all_their_figures_are() -> None:
    closed = [sample for task in OFFICIAL_CLOSED for sample in right(task, {"a": "1", "b": "0", "c": "1"})]
    open_ = [sample for task in OFFICIAL_OPEN for sample in levels(task, {"a": 4, "b": 1, "c": 1})]
    assert not AVERAGES.keys() & score_intervals(question_scores([*closed[:-3], *open_[1:3]])).keys()
    found = score_intervals(question_scores([*closed, *open_]))
    assert found["closed AVG"].value == pytest.approx(200 / 3)
    assert found["open AVG"].value == pytest.approx(2)
    assert found["final"].value == pytest.approx((6 * 200 / 3 + 6 * 40) / 12)
    # all closed tasks agree on every clip: their average has the error of one of them, and no smaller one
    assert found["closed AVG"].se == pytest.approx(found["SAD"].se)


def test_one_clip_has_figures_and_no_interval() -> None:
    found = score_intervals(question_scores(right("SAD", {"a": "10"})))["SAD"]
    assert found == Interval(50, clips=1, se=None, low=None, high=None, method=None)
    assert score_intervals({}) == {}


def test_the_same_answers_have_the_same_interval() -> None:
    figures = question_scores(levels("MADU", {str(clip): clip % 6 for clip in range(40)}))
    assert score_intervals(figures) == score_intervals(figures)
