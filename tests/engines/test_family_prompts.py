"""A model that two engines serve is asked the same by both: their prompts are rendered and compared."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.engines.family_prompts import CONVERSATIONS, MARKS, TAGS, conversation_writer, user_message
from mabench_eval.engines.local import LocalSettings
from mabench_eval.types import Clip, ClipWork, Request, Shot
from tests.support import standins
from tests.support.standins.asking import QUESTION, SYSTEM, ask, frames, request

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
STANDINS = {
    "h2ovl-mississippi-2b": "h2ovl",
    "internvl2-8b": "internvl",
    "internvl2.5-8b": "internvl",
    "phi-3.5-vision": "phi3_5",
    "phi-4-multimodal": "phi4",
}
"""Cards that vLLM and an adapter serve."""
ROLES = ("<|user|>", "<|assistant|>", "<|end|>", "<|endoftext10|>")
SHOTS = (Shot("Does it nod?", "Yes"), Shot("Does it turn?", "No"))


def test_every_card_of_two_engines_is_compared() -> None:
    both = {
        name
        for name, card in load_catalogue().models.items()
        if {"vllm", "adapter"} <= set(card.settings.get("environments", {}))
    }
    assert both == set(STANDINS)
    assert TAGS.keys() == MARKS.keys() > set(CONVERSATIONS)


@pytest.fixture(scope="module")
def repos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("standins")
    built = {family: standins.build(family, folder / family, special=ROLES) for family in set(STANDINS.values())}
    return {model: built[family] for model, family in STANDINS.items()}


def of_adapter(model: str, repo: Path, asked: Request, count: int) -> str:
    """The prompt that the repository's own code makes: stand-ins say what they were asked, runs of image tokens cut."""
    own = {"dtype": "auto"} if model.startswith("h2ovl") else {}
    (response,) = ask(model, repo, ClipWork(Clip("c"), frames(count), (asked,)), **own)
    return str(response.text).partition("I was asked: ")[2]


def of_vllm(model: str, repo: Path, asked: Request, count: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """The prompt that vLLM is given, from its tokens; made as the engine makes it when it starts."""
    import transformers

    from mabench_eval.engines.vllm import inputs

    monkeypatch.setattr(inputs, "replaces_bare_video_token", lambda processor: False)
    given = load_catalogue().model(model).settings
    settings = LocalSettings(str(repo), input=given["input"], trust_remote_code=True)
    config = transformers.AutoConfig.from_pretrained(repo, trust_remote_code=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(repo, trust_remote_code=True)
    conversation = conversation_writer(config, settings.repo, settings.revision)
    prompts = inputs.Prompts(tokenizer, settings, config.model_type, conversation)
    ids = prompts.prompt(asked, prompts.media(frames(count)))["prompt_token_ids"]
    return str(tokenizer.decode(ids)).removeprefix(tokenizer.bos_token)


def one_form(text: str) -> str:
    """As stand-ins of Phi write it: their image tokens as marks, special tokens in braces, no space at the end."""
    text = re.sub(r"<\|image_(\d+)\|>", r"[frame \1]", text).replace("<|", "{").replace("|>", "}").rstrip()
    return re.sub(r"\[frame \d+\]", "[frame]", text)


@needs_torch
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("count", [1, 8])
@pytest.mark.parametrize("model", STANDINS)
def test_both_engines_write_the_same_prompt(
    model: str, count: int, repos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for asked in (request(), replace(request(), shots=SHOTS), replace(request(), system_prompt="")):
        ours = one_form(of_vllm(model, repos[model], asked, count, monkeypatch))
        assert ours == one_form(of_adapter(model, repos[model], asked, count))
        assert QUESTION in ours
        assert ours.count("<image>") + ours.count("[frame]") == count


WORDS = f"{SYSTEM}\n\n{QUESTION}"


@pytest.mark.parametrize(
    ("family", "media", "message"),
    [
        ("internvl_chat", ["image"] * 2, f"Frame1: <image>\nFrame2: <image>\n{WORDS}"),
        ("internvl_chat", ["video"], f"<video>\n{WORDS}"),
        ("h2ovl_chat", ["image"] * 2, f"Image-1: <image>\nImage-2: <image>\n{WORDS}"),
        ("h2ovl_chat", ["image"], f"<image>\n{WORDS}"),
        ("phi3_v", ["image"] * 2, f"<|image_1|>\n<|image_2|>\n{WORDS}"),
        ("phi4mm", ["image"] * 2, f"<|image_1|><|image_2|>{WORDS}"),
        ("phi4mm", [], WORDS),
    ],
)
def test_each_family_has_its_published_form(family: str, media: list[str], message: str) -> None:
    assert user_message(family, request(), media) == message


@pytest.mark.parametrize("family", TAGS)
def test_a_question_that_names_a_picture_is_refused(family: str) -> None:
    """vLLM would end with all its questions in flight, and the repository's code count it as a frame."""
    for mark in MARKS[family]:
        asked: Any = replace(request(), user_prompt=f"What is {mark}1|>?")
        with pytest.raises(ValueError, match="takes for a picture"):
            user_message(family, asked, ["image"])
