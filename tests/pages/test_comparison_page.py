"""The page of two runs: its figures are those of ``compare``, flips by hand, and what a model wrote is text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate, register_model
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.pages import comparison_page
from mabench_eval.pages.comparison.data import read_comparison_data
from mabench_eval.pages.comparison.flips import find_flips
from mabench_eval.pages.comparison.plot import difference_plot
from mabench_eval.runfiles import read_scores
from mabench_eval.runs.comparison import DIFFERENCE_HEADER, Difference, compare, difference_cells
from tests.support.benchmarks import Pixels, write_benchmark
from tests.support.pages import Element, check_page, data_of, read
from tests.support.pages import cells as table_cells
from tests.support.run_folders import closed, run_folder

ATTACKS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "<!-- <script>",
    "\u202eright to left",
    "half \ud83d a character",
    "\x00\x1b[31m",
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The baselines random and motion on the demo."""
    folder = tmp_path_factory.mktemp("runs")
    return [evaluate(name, data="demo", output=folder).folder for name in ("random", "motion")]


@pytest.fixture(scope="module")
def page(runs: list[Path]) -> str:
    return comparison_page(*runs)


@pytest.fixture(scope="module")
def root(page: str) -> Element:
    return check_page(page)


def flips_of(page: str) -> dict[str, dict[str, Any]]:
    """The page's flips by their question ids, answers by the names of their fields."""
    data = data_of(page)
    flips = {}
    for row in data["rows"]:
        one = dict(zip(data["fields"], row, strict=True))
        sides = {side: dict(zip(data["answer"], one[side], strict=True)) for side in ("first", "second")}
        flips[one["qid"]] = {**one, **sides, "task": data["tasks"][one["task"]], "clip": data["clips"][one["clip"]]}
    return flips


def opened(qid: str, levels: Mapping[str, float] | None) -> dict[str, Any]:
    """A row of an open task."""
    return {"qid": qid, "task": "MADU", "clip": "a", "prediction": "words", "response": "words", "levels": levels}


def test_the_figures_are_those_of_compare(runs: list[Path], root: Element) -> None:
    (pair,) = compare(runs)
    (whole,) = [table for table in root.all("table") if len(table.all("thead")[0].all("th")) == len(DIFFERENCE_HEADER)]
    assert table_cells(whole) == [difference_cells(row) for row in pair.differences]
    tiles = [tile.text for tile in root.all("div") if tile.attributes.get("class") == "tile-value"]
    last = {row.figure: f"{row.difference:+.2f}" for row in pair.differences}
    assert tiles == [last["final"], last["open AVG"], last["closed AVG"]]


def test_each_figure_is_in_the_plot_of_its_unit(root: Element) -> None:
    points, levels = root.all("figure")
    labels = [[row.all("text")[0].text for row in plot.all("g") if row.all("title")] for plot in (points, levels)]
    assert labels[0] == ["CMAR", "FMAR", "SAD", "MAD", "MAS", "PPR", "closed AVG", "final"]
    assert labels[1] == [f"{task} L{level}" for task in ("MADU", "MARE") for level in (1, 2, 3)] + ["open AVG"]


def test_a_dot_stands_at_its_difference() -> None:
    """A scale from -50 to +50 in steps of 20, that is from -60 to +60; a field from 12 + 3 capitals to 360 - 54."""
    row = Difference("SAD", 20, 0, -20, -50, 50, 0.01, 0.04, 1, 2, 9.0, 3, 3)
    unsure = Difference("MAD", 0, 30, 30, None, None, None, None, 1, 2, None, 3, 1)
    drawn = read(difference_plot("p", "Points", [row, unsure], ("x", "y"), most=100, digits=1))
    left = 12 + 3 * 8.6
    dots = drawn.all("circle")
    assert [dot.attributes["class"] for dot in dots] == ["dot", "dot unsure"]
    middles = [float(dot.attributes["cx"] or 0) for dot in dots]
    assert middles == pytest.approx([left + (306 - left) * share for share in (40 / 120, 90 / 120)], abs=0.05)
    (zero,) = [line for line in drawn.all("line") if line.attributes["class"] == "zero"]
    assert float(zero.attributes["x1"] or 0) == pytest.approx(left + (306 - left) / 2, abs=0.05)
    assert len([path for path in drawn.all("path") if path.attributes["class"] == "whisker"]) == 1


