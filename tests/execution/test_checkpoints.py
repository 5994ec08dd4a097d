"""A checkpoint in workers on Ray answers as in one process, with each engine that is installed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray", reason="the extra `ray` is not installed")
pytest.importorskip("torch", reason="checkpoints are built by torch")

from mabench_eval import evaluate
from tests.engines.asked import needs_vllm
from tests.support.benchmarks import read_files
from tests.support.checkpoints import build

pytestmark = pytest.mark.filterwarnings("ignore")  # of the engines, on threads of their own


def compared(folder: Path, engine: str, workers: int, **settings: Any) -> None:
    """The files of a run in this process and of one on workers, on two clips of the demo."""
    os.environ |= {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
    checkpoint = build("qwen3_vl", folder / "tiny", **({"image_size": 320} if engine == "vllm" else {}))
    choices: dict[str, Any] = {"limit": 2, "engine": engine, "settings": {"dtype": "float32", **settings}}
    alone = evaluate(str(checkpoint), judge="none", output=folder / "alone", **choices)
    spread = evaluate(str(checkpoint), judge="none", output=folder / "spread", workers=workers, **choices)
    assert (spread.complete, len(spread.samples)) == (True, 24)
    assert read_files(spread.folder) == read_files(alone.folder)


def test_transformers_on_two_workers(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    compared(tmp_path, "transformers", 2, device="cpu")


@needs_vllm
def test_vllm_on_a_worker(tmp_path: Path) -> None:
    compared(tmp_path, "vllm", 1, max_model_len=2048, gpu_memory=0.2)
    survivors = subprocess.run(["pgrep", "-f", "EngineCore"], capture_output=True, text=True, check=False).stdout
    assert survivors == "", "vLLM's process has outlived its worker, and would hold the GPU"
