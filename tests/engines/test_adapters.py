"""Adapters of models that only their own code runs, against stand-ins that check what they are given."""

from __future__ import annotations

import importlib.util
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mabench_eval import evaluate
from mabench_eval.catalogue import load_catalogue
from mabench_eval.engines import open_engine
from mabench_eval.engines.adapter import Checkpoint
from mabench_eval.engines.local import LocalSettings
from mabench_eval.errors import InputError, ModelError
from mabench_eval.types import Clip, ClipWork, Frames
from tests.catalogue.test_adding_a_model import write_page
from tests.support import standins
from tests.support.standins.asking import IMAGENET, QUESTION, SYSTEM, ask, frames, means, one, request

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # transformers' own
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
]


@pytest.fixture(scope="module")
def internvl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return standins.build("internvl", tmp_path_factory.mktemp("standins") / "internvl")


@pytest.mark.parametrize("model", ["internvl2-8b", "internvl2.5-8b", "internvideo2.5-chat-8b"])
def test_internvl_sees_every_frame_as_a_tile_in_order(model: str, internvl: Path) -> None:
    seen = frames()
    tags = "".join(f"Frame{number}: <image>\n" for number in range(1, 9))
    told = " ".join(f"{value:.3f}" for value in means(seen, 448, *IMAGENET))
    text = one(model, internvl, seen)
    assert f"I saw {told}." in text
    system = "<|im_start|>system\nI am the stand-in of InternVL.<|im_end|>"
    user = f"<|im_start|>user\n{tags}{SYSTEM}\n\n{QUESTION}<|im_end|>"
    assert text.endswith(f"I was asked: {system}{user}<|im_start|>assistant")
    backwards = replace(seen, pixels=seen.pixels[::-1])
    assert " ".join(reversed(told.split())) in one(model, internvl, backwards)


def test_the_call_fails_on_one_clip_and_the_others_go_on(internvl: Path) -> None:
    """A stand-in that takes eight frames at most, given a clip of nine; and a clip that cannot be prepared."""
    bad = Frames(np.zeros((8, 4, 4, 2), np.uint8), tuple(range(8)), (0.0,) * 8, 30.0, 60)
    works = [
        ClipWork(Clip(str(number)), seen, (request(f"{number} first"), request(f"{number} second")))
        for number, seen in enumerate((frames(), bad, frames(9), frames()))
    ]
    found = {response.key: response.error for response in ask("internvl2-8b", internvl, *works)}
    assert [key for key, error in found.items() if error is None] == ["0 first", "0 second", "3 first", "3 second"]
    assert "cannot be prepared" in str(found["1 second"])
    assert "at most 8 tiles" in str(found["2 first"])


def test_a_run_needs_permission_for_the_repositorys_code(internvl: Path, tmp_path: Path) -> None:
    choices: dict[str, Any] = {"engine": "adapter", "data": "demo", "limit": 1, "judge": "none", "output": tmp_path}
    with pytest.raises(InputError) as caught:
        evaluate("internvl2-8b", settings={"repo": str(internvl)}, **choices)
    assert "--trust-remote-code" in "\n".join(caught.value.problems)
    result = evaluate("internvl2-8b", settings={"repo": str(internvl), "trust_remote_code": True}, **choices)
    assert result.scores.outcomes["error"] == 0
    assert result.record.identity["model"]["adapter"]


def test_what_adapters_cannot_do_is_said_before_the_run(internvl: Path) -> None:
    card = load_catalogue().model("internvl2-8b")
    given = {**card.settings, "repo": str(internvl), "trust_remote_code": True, "answers": "logprob", "lora": "x/y"}
    engine = open_engine(replace(card, engine="adapter", settings={**given, "adapter": "adapters/none.py"}), seed=0)
    told = "\n".join(engine.problems())
    for word in ("--answers logprob", "--lora", "none.py"):
        assert word in told


def test_a_repository_whose_code_breaks_is_one_clear_error(internvl: Path, tmp_path: Path) -> None:
    import shutil

    broken = Path(shutil.copytree(internvl, tmp_path / "broken"))
    code = broken / "modeling_internvl_chat.py"
    code.write_text(code.read_text().replace("def __init__(self, config", "def __init__(self, config, /, *, wanted"))
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        ask("internvl2-8b", broken, ClipWork(Clip("c"), frames(), (request(),)))
    assert "--env auto" in caught.value.hint


