"""The leaderboard: what the page says about the paper's rows and about own runs."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval import evaluate
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.leaderboard import COLUMNS, add_entry, entry_from_run, leaderboard_document
from mabench_eval.leaderboard.entry import Entry
from mabench_eval.leaderboard.paper import PaperRow, remarks, wrong_cells
from mabench_eval.runfiles import from_json, to_json
from mabench_eval.tables import markdown
from tests.support.leaderboard import (
    COMMITTED,
    DEMO,
    OTHER_JUDGE,
    PAPER,
    averages_of,
    closed_task,
    open_task,
    render,
    run_folder,
    scores_of,
)


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """A leaderboard's folder without entries and page."""
    folder = tmp_path / "leaderboard"
    folder.mkdir()
    shutil.copy(COMMITTED / "paper.json", folder)
    return folder


def row_of(page: str, name: str) -> list[str]:
    """Cells of the first row with this name, the one with all figures."""
    line = next(line for line in page.splitlines() if line.startswith(f"| {name} "))
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def source_of(page: str, name: str) -> str:
    """What stands beside a name, without marks of footnotes."""
    return re.sub(r"\[\^\d+\]", "", row_of(page, name)[2])


# -- the paper's rows --------------------------------------------------------------------------------------


def test_the_committed_page_is_fresh() -> None:
    assert (COMMITTED / "README.md").read_text(encoding="utf-8") == render(COMMITTED, ())


def test_papers_tables_are_whole() -> None:
    table2 = PAPER.tables["table2"]
    groups = [row.group for row in table2]
    assert {group: groups.count(group) for group in PAPER.groups} == {
        "reference": 2,
        "proprietary": 3,
        "open-source": 20,
        "fine-tuned": 1,
    }
    by_name = {row.name: row for row in table2}
    # The ablations start from, and end at, rows of Table 2.
    baseline = by_name["Qwen3-VL-8B"].figures
    assert baseline == PAPER.tables["table3"][1].figures == PAPER.tables["table4"][0].figures
    assert by_name["Qwen3-VL-8B + MA-Bench-Train"].figures == PAPER.tables["table4"][-1].figures


def test_final_score_of_a_papers_row_is_computed() -> None:
    page = render(COMMITTED, ())
    # GPT-4o: accuracies 20.5 + 30.7 + 51.3 + 62.35 + 49.25 + 55.1 = 269.2;
    # levels 0.6 + 0.65 + 0.54 + 1.02 + 0.91 + 0.67 = 4.39, times 20 = 87.8; (269.2 + 87.8) / 12 = 29.75.
    gpt = row_of(page, "GPT-4o")
    assert gpt[:4] == ["GPT-4o", "2024-11", "paper", "20.50"] and gpt[-1] == "29.75"
    assert row_of(page, "Full mark")[-1] == "100.00"
    assert row_of(page, "Random")[-8:] == ["-"] * 8
    assert "The paper does not print it" in page


def test_best_is_bold_and_reference_rows_do_not_compete() -> None:
    page = render(COMMITTED, ())
    tuned = row_of(page, "Qwen3-VL-8B + MA-Bench-Train")
    assert tuned[3] == "**47.90**" and tuned[-1] == "**42.24**"
    assert row_of(page, "Gemini-2.5-Flash")[9] == "**50.70**"  # 50.68 of the fine-tuned model is less
    assert "**" not in "".join(row_of(page, "Full mark"))


def test_exactly_two_cells_of_table_2_do_not_follow_from_their_rows() -> None:
    wrong = {
        (table, row.name): found
        for table, rows in PAPER.tables.items()
        for row in rows
        if (found := wrong_cells(row, PAPER))
    }
    assert list(wrong) == [("table2", "Random"), ("table2", "VideoLLaMA2-7B")]
    # (14.7 + 20 + 4 x 50) / 6 = 39.117, but (14.286 + 20 + 4 x 50) / 6 = 39.048
    random = wrong["table2", "Random"]["closed_avg"]
    assert "prints 39.05" in random and "is 39.12." in random
    assert random.endswith("39.05 follows from CMAR = 1/7 = 14.29 % (printed: 14.70).")
    # (0.10 + 0.09 + 0.07 + 1.11 + 0.95 + 0.55) / 6 = 2.87 / 6 = 0.478
    assert wrong["table2", "VideoLLaMA2-7B"] == {
        "open_avg": "VideoLLaMA2-7B, open-ended AVG: the paper prints 0.87; "
        "the mean of the six printed figures is 0.48."
    }
    page = render(COMMITTED, ())
    assert row_of(page, "VideoLLaMA2-7B")[16] == "0.87[^2]" and "\n[^2]: VideoLLaMA2-7B, open-ended AVG" in page


