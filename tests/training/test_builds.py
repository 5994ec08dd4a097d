"""A corpus of a benchmark under construction: its captions as conversations, its final questions where wanted."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.construction import BuildFolder, BuiltQuestion, final_questions, open_build, read_captions, stems
from mabench_eval.construction.decisions import Act, Decision, Notebook, reviewer_folder
from mabench_eval.construction.folder import CAPTIONS, CLIPS, write_rows
from mabench_eval.errors import InputError
from mabench_eval.journal import Silent
from mabench_eval.training import CorpusReport, CorpusSettings, write_corpus
from tests.construction.exportable import exportable_build

CATALOGUE = load_catalogue().check()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as a build with captions and questions, on 28 clips."""
    return exportable_build(tmp_path_factory.mktemp("builds") / "mybench").path


@pytest.fixture
def build(made: Path, tmp_path: Path) -> BuildFolder:
    """A copy of it, to be changed."""
    shutil.copytree(made, tmp_path / "mybench")
    return open_build(tmp_path / "mybench")


def write(build: BuildFolder, output: Path, **choices: Any) -> CorpusReport:
    """By links to the clips: no picture is needed to see what is taught."""
    return write_corpus(CorpusSettings(str(build.path), output, video="clips", **choices), CATALOGUE, Silent())


def rows_of(corpus: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (corpus / "train.jsonl").read_text(encoding="utf-8").splitlines()]


def test_captions_are_asked_for_by_the_tasks_own_prompts(build: BuildFolder, tmp_path: Path) -> None:
    report = write(build, tmp_path / "corpus")
    assert (report.record.source, report.record.tasks) == ("mybench", {"MADU": 28, "MARE": 28})
    caption = next(read_captions(build))
    madu, mare = (row for row in rows_of(tmp_path / "corpus") if row["clip"] == caption.clip)
    assert (madu["answer"], mare["answer"]) == (caption.madu_text, caption.mare_text)
    for row in (madu, mare):
        task = CATALOGUE.tasks[row["task"]]
        assert row["system"] == task.system_prompt
        assert row["question"] in {task.user_prompt.replace("{question}", stem) for stem in stems(row["task"])}


def test_wordings_ask_for_a_caption_in_several_ways(build: BuildFolder, tmp_path: Path) -> None:
    report = write(build, tmp_path / "corpus", wordings=3)
    assert report.record.tasks == {"MADU": 3 * 28, "MARE": 3 * 28}
    rows = [row for row in rows_of(tmp_path / "corpus") if row["task"] == "MADU"]
    asked = {clip: [row["question"] for row in rows if row["clip"] == clip] for clip in ("demo_01", "demo_02")}
    assert all(len(set(questions)) == 3 for questions in asked.values())
    assert asked["demo_01"] != asked["demo_02"]  # the next clip begins with the next way
    assert len({row["question"] for row in rows}) == len(stems("MADU")) == 5


def test_closed_questions_are_those_that_verifiers_and_reviewers_left(build: BuildFolder, tmp_path: Path) -> None:
    final = final_questions(build)
    closed = [each for each in final.questions if CATALOGUE.tasks[each.task].closed]
    report = write(build, tmp_path / "corpus", closed=True)
    # 56 each of SAD, MAD, MAS, PPR and 28 each of CMAR, FMAR: ten on each of 28 clips
    assert sum(report.record.tasks.values()) == len(closed) + 2 * 28 == 10 * 28 + 2 * 28
    answers = {row["question"]: row["answer"] for row in rows_of(tmp_path / "corpus") if row["task"] == "SAD"}
    asked = next(each for each in closed if each.task == "SAD")
    assert answers[CATALOGUE.tasks["SAD"].user_prompt.replace("{question}", asked.text)] in ("Yes", "No")


