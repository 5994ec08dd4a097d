"""The README is true: its commands run, its table is the leaderboard's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.tables import number
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN
from tests.support.paths import ROOT
from tests.support.scripted_server import Reply, ScriptedServer

README = (ROOT / "README.md").read_text(encoding="utf-8")
SET_UP = 2
"""The first two blocks of commands set up an environment; `.ci/run` runs them on a fresh one."""


def reply(body: dict[str, Any], before: int) -> Reply:
    """A verdict where one is asked for, else B."""
    verdict = {level: {"reason": "as scripted", "score": 3} for level in ("L1", "L2", "L3")}
    return Reply(json.dumps(verdict) if "response_format" in body else "B")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder with the README's own files in it; all commands run there, one after the other."""
    folder = tmp_path_factory.mktemp("readme")
    for block in [*blocks("python"), *blocks("yaml")]:
        (folder / block.splitlines()[0].removeprefix("# ")).write_text(block, encoding="utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks("sh")[SET_UP:])
def test_every_command_runs(folder: Path, block: str) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with ScriptedServer(reply) as server:  # stands in for the endpoint of the commands that need one
        env = {**os.environ, "PATH": path, "BASE_URL": server.base_url}
        done = subprocess.run(["bash", "-euc", block], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_set_up_is_two_blocks_of_commands() -> None:
    first, second = blocks("sh")[:SET_UP]
    assert first.splitlines()[-1].endswith("-m mabench_eval --model motion --data demo --tasks all")
    assert "-m pytest" in second.splitlines()[-1]


def test_the_ten_line_model_has_ten_lines() -> None:
    assert len(blocks("python")[0].strip().splitlines()) - 3 <= 10  # its name and two blank lines apart


@pytest.mark.parametrize("model", ["motion", "constant", "random"])
def test_the_table_is_the_committed_entries(model: str) -> None:
    (entry,) = (ROOT / "leaderboard" / "entries").glob(f"{model}-demo-*.json")
    scores = json.loads(entry.read_text(encoding="utf-8"))["scores"]
    closed = [scores["tasks"][task]["accuracy"] for task in OFFICIAL_CLOSED]
    levels = [scores["tasks"][task]["levels"][level] for task in OFFICIAL_OPEN for level in LEVELS]
    figures = [*closed, scores["closed_avg"], *levels, scores["open_avg"], scores["final"]]
    assert f"| {model} | {' | '.join(map(number, figures))} |" in README.splitlines()
