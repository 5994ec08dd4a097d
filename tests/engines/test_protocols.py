"""What one question becomes in each engine, byte for byte, under the number of the engine's protocol.

A change of the bytes is another question to the model: raise the engine's ``protocol``, which asks everything anew, and
write the new file, tests/golden/protocols/ENGINE-NUMBER.txt, by these tests with WRITE_PROTOCOLS=1; the old one goes.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import importlib.util
import io
import itertools
import json
import os
import re
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mabench_eval import register_model
from mabench_eval.catalogue import ModelCard, import_file
from mabench_eval.engines import ENGINES, open_engine
from mabench_eval.engines.family_prompts import TAGS
from mabench_eval.engines.local.conversation import prompt_text
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.openai.messages import Bodies
from mabench_eval.engines.openai.settings import ApiSettings
from mabench_eval.engines.vllm import failures, inputs, request_pool
from mabench_eval.types import AnswerKind, Clip, ClipWork, Frames, Request, Response, Shot
from tests.support.paths import GOLDEN

PROTOCOLS = GOLDEN / "protocols"
SCHEMA = {"type": "object", "properties": {"L1": {"type": "integer"}}}
QUESTION = "Does the head move \u2013 or rest?"


def frames(count: int = 2, size: tuple[int, int] = (4, 6), step: int = 7) -> Frames:
    """Frames of a pattern, (height, width) as given; another ``step`` is another pattern."""
    pixels = (np.arange(count * size[0] * size[1] * 3) * step % 251).astype(np.uint8).reshape(count, *size, 3)
    indices = tuple(range(3, 60, 7))[:count]
    return Frames(pixels, indices, tuple(index / 32 for index in indices), 32.0, 64)


PLAIN = Request(
    "key 1", "Q1", "SAD", AnswerKind.YES_NO, {}, "You see frames.", f"Yes or No alone.\n\n{QUESTION}", 8, QUESTION
)
CHOICE = replace(
    PLAIN, kind=AnswerKind.CHOICE, options={"A": "Head", "B": "Body"}, user_prompt="Which?", question="Which?"
)
SHOTS = (Shot("Which?", "A"), Shot("And here?", "B"))
FULL = replace(PLAIN, key="key 2", repeat=2, shots=SHOTS, schema=SCHEMA)
CLIP = ClipWork(Clip("clip"), frames(), (PLAIN, FULL))


def check(engine: str, shown: str, part: str = "") -> None:
    """Whether an engine of this number shows a model just this; ``part``: what of it, where it takes more to see."""
    file = PROTOCOLS / f"{engine}-{class_of(engine).protocol}{part}.txt"
    if os.environ.get("WRITE_PROTOCOLS"):
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8"), f"another question than {file.name} shows: raise the number"


def class_of(engine: str) -> Any:
    """The class of an engine."""
    module, name = ENGINES[engine].split(":")
    return getattr(importlib.import_module(module), name)


def plain(value: Any) -> Any:
    """A value as JSON; arrays as shape and digest, numbers in a row as one text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list) and value and all(isinstance(item, int) for item in value):
        return " ".join(map(str, value))
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Image.Image):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape} sha256 {hashlib.sha256(value.tobytes()).hexdigest()[:16]}"
    return value if isinstance(value, str | int | float | None) else str(value)


def fields(request: Request) -> dict[str, Any]:
    """What a request says to a model; the rest is for the run's own records."""
    names = ("key", "repeat", "kind", "system_prompt", "shots", "user_prompt", "options", "max_tokens")
    return {name: value for name, value in asdict(request).items() if name in names}


