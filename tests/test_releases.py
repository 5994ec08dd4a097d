"""What runs elsewhere, on GitHub and in an image: commands are this repository's, versions those of the cards."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.cli.parser import parse
from mabench_eval.parsing import read_toml, read_yaml
from tests.support.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = read_yaml(file).value["jobs"]
    return found


def commands(file: Path) -> Iterator[str]:
    for job in jobs(file).values():
        yield from (step["run"] for step in job["steps"] if "run" in step)


def test_there_is_one_for_tests_for_rows_and_for_releases() -> None:
    assert [file.stem for file in WORKFLOWS] == ["leaderboard", "release", "tests"]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_may_do_no_more_than_it_must(file: Path) -> None:
    """Read the repository; publishing alone may ask for an identity. Each ends some time, and nothing is a secret."""
    assert read_yaml(file).value["permissions"] == {"contents": "read"}
    asking = {name: job["permissions"] for name, job in jobs(file).items() if "permissions" in job}
    assert asking == ({"publish": {"id-token": "write"}} if file.stem == "release" else {})
    assert all("timeout-minutes" in job for name, job in jobs(file).items() if name != "publish")
    assert "secrets." not in file.read_text(encoding="utf-8")


def test_their_commands_are_ours() -> None:
    words = [shlex.split(command) for file in WORKFLOWS for command in commands(file)]
    ours = [rest for first, *rest in words if first == "mabench-eval"]
    assert [parse(rest).verb for rest in ours] == ["leaderboard", "leaderboard"]
    assert ["python", "-m", "pytest", "-n", "auto", "--dist", "loadfile"] in words
    assert [".ci/run"] in words
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100


def test_each_python_that_is_promised_is_tried() -> None:
    classifiers = read_toml(ROOT / "pyproject.toml")["project"]["classifiers"]
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(classifiers))
    tests = next(file for file in WORKFLOWS if file.stem == "tests")
    assert jobs(tests)["pythons"]["strategy"]["matrix"]["python"] == promised


def test_the_image_has_the_vllm_of_the_newest_environment() -> None:
    (version,) = re.findall(r"^FROM vllm/vllm-openai:v(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    packages = [package for card in load_catalogue().environments.values() for package in card.packages]
    versions = [package.removeprefix("vllm==") for package in packages if package.startswith("vllm==")]
    assert version == max(versions, key=lambda text: tuple(map(int, text.split("."))))