def test_whiskers_end_where_differences_do() -> None:
    """With two clips an interval can be wider than all there is: it is cut, without a stroke across its end."""
    row = Difference("SAD", 50, 100, 50, -585.3, 685.3, 0.5, 0.5, 1, 0, 900.0, 2, 2)
    drawn = read(difference_plot("p", "Points", [row], ("x", "y"), most=100, digits=1))
    (whisker,) = [path for path in drawn.all("path") if path.attributes["class"] == "whisker"]
    assert whisker.attributes["d"] == "M37.8 35.0H306.0"
    assert {"-100", "0", "+100"} <= {text.text for text in drawn.all("text")}


def test_flips_by_hand(tmp_path: Path) -> None:
    """Right against wrong, level sums two apart; errors, repeats, rotations, and what one run alone has are none."""
    low, high = dict.fromkeys(("L1", "L2", "L3"), 1), {"L1": 1, "L2": 2, "L3": 2}
    again = [{**closed({"a": "0"})[0], **more} for more in ({"repeat": 1}, {"rotation": 2})]
    first = [
        *closed({"a": "01", "b": "10", "c": "-1"}),
        *again,
        opened("won", low),
        opened("near", low),
        opened("lost", high),
        opened("unscored", None),
        *closed({"z": "1"}),
    ]
    second = [
        *closed({"a": "10", "b": "10", "c": "1-"}),
        *[{**row, "correct": True} for row in again],
        opened("won", high),
        opened("near", {**high, "L3": 1}),
        opened("lost", low),
        opened("unscored", high),
    ]
    folders = [run_folder(tmp_path / name, rows, name) for name, rows in (("x", first), ("y", second))]
    data = read_comparison_data(*folders)
    assert find_flips(data) == [("SAD_a_0", True), ("SAD_a_1", False), ("won", True), ("lost", False)]
    page = comparison_page(*folders)
    text = check_page(page).text
    assert "4 questions that one run has right" in text
    assert "2 won by y, 2 lost" in text
    assert "asked again the first asking is shown" in text
    assert "Question texts are missing" in text
    assert flips_of(page)["won"]["first"]["levels"] == low


def test_every_flip_of_the_demo_is_there(runs: list[Path], page: str) -> None:
    rows = [
        {row["qid"]: row for row in map(json.loads, (run / "samples.jsonl").read_text().splitlines())} for run in runs
    ]
    flips = flips_of(page)
    closed_qids = {qid for qid, row in rows[0].items() if row.get("correct") is not None}
    assert {qid for qid in flips if qid in closed_qids} == {
        qid for qid in closed_qids if rows[0][qid]["correct"] != rows[1][qid]["correct"]
    }
    for qid, one in flips.items():
        assert one["reference"] == [rows[0][qid]["reference"]]
        assert one["second"]["response"] == rows[1][qid]["response"]
        assert one["text"] is not None
        assert bool(one["options"]) == (one["task"] in ("CMAR", "FMAR"))


def test_both_runs_and_what_differs_are_shown(runs: list[Path], root: Element, tmp_path: Path) -> None:
    header = root.get("header").text
    for run, model in zip(runs, ("random", "motion"), strict=True):
        assert model in header
        assert run.name in header
    rows = closed({"a": "10", "b": "01"})
    base = run_folder(tmp_path / "base", rows, "m")
    other = run_folder(tmp_path / "other", rows, "m", input="shuffled", benchmark={"sha256": "cd" * 32})
    header = check_page(comparison_page(base, other)).get("header").text
    assert "first - second is the temporal gain" in header
    assert "Warning: they differ in more than the model, in data: abababababab against cdcdcdcdcdcd" in header


