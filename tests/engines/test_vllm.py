"""The engine vllm: its own arithmetic everywhere, and real tiny checkpoints where vLLM is installed.

A start takes half a minute on two cores, so one engine serves most tests, each with settings of its own.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import shutil
import signal
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mabench_eval import evaluate
from mabench_eval.catalogue import ModelCard
from mabench_eval.engines import base
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.vllm import VllmEngine, asking, engine, failures, logs
from mabench_eval.engines.vllm.inputs import Prompts, video_metadata
from mabench_eval.engines.vllm.model import LoadedModel
from mabench_eval.engines.vllm.starting import model_length
from mabench_eval.errors import ModelError
from mabench_eval.journal import read_journal
from mabench_eval.types import AnswerKind, Clip, ClipWork, Frames, Request, Response
from tests.checkpoints import build

needs_vllm = pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vllm is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # vLLM's own, on threads of its own

SYSTEM = "You see frames of a short video clip."
OPTIONS = {"A": "Body", "B": "Head", "C": "Leg"}
TEXTS = (
    ("Which part moves?\nA. Body\nB. Head\nC. Leg", AnswerKind.CHOICE),
    ("Which part rests?\nA. Body\nB. Head\nC. Leg", AnswerKind.CHOICE),
    *((f"Does the head move {way}?", AnswerKind.YES_NO) for way in ("up", "down", "left", "right", "back", "at all")),
    *((f"Is the {part} at rest?", AnswerKind.YES_NO) for part in ("left hand", "right leg")),
    ("Describe the movement of each part.", AnswerKind.TEXT),
    ("Name the action, and why.", AnswerKind.TEXT),
)
"""Twelve questions, as a clip of MA-Bench has."""


def frames(seed: int = 0, order: int = 1, count: int = 8) -> Frames:
    """Frames of noise; ``order`` -1: the same, backwards."""
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 320, 320, 3), np.uint8)[::order]
    indices = tuple(range(3, 59, 7))[:count]
    return Frames(pixels, indices, tuple(i / 30 for i in indices), 30.0, 60)


def request(text: str, kind: AnswerKind = AnswerKind.TEXT, clip: str = "0", tokens: int = 8) -> Request:
    options = OPTIONS if kind is AnswerKind.CHOICE else {}
    return Request(f"{clip} {text}", text[:9], "T", kind, options, SYSTEM, text, tokens, text)


def clip_of(number: int, seen: Frames | None = None) -> ClipWork:
    requests = tuple(request(text, kind, str(number)) for text, kind in TEXTS)
    return ClipWork(Clip(str(number)), frames(number) if seen is None else seen, requests)


def card(**settings: Any) -> ModelCard:
    return ModelCard("tiny", "vllm", "", settings=settings)


# -- without vLLM --------------------------------------------------------------------------------------------


def write_adapter(folder: Path, *modules: str, rank: int = 8, width: int = 64) -> Path:
    """A LoRA adapter on square projections, random, in the safetensors format, written by hand."""
    folder.mkdir()
    config = {"peft_type": "LORA", "r": rank, "lora_alpha": 16, "target_modules": ["o_proj"], "bias": "none",
              "task_type": "CAUSAL_LM", "base_model_name_or_path": "tiny"}  # fmt: skip
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


LANGUAGE, SIGHT = "model.language_model.layers.0.self_attn.o_proj", "model.visual.blocks.0.attn.proj"


def problems(monkeypatch: pytest.MonkeyPatch, **settings: Any) -> str:
    """What stands in the way besides the checkpoint's own files, on a machine that has vLLM."""
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name == "vllm" else real(name))
    monkeypatch.setattr(engine, "_has_device", lambda: True)
    monkeypatch.setattr(engine, "hub_problems", lambda given: [])
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
    assert problems(monkeypatch, engines=["transformers"]) == "vllm cannot run it: --engine transformers"


def test_a_missing_package_and_a_missing_gpu_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    tiny = VllmEngine(card(repo=str(tmp_path)), 0)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert tiny.problems() == ["engine vllm needs the vllm package: pip install 'mabench_eval[vllm]'"]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(engine, "_is_for_processors", lambda: False)
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


