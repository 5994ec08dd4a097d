"""Entries whose scores do not follow from their samples, and clean and hard accuracies on the page."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate, register_model
from mabench_eval.auditing import audit, write_flags
from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.leaderboard import (
    MARKS_FILE,
    Checked,
    Mark,
    add_entry,
    check_entries,
    leaderboard_document,
    load_runs,
)
from mabench_eval.leaderboard.samples import samples_file
from mabench_eval.runs import read_words, recompute
from mabench_eval.runs.comparison import compare
from mabench_eval.runs.rejudging import judge_run
from mabench_eval.taxonomy import OFFICIAL_CLOSED
from tests.support.benchmarks import write_benchmark
from tests.support.forgery import document_of, forge, forge_identity, forge_scores, samples_of
from tests.support.leaderboard import COMMITTED, render, run_folder, scores_of


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """The committed leaderboard, to be changed."""
    return Path(shutil.copytree(COMMITTED, tmp_path / "leaderboard"))


def entry_of(board: Path, model: str = "motion") -> Path:
    return next((board / "entries").glob(f"{model}-*.json"))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems_of(board: Path) -> list[str]:
    """Without the path of the entry's file or of that of its samples."""
    path = entry_of(board)
    problems = check_entries(board).problems
    assert all(problem.startswith((f"{path}: ", f"{samples_file(path)}: ")) for problem in problems)
    return [problem.split(": ", 1)[1] for problem in problems]


def test_committed_entries_follow_from_their_samples_and_are_verified() -> None:
    assert check_entries(COMMITTED) == Checked((), ())


def test_forging_what_is_there_changes_nothing(board: Path) -> None:
    before = entry_of(board).read_bytes(), samples_file(entry_of(board)).read_bytes()
    forge_scores(entry_of(board), samples_of(entry_of(board)))
    assert (entry_of(board).read_bytes(), samples_file(entry_of(board)).read_bytes()) == before


# -- figures -----------------------------------------------------------------------------------------------


