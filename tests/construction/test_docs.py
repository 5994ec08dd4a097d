"""docs/building-a-benchmark.md is true: its tracker runs, and its commands are those that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from mabench_eval.cli import main
from mabench_eval.cli.parser import parse
from mabench_eval.construction.intake.labels import KEYS
from tests.construction.scripted import write_clips
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "building-a-benchmark.md").read_text(encoding="utf-8")
COMMANDS = [line.split("#")[0].strip() for line in PAGE.splitlines() if line.startswith("    mabench-eval build")]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_can_be_given(command: str) -> None:
    assert parse(shlex.split(command)[1:]).verb == "build"


def test_the_tracker_on_the_page_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "brightness.py").write_text(code)
    clips, labels = write_clips(tmp_path, "ab")
    folder = str(tmp_path / "mine")
    assert main(["build", folder, "init", "--clips", str(clips), "--labels", str(labels)]) == 0
    include = ["--include", str(tmp_path / "brightness.py")]
    assert main(["build", folder, "track", "--tracker", "brightness", *include, "--jobs", "1"]) == 0
    assert len((tmp_path / "mine" / "descriptors.jsonl").read_text().splitlines()) == 2


def test_all_names_of_columns_are_on_the_page() -> None:
    assert [name for names in KEYS.values() for name in names if f"`{name}`" not in PAGE] == []
