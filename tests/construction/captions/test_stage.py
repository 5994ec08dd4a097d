"""`build DIR caption`: a unit a clip, by template or by a model that is read back; killed and continued the same."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.construction import Caption, open_build, read_captions, write_captions, write_settings
from mabench_eval.construction.captions import Known
from mabench_eval.construction.captions.template import write_caption
from mabench_eval.construction.intake import read_actions
from mabench_eval.errors import InputError
from mabench_eval.journal import FILE, Silent
from tests.construction.captions.scribe import write_scribe
from tests.support.construction import demo_build
from tests.support.paths import ROOT


class Build:
    """A folder under construction, and a model that writes."""

    def __init__(self, path: Path, code: Path) -> None:
        self.path, self.code, self.log = path, code, path.parent / f"{path.name}.log"

    def words(self, mode: str | None = None, *more: str) -> list[str]:
        writer = ["--writer", "scribe", "--writer-set", f"mode={mode}", "--writer-set", f"log={self.log}"]
        named = [*writer, "--include", str(self.code)] if mode else []
        return ["build", str(self.path), "caption", *named, *more]

    def write(self, mode: str | None = None, *more: str) -> int:
        return main(self.words(mode, *more))

    def captions(self) -> list[Caption]:
        return list(read_captions(open_build(self.path)))

    def calls(self) -> list[str]:
        """The clips that the model was asked about since it was asked last."""
        asked = self.log.read_text().split() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return asked

    def files(self) -> dict[str, bytes]:
        made = [*(self.path / "captions").glob("*"), self.path / "captions.jsonl"]
        return {file.name: file.read_bytes() for file in sorted(made)}


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, described. Not to be changed."""
    return demo_build(tmp_path_factory.mktemp("origin") / "mine").path


@pytest.fixture
def code(tmp_path: Path) -> Path:
    return write_scribe(tmp_path / "code")


@pytest.fixture
def build(origin: Path, code: Path, tmp_path: Path) -> Build:
    """A copy with six of its clips."""
    return six(origin, code, tmp_path / "mine")


def six(origin: Path, code: Path, path: Path) -> Build:
    shutil.copytree(origin, path)
    for name in ("clips.jsonl", "descriptors.jsonl"):
        lines = (path / name).read_text().splitlines(keepends=True)
        (path / name).write_text("".join(lines[::5]))
    return Build(path, code)


