"""Runs against each other: hand-derived differences, what differs besides the model, and the command."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

import mabench_eval
from mabench_eval import evaluate
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.runs.comparison import Pair, compare
from mabench_eval.scoring.intervals import AVERAGES
from tests.support.run_folders import closed, run_folder


def pair(*folders: Path) -> Pair:
    (found,) = compare(folders)
    return found


def test_the_difference_and_its_error_by_hand(tmp_path: Path) -> None:
    """Differences by clip: a +1 +1, b 0 -1, c 0 0. Mean 1/6; deviations of the clips: 2 - 2/6, -1 - 2/6, 0 - 2/6.

    Squares 25/9 + 16/9 + 1/9 = 42/9; times 3/2, over 36: 7/36. SE = 44.096 points. Three clips: Student's t with two
    degrees of freedom, 4.302653 at 97.5 % and 1.060660 at 80 %; t = 1 / sqrt(7), p = 1 - t / sqrt(2 + t^2) = 0.741801.
    """
    first = run_folder(tmp_path / "first", closed({"a": "00", "b": "11", "c": "10"}), "base")
    second = run_folder(tmp_path / "second", closed({"a": "11", "b": "10", "c": "10"}), "tuned")
    found = pair(first, second)
    (row,) = found.differences
    error = 100 * math.sqrt(7) / 6
    assert (found.first, found.second, row.figure) == ("base", "tuned", "SAD")
    assert (row.first, row.second) == pytest.approx((50, 400 / 6))
    assert row.difference == pytest.approx(100 / 6)
    assert (row.low, row.high) == (-100, 100)  # 16.7 -+ 189.7, which no difference can be
    assert (row.better, row.worse, row.questions, row.clips) == (2, 1, 6, 3)
    assert row.smallest == pytest.approx((4.302653 + 1.060660) * error)
    assert row.p == pytest.approx(0.741801, abs=1e-6)
    assert row.p_holm == row.p
    assert not found.warnings


def test_only_common_questions_count_and_the_others_are_told(tmp_path: Path) -> None:
    first = run_folder(tmp_path / "first", closed({"a": "10", "b": "1-"}))
    second = run_folder(tmp_path / "second", [*closed({"a": "11", "b": "11", "d": "1"}), *closed({"a": "1"}, "MAD")])
    found = pair(first, second)
    (row,) = found.differences
    assert (row.questions, row.clips) == (3, 2)
    assert row.difference == pytest.approx(100 / 3)
    assert found.warnings == (
        f"3 scores of {found.second} have no counterpart in {found.first} and are left out",
    )  # b's second, d's, MAD's
    assert found.first == "m first"  # two runs of one model are told apart


def full(shift: int) -> list[dict[str, Any]]:
    """All twelve figures on two clips: closed ones right on clip a, and on b if ``shift``; levels 3, or 3 + shift."""
    rows = [
        row
        for task in ("CMAR", "FMAR", "SAD", "MAD", "MAS", "PPR")
        for row in closed({"a": "1", "b": f"{shift}"}, task)
    ]
    for task in ("MADU", "MARE"):
        for clip in "ab":
            levels = dict.fromkeys(("L1", "L2", "L3"), 3 + shift * (clip == "b"))
            rows.append({"qid": f"{task}_{clip}", "task": task, "clip": clip, "levels": levels})
    return rows


def test_averages_sum_a_clips_influences_before_they_are_squared(tmp_path: Path) -> None:
    """On a no difference, on b 100 points and one level everywhere: clips agree over tasks, so that averages have the
    error of one task: deviations -50 and +50 of two questions, 2/1 * (25^2 + 25^2) = 50^2; of a level 0.5; of the final
    score (50 + 20 * 0.5) / 2 = 30. Two clips: t(0.975) with one degree of freedom is 12.7062, t(0.8) 1.3764."""
    found = pair(run_folder(tmp_path / "first", full(0), "x"), run_folder(tmp_path / "second", full(1), "y"))
    rows = {row.figure: row for row in found.differences}
    assert list(rows)[:6] == ["CMAR", "FMAR", "SAD", "MAD", "MAS", "PPR"]
    assert list(rows)[-3:] == list(AVERAGES)
    for figure, difference, error in (
        ("SAD", 50, 50),
        ("closed AVG", 50, 50),
        ("MADU L2", 0.5, 0.5),
        ("open AVG", 0.5, 0.5),
        ("final", 30, 30),
    ):
        row = rows[figure]
        assert row.smallest is not None
        assert row.difference == pytest.approx(difference)
        assert row.smallest / (12.706205 + 1.376382) == pytest.approx(error)
    assert (rows["final"].first, rows["final"].second) == pytest.approx(((6 * 50 + 6 * 60) / 12, (600 + 6 * 70) / 12))
    assert (rows["closed AVG"].better, rows["closed AVG"].worse) == (6, 0)


def test_averages_want_all_their_figures(tmp_path: Path) -> None:
    rows = [row for row in full(1) if row["task"] != "PPR"]
    found = pair(run_folder(tmp_path / "first", rows, "x"), run_folder(tmp_path / "second", full(0), "y"))
    assert [row.figure for row in found.differences if row.figure in AVERAGES] == ["open AVG"]


def test_one_clip_and_no_difference_at_all(tmp_path: Path) -> None:
    right, less = (run_folder(tmp_path / name, closed({"a": name}), name) for name in ("11", "10"))
    alone = pair(less, right)
    (row,) = alone.differences
    assert (row.difference, row.low, row.p, row.smallest, row.clips) == (50, None, None, None, 1)
    same = closed({"a": "10", "b": "01"})
    (row,) = pair(run_folder(tmp_path / "c", same, "x"), run_folder(tmp_path / "d", same, "y")).differences
    # of two clips alike up to 1 - 0.025^(1/2) = 84.19 % may be otherwise
    assert (row.difference, row.p, row.smallest) == (0, 1, None)
    assert (row.low, row.high) == pytest.approx((-84.19, 84.19), abs=0.01)


def test_what_differs_besides_the_model_is_named(tmp_path: Path) -> None:
    rows = closed({"a": "10", "b": "01"})
    base = run_folder(tmp_path / "base", rows, "x")
    for name, change, word in (
        ("frames", {"sampling": {"rule": "uniform", "frames": 16}}, "16"),
        ("prompts", {"tasks": {"SAD": {"version": 3}}}, "prompts"),
        ("answers", {"answers": "logprob"}, "logprob"),
        ("data", {"benchmark": {"sha256": "cd" * 32}}, "cdcd"),
        ("judge", {"judges": [{"name": "gpt-4o", "sha256": "12345678"}]}, "gpt-4o"),
    ):
        (told,) = pair(base, run_folder(tmp_path / name, rows, "y", **change)).warnings
        assert f"in {name}" in told
        assert word in told
    assert not pair(base, run_folder(tmp_path / "blind", rows, "y", sampling=None)).warnings  # it does not look


def test_holm_is_over_all_pairs_and_figures(tmp_path: Path) -> None:
    folders = [
        run_folder(tmp_path / name, closed({"a": rights, "b": "10", "c": "01", "d": rights}), name)
        for name, rights in (("x", "00"), ("y", "10"), ("z", "11"))
    ]
    pairs = compare(folders)
    assert [(found.first, found.second) for found in pairs] == [("x", "y"), ("x", "z"), ("y", "z")]
    rows = [found.differences[0] for found in pairs]
    lowest = min(rows, key=lambda row: row.p or 0)
    assert lowest.p_holm == pytest.approx(3 * (lowest.p or 0))


@pytest.mark.parametrize(
    "make",
    [
        lambda tmp: [tmp / "none", tmp / "none"],
        lambda tmp: [run_folder(tmp / "a", closed({"a": "1"})), run_folder(tmp / "b", closed({"b": "1"}))],
        lambda tmp: [run_folder(tmp / "a", closed({"a": "-"})), run_folder(tmp / "b", closed({"a": "1"}))],
        lambda tmp: [run_folder(tmp / "a", closed({"a": "1"}))],
    ],
    ids=["no run", "nothing in common", "no answers", "one alone"],
)
def test_bad_input_is_one_clear_error(make: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        compare(make(tmp_path))


def test_the_command_on_runs_of_the_demo(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    folders = [str(evaluate(name, data="demo", output=tmp_path).folder) for name in ("random", "motion")]
    assert main(["compare", *folders]) == 0
    out = capsys.readouterr().out
    assert "first: random    second: motion" in out
    assert max(map(len, (line.rstrip() for line in out.splitlines()))) <= 100
    assert main(["compare", *folders, "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    final = next(row for row in told["differences"] if row["figure"] == "final")
    assert final["low"] > 0
    assert main(["compare", *folders, "--markdown"]) == 0
    assert "### random - motion" in capsys.readouterr().out
    assert mabench_eval.compare(folders)[0].first == "random"
