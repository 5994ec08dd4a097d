"""Runs of answers that were given elsewhere: prediction files, and people. Every verb that takes a run takes them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import InputError, compare, evaluate
from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import load_catalogue, select_model
from mabench_eval.cli import main
from mabench_eval.construction.decisions import BlindAnswer, Notebook, digest_of
from mabench_eval.leaderboard import add_entry, check_entries, leaderboard_document, leaderboard_json, markdown_page
from mabench_eval.pages.leaderboard import leaderboard_page
from mabench_eval.runs import read_run, read_status
from mabench_eval.types import Outcome

CATALOGUE = load_catalogue()
DEMO = load_benchmark("demo", CATALOGUE.tasks)
"""28 clips, 56 SAD questions."""
SAD = [question for question in DEMO.questions if question.task == "SAD"]


def prediction_file(path: Path, answers: Mapping[str, str]) -> Path:
    prompts = [{"task": name, "system_prompt": f"Answer {name}."} for name in CATALOGUE.tasks]
    rows = [{"qid": qid, "pred_answer": answer} for qid, answer in answers.items()]
    path.write_text(json.dumps({"prompts": prompts, "answers": rows}), encoding="utf-8")
    return path


def right(count: int) -> dict[str, str]:
    """The first ``count`` SAD questions answered rightly."""
    return {question.qid: str(question.answer) for question in SAD[:count]}


def scored(file: Path, folder: Path, *more: str) -> int:
    return main(["score", str(file), "--data", "demo", "--judge", "none", "--output", str(folder), *more])


@pytest.fixture(scope="module")
def predicted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a file: 40 right, 9 wrong, one that nobody can read, one empty, 5 missing."""
    folder = tmp_path_factory.mktemp("predicted")
    answers = right(40)
    other = {"Yes": "No", "No": "Yes"}
    answers |= {question.qid: other[str(question.answer)] for question in SAD[40:49]}
    answers |= {SAD[49].qid: "the clip is lovely", SAD[50].qid: " "}
    assert scored(prediction_file(folder / "theirs.json", answers), folder / "run", "--name", "their model") == 3
    return folder / "run"


def test_what_nobody_can_read_is_wrong_and_what_is_missing_is_missing(predicted: Path) -> None:
    run = read_run(predicted)
    sad = run.scores.tasks["SAD"]
    # 56 questions: 40 right of 40 + 9 + 1 answered, 80 %; the empty one and 5 others have no answer.
    assert (run.scores.model, sad.n, sad.total) == ("their model", 50, 56)
    assert run.scores.intervals["SAD"].value == pytest.approx(80.0)
    outcomes = {sample.qid: (sample.outcome, sample.error) for sample in run.samples()}
    assert outcomes[SAD[49].qid] == (Outcome.UNPARSABLE, None)
    assert outcomes[SAD[50].qid] == (Outcome.ERROR, "empty answer")
    assert outcomes[SAD[51].qid] == (Outcome.ERROR, "not in the prediction file")
    assert not run.scores.complete


def test_its_prompts_are_those_of_the_file(predicted: Path) -> None:
    assert {task.name: task.system_prompt for task in read_run(predicted).tasks}["SAD"] == "Answer SAD."


def test_its_command_makes_it_again_to_the_byte(predicted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads((predicted / "run.json").read_text())
    words = shlex.split(record["command"])
    assert words[:4] == ["python", "-m", "mabench_eval", "score"]
    before = {name: (predicted / name).read_bytes() for name in ("scores.json", "samples.jsonl", "setup.json")}
    assert main(words[3:]) == 3
    assert {name: (predicted / name).read_bytes() for name in before} == before
    assert "80.00" in capsys.readouterr().out


def test_every_verb_takes_it(predicted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(predicted), "-o", str(tmp_path / "report.html")]) == 0
    assert main(["judge", str(predicted), "--judge", "lexical"]) in (0, 3)
    (status,) = read_status(predicted)
    assert (status.model, status.answered) == ("their model", 50)
    other = evaluate("constant", data="demo", tasks="SAD", output=tmp_path)
    (pair,) = compare([predicted, other.folder])
    assert {row.figure: row.first for row in pair.differences}["SAD"] == pytest.approx(80.0)
    assert main(["submit", str(predicted), "-o", str(tmp_path / "again.json"), "--fill"]) == 0
    capsys.readouterr()


def test_a_folder_of_another_run_is_not_overwritten(predicted: Path, tmp_path: Path) -> None:
    other = evaluate("constant", data="demo", tasks="SAD", output=tmp_path)
    before = (other.folder / "run.json").read_bytes()
    assert scored(prediction_file(tmp_path / "theirs.json", right(3)), other.folder) == 2
    assert (other.folder / "run.json").read_bytes() == before


