"""A clip on vLLM's own server, as one video: what the engine vllm gives the model, its times too."""

from __future__ import annotations

import asyncio
import gc
import io
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mabench_eval import evaluate
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.openai.endpoint import Endpoint
from mabench_eval.engines.openai.messages import Bodies
from mabench_eval.engines.openai.settings import ApiSettings
from mabench_eval.engines.vllm.model import VllmModel
from mabench_eval.types import AnswerKind, Clip, ClipWork, Frames
from tests.engines.asked import OPTIONS, WHICH, frames, needs_vllm, request
from tests.engines.test_vllm_families import ENVIRONMENT
from tests.support.checkpoints import build

pytestmark = [needs_vllm, pytest.mark.filterwarnings("ignore")]  # vLLM's own, on threads of its own

ASKED = request(WHICH, AnswerKind.CHOICE)
VOCABULARY = 512
"""Tokens of the checkpoint: the server gives the log-probabilities of all."""
MARKED, BARE = "<|vision_start|><|video_pad|><|vision_end|>", "<|video_pad|>"
"""What the template of Qwen3-VL writes for a video, and what of it the processor of transformers 5.10 replaces."""


@pytest.fixture(scope="module", autouse=True)
def environment() -> Iterator[None]:
    """Of server and engine: see test_vllm_families.py."""
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in ENVIRONMENT.items():
            patch.setenv(variable, value)
        yield


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch", reason="checkpoints are built by torch")
    return build("qwen3_vl", tmp_path_factory.mktemp("vllm") / "qwen3_vl", image_size=320)


@pytest.fixture(scope="module")
def base_url(checkpoint: Path) -> Iterator[str]:
    """vLLM's server with the checkpoint: half a minute."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options: dict[str, Any] = {"model": checkpoint, "served-model-name": "tiny", "port": port, "dtype": "float32"}
    options |= {"max-model-len": 2048, "gpu-memory-utilization": 0.2, "max-logprobs": VOCABULARY}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    words += ["--enforce-eager", "--trust-request-mm-kwargs", "--trust-request-chat-template"]
    log = checkpoint.with_suffix(".log")
    with log.open("wb") as stream:
        server = subprocess.Popen(
            [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--host", "127.0.0.1", *words],
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            while not answers(f"{url}/health"):
                assert server.poll() is None, log.read_text(errors="replace")[-3000:]
                time.sleep(0.5)
            yield f"{url}/v1"
        finally:
            server.terminate()
            server.wait(30)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def engine(checkpoint: Path, base_url: str) -> Iterator[VllmModel]:
    """The engine vllm on the same checkpoint; after the server, which would find its memory taken."""
    settings = LocalSettings(str(checkpoint), dtype="float32", answers="logprob", max_model_len=2048, gpu_memory=0.2)
    model = VllmModel(settings, 0, print)
    yield model
    model._server = model._pool = None
    gc.collect()


def served(base_url: str, shown: Frames, **extra: Any) -> tuple[int, dict[str, float]]:
    """Tokens of the prompt, and the log-probability of each option, as the server has them."""
    extra |= {"logprobs": True, "top_logprobs": VOCABULARY}
    settings = ApiSettings("tiny", base_url, send="frames", jpeg_quality=100, extra_body=extra)
    bodies = Bodies(settings, 0, lambda clip: shown)
    body = bodies.body(ASKED, bodies.encode(ClipWork(Clip("c"), shown, (ASKED,))), schema=False)

    async def ask() -> Any:
        async with Endpoint(base_url, None, 60) as endpoint:
            return await endpoint.complete(body)

    reply = asyncio.run(ask())
    found = {each["token"]: each["logprob"] for each in reply["choices"][0]["logprobs"]["content"][0]["top_logprobs"]}
    return reply["usage"]["prompt_tokens"], {option: found[option] for option in OPTIONS}


def as_sent(shown: Frames) -> Frames:
    """The frames as whoever opens their JPEGs has them: the engine vllm gets the same pixels."""
    pixels = []
    for picture in shown.pixels:
        stream = io.BytesIO()
        Image.fromarray(picture).save(stream, "JPEG", quality=100)
        pixels.append(np.asarray(Image.open(stream).convert("RGB")))
    return replace(shown, pixels=np.stack(pixels))


def uneven() -> Frames:
    """Frames that come at no constant rate: their times are told by milliseconds."""
    times = (0.1, 0.35, 0.5, 0.85, 1.1, 1.2, 1.65, 1.9)
    return replace(frames(3), timestamps=times)


def later() -> Frames:
    """The same frames of a clip that is longer: other times alone."""
    shown = frames(1)
    times = tuple(seconds + 7 for seconds in shown.timestamps)
    return replace(shown, indices=tuple(i + 210 for i in shown.indices), timestamps=times, total=300)


CASES = {
    "eight": frames(1),
    "later": later(),
    "one": frames(2, count=1),
    "three": frames(4, count=3),
    "uneven": uneven(),
}


@pytest.mark.parametrize("name", CASES)
def test_a_video_on_the_server_is_the_engines(name: str, base_url: str, engine: VllmModel, checkpoint: Path) -> None:
    shown = CASES[name]
    (response,) = engine.generate([ClipWork(Clip("c"), as_sent(shown), (ASKED,))])
    assert (response.error, response.logprobs is None) == (None, False)

    template = (checkpoint / "chat_template.jinja").read_text()
    assert template.count(MARKED) == 1
    tokens, found = served(base_url, shown, chat_template=template.replace(MARKED, BARE))
    assert tokens == response.prompt_tokens
    assert found == pytest.approx(response.logprobs, abs=1e-3)


def test_times_reach_the_model(base_url: str) -> None:
    near, far = served(base_url, CASES["eight"]), served(base_url, CASES["later"])
    assert near[0] == far[0]  # 0.2 or 7.2 seconds: as many characters
    assert max(abs(near[1][option] - far[1][option]) for option in OPTIONS) > 1e-3


def test_the_servers_own_template_leaves_a_second_pair_of_marks(
    base_url: str, engine: VllmModel, checkpoint: Path
) -> None:
    """With transformers 5.10 and later; docs/endpoints.md says how to start a server without it."""
    (response,) = engine.generate([ClipWork(Clip("c"), as_sent(frames(1)), (ASKED,))])
    assert response.prompt_tokens is not None
    assert served(base_url, frames(1))[0] == response.prompt_tokens + 2


@pytest.mark.parametrize("send", ["images", "frames", "clip"])
def test_a_whole_run(send: str, base_url: str, tmp_path: Path) -> None:
    """What the preflight tries by a tiny request, the run then gets through."""
    settings = {"base_url": base_url, "send": send, **({} if send == "clip" else {"max_side": 160})}
    result = evaluate("tiny", "closed", engine="openai", settings=settings, limit=1, judge="none", output=tmp_path)
    assert (result.complete, len(result.samples)) == (True, 10)