def test_an_average_may_be_off_by_rounding_and_no_more() -> None:
    figures = {**dict.fromkeys(COLUMNS, 50.0), "open_avg": None}
    row = PaperRow(("X",), "open-source", figures)
    assert wrong_cells(replace(row, figures={**figures, "closed_avg": 50.01}), PAPER) == {}
    assert list(wrong_cells(replace(row, figures={**figures, "closed_avg": 50.02}), PAPER)) == ["closed_avg"]


def test_remarks_on_rows() -> None:
    equal_closed, equal_open, impossible = remarks(PAPER)
    assert equal_closed.startswith("InternVideo2-Chat-8B and InternVideo2.5-Chat-8B have the same six closed")
    assert equal_open.startswith("InternVL3-8B and Phi-4-Multimodal have the same six open")
    # Of 1,000 questions 322 are 32.20 % and 323 are 32.30 %; of 2,000, 1,122 are 56.10 %.
    assert impossible.startswith("Qwen3-VL-8B: CMAR 32.23, FMAR 37.11, MAD 53.69, MAS 47.94, PPR 54.74 cannot")


def test_columns_of_the_raw_page_are_aligned() -> None:
    tables = [block.splitlines() for block in render(COMMITTED, ()).split("\n\n") if block.startswith("|")]
    # the paper's three, the baselines on the demo, intervals and ranks of Table 2 and of the baselines, and the judges
    assert len(tables) == 7
    assert all(len({len(line) for line in table}) == 1 for table in tables)


# -- own runs ----------------------------------------------------------------------------------------------


def test_a_run_on_the_full_benchmark_stands_in_table_2(board: Path, tmp_path: Path) -> None:
    page = render(board, [run_folder(tmp_path / "r1", scores_of(60.0, 2.0))])
    # closed AVG 60, open AVG 2, final = (6 x 60 + 6 x 40) / 12 = 50: best in most columns.
    assert row_of(page, "m")[:2] == ["m", "2026-08-02"]
    assert source_of(page, "m") == "run; not verified; judge: gpt-4o 400d663a"
    assert row_of(page, "gpt-4o")[1:] == ["400d663a", "gpt-4o-2024-11-20", "MADU v1 5643016a"]
    assert row_of(page, "m")[9] == "**60.00**" and row_of(page, "m")[-2:] == ["**2.00**", "**50.00**"]
    assert row_of(page, "m")[6] == "60.00"  # MAD: VideoLLaMA3-7B has 67.60
    assert row_of(page, "Gemini-2.5-Flash")[9] == "50.70"  # no longer the best
    assert "_Own runs_" in page and "other data" not in page


def test_a_run_with_an_adapter_stands_under_fine_tuned(board: Path, tmp_path: Path) -> None:
    scores = scores_of(60.0, 2.0, model="m + lm")
    page = render(board, [run_folder(tmp_path / "r1", scores, model={"name": "m", "lora": f"sha256:{'a' * 64}"})])
    tuned = page.index("_Fine-tuned on MA-Bench-Train_")
    assert tuned < page.index("| m + lm") and "_Own runs_" not in page
    assert "LoRA adapter sha256:aaaaaaaaaaaa" in page


def test_missing_answers_are_said_and_not_ranked(board: Path, tmp_path: Path) -> None:
    page = render(board, [run_folder(tmp_path / "r1", scores_of(70.0, missing=204))])
    cells = row_of(page, "m")
    assert source_of(page, "m") == "run; not verified; 98.3 % answered; judge: gpt-4o 400d663a"  # 11,796 of 12,000
    assert (cells[3], cells[5]) == ("**70.00**", "70.00")  # CMAR is whole, SAD is not
    assert (cells[9], cells[-2], cells[-1]) == ("70.00", "**2.00**", "55.00")
    assert row_of(page, "Gemini-2.5-Flash")[9] == "**50.70**"  # still the best of the whole ones


