"""`build DIR export`: the official form, whole or not there, with where every question comes from."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import InputError
from mabench_eval.benchmark import load_benchmark
from mabench_eval.cli import main
from mabench_eval.construction import (
    BuildFolder,
    ExportChoices,
    ExportReport,
    export_build,
    export_state,
    write_settings,
)
from mabench_eval.construction.decisions import Decision, Notebook, reviewer_folder
from mabench_eval.construction.export import overview
from mabench_eval.construction.folder import GATE, QUESTIONS, write_rows
from mabench_eval.journal import Silent
from mabench_eval.packages import install_command
from tests.construction.exportable import CATALOGUE, ROWS, built, exportable_build

PLAIN = ExportChoices(figures=None)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> BuildFolder:
    """Not written to, but for its exports."""
    return exportable_build(tmp_path_factory.mktemp("export") / "mine")


def exported(build: BuildFolder, out: Path | None, choices: ExportChoices = PLAIN) -> ExportReport:
    return export_build(build, CATALOGUE, out, choices, Silent())


def content(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_both_files_have_the_published_form(build: BuildFolder, tmp_path: Path) -> None:
    report = exported(build, tmp_path / "out")
    assert (report.questions, report.clips, report.gated) == (28 * 12, 28, True)
    assert json.loads((tmp_path / "out" / "labelled.json").read_text()) == ROWS  # those of the demo, in their order
    full = json.loads((tmp_path / "out" / "questions.json").read_text())
    assert list(full[0]) == ["video_name", "task", "qid", "question"]
    assert [row["video_name"] for row in full] == [row["video"].removesuffix(".mp4") for row in ROWS]


def test_the_evaluator_takes_the_labelled_file_the_other_one_by_name_and_the_build_itself(
    build: BuildFolder, tmp_path: Path
) -> None:
    exported(build, None)
    tasks, export = CATALOGUE.tasks, build.path / "export"
    of_build, of_export = load_benchmark(str(build.path), tasks), load_benchmark(str(export), tasks)
    without = load_benchmark(str(export / "questions.json"), tasks)
    assert (of_build.name, of_build.file.name, of_build.labelled) == ("mine", "labelled.json", True)
    assert (of_export.sha256, of_export.labelled, without.labelled) == (of_build.sha256, True, False)
    words = ["run", "--model", "constant", "--data", str(build.path), "--tasks", "SAD", "--output", str(tmp_path)]
    assert main(words) == 0


def test_a_build_that_was_not_exported_says_how(build: BuildFolder, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    write_settings(folder, build.settings)
    with pytest.raises(InputError, match="has no export/ yet") as told:
        load_benchmark(str(folder), CATALOGUE.tasks)
    assert f"mabench-eval build {folder} export" in told.value.hint


@pytest.mark.parametrize(("how", "links"), [("link", 2), ("copy", 1)])
def test_clips_are_linked_or_copied(build: BuildFolder, tmp_path: Path, how: Any, links: int) -> None:
    own = own_clips(build, tmp_path)
    exported(own, tmp_path / "out", replace(PLAIN, clips=how))
    clips = sorted((tmp_path / "out" / "videos").iterdir())
    assert [clip.name for clip in clips] == sorted({row["video"] for row in ROWS})
    assert {clip.stat().st_nlink for clip in clips} == {links}


def test_sums_are_those_of_all_files(build: BuildFolder, tmp_path: Path) -> None:
    exported(build, tmp_path / "out")
    files = content(tmp_path / "out")
    said = dict(line.split("  ")[::-1] for line in files.pop("SHA256SUMS").decode().splitlines())
    assert said == {name: hashlib.sha256(of_file).hexdigest() for name, of_file in files.items()}
    assert len(said) == 28 + 5  # questions, labelled, sidecar, data sheet, export.json


def own_clips(build: BuildFolder, folder: Path) -> BuildFolder:
    """The same build with clips of its own."""
    clips = folder / "clips"
    clips.mkdir()
    for row in build.clips():
        (clips / row.file).write_bytes(build.file_of(row).read_bytes())
    return BuildFolder(build.path, replace(build.settings, clips=str(clips)))


@pytest.mark.parametrize("how", ["link", "copy"])
def test_a_clip_that_changed_is_named_and_nothing_is_written(build: BuildFolder, tmp_path: Path, how: Any) -> None:
    own = own_clips(build, tmp_path)
    first, second, *_ = own.clips()
    own.file_of(first).write_bytes(b"another")
    own.file_of(second).unlink()
    with pytest.raises(InputError, match="2 of 28 clips") as told:
        exported(own, tmp_path / "out", replace(PLAIN, clips=how))
    problems = [f"{first.file} was changed since `init`", f"{second.file}: No such file or directory"]
    assert list(told.value.problems) == problems
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clips"]


def test_the_sidecar_says_where_a_question_comes_from(build: BuildFolder, tmp_path: Path) -> None:
    exported(build, tmp_path / "out")
    rows = {row["qid"]: row for row in lines(tmp_path / "out" / "sidecar.jsonl")}
    assert list(rows) == [row["qid"] for row in ROWS]
    clips = {clip.clip: clip for clip in build.clips()}
    sad, mare = rows["SAD_0001"], rows["MARE_0001"]
    question = next(built(row) for row in ROWS if row["qid"] == "SAD_0001")
    assert sad == {
        "schema": 1,
        "qid": "SAD_0001",
        "task": "SAD",
        "clip": question.clip,
        "sha256": clips[question.clip].sha256,
        "digest": question.digest,
        "statement": "SAD/stillness/head",
        "wording": "template",
        "gate": "passed",
        "tracker": {"name": "drawn", "version": "1", "licence": "MIT"},
        "label": clips[question.clip].fine,
        "answer": question.answer,
        "evidence": {"pose": {"amplitude": 0.5}, "flow": {"amplitude": 0.4}},
        "verdicts": [{"manner": "rules", "by": "rules", "finding": "agrees"}],
    }
    assert mare["caption"] == {"writer": "template", "fell_back": None, "sentences": [["SAD/stillness/head"], []]}


def test_an_export_without_answers_tells_none(build: BuildFolder, tmp_path: Path) -> None:
    exported(build, tmp_path / "out", replace(PLAIN, answers=False, clips="none"))
    assert sorted(content(tmp_path / "out")) == [
        "DATASHEET.md",
        "SHA256SUMS",
        "export.json",
        "questions.json",
        "sidecar.jsonl",
    ]
    told = {"label", "answer", "evidence", "caption", "verdicts", "decisions"}
    assert not any(told & row.keys() for row in lines(tmp_path / "out" / "sidecar.jsonl"))
    assert not load_benchmark(str(tmp_path / "out"), CATALOGUE.tasks).labelled


def test_the_same_build_gives_the_same_bytes_and_replaces_what_was_there(build: BuildFolder, tmp_path: Path) -> None:
    exported(build, tmp_path / "one", replace(PLAIN, figures="svg"))
    exported(build, tmp_path / "two", replace(PLAIN, figures="svg"))
    assert content(tmp_path / "one") == content(tmp_path / "two")
    exported(build, tmp_path / "two", replace(PLAIN, clips="none"))
    assert "videos" not in {path.name for path in (tmp_path / "two").iterdir()}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_what_no_export_wrote_is_not_replaced(build: BuildFolder, tmp_path: Path) -> None:
    exported(build, tmp_path / "out", replace(PLAIN, clips="none"))
    (tmp_path / "out" / "notes.txt").write_text("precious")
    (tmp_path / "out" / "elsewhere").symlink_to(tmp_path)
    with pytest.raises(InputError, match="no export has written") as told:
        exported(build, tmp_path / "out")
    assert list(told.value.problems) == ["elsewhere", "notes.txt"]
    with pytest.raises(InputError, match="no export has written"):  # the build itself
        exported(build, build.path)


def test_an_export_that_is_killed_leaves_the_one_before(
    build: BuildFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported(build, tmp_path / "out")
    before = content(tmp_path / "out")

    def killed(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("mabench_eval.construction.export.stage.datasheet", killed)
    with pytest.raises(KeyboardInterrupt):
        exported(build, tmp_path / "out", replace(PLAIN, clips="none"))
    assert content(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_without_the_gate_it_is_refused_or_says_so(
    build: BuildFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passed = (build.path / GATE).read_bytes()
    (build.path / GATE).unlink()
    words = ["build", str(build.path), "export", "-o", str(tmp_path / "out"), "--clips", "none", "--figures", "none"]
    try:
        assert main(words) == 2
        err = capsys.readouterr().err
        assert "it has not looked at these questions" in err and f"mabench-eval build {build.path} audit" in err
        assert not (tmp_path / "out").exists()
        assert main([*words, "--ungated"]) == 0
    finally:
        (build.path / GATE).write_bytes(passed)
    assert "gate: not passed" in capsys.readouterr().err
    assert {row["gate"] for row in lines(tmp_path / "out" / "sidecar.jsonl")} == {"ungated"}
    assert "Gate: not passed" in (tmp_path / "out" / "DATASHEET.md").read_text()


def test_a_gate_of_other_questions_is_none(build: BuildFolder, tmp_path: Path) -> None:
    other = BuildFolder(tmp_path / "mine", build.settings)
    copy_build(build, other)
    write_rows(other.path / QUESTIONS, [built(row) for row in ROWS[1:]])
    with pytest.raises(InputError, match="of other questions"):
        exported(other, tmp_path / "out")


def test_an_export_of_other_questions_is_stale(build: BuildFolder, tmp_path: Path) -> None:
    other = BuildFolder(tmp_path / "mine", build.settings)
    copy_build(build, other)
    assert export_state(other) == "missing"
    exported(other, None, replace(PLAIN, clips="none"))
    assert export_state(other) == "current"
    write_rows(other.path / QUESTIONS, [built(row) for row in ROWS[1:]])
    assert export_state(other) == "stale"


def test_an_export_is_stale_when_somebody_has_said_more(build: BuildFolder, tmp_path: Path) -> None:
    """An accepted question is the same question, but the data sheet counts who has looked at it."""
    other = BuildFolder(tmp_path / "mine", build.settings)
    copy_build(build, other)
    exported(other, None, replace(PLAIN, clips="none"))
    question = built(ROWS[0])
    with closing(Notebook(reviewer_folder(other.path, "anna"), "anna")) as notebook:
        assert export_state(other) == "current"  # she has only opened it
        notebook.write_decision(Decision(question.digest, question.qid, "anna", 1, None, "accept"))
    assert export_state(other) == "stale"
    exported(other, None, replace(PLAIN, clips="none"))
    assert export_state(other) == "current"


def copy_build(build: BuildFolder, other: BuildFolder) -> None:
    other.path.mkdir()
    for file in build.path.iterdir():
        if file.is_file():
            (other.path / file.name).write_bytes(file.read_bytes())


def test_questions_that_the_evaluator_would_refuse_are_named(build: BuildFolder, tmp_path: Path) -> None:
    other = BuildFolder(tmp_path / "mine", build.settings)
    copy_build(build, other)
    bare = replace(built(ROWS[0]), text="Which part?")  # a choice without options
    write_rows(other.path / QUESTIONS, [bare, *(built(row) for row in ROWS[1:])])
    with pytest.raises(InputError) as told:
        exported(other, tmp_path / "out", replace(PLAIN, ungated=True))
    assert [problem for problem in told.value.problems if "no options found" in problem]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


def test_the_overview_counts(build: BuildFolder) -> None:
    questions = [built(row) for row in ROWS]
    counted = overview.overview_of(build.clips(), questions)
    assert (counted.clips, counted.subjects, len(counted.seconds.values)) == (28, None, 28)
    assert counted.tasks == {name: 28 if name in ("CMAR", "FMAR", "MADU", "MARE") else 56 for name in counted.tasks}
    # As STATEMENTS has them: the head stands in all four tasks, 4 * 56; the left hand in two; the torso in one.
    assert counted.parts == {"head": 224, "torso": 56, "left hand": 112}
    assert counted.directions == {"upward": 56, "downward": 56}
    assert {task: sum(answers.values()) for task, answers in counted.answers.items()}["PPR"] == 56
    assert counted.answers["SAD"].keys() == {"No", "Yes"}
    words = [len(row["answer"].split()) for row in ROWS if row["task"] == "MADU"]
    assert counted.words["MADU"].values == tuple(sorted(words))
    assert sum(counted.actions.values()) == sum(counted.labels.values()) == 28


def test_spreads_in_words() -> None:
    assert overview.Spread((1.0, 2.0, 4.5)).words == "1 to 4.5, median 2"
    assert overview.Spread(()).words == "-"


def test_the_data_sheet_says_what_there_is(build: BuildFolder, tmp_path: Path) -> None:
    exported(build, tmp_path / "out", replace(PLAIN, licence="research alone | no copies", date="2026-05-01"))
    text = (tmp_path / "out" / "DATASHEET.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == [
        "Motivation",
        "Composition",
        "Collection process",
        "Labelling",
        "Checks",
        "Uses",
        "Distribution",
        "Maintenance",
    ]
    for said in (
        "28 clips of",
        "336 questions, with answers",
        r"Licence of the clips: research alone \| no copies.",
        "the viewer's",
        "Gate: passed, by 1 looks",
        "nobody has reviewed",
        "on 2026-05-01",
        "Not known:",
    ):
        assert said in text, said
    assert re.search(r"\| drawn +\| 1 +\| MIT +\| +28 \|", text)
    assert re.search(r"\| verdicts +\| rules \(rules\): agrees +\| +336 \|", text)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_figures(build: BuildFolder, tmp_path: Path, kind: str) -> None:
    exported(build, tmp_path / "out", replace(PLAIN, figures=kind, clips="none"))
    figures = sorted(file.name for file in (tmp_path / "out" / "figures").iterdir())
    assert figures == [f"clips.{kind}", f"questions.{kind}"]
    assert f"(figures/clips.{kind})" in (tmp_path / "out" / "DATASHEET.md").read_text()


def without(package: str) -> Callable[[str], Any]:
    import importlib

    whole = importlib.import_module

    def found(name: str) -> Any:
        if name.split(".")[0] == package or (package == "matplotlib" and name.endswith("plots.style")):
            raise ImportError(name)
        return whole(name)

    return found


def test_without_matplotlib_there_are_no_figures_and_a_note(
    build: BuildFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mabench_eval.plots.importlib.import_module", without("matplotlib"))
    (note,) = exported(build, tmp_path / "out", replace(PLAIN, figures="png", clips="none")).notes
    assert note.startswith("no figures: ") and install_command("plots") in note
    assert not (tmp_path / "out" / "figures").exists()


def test_datasets_need_pyarrow_and_say_so_first(
    build: BuildFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mabench_eval.construction.export.hub.importlib.import_module", without("pyarrow"))
    with pytest.raises(InputError, match="pyarrow") as told:
        exported(build, tmp_path / "out", replace(PLAIN, datasets=True))
    assert told.value.hint == install_command("datasets")
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_datasets_opens(build: BuildFolder, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    exported(build, tmp_path / "out", replace(PLAIN, datasets=True))
    rows = parquet.read_table(tmp_path / "out" / "data" / "test.parquet").to_pylist()
    assert [(row["qid"], row["video"], row["answer"]) for row in rows] == [
        (row["qid"], f"videos/{row['video']}", row["answer"]) for row in ROWS
    ]
    assert {len(row["options"]) for row in rows if row["task"] == "FMAR"} == {5}
    assert {len(row["options"]) for row in rows if row["task"] == "SAD"} == {0}
    datasets = pytest.importorskip("datasets")
    opened = datasets.load_dataset(str(tmp_path / "out"), split="test", cache_dir=str(tmp_path / "cache"))
    assert (opened.num_rows, opened[0]["options"]) == (336, rows[0]["options"])