def text(*shown: Any) -> str:
    """Values as indented JSON, one after the other."""
    return "\n".join(json.dumps(plain(value), indent=1, ensure_ascii=False) for value in shown) + "\n"


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_the_number_is_in_the_identity_from_2_on(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of earlier versions, which knew no numbers, are those of the first protocol."""
    register_model(name)(lambda pixels, prompt: "A")
    settings = {"openai": {"model_id": "m"}, "python": {}}.get(name, {"repo": "owner/name"})
    engine = open_engine(ModelCard(name, name, "", settings=settings), 0)
    monkeypatch.setattr(type(engine), "protocol", 1)
    first = dict(engine.identity)
    assert "protocol" not in first
    monkeypatch.setattr(type(engine), "protocol", 2)
    assert engine.identity == {**first, "protocol": 2}


def test_every_engine_has_one_file_of_its_number() -> None:
    numbers = {name: class_of(name).protocol for name in ENGINES}
    found = {file.name.split(".")[0] for file in PROTOCOLS.iterdir()}
    assert found == {f"{name}-{number}" for name, number in numbers.items()}


# python


def test_python() -> None:
    """A function gets pixels and one text, a class the clip with its requests."""
    seen: list[Any] = []

    @register_model("function")
    def function(pixels: NDArray[np.uint8], prompt: str) -> str:
        seen.append({"frames": pixels, "prompt": prompt})
        return "Yes"

    @register_model("class")
    class Model:
        def __init__(self, settings: Any, seed: int) -> None:
            seen.append({"settings": settings, "seed": seed})

        def generate(self, work: Any) -> Any:
            for clip in work:
                seen.append({"clip": clip.clip.name, "frames": asdict(clip.frames)})
                seen.extend(fields(request) for request in clip.requests)
                yield from (Response(request.key, text="Yes") for request in clip.requests)

    for name in ("function", "class"):
        card = ModelCard(name, "python", "", settings={"x": 1})
        list(open_engine(card, 7).load(seen.append, lambda clip: frames()).generate([CLIP]))
    check("python", text(*seen))


# openai


def test_openai() -> None:
    """The bodies on the wire, of a plain question and of one with all that can be set."""
    pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")
    from tests.support.scripted_server import ScriptedServer

    bodies: list[bytes] = []

    class Server(ScriptedServer):
        def answer(self, headers: dict[str, str], body: bytearray) -> Any:
            bodies.append(bytes(body))
            return super().answer(headers, body)

    settings: dict[str, Any] = {
        "send_seed": True,
        "temperature": 0.5,
        "jpeg_quality": 80,
        "max_side": 3,
        "token_limit": "max_completion_tokens",
        "extra_body": {"reasoning_effort": "none"},
    }
    shown = replace(FULL, shots=(SHOTS[0], replace(SHOTS[1], clip=Clip("other"))))
    with Server() as server:
        for request, more in ((PLAIN, {}), (shown, settings)):
            card = ModelCard("m", "openai", "", settings={"model_id": "m", "base_url": server.base_url, **more})
            model = open_engine(card, 7).load(print, lambda clip: frames(1, step=11))
            (response,) = model.generate([ClipWork(CLIP.clip, CLIP.frames, (request,))])
            assert response.error is None
    described = [re.sub(rb"data:image/jpeg;base64,([\w+/=]+)", jpeg, body) for body in bodies]
    check("openai", b"\n".join([*described, b""]).decode())


@pytest.mark.parametrize(
    ("way", "sent"),
    [
        ("images-timed", {"frame_times": True}),
        ("frames", {"send": "frames"}),
        ("frames-untimed", {"send": "frames", "frame_times": False}),
        ("clip", {"send": "clip"}),
    ],
)
def test_openai_sends_a_clip(way: str, sent: dict[str, Any]) -> None:
    """The body of a plain question in each other way of sending."""
    bodies = Bodies(ApiSettings("m", **sent), 7, lambda clip: frames())
    content = b"the bytes of its file" if way == "clip" else None
    work = ClipWork(CLIP.clip, None if content else CLIP.frames, (PLAIN,), content)
    body = b"".join(bodies.body(PLAIN, bodies.encode(work), schema=True).pieces)
    described = re.sub(rb"(?<=,)(/9j/[\w+/=]+)", lambda found: jpeg(found).partition(b",")[2], body)
    check("openai", described.decode() + "\n", f".{way}")


def jpeg(found: re.Match[bytes]) -> bytes:
    """Size, subsampling and quantization of a picture; its very bytes depend on the encoder's version."""
    picture: Any = Image.open(io.BytesIO(base64.b64decode(found[1])))
    tables = hashlib.sha256(json.dumps(picture.quantization, sort_keys=True).encode()).hexdigest()[:16]
    sampling = [layer[1:3] for layer in picture.layer]
    return f"data:image/jpeg;base64,<{picture.format} {picture.mode} {picture.size} {sampling} {tables}>".encode()


# engines on this machine, without torch


def render(messages: list[dict[str, Any]], *, system: bool = True) -> str:
    """A chat template that shows its messages; without ``system`` one that knows no such role."""
    if not system and messages[0]["role"] == "system":
        raise ValueError("no such role")
    return json.dumps(messages, indent=1, ensure_ascii=False)


def test_transformers() -> None:
    """The messages that a checkpoint's chat template is given."""
    video, images = ("video",), ("image", "image")
    prompts = [prompt_text(request, media, render) for media in (video, images, ()) for request in (PLAIN, FULL)]
    without = prompt_text(FULL, video, lambda messages: render(messages, system=False))
    check("transformers", "\n".join([*prompts, without, ""]))


class Processor:
    """Shows what it is given: messages as JSON, tokens as the bytes of the text."""

    bos_token = None
    chat_template = "template"

    def apply_chat_template(self, messages: list[dict[str, Any]], **given: Any) -> str:
        return json.dumps([messages, given], ensure_ascii=False)

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, Any]:
        return {"input_ids": list(text.encode()), "special": add_special_tokens}