def test_the_adapter_of_the_page_on_adding_a_model(
    internvl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine = write_page(tmp_path)
    (tmp_path / "my-checkpoint").symlink_to(internvl, target_is_directory=True)
    choices: dict[str, Any] = {"data": "demo", "limit": 1, "judge": "none", "output": tmp_path, "include": (mine,)}
    settings = {"trust_remote_code": True, "dtype": "float32", "device": "cpu"}
    result = evaluate("my-internvl", settings=settings, **choices)
    assert result.scores.outcomes["error"] == 0
    assert all("<|im_start|>user\n" + "<image>\n" * 8 in str(sample.response) for sample in result.samples)


@pytest.mark.parametrize("model", ["videollama2-7b", "videollama2.1-7b", "videochat-flash-qwen2-7b"])
@pytest.mark.parametrize(
    ("device", "gpu", "refused"), [("auto", False, True), ("cpu", True, True), ("auto", True, False)]
)
def test_a_model_that_needs_cuda_is_refused_without(
    model: str, device: str, gpu: bool, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: gpu)
    card = load_catalogue().model(model)
    engine = open_engine(replace(card, settings={**card.settings, "device": device}), seed=0)
    assert ("needs an NVIDIA GPU" in "\n".join(engine.problems())) is refused


def test_code_that_names_no_gpu_gets_the_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    made: list[str] = []

    def current(device: str) -> AbstractContextManager[None]:
        made.append(device)
        return nullcontext()

    monkeypatch.setattr(torch.cuda, "device", current)
    for device in ("cuda:1", "cpu"):
        with Checkpoint(LocalSettings("org/model", device=device)).current_device():
            pass
    assert made == ["cuda:1"]


FLASH, SDPA = "flash_attention_2", "sdpa"


@pytest.mark.parametrize(
    ("offered", "installed", "gpu", "settings", "chosen"),
    [
        ((FLASH, SDPA), True, (9, 0), {}, FLASH),
        ((FLASH, SDPA), True, (9, 0), {"dtype": "float32"}, SDPA),  # which flash-attn does not take
        ((FLASH, SDPA), True, (7, 5), {}, SDPA),  # nor a GPU older than Ampere, 8.0
        ((FLASH, SDPA), False, (9, 0), {}, SDPA),
        ((FLASH,), False, (9, 0), {}, "eager"),
        ((FLASH,), True, (9, 0), {"device": "cpu"}, "eager"),
        ((), True, (9, 0), {}, "eager"),
    ],
)
def test_attention_is_the_best_that_the_code_has_and_the_machine_takes(
    offered: tuple[Any, ...],
    installed: bool,
    gpu: tuple[int, int],
    settings: dict[str, Any],
    chosen: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: installed or None if name == "flash_attn" else real(name)
    )
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: gpu)
    assert Checkpoint(LocalSettings("org/model", attention=offered, **settings)).attention() == chosen


def test_a_repositorys_own_decoding_is_switched_off(tmp_path: Path) -> None:
    """A generation config of beams, a penalty and nucleus sampling: answers are greedy all the same, step by step."""
    import torch
    import transformers

    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    tiny = transformers.LlamaForCausalLM(transformers.LlamaConfig(vocab_size=32, num_key_value_heads=2, **shape))
    tiny.save_pretrained(tmp_path)
    leftovers = {"num_beams": 3, "repetition_penalty": 5.0, "do_sample": True, "top_p": 0.9, "eos_token_id": [31, 30]}
    transformers.GenerationConfig(**leftovers).save_pretrained(tmp_path)

    prompt = ids = torch.tensor([[1, 2, 3]])
    for _ in range(12):
        ids = torch.cat([ids, tiny(ids).logits[:, -1].argmax(dim=-1, keepdim=True)], dim=1)
        if ids[0, -1] in (30, 31):
            break

    def loaded(temperature: float) -> tuple[Any, Any]:
        given: dict[str, Any] = {"dtype": "float32", "device": "cpu", "temperature": temperature}
        checkpoint = Checkpoint(LocalSettings(str(tmp_path), **given))
        return checkpoint, checkpoint.model("AutoModelForCausalLM")

    checkpoint, model = loaded(0.0)
    answered = model.generate(prompt, **checkpoint.generation(request(tokens=12)))
    assert answered.tolist() == ids.tolist()
    assert model.generation_config.eos_token_id == [31, 30]

    as_it_was = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    arguments = {"max_new_tokens": 12, "do_sample": False}
    assert as_it_was.generate(prompt, **arguments).tolist() != ids.tolist()

    # Drawn, it is from the whole distribution: neither a nucleus nor the 50 likeliest tokens.
    checkpoint, model = loaded(0.5)
    own = model.generation_config
    assert (own.do_sample, own.temperature, own.top_k) == (True, 0.5, 0)
    assert own.top_p in (None, 1.0)
    assert checkpoint.generation(request())["top_p"] == 1.0
