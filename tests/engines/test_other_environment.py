"""A run in an environment that is really made, with another transformers: the same files as in place.

It needs the package index and a minute or two, so it is asked for: MABENCH_TEST_ENVIRONMENT=1, as `.ci/run` does.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mabench_eval import evaluate
from tests.support import standins

OTHER = "4.46.3"
CARD = f"""\
name: older
description: The transformers that the repositories' code was written for, on the processor.
python: ["{sys.version_info.major}.{sys.version_info.minor}"]
packages: [torch==2.13.0, transformers=={OTHER}]
"""

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # transformers' own
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
    pytest.mark.skipif(not os.environ.get("MABENCH_TEST_ENVIRONMENT"), reason="MABENCH_TEST_ENVIRONMENT is not set"),
]


def test_an_older_transformers_in_an_environment_of_its_own(tmp_path: Path) -> None:
    assert importlib.metadata.version("transformers") != OTHER
    repo = standins.build("internvl", tmp_path / "internvl")
    (tmp_path / "mine" / "environments").mkdir(parents=True)
    (tmp_path / "mine" / "environments" / "older.yaml").write_text(CARD)
    settings = {"repo": str(repo), "trust_remote_code": True, "dtype": "float32", "device": "cpu"}
    here = evaluate("internvl2-8b", engine="adapter", settings=settings, data="demo", judge="none", output=tmp_path)
    command = [
        sys.executable,
        "-m",
        "mabench_eval",
        "--model",
        "internvl2-8b",
        "--engine",
        "adapter",
        "--judge",
        "none",
        "--set",
        f"repo={repo}",
        "--trust-remote-code",
        "--dtype",
        "float32",
        "--device",
        "cpu",
        "--output",
        str(tmp_path / "there"),
        "--include",
        str(tmp_path / "mine"),
        "--env",
        "older",
        "--json",
    ]
    cache = {**os.environ, "MABENCH_EVAL_ENVIRONMENTS": str(tmp_path / "environments")}
    there = subprocess.run(command, env=cache, capture_output=True, text=True, check=False)
    assert there.returncode == 0, there.stderr[-3000:]
    folder = Path(json.loads(there.stdout)["folder"])
    record = json.loads((folder / "run.json").read_text())
    assert record["versions"]["transformers"] == OTHER
    assert record["environment"] == "older"
    assert here.record.versions["transformers"] != OTHER
    for name in ("samples.jsonl", "scores.json", "scores.md", "submission.json"):
        assert (folder / name).read_bytes() == (here.folder / name).read_bytes(), name
