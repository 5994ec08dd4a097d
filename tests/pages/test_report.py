"""The page of a run: its figures are those of scores.json, what a model wrote is text, what is missing is named."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mabench_eval import evaluate, register_judge, register_model
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.pages import report_page
from mabench_eval.runfiles import PromptRecord, to_json
from mabench_eval.runs.writing import Result
from mabench_eval.tables import number, table2_cells
from mabench_eval.types import JudgeRequest, Judgment
from tests.support.benchmarks import Ask, Pixels, write_benchmark
from tests.support.pages import Element, cells, check_page, data_of, read, rows_of

ATTACKS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "]]>",
    "<!-- <script>",
    "\u202eright to left",
    "half \ud83d a character",
    "\x00\x1b[31m",
    "\u2028\x85\ufeff",
    "x" * 1_000_000,
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The baseline random on the whole demo."""
    return evaluate("random", data="demo", output=tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def page(demo: Result) -> str:
    return report_page(demo.folder)


@pytest.fixture(scope="module")
def root(page: str) -> Element:
    return check_page(page)


def change(folder: Path, file: str, **changes: Any) -> None:
    """Change what a run's file says."""
    path = folder / file
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def table_of(root: Element, caption: str) -> Element:
    (table,) = [table for table in root.all("table") if table.all("caption")[0].text == caption]
    return table


def test_the_figures_are_those_of_the_scores(demo: Result, root: Element) -> None:
    scores = demo.scores
    ((model, *shown),) = cells(table_of(root, "In the shape of the paper's Table 2"))
    assert model == "random"
    for cell, value in zip(shown, table2_cells(scores), strict=True):
        assert cell.startswith(value)
        assert len(cell) > len(value)  # its interval
    values = [e.text for e in root.all("div") if e.attributes.get("class") == "tile-value"]
    averages = [scores.final, scores.closed_avg, scores.open_avg]
    every = [scores.hierarchy_consistency.value, scores.all_correct_per_clip.value]
    assert values == [number(value) for value in (*averages, *every)]


def test_bars_have_the_intervals_of_the_scores(demo: Result, root: Element) -> None:
    rows = {row[0]: row for row in cells(table_of(root, "Closed tasks: accuracy"))}
    assert list(rows) == ["CMAR", "FMAR", "SAD", "MAD", "MAS", "PPR"]
    for name, (_, value, low, high, chance, n) in rows.items():
        task, interval = demo.scores.closed_tasks[name], demo.scores.intervals[name]
        assert (value, chance, n) == (number(task.accuracy), number(task.chance), str(task.n))
        assert (low, high) == (number(interval.low), number(interval.high))


def test_body_parts_have_intervals_around_the_scores(demo: Result, root: Element) -> None:
    for name in ("CMAR", "SAD"):
        by_part = demo.scores.closed_tasks[name].by_body_part
        rows = cells(table_of(root, f"{name}: accuracy by body part"))
        assert [row[0] for row in rows] == list(by_part)
        for part, value, low, high, _, n in rows:
            assert (value, n) == (number(by_part[part].accuracy), str(by_part[part].n))
            assert float(low) <= float(value) <= float(high)


def test_histograms_are_the_judges(demo: Result, root: Element) -> None:
    given = demo.scores.open_tasks["MADU"].judges["lexical"]
    (table,) = [t for t in root.all("table") if t.all("caption")[0].text.startswith("MADU, judged by lexical")]
    assert cells(table) == [
        [level, *map(str, given.histogram[level]), number(given.levels[level])] for level in ("L1", "L2", "L3")
    ]


def test_outcomes_count_and_lead_to_the_questions(tmp_path: Path) -> None:
    @register_model("odd", needs_frames=False)
    def odd(frames: Pixels, prompt: str) -> str:
        if "SAD: does the head of clip0" in prompt:
            raise RuntimeError("no answer today")
        return "I cannot tell." if "SAD" in prompt else "A"

    result = evaluate("odd", data=str(write_benchmark(tmp_path)), output=tmp_path / "results")
    root = check_page(report_page(result.folder))
    rows = {row[0]: row for row in cells(table_of(root, "Outcomes by task"))}
    counts = result.scores.tasks["SAD"].outcomes
    assert counts["error"] == 2
    assert rows["SAD"][1:7] == [
        "6",
        "66.7",
        *(str(counts[name]) for name in ("answered", "unparsable", "refused", "error")),
    ]
    links = [e.attributes["href"] for e in root.all("a")]
    assert "#task=SAD&outcome=error" in links
    assert "incomplete" in [e.text for e in root.all("span") if "badge" in (e.attributes.get("class") or "")]
    assert any(e.text.startswith("INCOMPLETE: 2 of 36") for e in root.all("li"))
    errors = [row["error"] for row in rows_of(report_page(result.folder)) if row["error"]]
    assert len(errors) == 2
    assert "no answer today" in errors[0]


def test_confusions_by_hand(ask: Ask, tmp_path: Path) -> None:
    """The model says B to every choice: three times Head, which is right, and Waving for three times Nodding."""
    root = check_page(report_page(ask(write_benchmark(tmp_path, videos=True)).folder))
    (matrix,) = [t for t in root.all("table") if t.all("caption")[0].text.startswith("CMAR: body part")]
    rows = {row[0]: row[1:] for row in cells(matrix)}
    assert list(rows)[:2] == ["Body", "Head"]
    assert rows["Head"] == ["0", "3", "0", "0", "0", "0", "0"]
    assert sum(int(cell) for row in rows.values() for cell in row) == 3
    assert cells(table_of(root, "FMAR: most frequent mistakes")) == [["Nodding", "Waving", "3", "3"]]
    assert "#task=FMAR&action=Nodding&verdict=wrong" in [e.attributes["href"] for e in root.all("a")]


def test_bias_by_hand(ask: Ask, tmp_path: Path) -> None:
    """Always B, where CMAR's references are B and FMAR's are A; always Yes, where half of the references are."""
    root = check_page(report_page(ask(write_benchmark(tmp_path, videos=True)).folder))
    letters = next(t for t in root.all("table") if t.all("caption")[0].text.startswith("FMAR: letters"))
    assert cells(letters)[:2] == [["A", "0.00", "100.00"], ["B", "100.00", "0.00"]]
    assert cells(table_of(root, "Binary tasks: Yes")) == [
        [task, "100.00", "50.00"] for task in ("SAD", "MAD", "MAS", "PPR")
    ]


def test_a_question_has_all_that_became_of_it(demo: Result, page: str) -> None:
    data, rows = data_of(page), rows_of(page)
    assert len(rows) == len(demo.samples) == 336
    for row, sample in zip(rows, demo.samples, strict=True):
        answer = row["answer"] if row["prediction"] is True else row["prediction"]
        assert (row["qid"], row["answer"], answer) == (sample.qid, sample.response, sample.prediction)
        assert data["tasks"][row["task"]]["name"] == sample.task
        assert data["clips"][row["clip"]][0] == sample.clip
        assert data["outcomes"][row["outcome"]] == sample.outcome
        assert row["reference"] == sample.reference
        assert row["correct"] == (None if sample.correct is None else int(sample.correct))
        if sample.levels:
            assert str(row["levels"]) == str(list(sample.levels.values()))  # 3 is not written as 3.0
            assert row["judgments"][0][0] == list((sample.judgments or {})["lexical"]["levels"].values())
            assert len(row["judgments"][0][1]) == 3
    asked = data["tasks"][0]
    assert PromptRecord(asked["system"], asked["user"]) == demo.record.prompts["CMAR"]
    assert len(data["texts"]) == len(set(data["texts"])) < 336


def test_what_a_model_and_a_judge_write_is_text(tmp_path: Path) -> None:
    @register_model("attacker", needs_frames=False)
    def attacker(frames: Pixels, prompt: str) -> str:
        return ATTACKS[sum(map(ord, prompt)) % len(ATTACKS)]

    @register_judge("judge <script>")
    def attacking(request: JudgeRequest) -> Judgment:
        return Judgment(request.key, dict.fromkeys(request.levels, 0), dict.fromkeys(request.levels, ATTACKS[1]))

    data = write_benchmark(tmp_path, clips=8)
    result = evaluate("attacker", data=str(data), output=tmp_path / "results", judge="judge <script>")
    change(result.folder, "scores.json", model=ATTACKS[0])
    page = report_page(result.folder)
    root = check_page(page)
    assert root.all("h1")[0].text == ATTACKS[0]
    assert not root.all("img")
    assert len(root.all("script")) == 2  # the data, the script
    answers = [row["answer"] for row in rows_of(page)]
    assert answers == [sample.response for sample in result.samples]
    assert set(answers) == set(ATTACKS)  # every one of them was given
    reasons = [row["judgments"][0][1] for row in rows_of(page) if row["judgments"]]
    assert reasons[0] == [ATTACKS[1]] * 3


def test_a_run_without_references_shows_what_it_has(ask: Ask, tmp_path: Path) -> None:
    page = report_page(ask(write_benchmark(tmp_path, videos=True, answers=False)).folder)
    root = check_page(page)
    assert any("no answers: predictions only" in e.text for e in root.all("li"))
    ids = {e.attributes.get("id") for e in root.all("section")}
    assert {"scores", "bias", "outcomes", "settings", "questions"} <= ids
    assert not {"accuracy", "open", "confusion"} & ids
    assert not [e for e in root.all("select") if e.attributes["id"] in ("part", "action", "verdict")]
    assert all(row["reference"] is None and row["correct"] is None for row in rows_of(page))


def test_repeats_and_rotations_are_shown_and_not_counted(ask: Ask, tmp_path: Path) -> None:
    """The first asking alone is in the matrix: three clips, though seven rotations of each were asked."""
    page = report_page(ask(write_benchmark(tmp_path, videos=True), circular=True).folder)
    root = check_page(page)
    (matrix,) = [t for t in root.all("table") if t.all("caption")[0].text.startswith("CMAR: body part")]
    assert sum(int(cell) for row in cells(matrix) for cell in row[1:]) == 3
    rows = [row for row in rows_of(page) if row["rotation"] and data_of(page)["tasks"][row["task"]]["name"] == "CMAR"]
    assert len(rows) == 3 * 6
    turned = next(row for row in rows if row["rotation"] == 1)
    assert data_of(page)["labels"][turned["options"][0]] == "Head"
    assert "A. Head" in data_of(page)["texts"][turned["text"]]
    assert root.get("select", id="asking")
    assert table_of(root, "Right under every rotation of the options, with 95 % intervals by clips")


def test_the_papers_best_stands_beside_the_official_benchmark_alone(demo: Result, page: str, tmp_path: Path) -> None:
    assert "paper's best" not in page
    folder = shutil.copytree(demo.folder, tmp_path / "official")
    change(folder, "scores.json", benchmark={**to_json(demo.scores.benchmark), "official": True})
    root = check_page(report_page(folder))
    rows = {row[0]: row for row in cells(table_of(root, "Closed tasks: accuracy"))}
    assert rows["CMAR"][5] == "47.90 Qwen3-VL-8B + MA-Bench-Train"
    assert rows["MAD"][5] == "67.60 VideoLLaMA3-7B"


def test_thumbs_are_strips_of_the_runs_frames(ask: Ask, tmp_path: Path) -> None:
    """Eight frames of 64x48 at a height of 72: 96 wide each. A clip that is gone costs its own strip alone."""
    data = write_benchmark(tmp_path, videos=True)
    result = ask(data, frames=8)
    page = report_page(result.folder, "thumbs")
    check_page(page)
    strips = data_of(page)["strips"]
    assert len(strips) == 3
    picture = Image.open(io.BytesIO(base64.b64decode(strips["0"])))
    assert (picture.format, picture.size) == ("JPEG", (8 * 96, 72))
    assert "may not be redistributed" in page
    (data.parent / "videos" / "clip1.mp4").unlink()
    (data.parent / "videos" / "clip2.mp4").write_bytes(b"no clip")
    page = report_page(result.folder, "thumbs")
    assert len(data_of(page)["strips"]) == 1
    assert re.search(r"Without: clip[12]\.mp4: (missing|unreadable: not a video: .*) and 1 more\.", page)
    assert not data_of(report_page(result.folder))["strips"]


def test_a_model_that_does_not_look_has_no_strips(demo: Result) -> None:
    page = report_page(demo.folder, "thumbs")
    assert not data_of(page)["strips"]
    assert "the model did not look at frames" in page


def test_what_makes_the_run_again_is_shown(demo: Result, root: Element) -> None:
    assert root.get("pre", id="command").text == demo.record.command
    facts = {e.all("dt")[0].text: e.all("dd")[0].text for e in root.all("div") if e.all("dt") and len(e.all("dt")) == 1}
    assert facts["Run"] == demo.record.run_id
    assert demo.scores.benchmark.sha256[:12] in facts["Benchmark"]
    assert f"mabench_eval {demo.record.versions['mabench_eval']}" in facts["Versions"]
    assert demo.record.machine["host"] not in facts.values()  # a page may be published


def test_equal_runs_give_equal_pages(demo: Result, page: str) -> None:
    assert report_page(str(demo.folder)) == page


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("samples.jsonl", None, "no folder of a finished run: samples.jsonl: No such file"),
        ("scores.json", "{", "scores.json:1: not valid JSON"),
        ("run.json", "{}", "run_id: missing"),
        ("samples.jsonl", '{"qid": ', "samples.jsonl:1: not valid JSON"),
    ],
)
def test_a_damaged_folder_is_one_clear_error(
    file: str, content: str | None, message: str, demo: Result, tmp_path: Path
) -> None:
    folder = shutil.copytree(demo.folder, tmp_path / "run")
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(content)
    with pytest.raises(InputError, match=re.escape(message)):
        report_page(folder)


