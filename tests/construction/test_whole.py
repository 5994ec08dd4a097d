"""``build DIR`` with clips and labels: every step after the other, on the demo's clips by a tracker that knows them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import PIPE

import pytest

from demo.motions import CLIPS
from demo.questions import clip_name
from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli import main
from mabench_eval.cli.verbs.build import whole
from mabench_eval.construction import gate_state, open_build
from mabench_eval.journal import Journal
from mabench_eval.runs import read_run
from tests.support.construction import VIDEOS, write_known_tracker
from tests.support.paths import ROOT

COUNT = 4
NAMES = [clip_name(number) for number in range(COUNT)]


def write_sources(folder: Path, lost: str = "") -> list[str]:
    """Clips, labels and tracker; the words of the command that builds from them."""
    (folder / "videos").mkdir(parents=True)
    for name in NAMES:
        shutil.copy(VIDEOS / f"{name}.mp4", folder / "videos")
    labels = [f"{name},{clip.action}\n" for name, clip in zip(NAMES, CLIPS, strict=False)]
    (folder / "labels.csv").write_text("clip,label\n" + "".join(labels))
    code = write_known_tracker(folder / "code", lost=lost)
    words = ["--clips", str(folder / "videos"), "--labels", str(folder / "labels.csv"), "--tracker", "known"]
    return [*words, "--include", str(code), "--jobs", "1"]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that tracks imports the tracker's paths from the checkout, and tables are as wide as a terminal."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sequence[str]]:
    """A whole build, and the command that made it. Not to be changed: tests take copies."""
    folder = tmp_path_factory.mktemp("whole")
    words = write_sources(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        assert main(["build", str(folder / "mine"), *words]) == 0
    return folder / "mine", words


@pytest.fixture
def build(made: tuple[Path, Sequence[str]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(made[0], tmp_path / "mine"))


def files(folder: Path) -> dict[Path, bytes]:
    """All there is, the journal too, but what trackers printed."""
    found = (file for file in folder.rglob("*") if file.is_file() and file.name != "workers.log")
    return {file.relative_to(folder): file.read_bytes() for file in found}


def test_a_build_from_nothing_is_a_benchmark(made: tuple[Path, Sequence[str]], tmp_path: Path) -> None:
    folder, _ = made
    assert gate_state(open_build(folder)) == "passed"
    rows = json.loads((folder / "export" / "labelled.json").read_text())
    assert sorted({Path(row["video"]).stem for row in rows}) == NAMES
    # One each of CMAR, FMAR, MADU and MARE a clip, as published.
    assert sum(row["task"] in ("CMAR", "FMAR", "MADU", "MARE") for row in rows) == 4 * COUNT
    assert main(["--model", "constant", "--data", str(folder), "--tasks", "SAD,FMAR", "--output", str(tmp_path)]) == 0
    (run,) = (tmp_path / "constant").iterdir()
    always = str(load_catalogue().check().model("constant").settings["Yes/No"]["SAD"])
    sad = [row["answer"] for row in rows if row["task"] == "SAD"]
    constant = read_run(run).scores
    assert constant.tasks["SAD"].n == len(sad)
    assert constant.intervals["SAD"].value == pytest.approx(100 * sad.count(always) / len(sad))


def test_the_same_command_again_does_nothing(
    made: tuple[Path, Sequence[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    folder, words = made
    before = files(folder)
    assert main(["build", str(folder), *words]) == 0
    assert files(folder) == before
    captured = capfd.readouterr()
    assert captured.err.count("next: ") + captured.out.count("next: ") == 0  # nothing is left to do
    assert "tracking: 4 of 4 are already in the journal" in captured.err
    assert "holds these questions" in captured.err
    assert max(len(line) for line in captured.out.splitlines() if str(folder) not in line) <= 80


def test_a_clip_that_cannot_be_tracked_does_not_stop_the_others(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = write_sources(tmp_path, lost=NAMES[2])
    folder = tmp_path / "mine"
    assert main(["build", str(folder), *words, "--questions", "SAD=1,MAD=1,MAS=0,PPR=0"]) == 3
    assert f"{NAMES[2]}: no person is found" in capfd.readouterr().err.replace("clip ", "")
    rows = json.loads((folder / "export" / "labelled.json").read_text())
    assert sorted({Path(row["video"]).stem for row in rows}) == [name for name in NAMES if name != NAMES[2]]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[dict[str, int], dict[str, list[str]]]]:
    """Steps that do nothing: the codes that they end with, to be set, and the options that each was given."""
    codes, given = dict[str, int](), dict[str, list[str]]()

    def step(name: str, words: list[str], folder: Path) -> int:
        given[name] = words
        return codes.get(name, 0)

    monkeypatch.setattr(whole, "_step", step)
    monkeypatch.setattr(whole, "_is_described", lambda folder: True)
    yield codes, given


@pytest.mark.parametrize(
    ("codes", "last", "code"),
    [
        ({"init": 2}, "init", 2),
        ({"track": 2}, "track", 2),
        ({"track": 130}, "track", 130),
        ({"track": 3}, "export", 3),  # clips that cannot be tracked: the rest goes on
        ({"track": 3, "audit": 1}, "audit", 1),
        ({"ask": 3}, "ask", 3),  # replies are missing: what follows would be made of half of them
        ({}, "export", 0),
    ],
)
def test_what_stops_a_step_stops_the_build(
    tmp_path: Path, steps: tuple[dict[str, int], dict[str, list[str]]], codes: dict[str, int], last: str, code: int
) -> None:
    steps[0].update(codes)
    assert main(["build", str(tmp_path), "--clips", "c", "--labels", "l"]) == code
    assert [*steps[1]][-1] == last


def test_where_no_clip_could_be_tracked_the_build_stops_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = list[str]()

    def step(name: str, words: list[str], folder: Path) -> int:
        taken.append(name)
        return 3 if name == "track" else 0

    monkeypatch.setattr(whole, "_step", step)
    assert main(["build", str(tmp_path / "mine"), *write_sources(tmp_path)]) == 3
    assert taken == ["init", "track"]


def test_options_reach_their_steps(tmp_path: Path, steps: tuple[dict[str, int], dict[str, list[str]]]) -> None:
    """Those of a step are of no other; ``--env`` is where to track, and takes the whole command nowhere."""
    words = ["--clips", "c", "--labels", "l", "--sides", "person", "--tracker", "t", "--set", "a=1", "--set", "b=2"]
    words += ["--env", "nowhere", "--writer", "w", "--questions", "SAD=4", "--seed", "5", "--blind", "x"]
    words += ["--writer-base-url", "http://w", "--writer-model", "m", "--blind-set", "temperature=1"]
    assert main(["build", str(tmp_path), *words, "--max-cost", "2", "--include", "code"]) == 0
    writer = ["--writer", "w", "--writer-base-url", "http://w", "--writer-model", "m"]
    assert steps[1] == {
        "init": ["--clips", "c", "--labels", "l", "--sides", "person"],
        "track": ["--tracker", "t", "--set", "a=1", "--set", "b=2", "--env", "nowhere", "--include", "code"],
        "caption": [*writer, "--max-cost", "2", "--include", "code"],
        "ask": ["--questions", "SAD=4", "--seed", "5", "--max-cost", "2", "--include", "code"],
        "verify": ["--blind", "x", "--blind-set", "temperature=1", "--max-cost", "2", "--include", "code"],
        "audit": [],
        "export": [],
    }


def test_all_models_share_one_limit(tmp_path: Path, steps: tuple[dict[str, int], dict[str, list[str]]]) -> None:
    """Of 2 dollars the writer took 1.5: 0.5 is left for the reworder, and the writer itself counts what it took."""
    with Journal(tmp_path) as journal:
        journal.append("answer", "k", role="writer", usd=1.5, prompt_tokens=1, output_tokens=1, text="")
    assert main(["build", str(tmp_path), "--clips", "c", "--max-cost", "2"]) == 0
    assert [steps[1][name][1] for name in ("caption", "ask", "verify")] == ["2", "0.5", "0.5"]


def test_what_the_gate_refuses_is_not_exported(
    made: tuple[Path, Sequence[str]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same bytes under two names: a clip more to track, and a fault that the gate does not let through."""
    folder = Path(shutil.copytree(made[0].parent, tmp_path / "again"))
    words = [word.replace(str(made[0].parent), str(folder)) for word in made[1]]
    shutil.copy(folder / "videos" / f"{NAMES[0]}.mp4", folder / "videos" / f"{NAMES[0]}_again.mp4")
    with (folder / "labels.csv").open("a") as labels:
        labels.write(f"{NAMES[0]}_again,{CLIPS[0].action}\n")
    assert main(["build", str(folder / "mine"), *words]) == 1
    captured = capfd.readouterr()
    assert "tracking: 4 of 5 are already in the journal" in captured.err
    assert "refused: twins" in captured.out
    assert "--- export" not in captured.err
    assert main(["build", str(folder / "mine")]) == 0
    assert capfd.readouterr().out.splitlines()[-2:] == [
        "gate         failed",
        f"next: mabench-eval build {folder / 'mine'} audit",
    ]


