"""The adapter of Phi-3.5-Vision and Phi-4-Multimodal."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.errors import ModelError
from mabench_eval.types import Clip, ClipWork, Shot
from tests.support import standins
from tests.support.standins.asking import QUESTION, SYSTEM, ask, frames, means, one, request

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # transformers' own
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
]
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
FAMILIES = {"phi-3.5-vision": ("phi3_5", CLIP), "phi-4-multimodal": ("phi4", HALF)}
ROLES = ("<|user|>", "<|assistant|>", "<|end|>", "<|endoftext10|>")


@pytest.fixture(scope="module")
def repos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("standins")
    families = {model: family for model, (family, _) in FAMILIES.items()}
    return {model: standins.build(family, folder / family, special=ROLES) for model, family in families.items()}


def told(text: str) -> list[float]:
    """The means that a stand-in says it saw, frame by frame."""
    found = re.search(r"I saw ([-\d. ]*\d) in", text)
    assert found
    return [float(value) for value in found[1].split()]


def prompt(model: str, count: int = 8, words: str = f"{SYSTEM}\n\n{QUESTION}") -> str:
    """What the model should have been asked, each run of image tokens as one mark; the answer itself is stripped."""
    if model == "phi-4-multimodal":
        return "{user}" + "[frame]" * count + words + "{end}{assistant}"
    marks = "".join(f"[frame {number}]\n" for number in range(1, count + 1))
    return "{user}\n" + marks + words + "{end}\n{assistant}"


@pytest.mark.parametrize("dtype", ["float32", "auto"])
@pytest.mark.parametrize("model", list(FAMILIES))
def test_phi_sees_every_frame_as_a_numbered_image(model: str, dtype: str, repos: dict[str, Path]) -> None:
    """In the four crops that the card asks for: the repositories' own numbers are 16 and 36."""
    seen = frames()
    text = one(model, repos[model], seen, dtype=dtype)
    expected = means(seen, 56, *FAMILIES[model][1])
    assert told(text) == pytest.approx(expected, abs=0.002 if dtype == "float32" else 0.02)  # auto is bfloat16
    assert text.endswith(f" in 4 crops. I was asked: {prompt(model)}")
    backwards = one(model, repos[model], replace(seen, pixels=seen.pixels[::-1]), dtype=dtype)
    assert told(backwards) == told(text)[::-1] != told(text)


@pytest.mark.parametrize("model", list(FAMILIES))
def test_phi_reads_examples_before_the_question(model: str, repos: dict[str, Path]) -> None:
    asked = replace(request(), shots=(Shot("First?", "Yes"),))
    (response,) = ask(model, repos[model], ClipWork(Clip("c"), frames(), (asked,)))
    words = f"{SYSTEM}\n\nFirst?\nAnswer: Yes\n\n{QUESTION}"
    assert str(response.text).endswith(prompt(model, words=words))


@pytest.mark.parametrize("model", list(FAMILIES))
def test_phi_of_another_count_of_frames_and_crops_at_a_temperature(model: str, repos: dict[str, Path]) -> None:
    name = "num_crops" if model == "phi-3.5-vision" else "dynamic_hd"
    settings: dict[str, Any] = {"processor": {name: 9}, "temperature": 0.5}
    text = one(model, repos[model], frames(3), **settings)
    assert text.endswith(f" in 9 crops. I was asked: {prompt(model, 3)}")


def test_a_repository_of_another_family_is_one_clear_error(repos: dict[str, Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for file in repos["phi-4-multimodal"].iterdir():
        if file.is_file():
            (other / file.name).write_bytes(file.read_bytes().replace(b'phi4mm"', b'phi9"'))
    assert json.loads((other / "config.json").read_text())["model_type"] == "phi9"
    with pytest.raises(ModelError, match="phi9"):
        one("phi-4-multimodal", other)