def test_coverage_is_never_rounded_up(board: Path, tmp_path: Path) -> None:
    page = render(board, [run_folder(tmp_path / "r1", scores_of(missing=1))])
    assert source_of(page, "m") == "run; not verified; 99.9 % answered; judge: gpt-4o 400d663a"  # 99.992


def test_another_judge_is_said_and_not_ranked(board: Path, tmp_path: Path) -> None:
    scores = scores_of(60.0, 5.0, judges=[OTHER_JUDGE])
    page = render(board, [run_folder(tmp_path / "r1", scores)])
    cells = row_of(page, "m")
    assert source_of(page, "m") == "run; not verified; judge: lexical 99999999, not the paper's"
    assert cells[9] == "**60.00**" and cells[-2:] == ["5.00", "80.00"]  # (6 x 60 + 6 x 100) / 12


def test_missing_scores_are_said(board: Path, tmp_path: Path) -> None:
    page = render(board, [run_folder(tmp_path / "r1", scores_of(unjudged=500))])
    cells = row_of(page, "m")
    said = "run; not verified; 75.0 % of open answers judged; judge: gpt-4o 400d663a"  # 1,500 of 2,000
    assert source_of(page, "m") == said
    assert cells[10] == "2.00" and cells[13] == "**2.00**"  # MADU is not ranked, MARE is


def test_closed_tasks_alone_need_no_judge(board: Path, tmp_path: Path) -> None:
    scores = scores_of(judges=[], rubrics={}, frames=None)
    for name in ("MADU", "MARE"):
        del scores["tasks"][name]
    scores |= averages_of(scores["tasks"])
    page = render(board, [run_folder(tmp_path / "r1", scores)])
    assert page.index("### Other settings") < page.index("| m ")  # a part of the tasks is not the paper's protocol
    assert row_of(page, "m")[1] == "closed-ended tasks alone" and row_of(page, "m")[-8:] == ["-"] * 8


def test_runs_on_other_data_have_a_table_of_their_own(board: Path, tmp_path: Path) -> None:
    small = {name: {**task, "n": 28, "total": 28} for name, task in scores_of(99.0)["tasks"].items()}
    counts: dict[str, Any] = {"n": 330, "total": 336, "coverage": 100 * 330 / 336}
    runs = [
        run_folder(tmp_path / "r1", scores_of(99.0, benchmark=DEMO, **counts) | {"tasks": small}),
        run_folder(tmp_path / "r2", scores_of(30.0, benchmark=DEMO, model="n", n=336, total=336)),
    ]
    page = render(board, runs)
    table2, own = page.split("## Own runs on other data")
    assert "| m " not in table2 and row_of(table2, "Gemini-2.5-Flash")[9] == "**50.70**"
    assert "### demo: 28 clips, 336 questions, sha256 `dddddddddddd`" in own
    assert row_of(own, "m")[3:5] == ["336", "98.2 %"]  # 330 / 336 = 98.21
    assert own.index("| m ") < own.index("| n ")  # best first


def test_a_part_of_the_benchmark_is_other_data(board: Path, tmp_path: Path) -> None:
    scores = scores_of()
    scores["tasks"]["CMAR"] |= {"n": 10, "total": 10}
    page = render(board, [run_folder(tmp_path / "r1", scores)])
    assert page.index("Own runs on other data") < page.index("| m ") and "### MA-Bench:" in page


def test_foreign_text_cannot_break_the_table(board: Path, tmp_path: Path) -> None:
    evil = "a|b\n**c** `d` <img src=x> [e](http://f) \\| " + "x" * 500
    scores = scores_of(model=evil, judges=[{**OTHER_JUDGE, "name": evil, "model_id": evil}])
    page = render(board, [run_folder(tmp_path / "r1", scores)])
    rows = [line for line in page.splitlines() if "a\\|b" in line]
    assert len(rows) == 3  # the run, its intervals, and its judge
    assert all("<img" not in row and "[e](" not in row and len(row) < 700 for row in rows)
    assert len(rows[0].replace("\\\\", "").replace("\\|", "").strip("|").split("|")) == 3 + len(COLUMNS)


