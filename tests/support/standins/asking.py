"""Asking a stand-in through its card and adapter, and what it should have seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mabench_eval.catalogue import load_catalogue
from mabench_eval.engines import Engine, open_engine
from mabench_eval.types import AnswerKind, Clip, ClipWork, Frames, Request, Response

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
SYSTEM, QUESTION = "You see frames of a clip.", "Does the head move up?"


def frames(count: int = 8, size: tuple[int, int] = (90, 120)) -> Frames:
    """Noise, of another colour each: (count, 90, 120, 3)."""
    noise = np.random.default_rng(0).integers(0, 100, (count, *size, 3))
    tints = np.arange(count * 3).reshape(count, 1, 1, 3) * 6
    indices = tuple(range(3, 3 + 7 * count, 7))
    return Frames((noise + tints).astype(np.uint8), indices, tuple(i / 30 for i in indices), 30.0, 60)


def request(question: str = QUESTION, tokens: int = 8) -> Request:
    return Request(question, "MAS_001", "MAS", AnswerKind.YES_NO, {}, SYSTEM, question, tokens, question)


def engine_of(model: str, repo: Path, **settings: Any) -> Engine:
    """The engine of a model of the catalogue whose repository is a stand-in."""
    card = load_catalogue().model(model)
    given = {**card.settings, "repo": str(repo), "trust_remote_code": True, "dtype": "float32", "device": "cpu"}
    given["needs_cuda"] = False  # stand-ins run where they are put
    return open_engine(replace(card, engine="adapter", settings={**given, **settings}), seed=0)


def ask(model: str, repo: Path, *works: ClipWork, **settings: Any) -> list[Response]:
    """Its responses."""
    engine = engine_of(model, repo, **settings)
    assert engine.problems() == []
    return list(engine.load(print, lambda clip: frames()).generate(works))


def one(model: str, repo: Path, seen: Frames | None = None, **settings: Any) -> str:
    """The answer to one question."""
    (response,) = ask(model, repo, ClipWork(Clip("c"), seen or frames(), (request(),)), **settings)
    assert response.error is None
    return str(response.text)


def means(seen: Frames, side: int, mean: Sequence[float], std: Sequence[float]) -> list[float]:
    """Of each frame the mean over all pixels and colours, after resizing and normalising: one frame after the other."""
    found = []
    for pixels in seen.pixels:
        resized = np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)) / 255
        found.append(sum((resized[..., colour].mean() - mean[colour]) / std[colour] for colour in range(3)) / 3)
    return found
