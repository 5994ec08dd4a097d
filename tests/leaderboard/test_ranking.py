"""Intervals and ranks on the leaderboard: the samples beside entries, who is ranked, and what the page tells."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.errors import InputError
from mabench_eval.leaderboard import COLUMNS, add_entry, leaderboard_document, leaderboard_json
from mabench_eval.leaderboard.entry import Entry
from mabench_eval.leaderboard.ranking import Contender, RankInterval, judged_alike, paper_contender, rank_rows
from mabench_eval.runfiles import from_json, to_json
from mabench_eval.scoring.intervals import GradedAnswer, QuestionScores, question_scores, score_intervals
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_TASKS
from tests.support.leaderboard import (
    COMMITTED,
    DEMO,
    OTHER_JUDGE,
    PAPER,
    PAPERS_JUDGE,
    closed_task,
    open_task,
    render,
    run_folder,
    scores_of,
    scores_with,
)

EVERYWHERE = frozenset(COLUMNS)
CLIPS = 40
UNKNOWN = {"se": None, "low": None, "high": None, "method": None}
"""An interval that does not exist."""


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """A leaderboard's folder without entries and page."""
    folder = tmp_path / "leaderboard"
    folder.mkdir()
    shutil.copy(COMMITTED / "paper.json", folder)
    return folder


def rows_of(right: str, level: str = "", each: Mapping[str, int] | None = None) -> list[dict[str, Any]]:
    """Samples: by clip, 1 or 0 for all its closed questions, and a digit for all its levels.

    ``each``: task -> its questions on a clip, where it is not one.
    """
    rows = []
    for clip, answers in enumerate(zip(right, level or [None] * len(right), strict=True)):
        for task in OFFICIAL_TASKS:
            for number in range((each or {}).get(task, 1)):
                row = {"qid": f"{task}_{clip}_{number}", "clip": f"c{clip}", "task": task, "outcome": "answered"}
                if task in OFFICIAL_CLOSED:
                    rows.append({**row, "correct": answers[0] == "1"})
                elif answers[1] is not None:
                    rows.append({**row, "levels": dict.fromkeys(LEVELS, int(answers[1]))})
    return rows


def figures(rows: list[dict[str, Any]]) -> QuestionScores:
    return question_scores(
        GradedAnswer(r["qid"], r["clip"], r["task"], r.get("correct"), r.get("levels")) for r in rows
    )