def test_a_dry_run_tells_what_models_would_cost_and_writes_nothing(
    build: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = files(build)
    assert main(["build", str(build), "--writer", "deepseek-v3.2", "--verifier", "deepseek-v3.2", "--dry-run"]) == 0
    assert files(build) == before
    said = capfd.readouterr()
    assert f"to ask       {COUNT} calls of deepseek-v3.2, $" in said.out
    assert "verifier deepseek-v3.2: " in said.out
    assert max(map(len, said.out.splitlines())) <= 80

    assert main(["build", str(tmp_path / "none"), *write_sources(tmp_path / "new"), "--dry-run"]) == 0
    assert not (tmp_path / "none").exists()
    assert "track: not known yet" in capfd.readouterr().out


def test_json_goes_with_the_state_alone(build: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", str(build), "--seed", "3", "--json"]) == 2
    assert "--json goes with one step" in capsys.readouterr().err


@pytest.mark.slow
def test_where_a_build_stands_at_every_step(
    made: tuple[Path, Sequence[str]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each step makes the next one the next; the last one leaves the benchmark."""
    _, (_, clips, _, labels, *_) = made
    folder, code = str(tmp_path / "mine"), str(write_known_tracker(tmp_path / "code"))
    steps = {
        "init": ["--clips", clips, "--labels", labels],
        "track": ["--tracker", "known", "--include", code, "--jobs", "1"],
        "caption": [],
        "ask": [],
        "verify": [],
        "audit": [],
        "export": ["--clips", "none", "--figures", "none"],
    }
    for number, (step, words) in enumerate(steps.items()):
        assert main(["build", folder, step, *words]) == 0
        capfd.readouterr()
        assert main(["build", folder, "--json"]) == 0
        state = json.loads(capfd.readouterr().out)
        following = [*steps, None][number + 1]
        assert (state["clips"], state["next"]) == (COUNT, following)
        assert all(name in state for name in [*steps][1 : number + 1])
        assert main(["build", folder]) == 0
        said = capfd.readouterr().out.splitlines()
        assert max(map(len, said[1:-2])) <= 80
        if following:
            assert said[-1] == f"next: mabench-eval build {folder} {following}"
        else:
            assert said[-2] == f"next: mabench-eval --model NAME --data {folder}"


@pytest.mark.slow
def test_a_build_that_is_killed_ends_as_any_other(made: tuple[Path, Sequence[str]], tmp_path: Path) -> None:
    """Killed with everything that it started, as soon as it has made its questions; then told again."""
    folder = tmp_path / "mine"
    call = [sys.executable, "-m", "mabench_eval", "build", str(folder), *made[1]]
    with subprocess.Popen(call, start_new_session=True, stdout=PIPE, stderr=subprocess.STDOUT) as process:
        while process.poll() is None and not (folder / "questions.jsonl").is_file():
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
    assert not (folder / "export").exists()
    assert main(call[3:]) == 0
    other = (Path("journal.jsonl"), Path("build.yaml"))
    ended, expected = files(folder), files(made[0])
    assert {name for name in expected if name not in other and ended.get(name) != expected[name]} == set()