def test_runs_that_answer_alike(tmp_path: Path) -> None:
    rows = closed({"a": "10", "b": "01"})
    page = comparison_page(run_folder(tmp_path / "x", rows, "x"), run_folder(tmp_path / "y", rows, "y"))
    text = check_page(page).text
    assert "right and wrong on the same questions" in text
    assert 'id="data"' not in page


@pytest.fixture
def attacked(tmp_path: Path) -> list[Path]:
    """Two models that write attacks, of which one also says a right answer now and then."""

    @register_model("compared", needs_frames=False)
    def attacker(frames: Pixels, prompt: str) -> str:
        return ATTACKS[sum(map(ord, prompt)) % len(ATTACKS)]

    @register_model("<b>yes</b>", needs_frames=False)
    def yes(frames: Pixels, prompt: str) -> str:
        return f"Yes {ATTACKS[2]}"

    data = str(write_benchmark(tmp_path, clips=8))
    return [evaluate(name, data=data, output=tmp_path).folder for name in ("compared", "<b>yes</b>")]


def test_what_a_model_wrote_is_text(attacked: list[Path]) -> None:
    page = comparison_page(*attacked)
    root = check_page(page)
    assert not root.all("b")
    assert "<b>yes</b>" in root.get("header").text
    assert not root.all("img")
    answers = {str(one["first"]["response"]) for one in flips_of(page).values()}
    assert len(answers & set(ATTACKS)) > 3


def test_without_the_questions_of_the_runs_the_page_says_so(attacked: list[Path], tmp_path: Path) -> None:
    with_texts = flips_of(comparison_page(*attacked))
    (tmp_path / "questions.json").unlink()  # the runs have their own
    assert flips_of(comparison_page(*attacked)) == with_texts
    for run in attacked:
        (run / "questions.jsonl").unlink()
    page = comparison_page(*attacked)
    assert "Question texts are missing, answers are all here" in check_page(page).text
    without = flips_of(page)
    assert without.keys() == with_texts.keys()
    assert {one["text"] for one in without.values()} == {None}


def test_texts_of_two_question_files(runs: list[Path], attacked: list[Path], tmp_path: Path) -> None:
    """A question that both files have is shown in the first one's words."""
    data = tmp_path / "other" / "questions.json"
    data.parent.mkdir()
    data.write_text((tmp_path / "questions.json").read_text().replace("?", " now?"))
    changed = evaluate("<b>yes</b>", data=str(data), output=tmp_path / "again")
    assert changed.scores.benchmark.sha256 != read_scores(attacked[0]).benchmark.sha256
    page = comparison_page(attacked[0], changed.folder)
    assert "different question files; a text that differs is that of compared." in check_page(page).text
    assert not any(" now?" in text for text in data_of(page)["texts"])


def test_the_command_writes_the_page(runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", *map(str, runs), "--html"]
    assert main([*words, str(tmp_path / "c.html")]) == 0
    out, err = capsys.readouterr()
    assert "first: random    second: motion" in out
    assert f"page: {tmp_path / 'c.html'}" in err
    assert (tmp_path / "c.html").read_text(encoding="utf-8") == comparison_page(*runs)
    assert main([*words, str(tmp_path / "c.html"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert main([*words, str(tmp_path / "none" / "c.html")]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_three_runs_are_refused(runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "c.html"
    assert main(["compare", *map(str, runs), str(runs[0]), "--html", str(file)]) == 2
    assert "two runs side by side, 3 were given" in capsys.readouterr().err
    assert not file.exists()
    with pytest.raises(InputError, match="no folder of a finished run"):
        comparison_page(runs[0], tmp_path)