def intervals(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """As in ``scores.json``."""
    return dict(to_json(score_intervals(figures(rows))))


def own_run(folder: Path, rows: list[dict[str, Any]], samples: bool = True, repeats: int = 1, **top: Any) -> Path:
    """A run on the demo with all its files, every question answered."""
    values = {name: interval["value"] for name, interval in intervals(rows).items()}
    tasks = {}
    for task in OFFICIAL_TASKS:
        n = sum(row["task"] == task for row in rows)
        levels = {level: values.get(f"{task} {level}") for level in LEVELS}
        tasks[task] = closed_task(values.get(task), n, n) if task in OFFICIAL_CLOSED else open_task(levels, n, n, n)
    run_folder(folder, scores_with(tasks, **{"benchmark": DEMO, "intervals": intervals(rows), **top}), repeats)
    if samples:
        (folder / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


GOOD, LESS = "1" * 24 + "0" * 16, "1" * 16 + "0" * 24
"""60 % and 40 % of 40 clips, all of the second among the first."""


def table_rows(page: str, heading: str) -> dict[str, list[str]]:
    """Name -> further cells, of the table below a heading."""
    block = page.split(f"{heading}\n", 1)[1].split("\n\n")[1]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in block.splitlines()[2:]]
    return {name.strip(): rest for name, *rest in cells}


# -- samples beside entries --------------------------------------------------------------------------------


def test_an_entry_is_written_with_its_samples(board: Path, tmp_path: Path) -> None:
    closed = {
        "qid": "CMAR_1",
        "task": "CMAR",
        "clip": "a",
        "outcome": "answered",
        "response": "It is A.",
        "prediction": "A",
        "reference": "A",
        "correct": True,
        "frames": [0, 9],
    }
    error = {
        "qid": "SAD_1",
        "task": "SAD",
        "clip": "a",
        "outcome": "error",
        "response": None,
        "prediction": None,
        "reference": "Yes",
        "error": "503",
    }
    levels = {"L1": 2.5, "L2": 1, "L3": 0}
    opened = {
        "qid": "MADU_1",
        "task": "MADU",
        "clip": "b",
        "outcome": "answered",
        "response": "The head",
        "prediction": "The head",
        "reference": "The head moves",
        "levels": levels,
    }
    repeated = {**closed, "repeat": 1, "correct": False, "prediction": "B"}
    rows = [closed, repeated, {**closed, "rotation": 2}, error, opened]
    run = run_folder(tmp_path / "r1", scores_of(intervals=intervals([closed, opened])))
    (run / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = add_entry(run, board)
    beside = board / "entries" / "m-r1.samples.jsonl"
    assert path == board / "entries" / "m-r1.json" and sorted(path.parent.iterdir()) == [path, beside]
    head = {"qid": "CMAR_1", "clip": "a", "task": "CMAR", "outcome": "answered"}
    assert [json.loads(line) for line in beside.read_text().splitlines()] == [
        {**head, "correct": True},  # not what was said: with it the references would be public
        {**head, "correct": False, "repeat": 1},  # and nothing of the rotation
        {"qid": "SAD_1", "clip": "a", "task": "SAD", "outcome": "error"},
        {"qid": "MADU_1", "clip": "b", "task": "MADU", "outcome": "answered", "levels": levels},
    ]
    assert "intervals" not in json.loads(path.read_text())  # they are worked out of the samples
    cells = leaderboard_document(board, ()).runs[0].cells
    assert to_json(cells["MADU L1"].interval) == {"value": 2.5, "clips": 1, **UNKNOWN}


def test_a_run_shown_and_a_run_kept_stand_alike(board: Path, tmp_path: Path) -> None:
    runs = [own_run(tmp_path / name, rows_of(right), model=name) for name, right in (("x", GOOD), ("y", LESS))]
    shown = render(board, runs)
    for run in runs:
        add_entry(run, board)
    assert render(board, ()) == shown == render(board, runs)
    assert table_rows(shown, "#### Intervals and ranks: demo")["x"][2] == "1"
    # the run as it is now has no samples, so its entry loses them
    (runs[0] / "samples.jsonl").unlink()
    add_entry(runs[0], board)
    assert not (board / "entries" / "x-x.samples.jsonl").exists() and (board / "entries" / "y-y.samples.jsonl").exists()


def test_old_entries_have_neither_interval_nor_rank(board: Path, tmp_path: Path) -> None:
    old = run_folder(tmp_path / "old", scores_of(55.0, benchmark=DEMO, model="old"))
    page = render(board, [old])
    assert "Own runs on other data" in page and "#### Intervals" not in page
    path = add_entry(own_run(tmp_path / "o", rows_of(GOOD), samples=False, model="o"), board)
    entry = json.loads(path.read_text())
    del entry["intervals"]
    path.write_text(json.dumps(entry))
    new = [own_run(tmp_path / name, rows_of(right), model=name) for name, right in (("x", GOOD), ("y", LESS))]
    rows = table_rows(render(board, new), "#### Intervals and ranks: demo")
    assert rows["o"] == ["60.00", "-", "-", "-", "-", "-", "-", "-", "-"]
    assert rows["x"][::2][:2] == ["60.00", "1"] and rows["y"][2] == "2"  # among those with a rank


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not valid JSON"),
        ("[]", "Expected `object`, got `array`"),
        ('{"clip": "a", "task": "SAD", "outcome": "answered"}', "qid: missing"),
        ('{"qid": "2", "clip": 3, "task": "SAD", "outcome": "answered"}', "clip: Expected `str`, got `int`"),
        ('{"qid": "2", "clip": "a", "task": "SAD", "outcome": "right"}', "outcome: Invalid enum value 'right'"),
        ('{"qid": "2", "clip": "a", "task": "SAD", "outcome": "answered", "correct": 1}', "correct: Expected `bool"),
        ('{"qid": "2", "clip": "a", "task": "MADU", "outcome": "answered", "levels": [1]}', "levels: Expected `object"),
        (
            '{"qid": "2", "clip": "a", "task": "MADU", "outcome": "answered", "levels": {"L1": 6}}',
            "levels.L1: Expected `int` <= 5, got 6",
        ),
        (
            '{"qid": "2", "clip": "a", "task": "MADU", "outcome": "answered", "levels": {"L1": NaN}}',
            "NaN is no number of JSON",
        ),
        ('{"qid": "2", "clip": "a", "task": "SAD", "outcome": "answered", "repeat": "1"}', "repeat: Expected `int"),
        ('{"qid": "1", "clip": "a", "task": "SAD", "outcome": "answered"}', "1 is there twice"),
        ("\N{LATIN SMALL LETTER E WITH ACUTE}", "byte 0xe9, not UTF-8"),
    ],
)
def test_samples_that_cannot_be_read_are_named_with_their_line(
    board: Path, tmp_path: Path, line: str, problem: str
) -> None:
    run = own_run(tmp_path / "r1", rows_of(GOOD))
    path = add_entry(run, board)
    beside = path.with_suffix(".samples.jsonl")
    first = '{"qid": "1", "clip": "a", "task": "SAD", "outcome": "answered", "correct": true}\n'
    beside.write_bytes((first + line + "\n").encode("latin-1"))
    with pytest.raises(InputError) as caught:
        render(board, ())
    (line_problem,) = caught.value.problems
    assert line_problem.startswith(f"{beside}:2: ") and problem in line_problem
    shutil.copy(beside, run / "samples.jsonl")  # nor is such a run kept
    with pytest.raises(InputError) as caught:
        add_entry(run, board)
    assert caught.value.message.startswith(f"{run}/samples.jsonl:2: ")


