"""The parts of the engine vllm that need no vLLM: what it would be given, and what is made of its failures."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mabench_eval.catalogue import ModelCard
from mabench_eval.engines.local import engine as local
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.transformers import TransformersEngine
from mabench_eval.engines.vllm import VllmEngine, engine, failures, request_pool, versions
from mabench_eval.engines.vllm.arguments import engine_settings, model_length
from mabench_eval.engines.vllm.given_arguments import SET_OTHERWISE, given_problems
from mabench_eval.engines.vllm.inputs import Prompts, video_metadata
from mabench_eval.engines.vllm.lora import LoraAdapter
from mabench_eval.engines.vllm.model import usage_line
from mabench_eval.engines.vllm.preprocessing import Preprocessor
from mabench_eval.packages import install_command
from mabench_eval.types import ClipWork, Frames
from tests.engines.asked import LANGUAGE, SYSTEM, clip_of, frames, request, write_adapter

SIGHT = "model.visual.blocks.0.attn.proj"


def card(**settings: Any) -> ModelCard:
    return ModelCard("tiny", "vllm", "", settings=settings)


def problems(monkeypatch: pytest.MonkeyPatch, **settings: Any) -> str:
    """What stands in the way besides the checkpoint's own files, on a machine that has vLLM."""
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name == "vllm" else real(name))
    monkeypatch.setattr(engine, "_has_device", lambda: True)
    monkeypatch.setattr(local, "hub_problems", lambda given: [])
    return "\n".join(VllmEngine(card(repo="org/model", **settings), 0).problems())


def test_an_adapter_that_vllm_would_leave_out_in_part_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """vLLM drops the part of the vision tower with a line in its log, and answers as if nothing were."""
    good, bad = write_adapter(tmp_path / "good", LANGUAGE), write_adapter(tmp_path / "bad", LANGUAGE, SIGHT)
    large = write_adapter(tmp_path / "large", LANGUAGE, rank=600)
    assert problems(monkeypatch, lora=str(good)) == ""
    told = problems(monkeypatch, lora=str(bad))
    assert "visual.blocks.0" in told
    assert "--engine transformers" in told
    assert "rank 600" in problems(monkeypatch, lora=str(large))


def test_a_damaged_adapter_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_adapter(tmp_path / "adapter", LANGUAGE)
    (folder / "adapter_model.safetensors").write_bytes(b"\xff" * 40)
    assert "cannot be read" in problems(monkeypatch, lora=str(folder))


def test_a_card_that_names_other_engines_says_which_to_take(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        problems(monkeypatch, environments={"transformers": "transformers-5"})
        == "vllm cannot run it: --engine transformers"
    )


def test_a_missing_package_and_a_missing_gpu_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    tiny = VllmEngine(card(repo=str(tmp_path)), 0)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert tiny.problems() == [f"engine vllm needs vllm: {install_command('vllm')}"]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(engine, "_is_cpu_build", lambda: False)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [])
    monkeypatch.setattr(engine, "_DEVICES", ("no such device*",))
    (told,) = tiny.problems()
    assert "needs a GPU" in told
    assert "--engine transformers" in told


def test_room_for_prompt_and_answer() -> None:
    """By hand: 1.25 x 8 x 680 = 6,800 of frames, 4,096 of text, 8 of answer = 10,904, in whole 1,024s: 11,264."""
    seen = Frames(np.zeros((8, 1080, 1296, 3), np.uint8), tuple(range(8)), (0.0,) * 8, 30.0, 60)
    first = clip_of(0, seen)
    settings = LocalSettings("org/model", frame_tokens=680)
    assert model_length(settings, first, None) == 11264
    assert model_length(settings, first, 8192) == 8192
    assert model_length(replace(settings, context=4096), first, 8192) == 4096
    assert model_length(LocalSettings("org/model"), first, 8192) is None
    alone = ClipWork(first.clip, None, first.requests)
    assert model_length(LocalSettings("org/model"), alone, None) == 17408  # 16,384 and 8, in whole 1,024s


def test_arguments_of_the_engine_may_be_given_and_count_where_answers_depend_on_them() -> None:
    """A batch size computes the same in other portions; what is not known to be so is another model."""
    plain = VllmEngine(card(repo="org/model"), 0).identity
    assert "vllm" not in plain
    faster = VllmEngine(card(repo="org/model", vllm={"max_num_seqs": 512, "performance_mode": "balanced"}), 0)
    assert faster.identity == plain
    given = {"quantization": "fp8", "max_num_seqs": 512, "hf_overrides": {"a": 1}}
    other = VllmEngine(card(repo="org/model", vllm=given), 0)
    assert other.identity == {**plain, "vllm": {"hf_overrides": {"a": 1}, "quantization": "fp8"}}
    elsewhere = TransformersEngine(ModelCard("tiny", "transformers", "", settings=other._card.settings), 0)
    assert "vllm" not in elsewhere.identity  # a card may name both engines


