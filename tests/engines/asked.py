"""What the engines' tests ask, and of what frames."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mabench_eval.engines.base import Model
from mabench_eval.types import AnswerKind, Clip, ClipWork, Frames, Request, Response

needs_vllm = pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vllm is not installed")

SYSTEM = "You see frames of a short video clip."
OPTIONS = {"A": "Body", "B": "Head", "C": "Leg"}
WHICH = "Which part moves?\nA. Body\nB. Head\nC. Leg"
TEXTS = (
    (WHICH, AnswerKind.CHOICE),
    (WHICH.replace("moves", "rests"), AnswerKind.CHOICE),
    *((f"Does the head move {way}?", AnswerKind.YES_NO) for way in ("up", "down", "left", "right", "back", "at all")),
    *((f"Is the {part} at rest?", AnswerKind.YES_NO) for part in ("left hand", "right leg")),
    ("Describe the movement of each part.", AnswerKind.TEXT),
    ("Name the action, and why.", AnswerKind.TEXT),
)
"""Twelve questions, as a clip of MA-Bench has."""
LANGUAGE = "model.language_model.layers.0.self_attn.o_proj"
"""A projection of the language model of Qwen3-VL that is square."""


def frames(seed: int = 0, order: int = 1, count: int = 8) -> Frames:
    """Frames of noise; ``order`` -1: the same, backwards."""
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 320, 320, 3), np.uint8)[::order]
    indices = tuple(range(3, 59, 7))[:count]
    return Frames(pixels, indices, tuple(i / 30 for i in indices), 30.0, 60)


def request(
    text: str, kind: AnswerKind = AnswerKind.TEXT, clip: str = "0", tokens: int = 8, system: str = SYSTEM
) -> Request:
    options = OPTIONS if kind is AnswerKind.CHOICE else {}
    return Request(f"{clip} {system} {text}", text[:9], "T", kind, options, system, text, tokens, text)


def clip_of(number: int, seen: Frames | None = None) -> ClipWork:
    """A clip of its own frames, with all of ``TEXTS``."""
    requests = tuple(request(text, kind, str(number)) for text, kind in TEXTS)
    return ClipWork(Clip(str(number)), frames(number) if seen is None else seen, requests)


def answers_of(model: Model, *works: ClipWork) -> dict[str, Response]:
    """Key -> response; none is missing or an error."""
    found = {response.key: response for response in model.generate(iter(works))}
    assert [response.error for response in found.values()] == [None] * sum(len(work.requests) for work in works)
    return found


def logprobs_of(model: Model, seen: Frames) -> dict[str, float]:
    """Option -> log-probability, of one question on these frames; for a model of answer mode ``logprob``."""
    (response,) = answers_of(model, ClipWork(Clip("c"), seen, (request(WHICH, AnswerKind.CHOICE),))).values()
    assert response.logprobs is not None
    return dict(response.logprobs)


def apart(first: dict[str, float], second: dict[str, float]) -> float:
    """The largest difference of two log-probabilities of one option."""
    return max(abs(first[option] - value) for option, value in second.items())


def write_adapter(folder: Path, *modules: str, rank: int = 8, width: int = 64) -> Path:
    """A LoRA adapter on square projections, random, in the safetensors format, written by hand."""
    folder.mkdir()
    config = {
        "peft_type": "LORA",
        "r": rank,
        "lora_alpha": 16,
        "target_modules": list(modules),
        "bias": "none",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "tiny",
    }
    (folder / "adapter_config.json").write_text(json.dumps(config))
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for module in modules:
        for name, shape in (("lora_A", [rank, width]), ("lora_B", [width, rank])):
            values = np.random.default_rng(len(header)).normal(0, 0.5, shape).astype("<f4").tobytes()
            span = [len(body), len(body) + len(values)]
            header[f"base_model.model.{module}.{name}.weight"] = {"dtype": "F32", "shape": shape, "data_offsets": span}
            body += values
    packed = json.dumps(header).encode()
    (folder / "adapter_model.safetensors").write_bytes(len(packed).to_bytes(8, "little") + packed + body)
    return folder