def test_the_template_writes_every_clip_once(build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.write(None, "--dry-run") == 0
    assert "captions     0 of 6 by template" in capsys.readouterr().out
    assert not (build.path / "captions.jsonl").exists()
    assert build.write() == 0
    out = capsys.readouterr().out
    assert "captions     6 of 6 by template" in out
    assert "6 by template; median words: MADU" in out
    assert [caption.clip for caption in build.captions()] == [row.clip for row in open_build(build.path).clips()]
    assert not any(caption.fell_back or caption.nothing for caption in build.captions())

    before, records = build.files(), (build.path / FILE).read_bytes()
    (build.path / "captions" / "demo_01.json").write_text("{}")
    assert build.write() == 0
    assert build.files() == before
    assert (build.path / FILE).read_bytes().count(b"\n") == records.count(b"\n") + 1  # the one that was edited


def test_another_seed_label_or_descriptor_writes_anew_and_no_other(build: Build) -> None:
    build.write()

    def done() -> int:
        return (build.path / FILE).read_bytes().count(b'"stage"')

    assert done() == 6
    rows = [json.loads(line) for line in (build.path / "clips.jsonl").read_text().splitlines()]
    rows[0] |= {"fine": "Shrugging", "coarse": "Body"}
    (build.path / "clips.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    build.write()
    assert done() == 7
    described = (build.path / "descriptors.jsonl").read_text().splitlines()
    changed = json.loads(described[1])
    changed["quality"]["persons"] = 2
    (build.path / "descriptors.jsonl").write_text("\n".join([described[0], json.dumps(changed), *described[2:], ""]))
    build.write()
    assert done() == 8
    assert [caption.nothing for caption in build.captions()][:2] == [None, "2 persons are in the picture"]
    folder = open_build(build.path)
    write_settings(build.path, replace(folder.settings, seed=3))
    build.write()
    assert done() == 14


def test_a_build_without_descriptors_says_what_makes_them(build: Build) -> None:
    (build.path / "descriptors.jsonl").unlink()
    with pytest.raises(InputError, match=r"descriptors\.jsonl is missing") as caught:
        write_captions(open_build(build.path), load_catalogue().check(), None, Silent())
    assert f"build {build.path} track" in caught.value.hint


def test_clips_of_a_draft_tracker_are_counted(build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    text = (build.path / "descriptors.jsonl").read_text().replace('"name": "drawn"', '"name": "motion"')
    (build.path / "descriptors.jsonl").write_text(text)
    assert build.write() == 0
    assert "nothing      6: its tracker is a draft" in capsys.readouterr().out
    assert {caption.madu_text for caption in build.captions()} == {"No movement could be confirmed in this clip."}


def test_a_model_writes_what_the_facts_hold(build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.write("honest", "--dry-run") == 0
    assert "to ask       6 calls of scribe, $0.00 at most" in capsys.readouterr().out
    assert build.write("honest") == 0
    assert "6 by scribe" in capsys.readouterr().out
    assert len(build.calls()) == 6
    for caption in build.captions():
        assert caption.writer == "scribe"
        assert caption.fell_back is None
        assert "clear movement" in caption.madu_text or "led by" in caption.madu_text
        assert caption.mare[-1].text.startswith("Therefore the evidence supports [Body part")
        assert len(caption.parts) >= 3  # the template's
    assert build.write() == 0  # the folder keeps its writer
    assert build.calls() == []


@pytest.mark.parametrize("mode", ["mends", "fenced"])
def test_what_is_mended_when_it_is_told_counts(build: Build, mode: str) -> None:
    assert build.write(mode) == 0
    assert len(build.calls()) == (12 if mode == "mends" else 6)
    assert {caption.writer for caption in build.captions()} == {"scribe"}


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("lies", "words: "),
        ("prose", "form: it is not one JSON object"),
        ("broken", "form: it is not one JSON object"),
        ("mislabels", "labels: the last item of mare must"),
        ("invents", "facts: leading cites fact 9999"),
        ("marks", "form: leading holds Markdown"),
        ("short", "length: madu has"),
    ],
)
def test_what_contradicts_is_asked_for_again_and_falls_to_the_template(
    build: Build, mode: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build.write(mode) == 0
    assert f"fell back    6 to the template: {why.partition(':')[0]}" in capsys.readouterr().out
    assert len(build.calls()) == 12
    folder = open_build(build.path)
    for caption, about, descriptor in zip(build.captions(), folder.clips(), folder.descriptors(), strict=True):
        assert (caption.fell_back or "").startswith(why)
        expected = write_caption(Known(descriptor), about, read_actions(None), folder.settings.seed)
        assert replace(caption, fell_back=None) == expected


def test_of_a_model_that_lies_now_and_then_no_lie_is_kept(build: Build) -> None:
    assert build.write("some") == 0
    captions = build.captions()
    assert {caption.writer for caption in captions} >= {"scribe"}
    honest = [caption for caption in captions if caption.writer == "scribe"]
    for caption in honest:
        for sentence in caption.madu:
            for id in sentence.statements:
                for way in ("upward", "downward", "leftward", "rightward"):
                    assert (way in sentence.text) == (way in id)


def test_a_call_that_fails_leaves_its_clip_open(build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.write("fails") == 3
    said = capsys.readouterr()
    assert "out of order" in said.err
    first = build.calls()
    assert 0 < len(build.captions()) < 6
    assert build.write("fails") == 3
    assert len(build.calls()) == 6 - len(build.captions())  # those that failed, and no other
    assert len(first) == 6


@pytest.mark.slow
def test_killed_and_continued_the_files_are_the_same(build: Build, origin: Path, code: Path, tmp_path: Path) -> None:
    """Killed at the fifth call. What four replies said is not asked again: 4 + 1 + 2 calls, and no file differs."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run(words: Sequence[str]) -> int:
        command = [sys.executable, "-m", "mabench_eval", *words]
        return subprocess.run(command, check=False, capture_output=True, env=environment).returncode

    assert run(build.words("killer")) == -signal.SIGKILL
    assert len(build.log.read_text().split()) == 5
    assert run(build.words("killer")) == 0
    assert len(build.calls()) == 4 + 1 + 2
    whole = six(origin, code, tmp_path / "whole")
    whole.log.write_text("before\n" * 9)  # so that it is not killed
    assert whole.write("killer") == 0
    assert build.files() == whole.files()


def test_the_cards_of_text_models_say_that_they_cannot_look(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("deepseek-v3.2", "deepseek-r1"):
        assert main(["--model", name]) == 2
        assert f"{name} reads text alone and cannot look at clips" in capsys.readouterr().err


def test_json_says_what_the_lines_say(build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.write("lies", "--json") == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (said["captions"]["total"], said["captions"]["done"], said["captions"]["errors"]) == (6, 6, {})
    assert (said["complete"], said["summary"]["fell_back"]) == (True, {"words": 6})
    assert said["cost"]["replies"] == 12