def fake_vllm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed vLLM, as far as the source of its arguments goes; importing it fails."""
    source = folder / "vllm" / "engine" / "arg_utils.py"
    source.parent.mkdir(parents=True)
    source.write_text(
        "import no_such_module\n"
        "class EngineArgs:\n    model: str = 'a'\n    max_num_seqs: int | None = None\n    dtype = 'auto'\n"
        "class AsyncEngineArgs(EngineArgs):\n    enable_log_requests: bool = False\n"
    )
    (folder / "vllm" / "__init__.py").write_text("raise ImportError\n")
    monkeypatch.syspath_prepend(str(folder))
    versions.engine_argument_names.cache_clear()


def test_an_argument_that_vllm_does_not_have_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as here:
        fake_vllm(tmp_path, here)
        told = given_problems(LocalSettings("org/model", vllm={"max_num_seq": 1, "enable_log_requests": True}))
        assert told == [
            "--set vllm.max_num_seq: the vllm that is installed has no such engine argument; "
            "did you mean 'max_num_seqs'?"
        ]
        assert given_problems(LocalSettings("org/model", vllm={"max_num_seqs": 1})) == []
    versions.engine_argument_names.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert given_problems(LocalSettings("org/model", vllm={"max_num_seq": 1})) == []  # told where vllm is
    versions.engine_argument_names.cache_clear()


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("dtype", "--dtype"),
        ("max_model_len", "--max-model-len"),
        ("mm_processor_kwargs", "--set processor.NAME=VALUE"),
        ("tensor_parallel_size", "--tensor-parallel"),
        ("enable_lora", "--lora"),
    ],
)
def test_an_argument_that_has_an_option_is_refused(name: str, option: str) -> None:
    (told,) = given_problems(LocalSettings("org/model", vllm={name: 1}))
    assert told == f"--set vllm.{name}: this argument of vllm follows {option}"


def test_every_argument_that_is_set_here_is_refused_or_may_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those that the library gives, two are choices of its own; all others follow an option."""
    monkeypatch.setattr(versions, "on_cpu", lambda: True)
    settings = LocalSettings("org/model", vllm={"enable_prefix_caching": False})
    made = engine_settings(settings, 0, clip_of(0), 8192, {}, LoraAdapter(Path("a"), 8))
    assert made.keys() - SET_OTHERWISE.keys() == {"enable_prefix_caching", "enforce_eager"}
    assert made["enable_prefix_caching"] is False


class PlainProcessor:
    """Takes messages of plain text alone, like the processors of code from a repository."""

    bos_token = None
    chat_template = "template"

    def apply_chat_template(self, messages: list[dict[str, Any]], **_: Any) -> str:
        return "".join(f"<{message['role']}>" + message["content"] + "</>" for message in messages)

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
        return {"input_ids": list(text.encode())}


def test_a_family_with_a_template_of_plain_text_is_asked_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mabench_eval.engines.vllm.inputs.replaces_bare_video_token", lambda processor: False)
    prompts = Prompts(PlainProcessor(), LocalSettings("org/model", input="images"), "phi4mm")
    given = prompts.prompt(request("How?"), prompts.media(frames(count=2)))
    words = f"<user><|image_1|><|image_2|>{SYSTEM}\n\nHow?</>"
    assert bytes(given["prompt_token_ids"]).decode() == words
    assert len(given["multi_modal_data"]["image"]) == len(given["multi_modal_uuids"]["image"]) == 2


