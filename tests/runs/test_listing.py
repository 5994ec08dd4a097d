"""Runs beside each other: listed with what differs; many compared in one table with one block of remarks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import InputError, evaluate
from mabench_eval.cli import main
from mabench_eval.runfiles import PromptRecord, told_apart
from mabench_eval.runs import differing, list_runs, remarks_on, shown_differences
from mabench_eval.runs.choices import (
    MOST_LINES,
    Choices,
    grouped,
    letter,
    numbered,
    prompt_differences,
    said,
    variants,
)
from mabench_eval.runs.comparison import compare_all
from tests.support.paths import ROOT
from tests.support.run_folders import closed, run_folder

ANSWERS = closed({"a": "10", "b": "01"})
PROMPTS = "SAD: 'Is it right? Say Yes or No.'\nMAD: 'Is it right? Say Yes or No.'\n"


def prompt(folder: Path, words: str, version: int = 1, task: str = "SAD") -> dict[str, Any]:
    """Give a run folder this prompt; its identity with it."""
    path = folder / "run.json"
    record: dict[str, Any] = json.loads(path.read_text())
    record["prompts"][task] = {"system": "Look.", "user": words}
    record["identity"]["tasks"] = {**record["identity"]["tasks"], task: {"version": version, "prompt": words}}
    path.write_text(json.dumps(record))
    return record


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four runs of the demo's first clip: two of one name, one with a prompt file, one that was cut off."""
    folder = tmp_path_factory.mktemp("runs") / "results"
    (folder.parent / "prompts.yaml").write_text(PROMPTS)
    choices: dict[str, Any] = {"data": "demo", "tasks": "SAD,MAD", "limit": 1, "output": folder}
    evaluate("random", **choices, name="mine")
    evaluate("random", **choices, name="mine", seed=1)
    evaluate("constant", **choices, prompts=folder.parent / "prompts.yaml")
    cut_off = evaluate("motion", **choices, name="cut off").folder
    for file in cut_off.iterdir():
        if file.name != "journal.jsonl":
            file.unlink()
    lines = (cut_off / "journal.jsonl").read_text().splitlines(keepends=True)
    (cut_off / "journal.jsonl").write_text("".join(lines[:2]))  # the session, and one answer of four
    return folder


def test_only_what_differs_is_said_of_each_run(results: Path) -> None:
    runs = list_runs(results)
    assert [(run.label, run.model, run.state) for run in runs] == [
        ("constant", "constant", "done"),
        ("cut off", "motion", "stopped"),
        *[("mine", "random", "done")] * 2,
    ]
    constant, motion, *mine = differing(runs)
    assert motion == {}  # it has no results, and its journal does not say what was chosen
    assert constant == {"model": "constant", "seed": "0", "prompts of SAD, MAD": "A"}
    assert sorted(each["seed"] for each in mine) == ["0", "1"]
    assert {(each["model"], each["prompts of SAD, MAD"]) for each in mine} == {("random", "B")}
    assert (runs[1].answered, runs[1].total) == (1, 4)


def test_a_model_is_compared_with_itself_alone(tmp_path: Path) -> None:
    folders = [
        run_folder(tmp_path / "m" / name, ANSWERS, model) for name, model in (("a", "x"), ("b", "x"), ("c", "y"))
    ]
    for folder, temperature in zip(folders, (0.5, 1.0, 7.0), strict=True):
        record = prompt(folder, "same")
        record["identity"]["model"] = {"name": "x", "temperature": temperature}
        (folder / "run.json").write_text(json.dumps(record))
    found = differing(list_runs(tmp_path))
    assert [each.get("temperature") for each in found] == ["0.5", "1.0", None]


def test_what_cannot_be_read_is_listed_with_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_folder(tmp_path / "m" / "good", ANSWERS)
    (run_folder(tmp_path / "m" / "torn", ANSWERS) / "scores.json").write_text("{")
    good, torn = list_runs(tmp_path)
    assert (good.problem, good.state, torn.state) == (None, "done", "unreadable")
    assert torn.problem
    assert "scores.json" in torn.problem
    assert main(["list", "runs", str(tmp_path)]) == 0
    assert "scores.json" in capsys.readouterr().err


def test_runs_of_an_early_version_are_listed() -> None:
    runs = list_runs(ROOT / "tests/data/runs-0.1.0")
    assert [run.label for run in runs] == ["constant", "my-model"]
    assert all(run.scores for run in runs)
    assert [each["model"] for each in differing(runs)] == ["constant", "my-model"]