def test_an_accuracy_that_is_better_than_its_samples_is_told(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty of 28 are right: 71.4286 %."""
    document = document_of(entry_of(board))
    document["scores"]["tasks"]["CMAR"]["accuracy"] = 75.0
    forge(entry_of(board), document)
    assert problems_of(board) == ["scores.tasks.CMAR.accuracy: the entry has 75, its samples give 71.4286"]
    assert main(["leaderboard", "--dir", str(board), "--check"]) == 2
    assert "1 claims do not follow" in capsys.readouterr().err


def test_samples_that_were_changed_are_told_in_every_figure_they_enter(board: Path) -> None:
    """One more right answer of CMAR: 21 of 28 are 75 %, the average of six goes up by 3.571 / 6 = 0.595."""
    samples = samples_of(entry_of(board))
    next(one for one in samples if one["task"] == "CMAR" and not one["correct"])["correct"] = True
    forge(entry_of(board), samples=samples)
    told = problems_of(board)
    keys = [problem.split(": ")[0] for problem in told]
    assert keys == ["scores.tasks.CMAR.accuracy", "scores.closed_avg", "scores.final"]
    assert "has 71.4286, its samples give 75" in told[0]


def test_an_average_that_is_not_that_of_its_tasks_is_told(board: Path) -> None:
    document = document_of(entry_of(board))
    document["scores"]["final"] = None
    forge(entry_of(board), document)
    (problem,) = problems_of(board)
    assert problem.startswith("scores.final: the entry has none, its samples give 61.1")


def test_intervals_come_from_the_samples_alone(board: Path) -> None:
    document = document_of(entry_of(board))
    made_up = {"value": 99.0, "clips": 28, "se": 0.1, "low": 98.9, "high": 99.1, "method": "bootstrap"}
    forge(entry_of(board), {**document, "intervals": {"CMAR": made_up}})
    (row,) = (row for row in leaderboard_document(board, ()).runs if row.name == "motion")
    assert row.cells["CMAR"].value == pytest.approx(71.4286, abs=1e-4)
    assert row.cells["CMAR"].ends and row.cells["CMAR"].ends[1] < 90
    assert problems_of(board) == ["intervals: they are worked out from the samples, and are not kept beside them"]


# -- frauds that passed ------------------------------------------------------------------------------------


def test_wrong_samples_cannot_be_dropped(board: Path) -> None:
    """All accuracies are 100 and follow from the samples; but the benchmark has 336 questions, and these are fewer."""
    samples = [one for one in samples_of(entry_of(board)) if one.get("correct") is not False]
    forge_scores(entry_of(board), samples)
    document = document_of(entry_of(board))
    assert document["scores"]["closed_avg"] == 100
    told = problems_of(board)
    assert f"benchmark.questions: the entry has {len(samples)}, its benchmark gives 336" in told
    assert "scores.tasks.CMAR.total: the entry has 20, its benchmark gives 28" in told
    assert "scores.tasks.CMAR: the samples are not the benchmark's questions of this task, or not all" in told


def test_wrong_samples_cannot_be_replaced_by_others(board: Path) -> None:
    samples = samples_of(entry_of(board))
    for place, one in enumerate(samples):
        if one.get("correct") is False:
            samples[place] = {**one, "qid": f"{one['task']}_9{place:03}", "correct": True}
    forge_scores(entry_of(board), samples)
    told = problems_of(board)
    assert any(problem.startswith("scores.tasks.CMAR: the samples are not the benchmark's") for problem in told)


def test_a_wrong_answer_cannot_be_left_out_of_the_accuracy(board: Path) -> None:
    samples = samples_of(entry_of(board))
    for one in samples:
        if one.get("correct") is False:
            one["correct"] = None
    forge_scores(entry_of(board), [{k: v for k, v in one.items() if v is not None} for one in samples])
    assert any(problem.endswith("answered, and neither right nor wrong") for problem in problems_of(board))


def test_a_refusal_cannot_be_right(board: Path) -> None:
    samples = samples_of(entry_of(board))
    next(one for one in samples if one.get("correct"))["outcome"] = "refused"
    next(one for one in samples if one.get("levels"))["outcome"] = "unparsable"
    forge_scores(entry_of(board), samples)
    told = problems_of(board)
    assert any(problem.endswith(": correct, and refused") for problem in told)
    assert any(problem.endswith(": unparsable, and its levels are not all 0") for problem in told)


def test_right_throughout_follows_and_is_not_verified(board: Path, runs: dict[str, Path]) -> None:
    """Nothing in an entry contradicts it; so its row says that nobody verified it, and its words give it away."""
    path = entry_of(board)
    forge_scores(path, [{**one, "correct": True} if "correct" in one else one for one in samples_of(path)])
    assert problems_of(board) == []
    (row,) = (row for row in leaderboard_document(board, ()).runs if row.name == "motion")
    assert row.cells["closed_avg"].value == 100 and row.verified == "not verified"
    (note,) = [note for note in check_entries(board).notes if note.startswith("verified.json")]
    assert "demo-1478d5a5c05e: the entry was changed since, so that it is not verified any more" in note
    with pytest.raises(InputError) as caught:
        recompute_row(board, "motion", runs["motion"] / "samples.jsonl")
    assert caught.value.problems[0] == "CMAR_0002: right in the entry, wrong by the words"
    assert caught.value.problems[-1].startswith("and ") and len(caught.value.problems) == 11


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("sampling", {"rule": "uniform", "frames": 4}, "frames.count: the entry has 8, its identity 4"),
        ("repeats", 2, "repeats: the entry has 1, its identity 2"),
        ("limit", 20, "benchmark.clips: the entry has 28, its benchmark gives 20"),
        ("shard", [1, 2], "benchmark.clips: the entry has 28, its benchmark gives 14"),
        ("shard", [0, 0], "identity: shard"),
        ("tasks", {"CMAR": {"version": 2, "prompt": "a"}}, "scores.tasks: the entry has "),
        ("model", {"name": "other"}, "model: the entry has motion, its identity other"),
        ("sampling", {"rule": "uniform", "frames": 8, "input": "shuffled"}, "identity.sampling.input: a run with"),
    ],
    ids=str,
)
def test_settings_that_contradict_the_rest_are_told(board: Path, key: str, value: Any, problem: str) -> None:
    forge_identity(entry_of(board), **{key: value})
    assert any(told.startswith(problem) for told in problems_of(board)), problems_of(board)


def test_settings_cannot_be_changed_without_the_run_id(board: Path) -> None:
    document = document_of(entry_of(board))
    document["identity"]["seed"] = 7
    forge(entry_of(board), document)
    (problem,) = problems_of(board)
    assert problem.startswith("run: demo-1478d5a5c05e is not the fingerprint of identity, ")


def test_another_benchmark_is_an_unknown_one(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forge_identity(entry_of(board), benchmark="ab" * 32)
    assert problems_of(board) == []
    assert any("benchmark demo abababababab is not known" in note for note in check_entries(board).notes)
    demo, other = sorted(leaderboard_document(board, ()).own, key=lambda table: not table.is_known)
    assert [row.name for row in demo.rows] == ["constant", "random"] and [row.name for row in other.rows] == ["motion"]
    assert "Its questions are not known here" in render(board, ()).split("sha256 `abababababab`")[1]


def test_the_official_benchmark_is_its_12000_questions(board: Path) -> None:
    document = document_of(entry_of(board))
    document["benchmark"]["official"] = True
    forge(entry_of(board), document)
    assert problems_of(board) == ["benchmark.official: the entry has true, and its sha256 is that of the demo"]
    forge_identity(entry_of(board), benchmark="ab" * 32)
    told = problems_of(board)
    assert "benchmark.clips: the entry has 28, its benchmark gives 1000" in told
    assert "scores.tasks.SAD.total: the entry has 56, its benchmark gives 2000" in told
    assert "scores.tasks.SAD: the samples are not the benchmark's questions of this task, or not all" in told


def test_a_judge_is_not_the_papers_by_saying_so(board: Path) -> None:
    document = document_of(entry_of(board))
    document["judges"][0]["official"] = True
    forge(entry_of(board), document)
    assert problems_of(board) == [
        "judges[0].official: the entry has true, and it is not the paper's judge, by its name and sha256"
    ]


def test_another_rubric_is_said_and_is_not_the_papers(board: Path, tmp_path: Path) -> None:
    rubrics = {"MADU": {"version": "1", "sha256": "e" * 64}}
    run = run_folder(tmp_path / "r1", scores_of(60.0, 5.0, rubrics=rubrics))
    (row,) = (row for row in leaderboard_document(board, [run]).table2 if row.source == "run")
    assert "own rubrics (MADU)" in row.remarks and not row.cells["open_avg"].is_best and row.cells["closed_avg"].is_best


def test_what_only_the_seal_tells(board: Path) -> None:
    """A rubric of one's own is nobody else's to know."""
    change(entry_of(board), "5643016aa9ec31b1", "5643016aa9ec31b2")
    assert problems_of(board) == ["seal: the entry, or its samples, were changed since it was written"]


# -- keys and files ----------------------------------------------------------------------------------------


def test_keys_that_no_entry_has_are_named(board: Path) -> None:
    change(entry_of(board), '"name": "motion"', '"name": "motion",\n  "verified": true')
    assert problems_of(board) == ["verified: no key of an entry"]
    change(entry_of(board), '"verified": true', '"model": "other"')
    with pytest.raises(InputError) as caught:
        check_entries(board)
    assert "model" in caught.value.problems[0] and "twice" in caught.value.problems[0]


def test_samples_hold_no_more_than_is_kept(board: Path) -> None:
    """An answer that is known to be right is the reference."""
    change(samples_file(entry_of(board)), '"correct": false}', '"correct": false, "prediction": "B"}')
    (problem,) = problems_of(board)
    assert problem.startswith("line 1: CMAR_0002 holds more than a sample that is kept")


def test_a_run_is_there_once(board: Path) -> None:
    shutil.copy(entry_of(board), board / "entries" / "zero.json")
    with pytest.raises(InputError) as caught:
        check_entries(board)
    assert "run: demo-1478d5a5c05e is there twice, also in motion-demo-1478d5a5c05e.json" in caught.value.problems[0]


def test_an_entry_without_samples_is_said_and_not_refused(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples_file(entry_of(board)).unlink()
    forge(entry_of(board))
    checked = check_entries(board)
    assert checked.problems == ()
    assert checked.notes[0] == "without samples, so that their scores were not recomputed: demo-1478d5a5c05e"
    main(["leaderboard", "--dir", str(board), "--html"])
    assert main(["leaderboard", "--dir", str(board), "--check"]) == 0
    assert "without samples" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("task", "key", "value", "problem"),
    [
        ("CMAR", "accuracy", 72.0, "scores.tasks.CMAR.accuracy: 72 is no share of 28 answers"),
        ("CMAR", "accuracy", 75.0, "scores.closed_avg: the entry has 79.4643, its tasks gives"),
        ("CMAR", "n", 27, "scores.tasks.CMAR.coverage: the entry has 100"),
        ("CMAR", "total", 27, "scores.tasks.CMAR.total: the entry has 27, its benchmark gives 28"),
        ("MADU", "judged", 29, "scores.tasks.MADU.judged: 29 of 28"),
    ],
)
def test_without_samples_figures_must_follow_from_one_another(
    board: Path, task: str, key: str, value: Any, problem: str
) -> None:
    samples_file(entry_of(board)).unlink()
    document = document_of(entry_of(board))
    document["scores"]["tasks"][task][key] = value
    forge(entry_of(board), document)
    assert any(told.startswith(problem) for told in problems_of(board)), problems_of(board)


# -- recomputed from words ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The runs of the committed entries, made again: model -> folder."""
    output = tmp_path_factory.mktemp("results")
    return {model: evaluate(model, output=output).folder for model in ("constant", "motion")}


def recompute_row(board: Path, model: str, words: Path, data: str = "demo") -> Mark:
    (run,) = (run for run in load_runs(board, ()) if run.entry.model == model)
    tasks = load_catalogue().tasks
    return recompute(run, read_words(words), load_benchmark(data, tasks), tasks)


@pytest.mark.parametrize("file", ["samples.jsonl", "submission.json"])
def test_a_row_is_recomputed_and_marked(
    board: Path, runs: dict[str, Path], file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (board / MARKS_FILE).unlink()
    there = ["leaderboard", "--dir", str(board)]
    assert main(there) == 0
    before = {path: path.read_bytes() for path in board.rglob("*") if path.is_file()}
    again = [*there, "--check", "--predictions", str(runs["motion"] / file), "--data", "demo", "--row", "motion"]
    capsys.readouterr()
    assert main(again) == 0
    assert {path: path.read_bytes() for path in board.rglob("*") if path.is_file()} == before  # nothing is published
    said = capsys.readouterr().err
    assert "336 answers read again: the accuracies of CMAR, FMAR, SAD, MAD, MAS, PPR follow" in said
    assert "levels of MADU, MARE: averaged again from the judge's scores, and not judged anew" in said

    assert [row.verified for row in leaderboard_document(board, ()).runs] == ["not verified"] * 3
    assert main([*again, "--verified"]) == 0
    rows = leaderboard_document(board, ()).runs
    assert {row.name: row.verified for row in rows} == {
        "motion": "accuracies verified",
        "constant": "not verified",
        "random": "not verified",
    }
    assert main([*there, "--check"]) == 2  # the pages do not say so yet
    assert main([*there, "--html"]) == 0 and main([*there, "--check"]) == 0
    assert "not verified: demo-9e0fe41c34ab, demo-9d84b9c84580" in capsys.readouterr().err


def test_a_change_of_the_entry_loses_its_mark(board: Path) -> None:
    assert [row.verified for row in leaderboard_document(board, ()).runs] == ["accuracies verified"] * 3
    change(entry_of(board), '"name": "motion"', '"name": "Motion-8B"')  # a name is free, and not the one verified
    assert [row.verified for row in leaderboard_document(board, ()).runs if row.name == "Motion-8B"] == ["not verified"]
    assert problems_of(board) == []


def test_words_of_another_model_do_not_give_the_row(board: Path, runs: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="things do not follow from the words"):
        recompute_row(board, "motion", runs["constant"] / "samples.jsonl")


def test_one_flipped_answer_is_found_by_its_words(board: Path, runs: dict[str, Path]) -> None:
    path = entry_of(board)
    samples = samples_of(path)
    flipped = next(one for one in samples if one.get("correct") is False)
    flipped["correct"] = True
    forge_scores(path, samples)
    assert problems_of(board) == []
    for file in ("samples.jsonl", "submission.json"):
        with pytest.raises(InputError) as caught:
            recompute_row(board, "motion", runs["motion"] / file)
        assert caught.value.problems[0] == f"{flipped['qid']}: right in the entry, wrong by the words"
        assert caught.value.problems[1].startswith(f"scores.tasks.{flipped['task']}.accuracy: ")


def test_an_entry_without_samples_is_recomputed_by_its_counts(board: Path, runs: dict[str, Path]) -> None:
    path = entry_of(board)
    samples_file(path).unlink()
    forge(path)
    assert recompute_row(board, "motion", runs["motion"] / "submission.json").accuracies == OFFICIAL_CLOSED
    document = document_of(path)
    document["scores"]["tasks"]["CMAR"]["accuracy"] += 100 / 28
    document["scores"]["closed_avg"] += 100 / 28 / 6
    document["scores"]["final"] += 100 / 28 / 12
    forge(path, document)
    with pytest.raises(InputError) as caught:
        recompute_row(board, "motion", runs["motion"] / "submission.json")
    assert list(caught.value.problems) == ["scores.tasks.CMAR.accuracy: 21 right answers in the entry, 20 by the words"]


def test_missing_words_are_told(board: Path, runs: dict[str, Path], tmp_path: Path) -> None:
    lines = (runs["motion"] / "samples.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    less = tmp_path / "less.jsonl"
    less.write_text("".join(lines[1:]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        recompute_row(board, "motion", less)
    assert caught.value.problems[0] == "CMAR_0002: answered in the entry, and there are no words"


def test_other_data_and_data_without_answers_are_told(board: Path, runs: dict[str, Path], tmp_path: Path) -> None:
    words = runs["motion"] / "submission.json"
    with pytest.raises(InputError, match="is another benchmark"):
        recompute_row(board, "motion", words, str(write_benchmark(tmp_path / "data", 2)))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--predictions", "x.json"], "--predictions, --data, --row and --verified go with --check"),
        (["--check", "--predictions", "x.json"], "--check --predictions FILE --data LABELLED"),
        (["--check", "--verified"], "--check --predictions FILE --data LABELLED"),
        (["--check", "--predictions", "x.json", "--data", "demo"], "3 entries of"),
        (["--check", "--predictions", "x.json", "--data", "demo", "--row", "none"], "no entries called none"),
        (["--check", "--predictions", "x.json", "--data", "demo", "--row", "motion"], "x.json"),
        (["--check", "--predictions", "x.json", "--data", "demo", "--html"], "leave out RUN"),
    ],
    ids=str,
)
def test_recomputing_asks_for_what_it_needs(
    board: Path, options: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["leaderboard", "--dir", str(board), *options]) == 2
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "problem"), [("{", "not valid JSON"), ('{"a": {}}', "a.entry: missing"), ("[]", "runs")]
)
def test_marks_that_cannot_be_read_are_named(board: Path, text: str, problem: str) -> None:
    (board / MARKS_FILE).write_text(text)
    with pytest.raises(InputError) as caught:
        check_entries(board)
    assert MARKS_FILE in caught.value.message and problem in " ".join([caught.value.message, *caught.value.problems])


# -- flags -------------------------------------------------------------------------------------------------


def test_clean_and_hard_accuracies_are_on_the_page(board: Path, tmp_path: Path) -> None:
    flags = tmp_path / "audit.json"
    write_flags(audit("demo", folds=3, repeats=1), flags)
    run = evaluate("constant", data="demo", output=tmp_path / "results", flags=flags)
    assert "Clean and hard questions" not in render(board, ())
    add_entry(run.folder, board)
    row = next(
        line
        for line in render(board, ()).split("Clean and hard questions: demo")[1].splitlines()
        if line.startswith("| constant")
    )
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    assert run.scores.flags
    hard = run.scores.flags.hard["closed AVG"]
    assert cells[1:3] == [run.scores.flags.sha256[:8], f"{run.scores.closed_avg:.2f}"]
    assert cells[6] == f"{hard.value:.2f}"
    assert cells[8] == str(hard.n)


def test_line_separators_in_an_answer_end_no_line(tmp_path: Path) -> None:
    """U+2028 and U+0085 are line ends to some readers; in a file of JSON lines they are part of a text."""

    @register_model("separated", needs_frames=False)
    def separated(frames: Any, prompt: str) -> str:
        return "Yes\u2028.\u0085"

    data = write_benchmark(tmp_path / "data", 3)
    runs = [evaluate(name, data=str(data), output=tmp_path / "results").folder for name in ("separated", "constant")]
    assert compare(runs)[0].differences
    assert judge_run(runs[0], "lexical").complete
