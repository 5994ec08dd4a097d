"""Panels of judges: means, medians and agreement, derived by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate, register_judge
from mabench_eval.types import JudgeRequest, Judgment
from tests.support.scripted_judge import LEVELS


def test_a_panel_gives_mean_median_and_agreement(data: Path) -> None:
    """By clip 0-4 judge a gives 0 1 2 3 4, b always one more, c 5 throughout, on L1; the same elsewhere."""
    for name, score in {"a": lambda n: n, "b": lambda n: n + 1, "c": lambda n: 5}.items():

        @register_judge(name)
        def judge(request: JudgeRequest, score: Any = score) -> Judgment:
            return Judgment(request.key, dict.fromkeys(request.levels, score(int(request.answer[7]))))

    result = evaluate("teller", data=str(data), judge="a,b,c", output=data.parent)
    task = result.scores.open_tasks["MADU"]
    assert {name: given.levels["L1"] for name, given in task.judges.items()} == {"a": 2, "b": 3, "c": 5}
    assert task.levels["L1"] == pytest.approx(10 / 3)
    assert task.panel
    assert task.panel.median["L1"] == 3  # the middle one is b's
    pairs = {pair.judges: pair for pair in task.panel.agreement["L1"].pairs}
    assert pairs["a", "b"].exact.value == 0
    assert pairs["a", "b"].within_one.value == 100
    # quadratic kappa of a and b: all differ by 1, so the mean squared difference is 1; by chance it is
    # var a + var b + (difference of means)^2 = 2 + 2 + 1 = 5; kappa = 1 - 1 / 5
    assert pairs["a", "b"].kappa.value == pytest.approx(0.8)
    assert task.judges["a"].histogram["L1"] == (1, 1, 1, 1, 1, 0)
    assert task.judges["a"].high["L1"] == 20  # one of five is at least 4
    text = (result.folder / "scores.md").read_text()
    assert re.search(r"MADU L1 \| a / b +\| +5 \| +- \| +0.80 ", text)
    assert "a panel; levels are means over its judges" in text
    (sample,) = [s for s in result.samples if s.qid == "MADU_00110"]  # clip 1: 1, 2, 5
    assert sample.levels == pytest.approx(dict.fromkeys(LEVELS, 8 / 3))


def test_a_sample_that_a_judge_left_out_has_no_mean(data: Path) -> None:
    @register_judge("sure")
    def sure(request: JudgeRequest) -> Judgment:
        return Judgment(request.key, dict.fromkeys(request.levels, 5))

    @register_judge("shy")
    def shy(request: JudgeRequest) -> Judgment:
        if "clip2" in request.answer:
            raise ValueError("too hard")
        return Judgment(request.key, dict.fromkeys(request.levels, 1))

    task = evaluate("teller", data=str(data), judge="sure,shy", output=data.parent).scores.open_tasks["MADU"]
    assert (task.judged, task.levels["L1"]) == (4, 3)
    assert {name: given.judged for name, given in task.judges.items()} == {"sure": 5, "shy": 4}
