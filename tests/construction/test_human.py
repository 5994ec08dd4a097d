"""`mabench-eval human`: the answers of a page, and those of a build's reviewer, become a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from mabench_eval.benchmark import Benchmark, load_benchmark
from mabench_eval.catalogue import TaskCard
from mabench_eval.cli import main
from mabench_eval.construction import BuildFolder, ExportChoices, export_build
from mabench_eval.construction.decisions import BlindAnswer, Notebook, digest_of, reviewer_folder
from mabench_eval.journal import Silent
from mabench_eval.reviewing import Collected
from mabench_eval.runs import read_run
from mabench_eval.types import Outcome, Question
from tests.construction.exportable import CATALOGUE, exportable_build


def answer(folder: Path, name: str, given: Iterable[tuple[Question, str | None]]) -> None:
    notebook = Notebook(folder, name)
    for question, text in given:
        digest = digest_of(question.clip, question.task, question.text)
        notebook.write_blind(BlindAnswer(digest, question.qid, name, text, 2.0))
    notebook.close()


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> BuildFolder:
    build = exportable_build(tmp_path_factory.mktemp("human") / "mine")
    export_build(build, CATALOGUE, None, ExportChoices(clips="none", figures=None), Silent())
    return build


def test_the_blind_answers_of_a_reviewer_are_a_run_on_the_export(build: BuildFolder, tmp_path: Path) -> None:
    questions = load_benchmark(str(build.path), CATALOGUE.tasks).questions
    ppr = [question for question in questions if question.task == "PPR"]
    (open_one, *_) = (question for question in questions if question.task == "MADU")
    # 56 questions: half are Yes, and "Yes" is their answer to all but one, of which they cannot tell.
    unsure = next(question for question in ppr if question.answer == "Yes")
    given = [(question, None if question is unsure else "Yes") for question in ppr]
    answer(reviewer_folder(build.path, "ben"), "ben", [*given, (open_one, None)])

    words = ["human", "--from", str(build.path), "--name", "ben", "-o", str(tmp_path)]
    assert main([*words, "--tasks", "PPR"]) == 0
    (folder,) = (tmp_path / "human-ben").iterdir()
    run = read_run(folder)
    assert run.scores.tasks["PPR"].n == 56
    assert run.scores.intervals["PPR"].value == pytest.approx(100 * 27 / 56)
    samples = {sample.qid: sample for sample in run.samples()}
    assert samples[unsure.qid].outcome is Outcome.UNPARSABLE

    assert main(words) == 3  # all tasks: what ben has not answered is missing
    (whole,) = (path for path in (tmp_path / "human-ben").iterdir() if path != folder)
    told = {sample.qid: sample for sample in read_run(whole).samples()}[open_one.qid]
    assert told.levels == {"L1": 0, "L2": 0, "L3": 0}  # who cannot tell describes nothing


def test_a_reviewer_who_is_not_there(build: BuildFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["human", "--from", str(build.path), "--name", "nobody", "-o", str(tmp_path)]) == 2
    assert "nobody has not reviewed" in capsys.readouterr().err


def test_what_a_page_collected_is_written_when_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page itself: tests/reviewing."""
    asked: list[Question] = []

    def collect(
        benchmark: Benchmark,
        tasks: Mapping[str, TaskCard],
        name: str,
        folder: Path,
        *,
        port: int,
        ready: Callable[[str], None],
    ) -> Collected:
        ready("http://127.0.0.1:4711/?token=t")
        asked.extend(benchmark.questions)
        answer(folder, name, [(question, str(question.answer)) for question in asked])
        return Collected(len(asked), len(asked))

    monkeypatch.setattr("mabench_eval.reviewing.collect_answers", collect)
    words = ["human", "--data", "demo", "--name", "eve", "--tasks", "SAD,PPR", "--limit", "3", "--no-browser"]
    assert main([*words, "-o", str(tmp_path)]) == 0
    assert len(asked) == 3 * (2 + 2)  # three clips, two questions of each of the two tasks
    out = capsys.readouterr()
    assert "http://127.0.0.1:4711/?token=t" in out.out and "answered 12 of 12 questions" in out.err