def test_vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prompts, media with their ids, and how the answer is sampled in each mode."""
    monkeypatch.setattr(inputs, "replaces_bare_video_token", lambda processor: False)
    monkeypatch.setitem(sys.modules, "vllm", SimpleNamespace(SamplingParams=sampling_params))
    kinds: dict[str, Any] = {"RequestOutputKind": SimpleNamespace(FINAL_ONLY="final"), "StructuredOutputsParams": dict}
    monkeypatch.setitem(sys.modules, "vllm.sampling_params", SimpleNamespace(**kinds))
    shown: list[Any] = []
    families = [("qwen3_vl", "video"), ("qwen3_vl", "images"), *((family, "images") for family in TAGS)]
    for family, medium in families:
        prompts = inputs.Prompts(Processor(), LocalSettings("r", input=medium), family)  # type: ignore[arg-type]
        media = prompts.media(CLIP.frames)
        for request in (PLAIN, FULL):
            prompt = prompts.prompt(request, media)
            words = bytes(prompt.pop("prompt_token_ids")).decode()
            shown.append({"family": family, "words": words, **prompt})

    engine: Any = SimpleNamespace(model_config=SimpleNamespace(max_model_len=512))
    for choices in ({}, {"temperature": 1.0}, {"answers": "constrained"}, {"answers": "logprob"}):
        settings = LocalSettings("r", **choices)
        prompts = inputs.Prompts(Processor(), settings, "")
        pool = request_pool.RequestPool(engine, prompts, settings, 7, failures.Log(None), {})
        shown += [{**choices, "asked": request.kind.value, **pool._sampling(request)} for request in (CHOICE, FULL)]
    check("vllm", text(*shown))


def sampling_params(*, logprob_token_ids: Any = None, **given: Any) -> dict[str, Any]:
    """In place of vLLM's class: what it is made of."""
    return given if logprob_token_ids is None else {**given, "logprob_token_ids": logprob_token_ids}


ADAPTER = """
import dataclasses, torch
SEEN = []

class Adapter:
    def __init__(self, checkpoint):
        self.generation = checkpoint.generation
        SEEN.append({"repo": checkpoint.repo, **checkpoint.common, "seed": torch.initial_seed()})

    def prepare(self, frames):
        SEEN.append({"frames": dataclasses.asdict(frames)})
        return "prepared"

    def answer(self, seen, request):
        given = {"seen": seen, "generation": self.generation(request), "request": request}
        SEEN.append({**given, "seed": torch.initial_seed()})
        return " Yes\\n"
"""