def board(folder: Path, *runs: Path) -> dict[str, Any]:
    """A leaderboard of these runs alone, all of whose claims follow."""
    for run in runs:
        add_entry(run, folder)
    assert check_entries(folder).problems == ()
    return leaderboard_json(leaderboard_document(folder, ()))


def test_the_leaderboard_says_that_nothing_is_known_of_a_file(predicted: Path, tmp_path: Path) -> None:
    document = board(tmp_path, predicted)
    (row,) = document["runs"]
    assert "answers: from a prediction file, how is not recorded" in row["settings"]
    assert document["data"][0]["other_settings"] == [row["run"]]


# -- people ------------------------------------------------------------------------------------------------


def answer(folder: Path, answers: Mapping[str, str | None]) -> None:
    """What a page writes when somebody answers."""
    notebook = Notebook(folder, "anna")
    questions = {question.qid: question for question in DEMO.questions}
    for qid, text in answers.items():
        asked = questions[qid]
        digest = digest_of(asked.clip, asked.task, asked.text)
        notebook.write_blind(BlindAnswer(digest, qid, "anna", text, 3.0))
    notebook.close()


def human(results: Path, *more: str) -> int:
    words = ["human", "--data", "demo", "--name", "anna", "--tasks", "SAD", "--finish", "-o", str(results)]
    return main([*words, *more])


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results with the run of a person: 42 of 56 right, 7 of which they cannot tell, 7 not answered."""
    results = tmp_path_factory.mktemp("results")
    answers: dict[str, str | None] = {**right(42), **{question.qid: None for question in SAD[42:49]}}
    answer(results / "human-anna" / "answers", answers)
    assert human(results) == 3
    return results


def human_run(results: Path) -> Path:
    (run,) = [path for path in (results / "human-anna").iterdir() if path.name != "answers"]
    return run


def test_a_person_is_a_run_like_any_other(anna: Path, tmp_path: Path) -> None:
    run = read_run(human_run(anna))
    sad = run.scores.tasks["SAD"]
    assert (run.scores.model, run.scores.answers, sad.n, sad.total) == ("human:anna", "human", 49, 56)
    # Who cannot tell is wrong: 42 of 49.
    interval = run.scores.intervals["SAD"]
    assert interval.value == pytest.approx(100 * 42 / 49) and interval.low is not None
    other = evaluate("constant", data="demo", tasks="SAD", output=tmp_path)
    (pair,) = compare([human_run(anna), other.folder])
    assert {row.figure: row.first for row in pair.differences}["SAD"] == pytest.approx(100 * 42 / 49)


def test_more_answers_go_into_the_same_run(anna: Path) -> None:
    before = human_run(anna)
    answer(anna / "human-anna" / "answers", {question.qid: str(question.answer) for question in SAD[42:]})
    assert human(anna) == 0
    assert human_run(anna) == before
    assert read_run(before).scores.tasks["SAD"].n == 56


def test_status_lists_the_run_and_not_the_answers(anna: Path) -> None:
    assert [status.folder.name for status in read_status(anna)] == [human_run(anna).name]


def test_a_person_has_a_heading_of_their_own(anna: Path, tmp_path: Path) -> None:
    model = evaluate("constant", data="demo", output=tmp_path / "results", judge="none")
    document = board(tmp_path / "board", human_run(anna), model.folder)
    (table,) = document["data"]
    person = next(row for row in document["runs"] if row["model"] == "human:anna")
    assert (table["people"], table["runs"]) == ([person["run"]], [model.record.run_id])
    assert person["settings"] == ["SAD alone"]
    assert (person["best"], {standing["rank"] for standing in person["standings"].values()}) == ([], {None})
    leaderboard = leaderboard_document(tmp_path / "board", ())
    text = markdown_page(leaderboard)
    section = text[text.index("#### People: demo") :]
    assert "| Human (anna) |" in section and "compete with no model" in section
    page = leaderboard_page(leaderboard)
    assert "<h4>People</h4>" in page and "Human (anna)" in page


def test_nobody_has_answered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert human(tmp_path) == 2
    assert "anna has answered none of these questions yet" in capsys.readouterr().err
    assert not (tmp_path / "human-anna").exists()


def test_a_person_is_no_model_of_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="a person is not asked by `run`") as told:
        select_model("human:anna", None, {}, CATALOGUE.models)
    assert "mabench-eval human --name anna" in told.value.hint
    assert main(["run", "--model", "human:anna"]) == 2
    assert "mabench-eval human --name anna" in capsys.readouterr().err
