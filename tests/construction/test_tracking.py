"""`build DIR track`: units in the journal. Killed and continued the files are the same; nothing is done twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.cli import main
from mabench_eval.construction import Descriptor, descriptors
from mabench_eval.journal import FILE
from mabench_eval.runfiles import read_lines
from tests.construction.scripted import write_clips, write_tracker
from tests.support.paths import ROOT

NAMES = ("a", "b", "boom", "morning/c", "nobody", "one", "short")
GOOD = ("a", "b", "morning/c", "one")
SAID = {
    "boom": "RuntimeError: boom",
    "nobody": "clip nobody: no person is found in any of its pictures",
    "short": "short.mp4 lasts 0.37 s, its tracks last 0.17 s",
}


class Build:
    """A folder under construction, and who works on it."""

    def __init__(self, folder: Path, code: Path) -> None:
        self.folder, self.code, self.path, self.log = folder, code, folder / "mine", folder / "log"

    def words(self, *more: str) -> list[str]:
        tracker = ["--tracker", "scripted", "--include", str(self.code)]
        return ["build", str(self.path), "track", *tracker, "--jobs", "1", *more]

    def track(self, *more: str) -> int:
        return main(self.words("--set", f"log={self.log}", *more))

    def tracked(self) -> list[str]:
        """The clips that the tracker was given since it was asked last."""
        names = self.log.read_text().split() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return sorted(names)

    def files(self) -> dict[str, bytes]:
        """All that is made, without the journal, whose times differ."""
        files = [file for file in sorted(self.path.rglob("*")) if file.is_file() and not file.name.startswith(".")]
        made = {
            str(file.relative_to(self.path)): file for file in files if file.name not in (FILE, "lock", "workers.log")
        }
        return {name: file.read_bytes() for name, file in made.items()}

    def records(self, kind: str = "unit") -> list[dict[str, Any]]:
        rows = [json.loads(line) for line in (self.path / FILE).read_text().splitlines()]
        return [row for row in rows if row["kind"] == kind]


def begun(folder: Path, code: Path, names: Sequence[str] = NAMES) -> Build:
    clips, labels = write_clips(folder, names)
    build = Build(folder, code)
    assert main(["build", str(build.path), "init", "--clips", str(clips), "--labels", str(labels)]) == 0
    return build


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the tracker."""
    return write_tracker(tmp_path_factory.mktemp("code"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, code: Path) -> Build:
    """Tracked once, nothing cut off. Not to be changed."""
    build = begun(tmp_path_factory.mktemp("finished"), code)
    assert build.track() == 3
    return build


@pytest.fixture
def build(finished: Build, tmp_path: Path) -> Build:
    """A copy of it; its clips and its tracker's log stay where they are."""
    shutil.copytree(finished.path, tmp_path / "mine")
    copy = Build(tmp_path, finished.code)
    copy.log = finished.log
    copy.log.unlink(missing_ok=True)
    return copy


def test_clips_become_tracks_and_descriptors_and_bad_ones_a_line_each(
    finished: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = read_lines(Descriptor, finished.path / "descriptors.jsonl")
    assert [line.clip for line in lines] == list(GOOD)
    assert all(line.sides == "viewer" and line.tracker["licence"] == "MIT" for line in lines)
    assert [line.frames for line in lines] == [12, 12, 12, 1]
    assert sorted(finished.files()) == sorted(
        [
            *(f"tracks/{name}.npz" for name in GOOD),
            *(f"descriptors/{name}.json" for name in GOOD),
            *("build.yaml", "actions.csv", "clips.jsonl", "left_out.jsonl", "descriptors.jsonl"),
        ]
    )
    errors = {row["clip"]: row["error"] for row in finished.records("error")}
    assert errors.keys() == SAID.keys()
    assert all(said in errors[clip] for clip, said in SAID.items())

    assert main(["build", str(finished.path)]) == 0
    out = capsys.readouterr().out
    assert f"{finished.path}: 7 clips of 3 actions\n" in out
    assert "sides        the viewer's\n" in out
    assert "tracks       4 of 7 by scripted 1 (MIT), 3 failed" in out
    assert f"next: mabench-eval build {finished.path} track" in out


def test_the_same_command_again_tries_failed_clips_alone(build: Build) -> None:
    before = build.files()
    assert build.track() == 3
    assert build.tracked() == sorted(SAID)
    assert build.files() == before


def nothing(build: Build) -> None:
    """Killed right after `init`."""
    for name in ("tracks", "descriptors"):
        shutil.rmtree(build.path / name)
    (build.path / "descriptors.jsonl").unlink()
    (build.path / FILE).write_bytes(b"")


def torn_line(build: Build) -> None:
    """Killed while a record was being written."""
    journal = build.path / FILE
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:3])[:-20])


def file_without_record(build: Build) -> None:
    """Killed between a file and its record; what is half-written lies beside."""
    journal = build.path / FILE
    lines = [line for line in journal.read_bytes().splitlines(keepends=True) if b'"clip": "b"' not in line]
    journal.write_bytes(b"".join(lines))
    (build.path / "tracks" / ".b.npz.new").write_bytes(b"half")


def record_without_file(build: Build) -> None:
    (build.path / "tracks" / "a.npz").unlink()
    (build.path / "descriptors" / "b.json").unlink()


def other_content(build: Build) -> None:
    (build.path / "tracks" / "a.npz").write_bytes(b"something else")
    (build.path / "descriptors" / "b.json").write_text("{}\n")


