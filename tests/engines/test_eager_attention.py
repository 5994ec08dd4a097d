"""The word on memory where a model's code computes attention in full, before anything is loaded."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from typing import Any

import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.engines import open_engine


def warned(model: str, frames: int = 8, **settings: Any) -> str:
    card = load_catalogue().model(model)
    given = {**card.settings, "revision": "0" * 40, **settings}
    engine = open_engine(replace(card, engine="adapter", settings=given), seed=0)
    engine.frames = frames
    return "\n".join(warning for warning in engine.warnings() if "attention" in warning)


@pytest.fixture(autouse=True)
def without_flash_attn(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "flash_attn" else real(name))


def test_it_is_computed_from_heads_and_tokens() -> None:
    """Phi-3.5: 8 x 757 = 6,056 tokens; 32 x 6,056 x 6,056 x 4 = 4,694,417,408 bytes.

    Phi-4, were it to compute so: 8 x 1,169 = 9,352; 24 x 9,352 x 9,352 x 4 = 8,396,150,784.
    """
    assert "the 6,056 tokens of 8 frames take 4.7 GB in each layer" in warned("phi-3.5-vision")
    assert "take 8.4 GB" in warned("phi-4-multimodal", attention=["eager"])


def test_it_is_said_where_it_is_so_alone() -> None:
    assert warned("phi-4-multimodal") == ""  # by sdpa
    assert warned("phi-3.5-vision", frames=0) == ""  # text alone
    assert warned("internvl2-8b") == ""  # of which nothing is known