@given(st.text())
def test_escaped_text_is_one_cell_of_one_line(text: str) -> None:
    escaped = markdown.escape_markdown(text)
    assert len(escaped.splitlines()) <= 1
    bare = escaped.replace("\\\\", "")
    assert "|" not in bare.replace("\\|", "") and not re.search("<[A-Za-z/!?]", bare)


# -- entries and files -------------------------------------------------------------------------------------


def test_an_entry_gives_the_row_of_its_run(board: Path, tmp_path: Path) -> None:
    run = run_folder(tmp_path / "0123456789abcdef0123", scores_of(model="Qwen/Qwen3 VL:8B"))
    from_run = render(board, [run])
    path = add_entry(run, board)
    assert path == board / "entries" / "qwen-qwen3-vl-8b-0123456789abcdef0123.json"
    assert render(board, ()) == render(board, [run]) == from_run  # once, not twice
    entry = json.loads(path.read_text())
    assert entry.pop("seal") and entry == to_json(entry_from_run(run)) and entry["run"] == run.name
    assert entry["scores"]["tasks"]["SAD"] == {
        "accuracy": 60.0,
        "n": 2000,
        "total": 2000,
        "coverage": 100.0,
        "outcomes": {"answered": 2000, "error": 0},
    }
    assert leaderboard_document(board, ()).runs[0].in_table2


def test_runs_on_a_benchmark_of_a_long_name_do_not_share_a_file(board: Path, tmp_path: Path) -> None:
    """Ids of runs differ at their ends."""
    names = [f"mabench_labelled_50-{end}" for end in ("05a819fbba4e", "05a819fbba4f")]
    paths = [add_entry(run_folder(tmp_path / name, scores_of()), board) for name in names]
    assert len(set(paths)) == 2 and len(leaderboard_document(board, ()).runs) == 2
    renamed = paths[0].rename(paths[0].with_name("mine.json"))
    assert add_entry(tmp_path / names[0], board) == renamed  # its own file, whatever that is called


def test_committed_entries_are_written_as_they_are_read() -> None:
    for path in (COMMITTED / "entries").glob("*.json"):
        text = path.read_text(encoding="utf-8")
        entry = from_json(Entry, json.loads(text), str(path))
        assert json.dumps(to_json(entry), indent=2, ensure_ascii=False) + "\n" == text


