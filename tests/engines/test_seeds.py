"""Seeds of sampled answers: one for each question and each time it is asked, whatever is asked beside."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from mabench_eval.benchmark.variants import expand_variants
from mabench_eval.catalogue import load_catalogue
from mabench_eval.engines.local.answer_modes import request_seed
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.openai.media import NO_IMAGES
from mabench_eval.engines.openai.messages import request_body
from mabench_eval.engines.openai.settings import ApiSettings
from mabench_eval.engines.vllm.failures import Log
from mabench_eval.engines.vllm.request_pool import RequestPool
from mabench_eval.planning.plan import make_plan
from mabench_eval.types import Clip, Question, Request


def repeated(times: int = 3) -> tuple[Request, ...]:
    """The requests of one question, asked so often."""
    asked = expand_variants([Question("S", "SAD", "c", "Does the head move?", {}, "Yes")], times)
    base: dict[str, Any] = {"model": {}, "sampling": None, "seed": 0, "repeat": 0}
    return make_plan(asked, [load_catalogue().tasks["SAD"]], {"c": Clip("c")}, base).requests


def test_every_answer_has_a_seed_of_its_own() -> None:
    requests = repeated()
    assert len({request_seed(seed, request) for seed in (0, 1) for request in requests}) == 6
    assert request_seed(0, replace(requests[0], key="key")) == 0x2ABC9A21  # sha256 of "0 key" begins so
    assert all(0 <= request_seed(0, request) < 2**32 for request in requests)


def test_vllm_is_given_another_seed_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what it hands to vLLM; vLLM itself need not be there."""
    monkeypatch.setitem(sys.modules, "vllm", SimpleNamespace(SamplingParams=dict))
    kinds = SimpleNamespace(RequestOutputKind=SimpleNamespace(FINAL_ONLY="final"))
    monkeypatch.setitem(sys.modules, "vllm.sampling_params", kinds)

    def given(**settings: Any) -> list[Mapping[str, Any]]:
        engine: Any = SimpleNamespace(model_config=SimpleNamespace(max_model_len=512))
        prompts: Any = None
        pool = RequestPool(engine, prompts, LocalSettings("org/model", **settings), 7, Log(None), {})
        return [pool._sampling(request) for request in repeated()]

    drawn = given(temperature=1.0)
    assert [each["seed"] for each in drawn] == [request_seed(7, request) for request in repeated()]
    assert [each["temperature"] for each in drawn] == [1.0] * 3
    assert not any("seed" in each for each in given())


def test_an_endpoint_is_sent_the_runs_seed_and_the_repeat() -> None:
    def sent(settings: ApiSettings) -> list[str]:
        return [asyncio.run(_whole(request, settings)) for request in repeated()]

    told = sent(ApiSettings("m", send_seed=True))
    assert [f'"seed":{seed}' in body for seed, body in zip((7, 8, 9), told, strict=True)] == [True] * 3
    assert not any("seed" in body for body in sent(ApiSettings("m")))


async def _whole(request: Request, settings: ApiSettings) -> str:
    return b"".join([piece async for piece in request_body(request, NO_IMAGES, {}, settings, 7)]).decode()