def test_a_damaged_identity_names_its_key(demo: Result, tmp_path: Path) -> None:
    """The reader takes an identity as it is; of its keys the page shows the tasks."""
    folder = shutil.copytree(demo.folder, tmp_path / "run")
    tasks = {**demo.record.identity["tasks"], "SAD": {"version": 2}}
    change(folder, "run.json", identity={**demo.record.identity, "tasks": tasks})
    with pytest.raises(InputError, match=r"run\.json: identity: tasks\.SAD\.prompt: missing"):
        report_page(folder)


def test_a_damaged_judgment_names_its_key(demo: Result, tmp_path: Path) -> None:
    folder = shutil.copytree(demo.folder, tmp_path / "run")
    file = folder / "samples.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    number = next(number for number, row in enumerate(rows) if "judgments" in row)
    rows[number]["judgments"]["lexical"]["levels"] = 3
    file.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(
        InputError, match=rf"samples\.jsonl:{number + 1}: judgments\.lexical\.levels: Expected `object`"
    ):
        report_page(folder)


def test_no_folder_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing is no folder of a finished run"):
        report_page(tmp_path / "nothing")


def test_what_became_of_the_question_file_changes_no_page(ask: Ask, tmp_path: Path) -> None:
    data = write_benchmark(tmp_path, videos=True)
    folder = ask(data).folder
    page = report_page(folder)
    data.write_text(data.read_text().replace("Waving", "Nagging"))
    assert report_page(folder) == page
    data.unlink()
    assert report_page(folder) == page


def test_the_command(demo: Result, page: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(demo.folder)]) == 0
    assert (demo.folder / "report.html").read_text(encoding="utf-8") == page
    assert main(["report", str(demo.folder), "-o", str(tmp_path / "page.html"), "--frames", "none"]) == 0
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page
    assert f"wrote {tmp_path / 'page.html'}" in capsys.readouterr().err
    assert main(["report", str(tmp_path)]) == 2
    assert main(["report", str(demo.folder), "-o", str(tmp_path / "none" / "page.html")]) == 2
    assert main(["report", str(demo.folder), "--frames", "all"]) == 2


def test_the_page_is_read_as_it_was_written(page: str) -> None:
    assert len(read(page).all("section")) == len(read(page).all("h2"))
