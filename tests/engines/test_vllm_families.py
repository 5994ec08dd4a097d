"""Every family that vLLM serves, through the whole command: it is shown, and answers, what it does in transformers."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate
from mabench_eval.engines.local.settings import AnswerMode, LocalSettings
from mabench_eval.engines.vllm.model import VllmModel
from mabench_eval.engines.vllm.request_pool import RequestPool
from mabench_eval.engines.vllm.server import Server
from mabench_eval.journal.journal import read_journal
from mabench_eval.types import ClipWork
from mabench_eval.video.input_modes import InputMode
from tests.engines.asked import apart, frames, logprobs_of, needs_vllm
from tests.support.checkpoints import FAMILIES, build

pytestmark = [needs_vllm, pytest.mark.filterwarnings("ignore")]  # vLLM's own, on threads of its own

# No images for LLaVA: vLLM cuts them into tiles, more than a frame is worth. Not served by vLLM 0.32, and so not here:
# Phi-4 in the layout of transformers, of which vLLM dropped the class after 0.12 (it now runs the language model alone,
# and every question is an error), and VideoLLaMA3, which it runs by way of transformers and fails over the pictures.
MEDIA: Mapping[str, tuple[str, ...]] = {"internvl": ("images", "video"), "pixtral": ("images",)}
CASES = [
    (family.name, medium)
    for family in FAMILIES.values()
    if family.vllm_class
    for medium in MEDIA.get(family.name, ("video",))
]
ENVIRONMENT = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # on processors: one process beside this one, not two, each 10 s to start
    "TORCHDYNAMO_DISABLE": "1",  # what vLLM compiles for log-probabilities takes 2 s, in every process
}
Answers = Mapping[str, Mapping[str, Any]]
"""Question id -> record of the journal."""


@dataclass(frozen=True)
class Family:
    """A checkpoint, asked about two clips of the demo by either engine."""

    folder: Path
    settings: Mapping[str, Any]

    def ask(self, engine: str, answers: AnswerMode, shown: InputMode = "video") -> Answers:
        """All 24 questions by the whole command."""
        shorter = self.folder.with_suffix(".yaml")
        shorter.write_text("{MADU: {max_tokens: 12}, MARE: {max_tokens: 12}}")
        choices: dict[str, Any] = {"prompts": shorter, "limit": 2, "judge": "none", "output": self.folder.parent}
        choices["input"] = shown
        result = evaluate(str(self.folder), engine=engine, settings={**self.settings, "answers": answers}, **choices)
        assert result.complete
        assert result.record.identity["model"]["engine"] == engine
        found = {record["qid"]: record for record in read_journal(result.folder).answers.values()}
        assert len(found) == 24
        return found


def one_server(patch: pytest.MonkeyPatch) -> list[tuple[Server, RequestPool]]:
    """Let all runs share the first one's server, which is in the list once it has been started."""
    started: list[tuple[Server, RequestPool]] = []
    real = VllmModel._start

    def start(model: VllmModel, first: ClipWork) -> tuple[Server, RequestPool]:
        if not started:
            started.append(real(model, first))
        server, pool = started[0]
        return server, RequestPool(server.engine, pool._prompts, model._settings, model._seed, model._log, {})

    patch.setattr(VllmModel, "_start", start)
    return started


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Family]:
    pytest.importorskip("torch", reason="checkpoints are built by torch")
    name, medium = request.param
    folder = build(name, tmp_path_factory.mktemp(name) / name)
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in ENVIRONMENT.items():
            patch.setenv(variable, value)
        started = one_server(patch)
        yield Family(folder, {"dtype": "float32", "input": medium, "max_model_len": 1024, "gpu_memory": 0.2})
        # vLLM may log its end as an error: pytest would keep it, and with it a context of ZeroMQ, into another test
        patch.setattr(logging.getLogger("vllm.v1.engine.async_llm"), "disabled", True)
        started.clear()
        gc.collect()  # the server has ended before the next one starts


def test_prompts_and_greedy_answers_are_the_same(family: Family) -> None:
    ours, theirs = (family.ask(engine, "generate") for engine in ("vllm", "transformers"))
    assert lengths(ours) == lengths(theirs)
    assert min(lengths(ours).values()) > 100
    assert texts(ours) == texts(theirs)
    assert len(set(texts(ours).values())) > 12  # and are not one repeated token


def test_log_probabilities_are_the_same(family: Family) -> None:
    ours, theirs = (family.ask(engine, "logprob") for engine in ("vllm", "transformers"))
    assert lengths(ours) == lengths(theirs)
    assert texts(ours) == texts(theirs)
    closed = [qid for qid, record in theirs.items() if "logprobs" in record]
    assert len(closed) == 20
    for qid in closed:
        assert ours[qid]["logprobs"] == pytest.approx(theirs[qid]["logprobs"], abs=1e-3)
        assert ours[qid]["output_tokens"] == 1


def test_constrained_answers_are_options(family: Family) -> None:
    found = family.ask("vllm", "constrained")
    for qid, record in found.items():
        if qid.startswith(("CMAR", "FMAR")):
            assert record["text"] in [*"ABCDEFG"]
        elif not qid.startswith(("MADU", "MARE")):
            assert record["text"] in ("Yes", "No")


def test_less_than_the_video_is_the_same_too(family: Family) -> None:
    """One frame, and none: the engines agree on what ``--input`` leaves."""
    for mode in ("middle-frame", "text-only"):
        ours, theirs = (family.ask(engine, "logprob", mode) for engine in ("vllm", "transformers"))
        assert lengths(ours) == lengths(theirs)
        for qid, record in theirs.items():
            if "logprobs" in record:
                assert ours[qid]["logprobs"] == pytest.approx(record["logprobs"], abs=1e-3)


def test_pixels_and_their_order_matter(family: Family) -> None:
    model = VllmModel(LocalSettings(str(family.folder), **family.settings, answers="logprob"), 0, print)
    first = logprobs_of(model, frames())
    assert apart(first, logprobs_of(model, frames())) < 1e-3
    assert apart(first, logprobs_of(model, frames(1))) > 0.01
    assert apart(first, logprobs_of(model, frames(0, -1))) > 0.01


def lengths(found: Answers) -> dict[str, int]:
    """Tokens of each prompt."""
    return {qid: record["prompt_tokens"] for qid, record in found.items()}


def texts(found: Answers) -> dict[str, str]:
    """The answers."""
    return {qid: record["text"] for qid, record in found.items()}