def no_view(build: Build) -> None:
    (build.path / "descriptors.jsonl").write_text("half of a li")


@pytest.mark.parametrize(
    "damage", [nothing, torn_line, file_without_record, record_without_file, other_content, no_view]
)
def test_whatever_is_lost_is_made_again_to_the_byte(
    finished: Build, build: Build, damage: Callable[[Build], None]
) -> None:
    damage(build)
    assert build.track() == 3
    assert build.files() == finished.files()


@pytest.mark.slow
def test_killed_at_any_moment_and_continued_it_ends_the_same(finished: Build, build: Build) -> None:
    nothing(build)
    words = [sys.executable, "-m", "mabench_eval", *build.words("--set", f"log={build.log}")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for lines in (1, 3, 6):  # of the journal, when it is killed
        process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and len((build.path / FILE).read_bytes().splitlines()) < lines:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert build.track() == 3
    assert build.files() == finished.files()


@pytest.mark.slow
def test_another_setting_makes_tracks_and_descriptors_anew_and_nothing_else(finished: Build, build: Build) -> None:
    kept = {name: content for name, content in build.files().items() if name in ("clips.jsonl", "actions.csv")}
    assert build.track("--set", "speed=2") == 3
    assert set(GOOD) <= set(build.tracked())
    after, before = build.files(), finished.files()
    assert all(after[f"tracks/{name}.npz"] != before[f"tracks/{name}.npz"] for name in ("a", "b", "morning/c"))
    assert kept == {name: after[name] for name in kept}
    assert "speed: 2" in after["build.yaml"].decode()

    # The folder keeps the choice, and the way back is a way forth: the files are those of the first setting again.
    assert main(["build", str(build.path), "track", "--jobs", "1"]) == 3
    assert build.tracked() == sorted(SAID)
    assert build.track("--set", "speed=1.0") == 3
    assert {**build.files(), "build.yaml": b""} == {**before, "build.yaml": b""}


def test_other_code_of_descriptors_measures_anew_and_tracks_nothing(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = len(build.records())
    monkeypatch.setattr(descriptors, "SCHEMA", 99)  # in this process: the key, not the work
    assert build.track() == 3
    assert build.tracked() == sorted(SAID)
    assert [row["stage"] for row in build.records()[done:]] == ["describe"] * len(GOOD)


def test_a_changed_clip_is_told_and_init_takes_it_in(
    tmp_path: Path, code: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = begun(tmp_path, code, ["a", "b"])
    (tmp_path / "videos" / "b.mp4").write_bytes((tmp_path / "videos" / "a.mp4").read_bytes())
    assert build.track() == 3
    assert "b: b.mp4 was changed since `init`; run `init` again" in capsys.readouterr().err
    (tmp_path / "labels.csv").write_text("clip,label\na,Nodding\nb,Nodding\n")
    assert main(["build", str(build.path), "init"]) == 0
    build.tracked()
    assert build.track() == 0
    assert build.tracked() == ["b"]


@pytest.mark.slow
def test_a_clip_that_kills_its_worker_is_lost_alone_and_tried_again(
    tmp_path: Path, code: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = begun(tmp_path, code, ["a", "b", "killer"])
    assert build.track("--overlay", "sheets") == 3
    captured = capsys.readouterr()
    assert "killer: its worker was killed, most likely for want of memory" in captured.err
    assert "tracks       2 of 3 by scripted 1 (MIT), 1 failed" in captured.out
    assert "overlays     2 of 3" in captured.out
    (tmp_path / "log.mended").touch()
    assert build.track("--overlay", "sheets") == 0
    assert "overlays     3 of 3" in capsys.readouterr().out


def test_ctrl_c_says_how_to_go_on(tmp_path: Path, code: Path) -> None:
    build = begun(tmp_path, code, ["a", "b", "c", "d"])
    words = [sys.executable, "-m", "mabench_eval", *build.words("--overlay", "sheets")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        words, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    while process.poll() is None and not (build.path / FILE).read_bytes():
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    out, err = process.communicate()
    assert process.returncode == 130, out + err
    assert f"Continue with: mabench-eval build {build.path} track --jobs 1 --overlay sheets" in err
    assert "Traceback" not in err


def test_dry_run_says_what_there_is_to_do_and_does_nothing(build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    before = build.files(), (build.path / FILE).read_bytes()
    assert build.track("--set", "speed=3", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "7 clips, 0 already tracked, 7 to track\nby scripted 1, licence MIT, in 1 processes" in out
    assert (build.files(), (build.path / FILE).read_bytes()) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "speed=10"], "tracker scripted cannot run here\n  - it is too fast"),
        (["--set", "sped=2"], "tracker 'scripted' has no setting 'sped'; did you mean 'speed'?"),
        (["--tracker", "scriptd"], "did you mean 'scripted'?"),
        (["--jobs", "0"], "--jobs 0: expected a number of processes from 1 on, or auto"),
        (["--jobs", "many"], "--jobs many: expected a number of processes from 1 on, or auto"),
    ],
)
def test_bad_choices_are_one_error_and_change_nothing(
    build: Build, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = build.files()
    assert build.track(*words) == 2
    assert message in capsys.readouterr().err
    assert build.files() == before


def test_a_folder_in_use_is_told(build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    from mabench_eval.journal import Journal

    with Journal(build.path):
        assert build.track() == 3
        assert main(["build", str(build.path)]) == 0
    captured = capsys.readouterr()
    assert "is in use by another process" in captured.err
    assert "at work: another process has it open" in captured.out