def test_the_command(results: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["list", "runs", str(results)]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines()[2:])) <= 80
    lines = [line.split() for line in out.splitlines()]
    assert ["stopped", "motion/demo-"] not in lines
    assert "1/4" in out
    assert "Unless said otherwise: " in out
    assert " ".join(out.split()).endswith("prompts of SAD, MAD B")
    assert main(["list", "runs", str(results), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [run["name"] for run in document] == ["constant", "cut off", "mine", "mine"]
    assert main(["list", "runs", str(results / "none")]) == 2
    assert main(["list", "models", str(results)]) == 2
    (results.parent / "empty").mkdir(exist_ok=True)
    assert main(["list", "runs", str(results.parent / "empty")]) == 0
    assert "no runs below" in capsys.readouterr().out


def test_runs_are_found_where_several_results_lie(results: Path) -> None:
    assert [run.folder for run in list_runs(results.parent)] == [run.folder for run in list_runs(results)]
    (alone,) = list_runs(list_runs(results)[0].folder)
    assert alone.label == "constant"


def test_names_are_told_apart_by_id_and_then_by_folder() -> None:
    folders = [Path("/r/a/id1"), Path("/r/a/id2"), Path("/s/a/id2"), Path("/r/b/id1")]
    assert told_apart(["x", "x", "x", "y"], folders) == ["x id1", "x /r/a/id2", "x /s/a/id2", "y"]


def test_small_words() -> None:
    assert numbered([0, 1, 2, 4, 7, 8]) == "1-3, 5, 8-9"
    assert grouped([8, 4, 8]) == [(8, [0, 2]), (4, [1])]
    assert [letter(number) for number in (0, 25, 26, 52)] == ["A", "Z", "A2", "A3"]
    assert said({"rule": "uniform", "frames": 8}) == "rule uniform, frames 8"
    odd: tuple[Any, ...] = (None, [], {}, True, "x" * 61)
    assert [said(value) for value in odd] == ["none", "none", "none", "true", None]
    assert variants([8, 4, 8]) == ["8", "4", "8"]
    assert variants(["x" * 61, "y", "x" * 61]) == ["A", "B", "A"]
    assert variants([1, "1"]) == ["A", "B"]  # else nobody could tell them apart


# -- prompts word for word -------------------------------------------------------------------------------------


def choices(user: str, version: int = 1) -> Choices:
    return Choices({}, {"SAD": {"version": version, "prompt": user}}, {"SAD": PromptRecord("Look.", user)})


def test_prompts_are_compared_sentence_by_sentence() -> None:
    (found,) = prompt_differences(choices("One. Two! Three? {question}"), choices("One. 2! Three? {question}"))
    assert found.task == "SAD"
    assert found.lines == (" user: One.", "-user: Two!", "+user: 2!", " user: Three?")


def test_the_same_words_of_another_version_are_said_to_be_the_same() -> None:
    (found,) = prompt_differences(choices("One."), choices("One.", version=2))
    assert found.lines == ("the same words; the task's version or its token limit differs",)
    assert prompt_differences(choices("One."), choices("One.")) == ()


def test_a_long_difference_is_bounded() -> None:
    first = choices("".join(f"Old {number}.\n" for number in range(100)))
    second = choices("x" * 10_000)
    (found,) = prompt_differences(first, second)
    # 1 sentence of the system message that both have, 100 gone, 1 new: 102 lines, of which 20 are shown
    assert len(found.lines) == MOST_LINES + 1
    assert found.lines[-1] == "... and 82 more lines"
    (turned,) = prompt_differences(second, first)
    assert max(map(len, turned.lines)) < 400


def test_tasks_that_only_one_run_asked_do_not_differ() -> None:
    other = Choices({}, {"MAD": {"version": 1}}, {})
    assert prompt_differences(choices("One."), other) == ()


# -- many runs -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nine(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Nine runs of one name: three of each number of frames, the last with another prompt."""
    folder = tmp_path_factory.mktemp("nine")
    runs = []
    for number in range(9):
        frames = {"sampling": {"rule": "uniform", "frames": (4, 8, 16)[number // 3]}}
        run = run_folder(folder / f"run-{number}", ANSWERS, "m", **frames)
        prompt(run, "Another. Question." if number == 8 else "One. Question.")
        runs.append(run)
    return runs


def test_nine_runs_are_one_table_and_one_block(
    nine: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["compare", *map(str, nine)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("─" * 20) // out.splitlines()[2].count("─" * 20) == 1  # one rule: one table
    assert out.count("The runs differ in more than the model") == 1
    assert "- frames: rule uniform, frames 4 (1-3); rule uniform, frames 8 (4-6); rule uniform" in out
    assert "- prompts of SAD: A (1-8); B (9)" in out
    assert "prompt of SAD, run 1 (-) and 9 (+)" in out
    assert "  -user: One." in out
    assert "  +user: Another." in out
    assert len(out.splitlines()) < 40
    assert all(f"{number + 1} m run-{number}" in out for number in range(9))


def test_every_difference_is_in_the_table_under_the_number_of_its_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = "abcdefgh"
    rights = {"x": "0", "y": "1", "z": "1"}
    folders = [run_folder(tmp_path / n, closed(dict.fromkeys(clips, r * 4)), n) for n, r in rights.items()]
    assert main(["compare", *map(str, folders)]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line[:2] in ("1 ", "2 ", "3 ")]
    # 0 % and twice 100 %: the second and the third are 100 points above the first, and as good as each other
    assert [row[:3] for row in rows] == [["1", "x", "0.00"], ["2", "y", "100.00"], ["3", "z", "100.00"]]
    assert [[cell.rstrip("*") for cell in row[3:]] for row in rows] == [[], ["+100.00"], ["+100.00", "0.00"]]
    compared = compare_all(folders)
    (row,) = compared.pairs[0].differences
    assert row.p_holm is not None
    assert (rows[1][3][-1] == "*") == (row.p_holm < 0.05)


def test_values_are_those_of_all_questions_of_a_run(tmp_path: Path) -> None:
    # 3 of 4 right, of which one clip is not in the other runs
    one = run_folder(tmp_path / "one", closed({"a": "11", "b": "10"}), "one")
    two = run_folder(tmp_path / "two", closed({"b": "01"}), "two")
    three = run_folder(tmp_path / "three", closed({"b": "00"}), "three")
    compared = compare_all([one, two, three])
    assert [compared.value(run, "SAD") for run in compared.runs] == [75.0, 50.0, 0.0]
    assert "scores: 4 (1); 2 (2-3); each two runs are compared on those that both have" in remarks_on(compared)


def test_runs_that_are_alike_have_no_remarks(tmp_path: Path) -> None:
    folders = [run_folder(tmp_path / name, ANSWERS, name) for name in "xyz"]
    compared = compare_all(folders)
    assert (remarks_on(compared), shown_differences(compared)) == ([], [])


def test_only_some_prompts_are_shown_word_for_word_and_the_others_named(tmp_path: Path) -> None:
    folders = [run_folder(tmp_path / name, ANSWERS, name) for name in "xy"]
    for task in ("CMAR", "FMAR", "SAD", "MAD", "MAS", "PPR"):
        prompt(folders[0], "One.", task=task)
        prompt(folders[1], "Other.", task=task)
    compared = compare_all(folders)
    *shown, last = shown_differences(compared)
    assert [each.title for each in shown][:2] == [f"prompt of {task}, run 1 (-) and 2 (+)" for task in ("CMAR", "FMAR")]
    assert (len(shown), last.title) == (4, "prompt of MAS, PPR: --json shows what differs")
    assert len(compared.pairs[0].prompts) == 6


def test_markdown_of_many_has_every_pair_and_one_block(nine: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *map(str, nine[6:]), "--markdown"]) == 0
    out = capsys.readouterr().out
    assert out.count("### m run-") == 3  # of three runs
    assert out.count("### Remarks") == 1
    assert out.count("prompts of SAD") == 1


def test_words_of_prompts_are_harmless(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [run_folder(tmp_path / name, ANSWERS, name) for name in "xy"]
    prompt(folders[0], "One.")
    prompt(folders[1], "\x1b[2JGone. <script>")
    page = tmp_path / "page.html"
    assert main(["compare", *map(str, folders), "--html", str(page)]) == 0
    shown, err = capsys.readouterr()
    assert "they differ in more than the model, in prompts: those of SAD" in err
    assert "⟨U+001B⟩[2JGone." in shown
    assert main(["compare", *map(str, folders), "--markdown"]) == 0
    markdown, _ = capsys.readouterr()
    assert "Gone." in markdown
    for text in (shown, err, markdown, page.read_text()):
        assert "\x1b" not in text
    assert "<script>" not in markdown
    assert "user: &lt;script&gt;" in page.read_text()


def test_two_copies_of_one_run_are_told_apart(tmp_path: Path) -> None:
    first = run_folder(tmp_path / "one" / "id", ANSWERS)
    second = tmp_path / "two" / "id"
    shutil.copytree(first, second)
    assert [run.name for run in compare_all([first, second]).runs] == [f"m {first}", f"m {second}"]


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder"):
        list_runs(tmp_path / "none")