def test_captions_are_as_reviewers_left_them(build: BuildFolder, tmp_path: Path) -> None:
    """anna corrects the first clip's MADU, drops the second one's MARE, and drops both of the third clip."""
    questions = {(each.clip, each.task): each for each in final_questions(build).questions}
    decide(build, questions["demo_01", "MADU"], "correct", answer="It nods.", reason="wrong answer")
    for clip, task in (("demo_02", "MARE"), ("demo_03", "MADU"), ("demo_03", "MARE")):
        decide(build, questions[clip, task], "drop", reason="not visible")

    report = write(build, tmp_path / "corpus", wordings=2)
    assert report.record.tasks == {"MADU": 2 * (28 - 1), "MARE": 2 * (28 - 2)}
    assert "3 captions are left out and 1 are as corrected: review and verification" in report.notes
    taught = rows_of(tmp_path / "corpus")
    assert {row["answer"] for row in taught if (row["clip"], row["task"]) == ("demo_01", "MADU")} == {"It nods."}
    assert not any(row["clip"] == "demo_03" for row in taught)
    assert "demo_03" not in {each.clip for each in report.record.clips}  # it is not trained on, and may be tested


def test_decisions_on_other_captions_are_not_taken_for_these(build: BuildFolder, tmp_path: Path) -> None:
    captions = list(read_captions(build))
    write_rows(build.path / CAPTIONS, [replace(captions[0], madu=captions[1].madu), *captions[1:]])
    with pytest.raises(InputError, match=r"1 captions of .* are newer than the questions") as caught:
        write(build, tmp_path / "corpus")
    assert f"mabench-eval build {build.path} ask" in (caught.value.hint or "")


def decide(build: BuildFolder, question: BuiltQuestion, act: Act, **more: str) -> None:
    """As anna, in the first round."""
    decision = Decision(question.digest, question.qid, "anna", 1, None, act, shown=question.answer, **more)  # type: ignore[arg-type]
    with closing(Notebook(reviewer_folder(build.path, "anna"), "anna")) as notebook:
        notebook.write_decision(decision)


def test_people_are_those_of_the_labels(build: BuildFolder, tmp_path: Path) -> None:
    """Odd clips show anna, even ones ben; the test file has a clip of ben."""
    rows = build.clips()
    write_rows(build.path / CLIPS, [replace(row, subject="anna" if int(row.clip[-2:]) % 2 else "ben") for row in rows])
    asked = {"video": "x.mp4", "task": "SAD", "question": "Does it?", "qid": "a", "answer": "Yes", "subject": "ben"}
    (tmp_path / "test.json").write_text(json.dumps([asked]), encoding="utf-8")
    report = write(build, tmp_path / "corpus", exclude=(str(tmp_path / "test.json"),))
    assert report.record.excluded == {"an excluded person": 14}
    assert {each.persons for each in report.record.clips} == {("anna",)}


def test_what_cannot_be_used_is_told_and_nothing_written(build: BuildFolder, tmp_path: Path) -> None:
    # a clip that is no longer what was described
    rows = build.clips()
    write_rows(build.path / CLIPS, [replace(rows[0], sha256="0" * 64), *rows[1:]])
    with pytest.raises(InputError, match=r"1 clips were changed since `init`, demo_01\.mp4 for one"):
        write(build, tmp_path / "corpus")

    # a caption without a clip
    write_rows(build.path / CLIPS, rows[1:])
    with pytest.raises(InputError) as caught:
        write(build, tmp_path / "corpus")
    assert caught.value.problems == ("captions.jsonl: a caption of demo_01, which is no clip of the build",)

    # a clip that is not there
    write_rows(build.path / CLIPS, rows)
    shutil.copytree(build.settings.clips, tmp_path / "videos")
    (tmp_path / "videos" / "demo_02.mp4").unlink()
    with pytest.raises(InputError) as caught:
        write(build, tmp_path / "corpus", clips=tmp_path / "videos")
    assert caught.value.problems == ("demo_02.mp4: missing",)
    assert not (tmp_path / "corpus").exists()


def test_a_build_without_captions_says_how_to_get_them(
    build: BuildFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (build.path / CAPTIONS).unlink()
    assert main(["export-train", str(build.path), "-o", str(tmp_path / "corpus")]) == 2
    said = capsys.readouterr().err
    assert "has no captions" in said and f"mabench-eval build {build.path} caption" in said
    assert not (tmp_path / "corpus").exists()
