"""A corpus: what is taught, by which pictures, and what is kept out of it."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.journal import Silent
from mabench_eval.parsing import read_yaml
from mabench_eval.runfiles import read_corpus
from mabench_eval.training import CorpusReport, CorpusSettings, write_corpus
from mabench_eval.types import Clip
from mabench_eval.video import Sampling, decode
from tests.support.paths import ROOT

DEMO = ROOT / "demo"
CATALOGUE = load_catalogue().check()


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clips of the demo with their questions."""
    folder = tmp_path_factory.mktemp("few")
    (folder / "videos").mkdir()
    names = ("demo_01", "demo_02", "demo_03")
    for name in names:
        shutil.copy(DEMO / "videos" / f"{name}.mp4", folder / "videos")
    rows = json.loads((DEMO / "questions.json").read_text(encoding="utf-8"))
    chosen = [row for row in rows if row["video"].removesuffix(".mp4") in names]
    (folder / "questions.json").write_text(json.dumps(chosen), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def corpus(few: Path, tmp_path_factory: pytest.TempPathFactory) -> CorpusReport:
    """The corpus that these clips give by default; it is not to be changed."""
    return write(few, tmp_path_factory.mktemp("plain") / "corpus")


def write(source: Path, output: Path, **choices: Any) -> CorpusReport:
    return write_corpus(CorpusSettings(str(source), output, jobs=1, **choices), CATALOGUE, Silent())


def rows_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_open_questions_are_taught_in_the_prompts_that_the_evaluation_asks(few: Path, corpus: CorpusReport) -> None:
    assert corpus.record.tasks == {"MADU": 3, "MARE": 3}  # one of either on each of three clips
    question = next(row for row in json.loads((few / "questions.json").read_text("utf-8")) if row["task"] == "MADU")
    row = next(
        row
        for row in rows_of(corpus.folder / "train.jsonl")
        if row["task"] == "MADU" and row["clip"] == question["video"].removesuffix(".mp4")
    )
    task = CATALOGUE.tasks["MADU"]
    assert row["system"] == task.system_prompt
    assert row["question"] == task.user_prompt.replace("{question}", question["question"])
    assert row["answer"] == question["answer"]


def test_pictures_are_what_the_evaluation_samples(few: Path, tmp_path: Path) -> None:
    from PIL import Image

    write(few, tmp_path / "corpus", sampling=Sampling("endpoints", 4), quality=100)
    row = rows_of(tmp_path / "corpus" / "train.jsonl")[0]
    seen = decode(Clip(row["clip"], few / "videos" / f"{row['clip']}.mp4"), Sampling("endpoints", 4)).pixels
    assert len(row["video"]) == len(seen) == 4
    for file, pixels in zip(row["video"], seen, strict=True):
        shown = np.asarray(Image.open(io.BytesIO((tmp_path / "corpus" / file).read_bytes())))
        assert np.abs(shown.astype(int) - pixels).mean() < 1  # JPEG at its best


def test_llamafactory_finds_messages_and_pictures(corpus: CorpusReport) -> None:
    (name, info), *others = json.loads((corpus.folder / "dataset_info.json").read_text("utf-8")).items()
    assert not others
    row = rows_of(corpus.folder / info["file_name"])[0]
    system, user, assistant = row["messages"]
    assert [each["role"] for each in row["messages"]] == ["system", "user", "assistant"]
    assert user["content"].startswith("<video>") and user["content"].count("<video>") == 1
    assert assistant["content"] and system["content"]
    ((*pictures,),) = row["videos"]
    assert len(pictures) == 8 and all((corpus.folder / picture).is_file() for picture in pictures)
    recipe = read_yaml(corpus.folder / "recipes" / "lm.yaml").value
    assert (recipe["dataset"], recipe["video_maxlen"]) == (name, 8)


def test_recipes_are_the_three_ways_of_table_4(corpus: CorpusReport) -> None:
    frozen = {}
    for name in ("vision", "lm", "all"):
        recipe = read_yaml(corpus.folder / "recipes" / f"{name}.yaml").value
        frozen[name] = (recipe["freeze_vision_tower"], recipe["freeze_language_model"])
        assert recipe["output_dir"] == f"adapters/{name}"
        record = read_corpus(corpus.folder / recipe["output_dir"])
        assert record and record.recipe == name
    assert frozen == {"vision": (False, True), "lm": (True, False), "all": (False, False)}


def test_clips_are_linked_and_their_frames_named_by_the_rule_of_llamafactory(few: Path, tmp_path: Path) -> None:
    report = write(few, tmp_path / "corpus", video="clips")
    assert report.record.sampling == {"rule": "llamafactory", "frames": 8}
    row = rows_of(tmp_path / "corpus" / "sharegpt.jsonl")[0]
    (clip,) = row["videos"]
    assert (tmp_path / "corpus" / clip).resolve() == (few / "videos" / Path(clip).name).resolve()
    assert not (tmp_path / "corpus" / "frames").exists()


def test_what_is_excluded_is_left_out_and_counted(few: Path, tmp_path: Path) -> None:
    # demo_01 by its name; demo_02, which the excluded file has under another name, by its bytes
    test = tmp_path / "test"
    (test / "videos").mkdir(parents=True)
    shutil.copy(few / "videos" / "demo_02.mp4", test / "videos" / "other.mp4")
    base = {"task": "SAD", "question": "Does it?", "answer": "Yes"}
    rows = [{**base, "video": "demo_01.mp4", "qid": "a"}, {**base, "video": "other.mp4", "qid": "b"}]
    (test / "questions.json").write_text(json.dumps(rows), encoding="utf-8")
    report = write(few, tmp_path / "corpus", exclude=(str(test),), video="clips")
    assert [each.clip for each in report.record.clips] == ["demo_03"]
    assert report.record.excluded == {"excluded by name": 1, "the same bytes as an excluded clip": 1}
    (note,) = report.notes
    assert note.startswith("nobody is known of 2 of the 2 clips of --exclude")


def test_people_of_excluded_clips_are_left_out(few: Path, tmp_path: Path) -> None:
    rows = [{"video": "demo_09.mp4", "task": "SAD", "question": "Does it?", "qid": "a", "answer": "Yes"}]
    (tmp_path / "test.json").write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(InputError, match="nothing is left"):  # by this rule they are all of person 0
        write(few, tmp_path / "corpus", exclude=(str(tmp_path / "test.json"),), subjects=r"demo_(\d)")


def test_people_in_a_column_are_left_out_by_it(few: Path, tmp_path: Path) -> None:
    """demo_01 and demo_02 show p1, as the file's rows say; the test's row is of p1, under a name that tells nobody."""
    rows = json.loads((few / "questions.json").read_text("utf-8"))
    who = {"demo_01.mp4": "p1", "demo_02.mp4": "p1", "demo_03.mp4": "p2"}
    told = [{**row, "subject": who[row["video"]]} for row in rows]
    (tmp_path / "train.json").write_text(json.dumps(told), encoding="utf-8")
    other = {"video": "x.mp4", "task": "SAD", "question": "Does it?", "qid": "a", "answer": "Yes"}
    (tmp_path / "test.json").write_text(json.dumps([{**other, "subject": "p1"}]), encoding="utf-8")
    exclude = (str(tmp_path / "test.json"),)
    report = write(tmp_path / "train.json", tmp_path / "corpus", clips=few / "videos", exclude=exclude, video="clips")
    assert [(each.clip, each.persons) for each in report.record.clips] == [("demo_03", ("p2",))]
    assert report.record.excluded == {"an excluded person": 2}
    assert report.notes == () and report.nameless == 0


def test_people_of_an_exported_build_are_in_its_sidecar(few: Path, tmp_path: Path) -> None:
    test = tmp_path / "test"
    test.mkdir()
    row = {"video": "x.mp4", "task": "SAD", "question": "Does it?", "qid": "a", "answer": "Yes"}
    (test / "questions.json").write_text(json.dumps([row]), encoding="utf-8")
    (test / "sidecar.jsonl").write_text(json.dumps({"clip": "x", "subject": "1"}) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="'an excluded person': 1"):  # demo_01 alone ends with 1, by this rule
        write(one_clip(few, tmp_path), tmp_path / "corpus", exclude=(str(test),), subjects=r"1$", clips=few / "videos")


def one_clip(few: Path, tmp_path: Path) -> Path:
    """The questions on demo_01."""
    rows = json.loads((few / "questions.json").read_text("utf-8"))
    file = tmp_path / "one.json"
    file.write_text(json.dumps([row for row in rows if row["video"] == "demo_01.mp4"]), encoding="utf-8")
    return file


def test_datasets_opens_a_corpus(few: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="a table in Parquet needs pyarrow")
    write(one_clip(few, tmp_path), tmp_path / "corpus", clips=few / "videos", datasets=True, video="clips")
    rows = rows_of(tmp_path / "corpus" / "train.jsonl")
    table = parquet.read_table(tmp_path / "corpus" / "datasets" / "data" / "train.parquet").to_pylist()
    assert table == rows and len(rows) == 2
    card = (tmp_path / "corpus" / "datasets" / "README.md").read_text("utf-8")
    assert "path: data/train.parquet" in card and "num_examples: 2" in card


def test_datasets_need_pyarrow_before_anything_is_written(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match="--datasets needs pyarrow"):
        write(few, tmp_path / "corpus", datasets=True)
    assert not (tmp_path / "corpus").exists()


@pytest.mark.slow
def test_a_killed_export_goes_on_to_the_same_bytes(few: Path, tmp_path: Path) -> None:
    """Killed when one clip of three has its pictures: that one's are not written again."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    words = ["export-train", str(few), "--closed", "--jobs", "1", "-o"]
    assert main([*words, str(whole)]) == 0
    process = subprocess.Popen([sys.executable, "-m", "mabench_eval", *words, str(killed)], stderr=subprocess.DEVNULL)
    while not (done := list(killed.glob("frames/demo_*"))) and process.poll() is None:
        time.sleep(0.002)
    process.kill()
    process.wait()
    assert done and not (killed / "corpus.json").exists()

    units = [line for line in (killed / "journal.jsonl").read_text("utf-8").splitlines() if '"unit"' in line]
    kept = {file: file.stat().st_mtime_ns for file in killed.glob("frames/demo_*/*.jpg")} if units else {}
    assert main([*words, str(killed)]) == 0
    again = {file.parent.name for file, at in kept.items() if file.stat().st_mtime_ns != at}
    assert len(again) <= 1  # that in hand between its pictures and its record
    assert contents(killed) == contents(whole)


def contents(corpus: Path) -> dict[str, bytes]:
    """All files but the journal, which has times, and what workers printed."""
    files = (file for file in sorted(corpus.rglob("*")) if file.is_file())
    return {
        str(file.relative_to(corpus)): file.read_bytes()
        for file in files
        if file.name not in ("journal.jsonl", "workers.log") and ".lock" not in file.name
    }


def test_without_an_exclusion_one_is_warned(corpus: CorpusReport) -> None:
    (note,) = corpus.notes
    assert note.startswith("no --exclude")


def test_weights_repeat_and_leave_out(few: Path, tmp_path: Path) -> None:
    weights = {"MADU": 2.0, "MARE": 0.0, "SAD": 0.5}
    report = write(few, tmp_path / "corpus", closed=True, weights=weights, video="clips")
    tasks = report.record.tasks
    assert tasks["MADU"] == 2 * 3 and "MARE" not in tasks
    assert 0 < tasks["SAD"] < 6  # half of the six, drawn
    assert tasks["PPR"] == 6


def test_the_same_command_writes_no_picture_twice(few: Path, tmp_path: Path) -> None:
    one = write(few, tmp_path / "corpus")
    pictures = sorted((tmp_path / "corpus" / "frames").rglob("*.jpg"))
    assert len(pictures) == 3 * 8
    before = {file: file.stat().st_mtime_ns for file in pictures}
    shutil.rmtree(tmp_path / "corpus" / "frames" / "demo_02")
    two = write(few, tmp_path / "corpus")
    again = [file for file, at in before.items() if file.stat().st_mtime_ns != at]
    assert {file.parent.name for file in again} == {"demo_02"}
    assert one.record == two.record


def test_other_pictures_are_another_corpus(few: Path, corpus: CorpusReport, tmp_path: Path) -> None:
    four = write(few, tmp_path / "corpus", sampling=Sampling("uniform", 4))
    assert four.record.sha256 != corpus.record.sha256


def test_what_cannot_be_used_is_told_and_nothing_written(few: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(few, broken)
    (broken / "videos" / "demo_02.mp4").unlink()
    rows = json.loads((broken / "questions.json").read_text("utf-8"))
    with pytest.raises(InputError) as caught:
        write(broken, tmp_path / "corpus")
    assert caught.value.problems == ("demo_02.mp4: missing",)

    poisoned = [{**row, "answer": "See <video> here."} if row["task"] == "MADU" else row for row in rows]
    (tmp_path / "poisoned.json").write_text(json.dumps(poisoned), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        write(tmp_path / "poisoned.json", tmp_path / "corpus", clips=few / "videos")
    assert "its answer holds <video>" in caught.value.problems[0]

    (tmp_path / "bare.json").write_text(json.dumps([{**row, "answer": None} for row in rows]), encoding="utf-8")
    with pytest.raises(InputError, match="has no answer: there is nothing to learn from"):
        write(tmp_path / "bare.json", tmp_path / "corpus")
    assert not (tmp_path / "corpus").exists()


def test_an_unknown_family_needs_its_template(few: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no template of LLaMA-Factory is known for org/Odd-7B"):
        write(few, tmp_path / "corpus", repo="org/Odd-7B")
    write(few, tmp_path / "corpus", repo="org/Odd-7B", template="odd", video="clips")
    assert read_yaml(tmp_path / "corpus" / "recipes" / "all.yaml").value["template"] == "odd"


def test_a_checkpoint_below_an_adapter_finds_its_corpus(few: Path, tmp_path: Path) -> None:
    report = write(few, tmp_path / "corpus", video="clips")
    checkpoint = tmp_path / "corpus" / "adapters" / "lm" / "checkpoint-4"
    checkpoint.mkdir()
    assert read_corpus(checkpoint) == replace(report.record, recipe="lm")
    assert read_corpus(tmp_path) is None
    (checkpoint / "corpus.json").write_text('{"schema": 1}', encoding="utf-8")
    with pytest.raises(InputError, match=r"corpus\.json"):
        read_corpus(checkpoint)


def test_the_command(few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["export-train", str(few), "-o", str(tmp_path / "corpus"), "--video", "clips"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert "6 conversations (3 MADU, 3 MARE) on 3 clips" in said.out
    assert "warning: no --exclude" in said.err
    assert main([*words, "--weight", "SADD=1"]) == 2
    assert "no task 'SADD'; did you mean 'SAD'?" in capsys.readouterr().err
