"""What a worker finds missing where it is, without Ray."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.catalogue import ModelCard, load_catalogue
from mabench_eval.engines import open_engine
from mabench_eval.execution.executor import FrameView
from mabench_eval.execution.messages import ModelSpec
from mabench_eval.execution.model_worker import ModelWorker
from mabench_eval.journal import fingerprint
from mabench_eval.video import Sampling


def failure(card: ModelCard, count: int, shown: Any = "video") -> str:
    """Why a worker cannot load the model of a run with so many frames."""
    view = FrameView(Sampling("uniform", count), shown, 0, "pyav")
    identity = fingerprint(open_engine(card, 0).identity)
    worker = ModelWorker(ModelSpec(card, 0, (), None, identity, view, {}, Path()))
    failed = worker.exchange([], keep=-1, no_more=False, timeout_s=60).failure
    assert failed
    return failed.message


@pytest.mark.parametrize(
    ("count", "shown", "refused"), [(8, "video", False), (6, "video", True), (6, "middle-frame", False)]
)
def test_a_worker_without_a_gpu_looks_at_the_runs_frames(count: int, shown: str, refused: bool) -> None:
    """InternVideo2-Chat: its packages and the permission for its code are missing in any case."""
    card = load_catalogue().model("internvideo2-chat-8b")
    told = failure(replace(card, settings={**card.settings, "device": "cpu"}), count, shown)
    assert "--trust-remote-code" in told
    assert (f"needs an NVIDIA GPU for {count} frames" in told) is refused
