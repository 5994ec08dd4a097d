"""What a run is called: shown in tables, pages and on the leaderboard, harmless, and no part of what it is."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from mabench_eval import InputError, evaluate
from mabench_eval.cli import main
from mabench_eval.cli.parser import parse
from mabench_eval.cli.run_options import sweep_of
from mabench_eval.journal import Journal
from mabench_eval.leaderboard import add_entry, check_entries, leaderboard_document, markdown_page
from mabench_eval.pages.comparison import comparison_page
from mabench_eval.pages.leaderboard import leaderboard_page
from mabench_eval.pages.report import report_page
from mabench_eval.runs import Result, judge_run, read_run, read_status
from tests.support.paths import ROOT

TRAP = "<b>\x1b[31mred</b>"
"""A name that is markup and moves a terminal's colours."""


def constant(output: Path, name: str | None = None, model: str = "constant") -> Result:
    return evaluate(model, "SAD", "demo", name=name, limit=2, judge="none", output=output)


def test_a_name_changes_neither_the_run_nor_its_answers(tmp_path: Path) -> None:
    plain = constant(tmp_path)
    samples = (plain.folder / "samples.jsonl").read_bytes()
    named = constant(tmp_path, "baseline")
    assert named.folder == plain.folder
    assert named.record.identity == plain.record.identity
    assert (named.folder / "samples.jsonl").read_bytes() == samples
    with Journal(named.folder) as journal:
        assert len(journal.records.answers) == named.record.totals.answers == plain.record.totals.answers


def test_it_is_recorded_and_the_recorded_command_gives_it_again(tmp_path: Path) -> None:
    named = constant(tmp_path, "first try")
    assert named.record.config["name"] == "first try"
    assert json.loads((named.folder / "scores.json").read_text())["name"] == "first try"
    assert "--name 'first try'" in named.record.command
    before = (named.folder / "scores.json").read_bytes()
    assert main(shlex.split(named.record.command)[3:]) == 0
    assert (named.folder / "scores.json").read_bytes() == before
    (status,) = read_status(tmp_path)
    assert (status.model, status.name) == ("constant", "first try")
    assert judge_run(named.folder, "none").scores.label == "first try"


def test_a_run_without_one_has_no_such_key(tmp_path: Path) -> None:
    plain = constant(tmp_path)
    assert "name" not in json.loads((plain.folder / "scores.json").read_text())
    assert "--name" not in plain.record.command


def test_runs_of_an_early_version_are_called_as_their_model() -> None:
    (run,) = (ROOT / "tests/data/runs-0.1.0/constant").iterdir()
    scores = read_run(run, data=str(run.parents[1] / "demo")).scores
    assert (scores.name, scores.label) == (None, "constant")


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--name: 1 to 80 characters"):
        constant(tmp_path, name)


def test_the_runs_of_a_sweep_are_told_apart_by_what_varies() -> None:
    frames = sweep_of(parse(["--model", "motion", "--frames", "4,8", "--name", "mine"]))
    assert [config.name for config in frames.configs.values()] == ["mine, frames 4", "mine, frames 8"]
    adapters = sweep_of(parse(["--model", "qwen3-vl-8b", "--lora", "none,lm=DIR", "--name", "mine"]))
    assert [config.name for config in adapters.configs.values()] == ["mine + none", "mine + lm"]


def test_it_is_shown_harmlessly_wherever_a_run_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = constant(tmp_path, TRAP), constant(tmp_path, "plain", model="random")
    assert main(["compare", str(one.folder), str(other.folder)]) == 0
    assert main(["status", str(tmp_path)]) == 0
    words = ["run", "--model", "constant", "--tasks", "SAD", "--limit", "2", "--judge", "none", "-o", str(tmp_path)]
    assert main([*words, "--name", TRAP]) == 0
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert out.count("<b>⟨U+001B⟩[31mred</b>") >= 3
    page, compared = report_page(one.folder), comparison_page(one.folder, other.folder)
    for text in (page, compared):
        assert "&lt;b&gt;" in text
        assert TRAP not in text
        assert "<b>" not in text.partition("<script")[0]
    assert "constant · on demo" in page  # the model, where the name does not say it
    assert "random" in compared


def test_rows_of_one_name_are_told_apart_and_say_their_model(tmp_path: Path) -> None:
    runs = [constant(tmp_path, "mine", model=model) for model in ("constant", "random")]
    runs.append(constant(tmp_path, "other", model="motion"))
    for run in runs:
        add_entry(run.folder, tmp_path / "board")
    assert check_entries(tmp_path / "board").problems == ()
    document = leaderboard_document(tmp_path / "board", ())
    ids = [run.folder.name.rpartition("-")[2][:8] for run in runs]
    assert {row.name for row in document.runs} == {f"mine {ids[0]}", f"mine {ids[1]}", "other"}
    for text in (markdown_page(document), leaderboard_page(document)):
        assert all(f"model: {name}" in text for name in ("constant", "random", "motion"))
