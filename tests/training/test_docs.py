"""docs/fine-tuning.md: its commands run, and what it says of files is so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "fine-tuning.md").read_text(encoding="utf-8")


def test_its_commands_run_and_make_the_files_that_it_names(tmp_path: Path) -> None:
    (commands,) = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euc", commands],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name in ("sharegpt.jsonl", "dataset_info.json", "train.jsonl", "corpus.json", "recipes/lm.yaml"):
        assert name in PAGE or Path(name).name in PAGE
        assert (tmp_path / "corpus" / name).is_file()
    assert (tmp_path / "corpus" / "adapters" / "vision" / "corpus.json").is_file()