def test_the_id_of_a_video_is_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pixels, their order, and the times: vLLM takes what it knows by an id for the same, unseen."""
    monkeypatch.setattr("mabench_eval.engines.vllm.inputs.replaces_bare_video_token", lambda processor: False)
    prompts = Prompts(PlainProcessor(), LocalSettings("org/model"), "qwen3_vl")

    def name(seen: Frames) -> str:
        return str(prompts.media(seen).parts["multi_modal_uuids"]["video"][0])

    assert name(frames()) == name(frames())
    later = replace(
        frames(),
        indices=tuple(i + 1 for i in frames().indices),
        timestamps=tuple(time + 1 / 30 for time in frames().timestamps),
    )
    assert len({name(seen) for seen in (frames(), frames(1), frames(0, -1), later)}) == 4
    assert video_metadata(frames())["duration"] == 2.0  # 60 frames at 30 a second


@pytest.mark.parametrize(
    "told",
    [
        "The decoder prompt (length 900) is longer than the maximum model length of 512. Make sure that",
        "The decoder prompt (length 900) plus the number of requested output tokens (at least 1) is longer than the "
        "maximum model length of 512.",
        "This model's maximum context length is 512 tokens. However, your prompt contains 900 input tokens, which"
        " exceeds",
    ],
)
def test_a_prompt_too_long_is_told_apart(told: str) -> None:
    assert failures.too_long(ValueError(told)) == 900
    assert failures.too_long(ValueError("no such thing")) is None
    error = failures.context_too_small(LocalSettings("org/model"), 512, 900, 300)
    assert "--max-model-len 2048" in error.hint  # 1,200, in whole 1,024s


def test_the_engine_is_idle_between_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Busy from 10 to 13 with two requests that overlap, idle to 14, busy to 16: 5 s and 1 s, none before the first."""
    times = iter([10.0, 13.0, 14.0, 16.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(times))
    clock = request_pool.BusyClock()
    for step in (clock.enter, clock.enter, clock.leave, clock.leave, clock.enter, clock.leave):
        step()
    assert (clock.busy_s, clock.idle_s) == (5.0, 1.0)
    usage = {"idle_share": 1 / 6, "seconds": 6.0, "clips": 4, "preprocessing_seconds": 1.2, "preprocessing_threads": 2}
    assert usage_line(usage) == (
        "vllm had nothing to do in 17% of 6 s; preparing the frames took 1.2 s of processor time on 2 threads, "
        "0.30 s a clip"
    )
    assert usage_line({**usage, "preprocessing_seconds": 0.0}) == "vllm had nothing to do in 17% of 6 s"


def test_clips_are_prepared_on_several_threads_each_with_a_processor_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two clips wait for each other: on one thread neither would end."""
    both = threading.Barrier(2, timeout=30)
    made_on: list[int] = []

    def new_processor() -> Any:
        made_on.append(threading.get_ident())

        def process(prompts: Sequence[Any]) -> list[Any]:
            both.wait()
            return [f"{prompt['prompt_token_ids']} on {threading.get_ident()}" for prompt in prompts]

        return process

    monkeypatch.setattr(versions, "media_processors", lambda engine: new_processor)
    monkeypatch.setattr(versions, "one_torch_thread", lambda: None)
    preprocessor = Preprocessor(None, threads=2)
    clips = [[{"prompt_token_ids": [number], "multi_modal_data": {}}] for number in range(2)]

    async def ready() -> list[Any]:
        prepared = await asyncio.gather(*(preprocessor.ready(clip) for clip in clips))
        return [prompt for clip in prepared for prompt in clip]

    made = asyncio.run(ready())
    assert len(set(made_on)) == 2 and len({text.split(" on ")[1] for text in made}) == 2
    assert [text.split(" on ")[0] for text in made] == ["[0]", "[1]"] and preprocessor.seconds > 0

    plain = [{"prompt_token_ids": [1]}]
    assert asyncio.run(preprocessor.ready(plain)) is plain  # nothing to prepare
    monkeypatch.setattr(versions, "media_processors", lambda engine: None)
    own = Preprocessor(None)  # a version that has vLLM's one thread alone
    assert own.threads == 1 and asyncio.run(own.ready(clips[0])) is clips[0]


LOGGED = """2026 (EngineCore) ERROR EngineCore failed to start.
Traceback (most recent call last):
  File "worker.py", line 1, in start
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.
2026 (EngineCore) ERROR Worker failed. Traceback
RuntimeError: Engine core initialization failed. See root cause above.
"""


def test_the_cause_is_read_from_the_log_and_says_the_way_on(tmp_path: Path) -> None:
    log = failures.Log(tmp_path)
    assert log.cause() == ""
    assert log.file is not None
    log.file.write_text(LOGGED)
    error = failures.start_failed(LocalSettings("org/model"), RuntimeError("see above"), log, 0)
    assert "CUDA out of memory" in error.message
    assert "--tensor-parallel" in error.hint
    assert log.cause(log.size()) == ""


@pytest.mark.parametrize(
    ("told", "way_on"),
    [
        ("OSError: You are trying to access a gated repo. 401 Client Error", "https://huggingface.co/org/model"),
        ("ValueError: User-specified max_model_len (9) is greater than the derived max_model_len", "smaller"),
        ("ValueError: set the option trust_remote_code=True", "--trust-remote-code"),
        ("ValueError: LlavaOnevision does not support LoRA yet.", "--engine transformers"),
        ("ValueError: No available memory for the cache blocks.", "--gpu-memory"),
        ("ValueError: something else", "__main__"),
    ],
)
def test_every_failure_to_start_names_a_way_on(told: str, way_on: str) -> None:
    kind, words = told.split(": ", 1)
    error = type(kind, (Exception,), {})(words)
    assert way_on in failures.start_failed(LocalSettings("org/model"), error, failures.Log(None), 0).hint