def test_the_page_is_stale_until_written(board: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = ["leaderboard", "--dir", str(board)]
    assert main([*there, "--check"]) == 2
    assert main(there) == 0 and main([*there, "--check"]) == 0
    add_entry(evaluate("constant", limit=2, output=tmp_path / "results").folder, board)
    capsys.readouterr()
    assert main([*there, "--check"]) == 2
    assert "README.md is not what its entries give" in capsys.readouterr().err
    assert main(there) == 0 and main([*there, "--check"]) == 0
    assert sorted(p.name for p in board.iterdir()) == ["README.md", "entries", "paper.json"]


def test_a_name_cannot_leave_the_entries_folder(board: Path, tmp_path: Path) -> None:
    path = add_entry(run_folder(tmp_path / "r1", scores_of(model="../../etc/passwd")), board)
    assert path.parent == board / "entries"


def test_a_run_without_scores_is_no_entry(board: Path, tmp_path: Path) -> None:
    unlabelled = run_folder(tmp_path / "r1", scores_of(None, None))
    with pytest.raises(InputError, match="the run has no scores"):
        add_entry(unlabelled, board)


def test_unfinished_and_damaged_runs_are_told_all_at_once(board: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    broken = run_folder(tmp_path / "broken", scores_of())
    (broken / "scores.json").write_text("{")
    wrong = scores_of(judges="yes", final=1.0)
    del wrong["frames"]
    runs = [tmp_path / "empty", broken, run_folder(tmp_path / "wrong", wrong), tmp_path / "nowhere"]
    with pytest.raises(InputError) as caught:
        render(board, runs)
    empty, no_json, damaged, nowhere = caught.value.problems
    assert "once more" in caught.value.hint
    assert empty.startswith(f"{tmp_path}/empty is no folder of a finished run") and str(tmp_path / "nowhere") in nowhere
    assert no_json.startswith(f"{tmp_path}/broken/scores.json:1: not valid JSON")
    assert damaged == (
        f"{tmp_path}/wrong/scores.json: 2 keys do not fit: judges: Expected `array`, got `str`; frames: missing"
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"final": float("nan")}, "/scores.json:1: NaN is no number of JSON, in 'final'"),
        ({"closed_avg": 101}, "scores.closed_avg: Expected `float` <= 100.0, got 101"),
        ({"open_avg": 5.1}, "scores.open_avg: Expected `float` <= 5.0, got 5.1"),
        ({"open_avg": "2"}, "/scores.json: open_avg: Expected `float | null`, got `str`"),
        ({"n": True}, "/scores.json: n: Expected `int`, got `bool`"),
        ({"tasks": {"CMAR": 5}}, "/scores.json: tasks.CMAR: Expected `object`, got `int`"),
        ({"tasks": []}, "/scores.json: tasks: Expected `object`, got `array`"),
        ({"tasks": {"CMAR": closed_task(-1, 1, 1)}}, "scores.tasks.CMAR.accuracy: Expected `float` >= 0.0, got -1"),
        ({"tasks": {"MADU": open_task({"L1": 6}, 1, 1, 1)}}, "scores.tasks.MADU.levels.L1: Expected `float` <= 5.0"),
        ({"frames": {"count": 8}}, "/scores.json: frames.sampling: missing"),
        ({"benchmark": {**DEMO, "clips": None}}, "/scores.json: benchmark.clips: Expected `int`, got `null`"),
        ({"input": "text-only"}, "a run with --input text-only is no row of a leaderboard"),
    ],
)
def test_runs_that_are_no_entry(tmp_path: Path, change: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError) as caught:
        entry_from_run(run_folder(tmp_path / "r1", {**scores_of(), **change}))
    assert caught.value.message.startswith(str(tmp_path / "r1")) and problem in caught.value.message


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"judged": 1000', '"judges": 1000', "scores.tasks.MADU.judged: missing"),
        ('"accuracy": 60.0', '"accuracy": NaN', "NaN is no number of JSON, in 'accuracy'"),
        ('"run": "r1"', '"run": "r1", "repeats": 0', "repeats: Expected `int` >= 1, got 0"),
        (
            '"rubrics": {',
            '"rubrics": {"MARE": {},',
            "2 keys do not fit: rubrics.MARE.version: missing; rubrics.MARE.sha",
        ),
        (
            '"scores": {',
            '"flags": {"sha256": "a", "clean": {"x": 1}, "hard": {}}, "scores": {',
            "flags.clean.x: Expected",
        ),
    ],
)
def test_a_damaged_entry_is_named_with_every_key(board: Path, tmp_path: Path, old: str, new: str, problem: str) -> None:
    path = add_entry(run_folder(tmp_path / "r1", scores_of()), board)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        render(board, ())
    (line,) = caught.value.problems
    assert line.startswith(f"{path}:") and problem in line


def test_a_damaged_entry_is_named(board: Path, tmp_path: Path) -> None:
    path = add_entry(run_folder(tmp_path / "r1", scores_of()), board)
    path.write_text("[]")
    with pytest.raises(InputError, match=r"entries/m-r1\.json: Expected `object`, got `array`"):
        render(board, ())


def test_a_folder_without_the_papers_tables_or_with_broken_ones(tmp_path: Path) -> None:
    assert "| GPT-4o " in render(tmp_path, ())  # those that come with the library
    (tmp_path / "paper.json").write_text("{}")
    with pytest.raises(InputError, match="not the paper's tables"):
        render(tmp_path, ())
    (tmp_path / "paper.json").write_text(
        (COMMITTED / "paper.json").read_text().replace('"group": "fine', '"group": "x')
    )
    with pytest.raises(InputError, match="table2: unknown groups: x-tuned"):
        render(tmp_path, ())
