"""A run's folder is enough: every verb that takes one works from any folder, with all that it was made of gone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mabench_eval import evaluate, register_model
from mabench_eval.benchmark import load_benchmark
from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.judging import read_rubrics
from mabench_eval.planning import Example, Examples
from mabench_eval.runs import QUESTIONS, SETUP, Material, read_run
from mabench_eval.runs.material import read_material
from mabench_eval.scoring import Flags, text_fingerprint
from mabench_eval.scoring.flagged import FlaggedQuestion
from mabench_eval.types import Clip, Shot
from tests.support.benchmarks import Ask, Pixels, read_files, rows_of_clip, write_benchmark, write_rows
from tests.support.moved_runs import WORDS, Places, make_and_move, verbs_with_runs


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return make_and_move(tmp_path_factory.mktemp("moved"))


@pytest.fixture
def places(moved: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """The runs in a folder of their own; the working folder is another."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return moved.copied(tmp_path)


def test_no_verb_that_takes_a_run_is_forgotten() -> None:
    assert verbs_with_runs() == set(WORDS)


@pytest.mark.parametrize("line", [line for lines in WORDS.values() for line in lines])
def test_every_verb_works_elsewhere(
    line: str, places: Places, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if line.startswith("plot"):
        pytest.importorskip("matplotlib")
    incomplete = line == "judge RUN --judge lexical"  # which does not know the task WHY
    assert main(places.words(line, tmp_path)) == (3 if incomplete else 0), capsys.readouterr().err


def test_a_run_holds_its_own_questions_and_words(places: Places) -> None:
    """Those that were asked, of the tasks, prompts and rubrics that the run was given, in every way of asking."""
    run = read_run(places.run)
    by_id = {question.variant: question for question in run.questions}
    assert len(by_id) == 3 * (14 * 2 + 6 + 4 + 2)  # 14 questions twice; rotations of 7, 5 and 3 options
    assert by_id["GAZE_0", 0, 0].options == {"A": "Up", "B": "Down", "C": "A\u00a0way"}
    assert by_id["GAZE_0", 0, 1].answer == "A"
    tasks = {task.name: task for task in run.tasks}
    assert (tasks["SAD"].system_prompt, tasks["SAD"].user_prompt) == ("Look, and say Yes or No.", "{question}")
    assert (tasks["GAZE"].version, tasks["GAZE"].chance, tasks["WHY"].levels) == (3, 1 / 3, ("L1", "L2"))
    assert run.material.rubrics["WHY"].text == "Whether the reason is the reference's: ü."
    assert run.material.examples is not None and run.material.examples.count == 1
    assert run.scores.flags is not None and run.material.flags is not None


def test_judged_again_all_else_stays(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    """Flags, repeats and rotations included; and back with the run's own judge, every file is as it was."""
    before = read_files(places.run)
    scores = read_run(places.run).scores
    assert main(["judge", str(places.run), "--judge", "lexical"]) == 3  # it does not know the task WHY
    after = read_run(places.run).scores
    assert (after.flags, after.circular, after.closed_avg) == (scores.flags, scores.circular, scores.closed_avg)
    assert [judge.name for judge in after.judges] == ["lexical"]

    assert main(["judge", str(places.run), "--judge", "keen"]) == 2
    error = capsys.readouterr().err
    assert "no judge named 'keen'" in error
    assert "The run was made with --include mine.py own, which is loaded only if this command names it." in error
    assert main(["judge", str(places.run), "--judge", "keen", "--include", str(places.judge)]) == 0
    assert {name: text for name, text in read_files(places.run).items() if "scores" not in name} == {
        name: text for name, text in before.items() if "scores" not in name
    }


def test_shards_give_the_files_of_the_whole_run(places: Places, tmp_path: Path) -> None:
    """Questions, examples, hashes and flags included; neither clips nor code are there."""
    assert main(["merge", *map(str, places.shards), "--output", str(tmp_path / "joined")]) == 0
    joined = tmp_path / "joined" / "mine" / places.run.name
    assert read_files(joined) == read_files(places.run)
    one, other = (json.loads((folder / "run.json").read_text()) for folder in (joined, places.run))
    for same in ("identity", "run_id", "model", "prompts", "material", "frames", "complete"):
        assert one[same] == other[same]
    assert main(["merge", *map(str, places.shards)]) == 0  # beside the shards
    assert read_files(places.shards[0].parent / places.run.name) == read_files(places.run)


def test_pictures_say_what_they_lack(places: Places, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, words = tmp_path / "page.html", ["report", str(places.run), "--frames", "thumbs", "-o"]
    assert main([*words, str(page)]) == 0
    (line, _) = capsys.readouterr().err.splitlines()
    assert line == "no pictures: there is no clip folder data/videos; name it with --clips DIR"
    bare = page.stat().st_size
    assert main([*words, str(page), "--clips", str(places.clips)]) == 0
    assert page.stat().st_size > bare + 1000
    assert "not the clip that the model saw" not in page.read_text()

    swapped = tmp_path / "swapped"
    swapped.mkdir()
    for number in range(3):
        (swapped / f"clip{number}.mp4").write_bytes((places.clips / f"clip{(number + 1) % 3}.mp4").read_bytes())
    assert main([*words, str(page), "--clips", str(swapped)]) == 0
    assert "clip0: not the clip that the model saw, its bytes differ and 2 more" in page.read_text()


@pytest.mark.parametrize("file", [QUESTIONS, SETUP])
def test_a_file_that_was_edited_is_an_error(
    file: str, places: Places, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = places.run / file
    content = path.read_bytes()
    for damaged in (content + b" ", content[:-2], b"", content.replace(b"head", b"hand")):
        path.write_bytes(damaged)
        assert main(["report", str(places.run), "-o", str(tmp_path / "out.html")]) == 2
        assert f"error: {path} is not the file that the run wrote: its hash differs" in capsys.readouterr().err
    path.unlink()
    assert main(["report", str(places.run), "-o", str(tmp_path / "out.html")]) == 2
    assert f"{file}: No such file" in capsys.readouterr().err


def test_they_are_there_before_the_first_question(tmp_path: Path) -> None:
    """So that the journal of a run that is killed can be joined, wherever its data are by then."""
    seen: list[str] = []

    @register_model("looker", needs_frames=False)
    def looker(frames: Pixels, prompt: str) -> str:
        seen.extend(path.name for path in (tmp_path / "results").glob("looker/*/*.json*"))
        raise KeyboardInterrupt

    data = write_benchmark(tmp_path / "data", clips=2)
    with pytest.raises(KeyboardInterrupt):
        evaluate("looker", data=str(data), output=tmp_path / "results")
    assert set(seen) >= {QUESTIONS, SETUP, "journal.jsonl"}
    (folder,) = (tmp_path / "results" / "looker").iterdir()
    assert {path.name for path in folder.iterdir()} == {QUESTIONS, SETUP, "journal.jsonl", "lock"}


def test_results_stay_readable_while_the_run_is_made_again(
    tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another prompt file the run is another; with other flags it is the same, and its material is not."""
    data = write_benchmark(tmp_path / "data", videos=True)
    run = ask(data).folder
    flags = tmp_path / "flags.json"
    questions = load_benchmark(str(data), load_catalogue().tasks).questions
    said: dict[str, object] = {q.qid: {"text": text_fingerprint(q), "flags": [], "guessed": None} for q in questions}
    flags.write_text(json.dumps({"questions": said}))

    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("mabench_eval.evaluator.write_results", killed)
        ask(data, flags=flags)
    assert read_run(run).material.flags is None
    again = ask(data, flags=flags)
    assert again.folder == run
    kept = read_run(run).material.flags
    assert kept is not None and kept.questions.keys() == said.keys()


@pytest.mark.parametrize("answers", [True, False])
def test_what_is_written_is_what_is_read(answers: bool, tmp_path: Path) -> None:
    """Whatever the clips are called, labelled or not, examples with the frames of their clips included."""
    rows = [
        row
        for number, name in enumerate(("a", "a.mp4", "ü b", "a.webm", "..a", "-"))
        for row in rows_of_clip(name, number, answers=answers)
    ]
    rows[2]["question"] += "\u2028 \\u0041 'Body\"\r\n\x1b[1m"
    tasks = load_catalogue().tasks
    benchmark = load_benchmark(str(write_rows(tmp_path / "odd name.json", rows)), tasks)
    shots = {"SAD": (Example("a", Shot("Up?", "Yes", Clip("a", None, "ab" * 32))), Example("b", Shot("Down?", "No")))}
    material = Material(
        benchmark,
        {name: replace(task, source=None) for name, task in tasks.items()},
        read_rubrics(tasks.values()),
        {"a": Clip("a", None, "cd" * 32), "b": Clip("b", None, "ce" * 32, "pyav 18")},
        Examples(1, shots),
        Flags("ef" * 32, {rows[0]["qid"]: FlaggedQuestion("abc", ("odd",), None)}),
    )
    files = material.files()
    files.write(tmp_path)
    again = read_material(tmp_path, "odd name", benchmark.sha256, files.hashes, benchmark.clip_folder)
    assert replace(again, benchmark=benchmark) == material
    assert again.benchmark == replace(benchmark, file=tmp_path / QUESTIONS)
    assert again.files() == files
    assert load_benchmark(str(tmp_path / QUESTIONS), tasks).sha256 == benchmark.sha256  # it is a question file