class PlainProcessor:
    """Takes messages of plain text alone, like the processors of code from a repository."""

    bos_token = None
    chat_template = "template"

    def apply_chat_template(self, messages: list[dict[str, Any]], **_: Any) -> str:
        return "".join(f"<{message['role']}>" + message["content"] + "</>" for message in messages)

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
        return {"input_ids": list(text.encode())}


@pytest.mark.parametrize(("kind", "opening"), [
    ("internvl_chat", "Frame1: <image>\nFrame2: <image>\nHow?"),
    ("h2ovl_chat", "Image-1: <image>\nImage-2: <image>\nHow?"),
    ("phi4mm", "<|image_1|><|image_2|>How?"),
])  # fmt: skip
def test_templates_of_plain_text_get_their_placeholders(
    kind: str, opening: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mabench_eval.engines.vllm.inputs.replaces_bare_video_token", lambda processor: False)
    prompts = Prompts(PlainProcessor(), LocalSettings("org/model", input="images"), kind)
    given = prompts.prompt(request("How?"), prompts.media(frames(count=2)))
    assert bytes(given["prompt_token_ids"]).decode() == f"<system>{SYSTEM}</><user>{opening}</>"
    assert len(given["multi_modal_data"]["image"]) == len(given["multi_modal_uuids"]["image"]) == 2


def test_the_id_of_a_video_is_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pixels, their order, and the times: vLLM takes what it knows by an id for the same, unseen."""
    monkeypatch.setattr("mabench_eval.engines.vllm.inputs.replaces_bare_video_token", lambda processor: False)
    prompts = Prompts(PlainProcessor(), LocalSettings("org/model"), "qwen3_vl")

    def name(seen: Frames) -> str:
        return str(prompts.media(seen).parts["multi_modal_uuids"]["video"][0])

    assert name(frames()) == name(frames())
    later = replace(frames(), indices=tuple(i + 1 for i in frames().indices))
    assert len({name(seen) for seen in (frames(), frames(1), frames(0, -1), later)}) == 4
    assert video_metadata(frames())["duration"] == 2.0  # 60 frames at 30 a second


@pytest.mark.parametrize("told", [
    "The decoder prompt (length 900) is longer than the maximum model length of 512. Make sure that",
    "The decoder prompt (length 900) plus the number of requested output tokens (at least 1) is longer than the "
    "maximum model length of 512.",
    "This model's maximum context length is 512 tokens. However, your prompt contains 900 input tokens, which exceeds",
])  # fmt: skip
def test_a_prompt_too_long_is_told_apart(told: str) -> None:
    assert failures.too_long(ValueError(told)) == 900
    assert failures.too_long(ValueError("no such thing")) is None
    error = failures.context_too_small(LocalSettings("org/model"), 512, 900, 300)
    assert "--max-model-len 2048" in error.hint  # 1,200, in whole 1,024s


LOGGED = """2026 (EngineCore) ERROR EngineCore failed to start.
Traceback (most recent call last):
  File "worker.py", line 1, in start
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.
2026 (EngineCore) ERROR Worker failed. Traceback
RuntimeError: Engine core initialization failed. See root cause above.
"""


def test_the_cause_is_read_from_the_log_and_says_the_way_on(tmp_path: Path) -> None:
    log = logs.Log(tmp_path)
    assert log.cause() == ""
    assert log.file is not None
    log.file.write_text(LOGGED)
    error = failures.start_failed(LocalSettings("org/model"), RuntimeError("see above"), log, 0)
    assert "CUDA out of memory" in error.message
    assert "--tensor-parallel" in error.hint
    assert log.cause(log.place()) == ""


@pytest.mark.parametrize(("told", "way_on"), [
    ("OSError: You are trying to access a gated repo. 401 Client Error", "https://huggingface.co/org/model"),
    ("ValueError: User-specified max_model_len (9) is greater than the derived max_model_len", "smaller"),
    ("ValueError: set the option trust_remote_code=True", "--trust-remote-code"),
    ("ValueError: LlavaOnevision does not support LoRA yet.", "--engine transformers"),
    ("ValueError: No available memory for the cache blocks.", "--gpu-memory"),
    ("ValueError: something else", "__main__"),
])  # fmt: skip
def test_every_failure_to_start_names_a_way_on(told: str, way_on: str) -> None:
    kind, words = told.split(": ", 1)
    error = type(kind, (Exception,), {})(words)
    assert way_on in failures.start_failed(LocalSettings("org/model"), error, logs.Log(None), 0).hint


# -- with vLLM -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch", reason="checkpoints are built by torch")
    return build("qwen3_vl", tmp_path_factory.mktemp("vllm") / "qwen3_vl", image_size=320)


@pytest.fixture(scope="module")
def served(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedModel]:
    """One engine for most tests, with an adapter that ``variant`` puts on or leaves off."""
    os.environ |= {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
    lora = write_adapter(tmp_path_factory.mktemp("lora") / "adapter", LANGUAGE)
    settings = LocalSettings(str(checkpoint), dtype="float32", lora=str(lora), max_model_len=2048, gpu_memory=0.2)
    model = LoadedModel(settings, 0, print)
    assert len(list(model.generate([ClipWork(Clip("first"), frames(99), (request("Start."),))]))) == 1
    yield model
    model._server = model._asker = None
    gc.collect()  # vLLM leaves a context of ZeroMQ open, and says so here


def variant(model: LoadedModel, *, adapted: bool = False, **changes: Any) -> LoadedModel:
    """The same engine asked in another way."""
    settings = replace(model._settings, **changes)
    other = LoadedModel(settings, 0, print)
    assert model._server is not None
    assert model._asker is not None
    more = model._asker._more if adapted else {}
    other._server = model._server
    other._asker = asking.Asker(model._server.engine, model._asker._prompts, settings, 0, model._log, more)
    return other


def ask(model: LoadedModel, *works: ClipWork) -> dict[str, Response]:
    found = {response.key: response for response in model.generate(iter(works))}
    assert [response.error for response in found.values()] == [None] * sum(len(work.requests) for work in works)
    return found


def logprobs(model: LoadedModel, seen: Frames, **how: Any) -> dict[str, float]:
    work = ClipWork(Clip("c"), seen, (request(*TEXTS[0]),))
    (response,) = ask(variant(model, answers="logprob", **how), work).values()
    assert response.logprobs is not None
    return dict(response.logprobs)


@needs_vllm
def test_all_are_answered_and_what_can_be_shared_is_shared(served: LoadedModel) -> None:
    works = [clip_of(number) for number in range(10, 13)]
    model = variant(served)
    found = ask(model, *works)
    assert served._server is not None
    assert model._asker is not None
    block = served._server.engine.vllm_config.cache_config.block_size
    reused = possible = 0
    for work in works:
        media = model._asker._prompts.media(work.frames)
        ids = [model._asker._prompts.prompt(asked, media)["prompt_token_ids"] for asked in work.requests]
        for own, asked in list(zip(ids, work.requests, strict=True))[1:]:
            response = found[asked.key]
            assert response.prompt_tokens is not None
            common = next(i for i, (a, b) in enumerate(zip(own, ids[0], strict=False)) if a != b)
            shared = response.prompt_tokens - (len(own) - common)  # the frames' tokens stand in the common part
            possible += shared // block * block
            reused += response.cached_tokens or 0
    assert possible >= 33 * 384  # 8 frames of 320x320: 4 pairs of 100 tokens, in three blocks or more
    assert reused >= 0.85 * possible


@needs_vllm
def test_both_engines_give_the_same_prompts_and_log_probabilities(served: LoadedModel, checkpoint: Path) -> None:
    from mabench_eval.engines.transformers.model import LoadedModel as Transformers

    work = clip_of(20)
    plain = LocalSettings(str(checkpoint), dtype="float32", answers="logprob")
    theirs = {response.key: response for response in Transformers(plain, 0, print).generate([work])}
    ours = ask(variant(served, answers="logprob"), work)
    assert {k: r.prompt_tokens for k, r in ours.items()} == {k: r.prompt_tokens for k, r in theirs.items()}
    closed = [asked.key for asked in work.requests if asked.kind is not AnswerKind.TEXT]
    for key in closed:
        mine, other = ours[key], theirs[key]
        assert mine.logprobs == pytest.approx(dict(other.logprobs or {}), abs=1e-3)
        assert mine.text == other.text
        assert mine.output_tokens == 1


@needs_vllm
def test_pixels_their_order_and_their_times_matter(served: LoadedModel) -> None:
    first = logprobs(served, frames())
    assert first == pytest.approx(logprobs(served, frames()), abs=1e-3)
    later = replace(frames(), indices=tuple(i + 30 for i in frames().indices), total=120)
    for other in (frames(1), frames(0, -1), later):
        assert max(abs(first[option] - value) for option, value in logprobs(served, other).items()) > 1e-3


@needs_vllm
def test_an_adapter_on_the_language_model_changes_the_answers(served: LoadedModel) -> None:
    plain, adapted = logprobs(served, frames()), logprobs(served, frames(), adapted=True)
    assert max(abs(plain[option] - value) for option, value in adapted.items()) > 1e-3


@needs_vllm
def test_constrained_answers_are_options_and_open_ones_free(served: LoadedModel) -> None:
    work = clip_of(30)
    found = ask(variant(served, answers="constrained"), work)
    for asked in work.requests:
        response = found[asked.key]
        if asked.kind is AnswerKind.CHOICE:
            assert response.text in OPTIONS
        elif asked.kind is AnswerKind.YES_NO:
            assert response.text in ("Yes", "No")
        else:
            assert response.output_tokens == 8
        assert response.logprobs is None


@needs_vllm
def test_logprob_answers_are_the_best_option(served: LoadedModel) -> None:
    work = clip_of(31)
    found = ask(variant(served, answers="logprob"), work)
    for asked in work.requests:
        response = found[asked.key]
        if asked.kind is AnswerKind.TEXT:
            assert response.logprobs is None
        else:
            assert response.logprobs is not None
            assert set(response.logprobs) == set(OPTIONS if asked.kind is AnswerKind.CHOICE else ("Yes", "No"))
            assert response.text == max(response.logprobs, key=lambda option: response.logprobs[option])  # type: ignore[index]
            assert response.stop_reason == "stop"


@needs_vllm
def test_sampled_answers_are_the_same_again(served: LoadedModel) -> None:
    first, again = (ask(variant(served, temperature=1.0), clip_of(32)) for _ in range(2))
    assert {key: r.text for key, r in first.items()} == {key: r.text for key, r in again.items()}
    assert {r.text for r in first.values()} != {r.text for r in ask(variant(served), clip_of(32)).values()}


@needs_vllm
def test_a_question_that_cannot_be_put_is_lost_alone(served: LoadedModel) -> None:
    """A placeholder in a question's own words: vLLM would look for a second video."""
    asked = (request("What is <|video_pad|> doing?"), request("What moves?"))
    found = {r.key: r for r in variant(served).generate([ClipWork(Clip("c"), frames(), asked)])}
    assert "2 placeholders" in str(found[asked[0].key].error)
    assert found[asked[1].key].error is None


@needs_vllm
def test_text_alone_is_answered(served: LoadedModel) -> None:
    found = ask(variant(served), ClipWork(Clip("c"), None, (request("What moves?"),)))
    assert [(r.prompt_tokens or 0) < 60 for r in found.values()] == [True]


@needs_vllm
def test_a_context_too_small_is_one_clear_error(served: LoadedModel) -> None:
    for times in (200, 900):  # too many tokens with the frames, and without them
        wide = ClipWork(Clip("wide"), frames(), (request("What moves? " * times),))
        with pytest.raises(
            ModelError, match=r"started for 2,048 tokens; a question of this run needs \d,\d+"
        ) as caught:
            list(variant(served).generate([wide]))
        assert "--max-model-len" in caught.value.hint
    long = ClipWork(Clip("long"), frames(), (request("What moves? " * 150, tokens=4000),))
    with pytest.raises(ModelError, match="4,000 of answer"):
        list(variant(served).generate([long]))


@needs_vllm
def test_a_prompt_too_long_among_others_is_lost_alone(served: LoadedModel) -> None:
    model = variant(served)
    ask(model, clip_of(33))
    (response,) = model.generate([ClipWork(Clip("c"), frames(), (request("What moves? " * 900),))])
    assert "--max-model-len" in str(response.error)


@needs_vllm
def test_a_caller_that_stops_cuts_off_what_is_under_way(served: LoadedModel) -> None:
    model = variant(served)
    asked = tuple(request(f"Describe {number}.", tokens=900) for number in range(20))
    short = request("Name it.", tokens=1)
    work = model.generate([ClipWork(Clip("c"), frames(), (*asked, short))])
    assert next(work).key == short.key
    work.close()  # type: ignore[attr-defined]
    assert served._server is not None
    assert len(ask(model, clip_of(34))) == 12
    assert served._server.engine.output_processor.get_num_unfinished_requests() == 0


@needs_vllm
def test_what_drawing_raises_comes_through(served: LoadedModel) -> None:
    def broken() -> Iterator[ClipWork]:
        yield clip_of(35)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(variant(served).generate(broken()))


@needs_vllm
def test_frames_are_let_go_clip_by_clip(served: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_PIXELS", 2 * frames().pixels.nbytes)
    alive: list[weakref.ref[Any]] = []
    most = [0]

    def works() -> Iterator[ClipWork]:
        for number in range(40, 52):
            gc.collect()
            most[0] = max(most[0], sum(ref() is not None for ref in alive))
            seen = frames(number)
            alive.append(weakref.ref(seen.pixels))
            yield clip_of(number, seen)
            del seen

    assert len(list(variant(served).generate(works()))) == 144
    gc.collect()
    assert most[0] <= 2  # those under way
    assert sum(ref() is not None for ref in alive) == 0


@needs_vllm
def test_a_process_that_is_killed_is_one_clear_error(served: LoadedModel) -> None:
    """Last of those on this engine. A process ended by the system, for want of memory, looks the same."""
    import multiprocessing

    model = variant(served)
    (core,) = [child for child in multiprocessing.active_children() if "EngineCore" in child.name]
    asked = tuple(request(f"Describe {number}.", tokens=900) for number in range(12))
    work = model.generate([ClipWork(Clip("c"), frames(), (*asked, request("Name it.", tokens=1)))])
    next(work)
    assert core.pid is not None
    os.kill(core.pid, signal.SIGKILL)
    with pytest.raises(ModelError, match="vllm's process has ended") as caught:
        list(work)
    assert "run the same command again" in caught.value.hint
    with pytest.raises(ModelError, match="vllm's process has ended"):
        list(model.generate([clip_of(36)]))


@needs_vllm
def test_a_checkpoint_that_is_none_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="vllm cannot run"):
        list(LoadedModel(LocalSettings(str(tmp_path)), 0, print).generate([clip_of(0)]))


@needs_vllm
def test_a_start_that_fails_in_vllms_process_tells_its_cause(
    tmp_path: Path, checkpoint: Path, served: LoadedModel
) -> None:
    """The cause stands in the log of that process; here it is told that another process has failed."""
    served._server = served._asker = None
    folder = Path(shutil.copytree(checkpoint, tmp_path / "cut"))
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(ModelError, match=r"vllm cannot run .*Safetensor") as caught:
        list(
            LoadedModel(LocalSettings(str(folder), max_model_len=1024, gpu_memory=0.2), 0, print).generate([clip_of(0)])
        )
    assert "log: " in caught.value.hint


@needs_vllm
def test_the_whole_command_on_the_demo(
    tmp_path: Path, checkpoint: Path, served: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """InternVL, its frames as images."""
    monkeypatch.setattr(base, "ENGINES", {**base.ENGINES, "vllm": "mabench_eval.engines.vllm:VllmEngine"})
    folder = build("internvl", tmp_path / "internvl")
    served._server = served._asker = None
    settings = {"dtype": "float32", "answers": "constrained", "input": "images", "max_model_len": 4096,
                "gpu_memory": 0.2}  # fmt: skip
    choices: dict[str, Any] = {"engine": "vllm", "limit": 2, "output": tmp_path, "settings": settings, "judge": "none"}
    result = evaluate(str(folder), **choices)
    assert result.scores["outcomes"]["answered"] >= 20  # all closed ones; open ones may be empty
    records = list(read_journal(result.folder).answers.values())
    assert len(records) == 24
    assert all(record["prompt_tokens"] > 100 for record in records)
    assert result.record["identity"]["model"]["engine"] == "vllm"