def test_a_line_may_hold_what_other_readers_take_for_its_end(board: Path, tmp_path: Path) -> None:
    run = own_run(tmp_path / "r1", rows_of(GOOD))
    text = (run / "samples.jsonl").read_text()
    (run / "samples.jsonl").write_text(text.replace('"c0"', '"c\N{LINE SEPARATOR}\N{NEXT LINE}"'), encoding="utf-8")
    add_entry(run, board)
    beside = board / "entries" / "m-r1.samples.jsonl"
    assert beside.read_bytes().count(b"\n") == len(text.splitlines())
    render(board, ())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ([], "intervals: Expected `object`, got `array`"),
        ({"SAD": {"value": 50}}, "intervals.SAD.clips: missing"),
        ({"SAD": {"value": 50, "clips": 3, **UNKNOWN, "low": 101}}, "intervals.SAD.low: Expected `float` <= 100.0"),
    ],
    ids=str,
)
def test_intervals_that_are_none(board: Path, tmp_path: Path, change: Any, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        render(board, [run_folder(tmp_path / "r1", scores_of(intervals=change))])
    assert problem in caught.value.problems[0]


# -- ranks -------------------------------------------------------------------------------------------------


def contender(right: str, prefix: str = "", ranked: frozenset[str] = EVERYWHERE, level: str = "") -> Contender:
    """A run that has seen the clips of this prefix."""
    rows = [{**row, "clip": prefix + row["clip"]} for row in rows_of(right, level)]
    return Contender({}, may_rank=ranked, questions=figures(rows))


def ranks(*rows: Contender, column: str = "closed_avg") -> list[tuple[int, int] | None]:
    return [row.get(column) for row in rank_rows(rows)]


def test_paired_runs_are_told_apart_where_unpaired_ones_are_not() -> None:
    """20 points apart over 40 clips. Paired, 8 of the clips differ: SE = sqrt(0.2 * 0.8 / 40) = 6.3 points, and 20 are
    3.2 of them, more than about 2; on clips of their own SE = sqrt(2 * 0.6 * 0.4 / 40) = 11.0, and 20 are 1.8."""
    assert ranks(contender(GOOD), contender(LESS)) == [(1, 1), (2, 2)]
    assert ranks(contender(GOOD), contender(LESS, "other ")) == [(1, 2), (1, 2)]


def test_who_has_no_rank() -> None:
    without = Contender({}, may_rank=EVERYWHERE)
    incomplete = contender(GOOD, ranked=EVERYWHERE - {"CMAR", "closed_avg", "final"})
    assert ranks(contender(GOOD), without, contender(LESS)) == [(1, 1), None, (2, 2)]
    assert ranks(contender(GOOD), incomplete, contender(LESS)) == [(1, 1), None, (2, 2)]
    assert ranks(contender(GOOD), incomplete, contender(LESS), column="SAD") == [(1, 2), (1, 2), (3, 3)]
    assert ranks(contender(GOOD)) == [None]  # alone
    assert ranks(contender("1"), contender("0")) == [None, None]  # one clip has no error
    assert ranks(contender(GOOD), contender(LESS), column="final") == [None, None]  # no levels
    assert ranks(without, without) == [None, None]


def test_every_average_is_ranked_by_its_own_figures() -> None:
    """The first is better on closed questions, the second by 2 levels of 5 on every clip; in the final score
    (60 + 20 * 1) / 2 = 40 against (40 + 20 * 3) / 2 = 50, of which 8 of 40 clips take 50 points away: SE = 3.2."""
    first, second = contender(GOOD, level="1" * CLIPS), contender(LESS, level="3" * CLIPS)
    for column, places in (("closed_avg", (1, 2)), ("open_avg", (2, 1)), ("final", (2, 1)), ("MARE L2", (2, 1))):
        assert ranks(first, second, column=column) == [(place, place) for place in places]


def test_open_tasks_rank_runs_of_one_judge_alone(board: Path, tmp_path: Path) -> None:
    rows = {"x": rows_of(GOOD, "2" * CLIPS), "y": rows_of(LESS, "1" * CLIPS)}
    alike = [own_run(tmp_path / "1" / name, rows[name], model=name, judges=[OTHER_JUDGE]) for name in rows]
    shown = table_rows(render(board, alike), "#### Intervals and ranks: demo")
    assert [shown["x"][place] for place in (2, 5, 8)] == ["1", "1", "1"]
    mixed = [
        own_run(tmp_path / "2" / name, rows[name], model=name, judges=[judge])
        for name, judge in (("x", OTHER_JUDGE), ("y", PAPERS_JUDGE))
    ]
    shown = table_rows(render(board, mixed), "#### Intervals and ranks: demo")
    assert [shown["x"][place] for place in (2, 5, 8)] == ["1", "-", "-"]
    assert shown["x"][3:5] == ["2.00", "1.82 to 2.26"]  # shown all the same: 0.025^(1/40) is 1 - 0.088


def test_a_repeated_run_counts_its_questions_once(board: Path, tmp_path: Path) -> None:
    """Each question of x twice, right and wrong: 50 % on every clip. y is right on 60 % of the clips, so that 10 points
    lie between them, with an error of sqrt(0.6 * 0.4 / 40) = 7.7."""
    once = rows_of("1" * CLIPS)
    rows = [*once, *({**row, "repeat": 1, "correct": False} for row in once)]
    runs = [own_run(tmp_path / "x", rows, repeats=2, model="x"), own_run(tmp_path / "y", rows_of(GOOD), model="y")]
    entry = json.loads(add_entry(runs[0], board).read_text())
    assert entry["repeats"] == 2 and entry["scores"]["tasks"]["CMAR"]["n"] == 80
    page = render(board, runs[1:])
    others = page.split("#### Other settings: demo")[1].split("## Table 3")[0]
    assert "mean of 2 answers to each question" in others and "| 240       |" in others  # 6 questions on 40 clips
    rows_of_x = [line for line in others.splitlines() if line.startswith("| x ")]
    assert len(rows_of_x) == 2 and "50.00" in rows_of_x[1] and "**" not in others


def test_another_rubric_is_another_judge() -> None:
    def entry(rubric: str) -> Entry:
        rubrics = {task: {"version": "1", "sha256": sha256} for task, sha256 in (("MADU", rubric), ("MARE", "a"))}
        data = {**scores_of(rubrics=rubrics), "name": "m", "date": None, "scores": scores_of(), "run": "r"}
        return from_json(Entry, data, "entry")

    assert judged_alike([entry("a"), entry("a")]) == {"MADU", "MARE"}
    assert judged_alike([entry("a"), entry("b")]) == {"MARE"}


def test_ranks_in_words() -> None:
    assert [str(rank) for rank in (RankInterval(2, 4), RankInterval(3, 3))] == ["2-4", "3"]


# -- the paper's rows --------------------------------------------------------------------------------------


def test_a_papers_row_has_binomial_intervals() -> None:
    """GPT-4o: CMAR 20.5 % of 1,000: SE = sqrt(0.205 * 0.795 / 1000) = 1.277 points. Of the average: p (1 - p) / n adds
    up to (0.162975 + 0.212751) / 1000 + (0.249831 + 0.234748 + 0.249944 + 0.247399) / 2000 = 0.000866687; its root over
    six is 0.4907 points; 44.87 +- 1.96 * 0.4907 is 43.91 to 45.83."""
    intervals = contenders()["GPT-4o"].intervals
    row = {column: to_json(interval) for column, interval in intervals.items()}
    assert row["CMAR"]["se"] == pytest.approx(1.277, abs=1e-3)
    assert (row["CMAR"]["questions"], row["CMAR"]["method"]) == (1000, "binomial")
    # Wilson's: (0.205 + 0.0019207) / 1.0038415 = 0.206129; its half 1.96 / 1.0038415 * sqrt(0.000162975 + 9.604e-7)
    assert (row["CMAR"]["low"], row["CMAR"]["high"]) == pytest.approx((18.113, 23.112), abs=0.002)
    assert row["closed_avg"]["se"] == pytest.approx(0.4907, abs=1e-4)
    assert (row["closed_avg"]["low"], row["closed_avg"]["high"]) == pytest.approx((43.908, 45.832), abs=1e-3)
    assert list(row) == [*OFFICIAL_CLOSED, "closed_avg"]
    assert not contenders()["Random"].intervals and sum(each.unpaired for each in contenders().values()) == 24


def contenders() -> dict[str, Contender]:
    """The paper's rows by name."""
    return {row.name: paper_contender(row, PAPER) for row in PAPER.tables["table2"]}


def test_equal_rows_of_the_paper_share_a_set_and_far_ones_do_not() -> None:
    rows = dict(zip(contenders(), rank_rows([*contenders().values()]), strict=True))
    assert rows["InternVideo2-Chat-8B"]["CMAR"] == rows["InternVideo2.5-Chat-8B"]["CMAR"]
    assert rows["Qwen3-VL-8B + MA-Bench-Train"]["CMAR"].best == 1
    # 47.9 - 36.9 = 11 points to the third, whose SE is sqrt(0.479 * 0.521 + 0.369 * 0.631) / sqrt(1000) = 2.19: 5.0
    assert rows["Qwen3-VL-8B + MA-Bench-Train"]["CMAR"].worst <= 2
    assert rows["Phi-4-Multimodal"]["CMAR"].worst == 24
    assert not any("final" in row for row in rows.values()) and not rows["Full mark"]


def test_a_full_run_stands_among_the_papers_rows(board: Path, tmp_path: Path) -> None:
    """All right on 600 of 1,000 clips: 60 %, 9.3 points above the best row of the paper, with an error of
    sqrt(0.6 * 0.4 / 1000) = 1.5 points and its 0.5: more than the 3.8 that 300 pairs ask for at most."""
    rows = rows_of("1" * 600 + "0" * 400, "2" * 1000, {"SAD": 2, "MAD": 2, "MAS": 2, "PPR": 2})
    run = run_folder(tmp_path / "r1", scores_of(60.0, 2.0, intervals=intervals(rows)))
    (run / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    page = render(board, [run])
    shown = table_rows(page, "### Intervals and ranks")
    assert len(shown) == 25
    # Of 10,000 draws the middle 95 %: 60 -+ 1.96 * 1.55 = 56.96 to 63.04
    assert shown["m"][0] == "60.00" and shown["m"][2] == "1"
    low, high = map(float, shown["m"][1].split(" to "))
    assert (low, high) == pytest.approx((56.96, 63.04), abs=0.15)
    assert shown["m"][5] == shown["m"][8] == "-"  # alone in open columns
    (note,) = [line for line in page.splitlines() if "unpaired" in line]
    mark = note.split(":")[0]
    assert shown[f"GPT-4o{mark}"][1] == "43.91 to 45.83" and "too narrow" in note
    assert shown[f"VideoLLaMA2-7B{mark}"][3] == "0.87[^2]"  # what the paper misprints is said here, too
    assert all(name.endswith(mark) for name in shown if name != "m")


# -- the document ------------------------------------------------------------------------------------------


def test_the_document_has_every_column_of_every_row() -> None:
    board = leaderboard_document(COMMITTED, ())
    rows = [*board.table2, *board.table3, *board.table4, *(row for table in board.own for row in table.rows)]
    assert all(tuple(row.cells) == COLUMNS for row in rows)
    (motion,) = (row for row in board.runs if row.name == "motion")
    final = motion.cells["final"]
    assert final.rank == (1, 1) and final.ends and final.value and final.ends[0] < final.value < final.ends[1]
    names = {row.name: row for row in board.table2}
    assert names["GPT-4o"].unpaired and names["GPT-4o"].cells["open_avg"].rank is None
    still = [names["Random"], names["Full mark"], *board.table3, *board.table4]
    assert all(cell.rank is None and cell.ends is None for row in still for cell in row.cells.values())


def test_json_says_of_every_row_where_it_stands() -> None:
    board = json.loads(json.dumps(leaderboard_json(leaderboard_document(COMMITTED, ()))))
    by_name = {run["name"]: run["standings"] for run in board["runs"]}
    assert all(list(standing) == list(COLUMNS) for standing in by_name.values())
    final = by_name["motion"]["final"]
    assert final["rank"] == [1, 1] and final["low"] < final["value"] < final["high"] and not final["unpaired"]
    assert final["clips"] == 28 and final["method"] == "student"
    rows = {row["row"][0]: row["standings"] for row in board["paper"] if row["table"] == "table2"}
    assert rows["Random"] is None and rows["Full mark"] is None
    assert rows["GPT-4o"]["closed_avg"]["unpaired"] is True and rows["GPT-4o"]["open_avg"]["rank"] is None
    assert rows["GPT-4o"]["final"] == {
        "value": rows["GPT-4o"]["final"]["value"],
        **UNKNOWN,
        "unpaired": True,
        "rank": None,
    }
    assert all(row["standings"] is None for row in board["paper"] if row["table"] != "table2")


def test_a_figure_is_the_same_in_both_tables_of_a_page(board: Path, tmp_path: Path) -> None:
    """An average is summed in another order for its interval, so that the two may lie on two sides of a half."""
    average, summed_otherwise = 59.995000000000005, 59.99499999999999
    interval = {"value": summed_otherwise, "clips": 9, "se": 1.0, "low": 58.0, "high": 62.0, "method": "bootstrap"}
    scores = scores_of(closed_avg=average, intervals={"closed AVG": interval})
    page = render(board, [run_folder(tmp_path / "r1", scores)])
    assert (f"{average:.2f}", f"{summed_otherwise:.2f}") == ("60.00", "59.99")
    assert table_rows(page, "### Intervals and ranks")["m"][:2] == ["60.00", "58.00 to 62.00"]
    assert "| **60.00** |" in page and "59.99" not in page