def test_adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an adapter's code is given, in order, and the seeds of chance; torch is a stand-in where it is not there."""
    if importlib.util.find_spec("torch") is None:
        monkeypatch.setitem(sys.modules, "torch", StandInTorch())
    (tmp_path / "chat.py").write_text(ADAPTER)
    settings = {"repo": "owner/name", "revision": "v1", "adapter": str(tmp_path / "chat.py")}
    model = open_engine(ModelCard("m", "adapter", "", settings=settings), 7).load(print, lambda clip: frames())
    assert [response.text for response in model.generate([CLIP])] == ["Yes", "Yes"]
    seen = import_file(tmp_path / "chat.py").SEEN
    check("adapter", text(*({**each, **fields(each.pop("request"))} if "request" in each else each for each in seen)))


class StandInTorch(SimpleNamespace):
    """As much of torch as the engine itself takes, on a machine without a GPU."""

    cuda = SimpleNamespace(is_available=lambda: False)

    def manual_seed(self, seed: int) -> None:
        self.initial_seed = lambda: seed

    def inference_mode(self) -> Any:
        return nullcontext()


# engines on this machine, on tiny checkpoints


@pytest.fixture(
    scope="module", params=["qwen3_vl-video", "qwen3_vl-images", "llava_next_video-video", "internvl-images"]
)
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, LocalSettings]:
    """A family's checkpoint with a medium: name, settings."""
    from tests.support.checkpoints import build

    for package in ("torch", "transformers", "torchvision"):
        pytest.importorskip(package, reason="the engine transformers needs them")
    family, medium = request.param.split("-")
    folder = build(family, tmp_path_factory.mktemp("tiny") / family)
    return request.param, LocalSettings(str(folder), input=medium)


@pytest.mark.filterwarnings("ignore")
def test_transformers_on_a_checkpoint(checkpoint: tuple[str, LocalSettings]) -> None:
    """The tokens before and after the end of the frames, and the tensors of the frames."""
    from transformers import AutoProcessor

    from mabench_eval.engines.transformers.prompts import Prompts

    name, settings = checkpoint
    prompts = Prompts(AutoProcessor.from_pretrained(settings.repo), settings)
    (group,) = prompts.groups(ClipWork(Clip("clip"), frames(4, (64, 96)), (PLAIN, CHOICE)))
    tensors = {key: tensor(value) for key, value in sorted(group.prefix.items())}
    check("transformers", text({"before": tensors, "after": group.suffixes}), f".{name}")


def tensor(value: Any) -> Any:
    """Numbers of tokens, equal ones in a row counted; of pixels shape and mean, on which all builds of torch agree."""
    if value.is_floating_point():
        return f"{value.dtype} {tuple(value.shape)} mean {float(value.double().mean()):.3f}"
    numbers = value.reshape(-1).tolist()
    runs = [(number, len(list(same))) for number, same in itertools.groupby(numbers)]
    return f"{tuple(value.shape)} " + " ".join(
        f"{number}x{count}" if count > 1 else f"{number}" for number, count in runs
    )


@pytest.mark.filterwarnings("ignore")
def test_vllm_on_a_checkpoint(checkpoint: tuple[str, LocalSettings]) -> None:
    """The tokens that vLLM is given; it works through the frames by itself."""
    from transformers import AutoConfig, AutoProcessor

    name, settings = checkpoint
    kind = AutoConfig.from_pretrained(settings.repo).model_type
    prompts = inputs.Prompts(AutoProcessor.from_pretrained(settings.repo), settings, kind)
    media = prompts.media(frames(4, (64, 96)))
    check("vllm", text(*(prompts.prompt(request, media) for request in (PLAIN, FULL))), f".{name}")
