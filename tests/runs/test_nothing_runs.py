"""A stranger's run is data: whatever its files name, no verb imports, runs or starts it."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.cli import main
from mabench_eval.runs import QUESTIONS, SETUP
from tests.support.moved_runs import WORDS, Places, make_and_move
from tests.support.traps import nothing_runs, set_trap

LINES = [line for lines in WORDS.values() for line in lines]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return make_and_move(tmp_path_factory.mktemp("moved"))


def poison(run: Path, trap: Path, *, early: bool) -> None:
    """Every path and name in the files of a run leads into the trap; the hashes are those of the poisoned files.

    ``early``: the run is one of an early version, which kept no questions, so that they are looked for.
    """
    setup = json.loads((run / SETUP).read_text())
    for task in setup["tasks"]:
        task["source"] = str(trap / "own" / "tasks" / "evil.yaml")
        if task.get("rubric"):
            task["rubric"] = str(trap / "evil.py")
    setup["include"] = [str(trap / "evil.py")]
    (run / SETUP).write_text(json.dumps(setup))

    record = json.loads((run / "run.json").read_text())
    evil: dict[str, Any] = {
        "model": str(trap / "evil.py"),
        "include": [str(trap / name) for name in ("evil.py", "evil", "own")],
        "prompts": str(trap / "prompts.yaml"),
        "judge": "evil",
        "judge_settings": {"base_url": "file:///", "model_id": str(trap / "evil.py")},
        "settings": {
            "repo": str(trap / "weights"),
            "trust_remote_code": True,
            "template": str(trap / "evil.py"),
            "adapter": str(trap / "evil.py"),
            "lora": str(trap / "weights"),
        },
        "engine": "adapter",
        "env": str(trap / "bin" / "python"),
        "flags": str(trap / "evil.py"),
        "shots_data": str(trap / "evil.py"),
        "workers": 2,
        "ray": "evil:6379",
        "output": str(trap / "output"),
    }
    record["config"] |= evil
    record |= {
        "model": str(trap / "evil.py"),
        "command": f"sh -c 'touch {trap}/SPRUNG'",
        "environment": str(trap / "bin" / "python"),
        "decoder": str(trap / "evil.py"),
        "engine": {"python": str(trap / "bin" / "python"), "ray_state": str(trap)},
    }
    if early:
        del record["material"]
        record["config"]["data"] = str(trap / "own")
        record["benchmark"] |= {"file": str(run / QUESTIONS), "clips": str(trap)}
    else:
        record["material"] = {name: sha256((run / name).read_bytes()).hexdigest() for name in (QUESTIONS, SETUP)}
    (run / "run.json").write_text(json.dumps(record))

    scores = json.loads((run / "scores.json").read_text())
    for judge in scores["judges"]:
        judge |= {"name": "evil", "model_id": str(trap / "evil.py")}
    scores["model"] = str(trap / "evil.py")
    (run / "scores.json").write_text(json.dumps(scores))


@pytest.mark.parametrize("early", [False, True], ids=["with its questions", "of an early version"])
@pytest.mark.parametrize("line", LINES)
def test_no_verb_runs_what_a_run_names(
    line: str,
    early: bool,
    moved: Places,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = moved.copied(tmp_path)
    trap = tmp_path / "trap"
    mark = set_trap(trap)
    for run in (places.run, places.other, *places.shards):
        poison(run, trap, early=early)
    monkeypatch.chdir(trap)  # so that names without a folder lead into it as well
    (tmp_path / "out").mkdir()
    with nothing_runs(tmp_path):
        code = main(places.words(line, tmp_path / "out"))
    captured = capsys.readouterr()
    assert not mark.exists()
    assert "Traceback" not in captured.err
    assert not (trap / "output").exists()  # nothing is written where a record says either
    if not early:  # what is poisoned is none of what these verbs need
        assert code == (3 if line == "judge RUN --judge lexical" else 0), captured.err


def test_the_judge_that_a_record_names_is_not_loaded(
    moved: Places, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = moved.copied(tmp_path)
    mark = set_trap(tmp_path / "trap")
    poison(places.run, tmp_path / "trap", early=False)
    for name in ("evil", str(tmp_path / "trap" / "evil.py"), "../trap/evil.py"):
        with nothing_runs(tmp_path):
            assert main(["judge", str(places.run), "--judge", name]) == 2
        assert f"no judge named {name!r}" in capsys.readouterr().err
    assert not mark.exists()


@pytest.mark.parametrize("name", ["run.json", "scores.json", "samples.jsonl", QUESTIONS, SETUP, "submission.json"])
def test_a_pipe_or_a_device_is_no_file_of_a_run(
    name: str, moved: Places, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They could be read for ever."""
    places = moved.copied(tmp_path)
    line = "submit RUN -o out.json"
    for make in (os.mkfifo, lambda path: Path(path).symlink_to("/dev/zero")):
        (places.run / name).unlink()
        make(places.run / name)
        assert main(places.words(line, tmp_path)) == 2
        assert f"{name}: a pipe or a device, not a file" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["judge RUN --judge lexical", "merge SHARD SHARD2"])
def test_a_journal_that_leads_elsewhere_is_not_written(
    line: str, moved: Places, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = moved.copied(tmp_path)
    precious = tmp_path / "precious"
    precious.write_text("all my notes\n")
    joined = places.shards[0].parent / places.run.name
    for run in (places.run, joined):
        run.mkdir(exist_ok=True)
        (run / "journal.jsonl").unlink(missing_ok=True)
        (run / "journal.jsonl").symlink_to(precious)
    assert main(places.words(line, tmp_path)) == 3
    assert "it is a link" in capsys.readouterr().err
    for run in (places.run, joined):
        (run / "journal.jsonl").unlink()
        (run / "lock").unlink(missing_ok=True)
        (run / "lock").symlink_to(precious)
    assert main(places.words(line, tmp_path)) == 3
    assert "lock is a link" in capsys.readouterr().err
    assert precious.read_text() == "all my notes\n"
