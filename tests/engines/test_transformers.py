"""The engine transformers on tiny checkpoints of every native family: sharing the work changes no answer."""

from __future__ import annotations

import gc
import json
import shutil
import weakref
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkpoints import FAMILIES, build

# After the checkpoints, which let torchvision be imported beside a CPU build of torch.
pytest.importorskip("torch", reason="the engine transformers needs torch")
pytest.importorskip("transformers", reason="the engine transformers needs transformers")
pytest.importorskip("torchvision", reason="video processors of transformers need torchvision")

import numpy as np
import torch

from mabench_eval import evaluate
from mabench_eval.cli import main
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.transformers import decoding
from mabench_eval.engines.transformers.model import TransformersModel
from mabench_eval.errors import ModelError
from mabench_eval.journal.journal import read_journal
from mabench_eval.types import AnswerKind, Clip, ClipWork, Frames, Request, Response
from tests.engines.asked import OPTIONS, WHICH, answers_of, apart, frames, logprobs_of, request

pytestmark = [
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"),  # peft 0.21
    # InternVL's processor in transformers 4, where NumPy is 2
    pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning"),
]

CASES = [(family.name, medium) for family in FAMILIES.values() for medium in sorted(family.inputs)]


QUESTIONS = (
    request(WHICH, AnswerKind.CHOICE),
    request("Does the head move up before the left hand does?", AnswerKind.YES_NO),
    request("Describe the movement of each part in one paragraph.", tokens=20),
    request("Yes?", AnswerKind.YES_NO),
)


@cache
def checkpoint(family: str) -> Path:
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix=f"mabench-{family}-"))
    CREATED.append(folder)
    return build(family, folder)


CREATED: list[Path] = []


@pytest.fixture(autouse=True, scope="module")
def cleaned() -> Iterator[None]:
    torch.set_num_threads(2)
    yield
    for folder in CREATED:
        shutil.rmtree(folder, ignore_errors=True)


def load(family: str = "qwen3_vl", medium: Any = "video", **settings: Any) -> TransformersModel:
    notes: list[str] = settings.pop("notes", [])
    return TransformersModel(
        LocalSettings(str(checkpoint(family)), input=medium, dtype="float32", **settings), 0, notes.append
    )


def ask(
    model: TransformersModel, requests: tuple[Request, ...] = QUESTIONS, seen: Frames | None = None
) -> dict[str, Response]:
    return answers_of(model, ClipWork(Clip("clip"), frames() if seen is None else seen, requests))


def one_by_one(model: TransformersModel, asked: Request, *, blind: bool = False) -> tuple[str, int]:
    """The answer by transformers' own ``generate``, all of the prompt at once, and the prompt's tokens."""
    prompts, whole = model._prompts, model._model
    seen = None if blind else frames()
    inputs = prompts._inputs(prompts.text(asked, seen), seen)
    plain = {"do_sample": False, "repetition_penalty": 1.0, "eos_token_id": sorted(model._eos_ids)}
    output = whole.generate(**inputs, **plain, max_new_tokens=asked.max_tokens)
    length = inputs["input_ids"].shape[1]
    ids = output[0, length:].tolist()
    return prompts.decode([token for token in ids if token not in model._eos_ids]), length


@pytest.mark.parametrize(("family", "medium"), CASES)
def test_sharing_changes_no_token(family: str, medium: str) -> None:
    model = load(family, medium)
    together = ask(model)
    for asked in QUESTIONS:
        text, length = one_by_one(model, asked)
        assert (together[asked.key].text, together[asked.key].prompt_tokens) == (text, length)
    assert len({response.text for response in together.values()}) > 1  # and the answers are not one repeated token


@pytest.mark.parametrize(("family", "medium"), CASES)
def test_the_text_alone_is_answered_too(family: str, medium: str) -> None:
    """As a judge, or with ``--input text-only``; after a clip, of whose positions nothing must be left."""
    model = load(family, medium)
    ask(model)
    mixed = (*QUESTIONS, request("Describe it.", system="Another task."))
    alone = answers_of(model, ClipWork(Clip("clip"), None, mixed))
    for asked in mixed:
        text, length = one_by_one(model, asked, blind=True)
        assert (alone[asked.key].text, alone[asked.key].prompt_tokens) == (text, length)


@pytest.mark.parametrize("family", ["qwen3_vl", "llava_onevision"])
def test_other_system_prompts_are_other_beginnings(family: str) -> None:
    model = load(family)
    mixed = (*QUESTIONS, request("Describe it.", system="Another task."))
    together = ask(model, mixed)
    assert together[mixed[-1].key].text == one_by_one(model, mixed[-1])[0]


def test_a_sampled_answer_is_that_of_its_question_whatever_is_asked_beside() -> None:
    """A repeat is drawn anew, and a run that goes on later draws what it would have drawn at once."""
    again = tuple(replace(asked, key=f"{asked.key} again", repeat=1) for asked in QUESTIONS)
    texts = {key: r.text for key, r in ask(load(temperature=1.0), (*QUESTIONS, *again)).items()}
    assert all(texts[asked.key] != texts[f"{asked.key} again"] for asked in QUESTIONS)
    later = load(temperature=1.0, batch=3)
    assert {key: r.text for key, r in ask(later, again[::-1]).items()} == {r.key: texts[r.key] for r in again}


@pytest.mark.parametrize(("family", "medium"), [("qwen3_vl", "video"), ("internvl", "video"), ("pixtral", "images")])
def test_the_vision_tower_runs_once_a_clip(family: str, medium: str) -> None:
    model = load(family, medium)
    (tower,) = [m for name, m in model._model.named_modules() if name.endswith(("visual", "vision_tower"))]
    calls = []
    tower.register_forward_hook(lambda *_: calls.append(1))
    ask(model)
    assert len(calls) == 1


@pytest.mark.parametrize("family", ["qwen2_vl", "qwen2_5_vl", "qwen3_vl", "llava_onevision"])
def test_a_video_of_one_frame_is_answered(family: str) -> None:
    """Families that merge two frames see it twice."""
    model = load(family)
    alone = ask(model, seen=frames(count=1))
    pixels = frames(count=1).pixels
    twice = replace(frames(count=1), pixels=np.concatenate([pixels, pixels]), indices=(3, 3), timestamps=(0.1, 0.1))
    expected = alone if family == "llava_onevision" else ask(model, seen=twice)
    assert {key: r.text for key, r in alone.items()} == {key: r.text for key, r in expected.items()}
    assert all((response.prompt_tokens or 0) > 30 for response in alone.values())


def test_the_pixels_and_their_order_matter() -> None:
    model = load(answers="logprob")
    first, other, backwards = (logprobs_of(model, seen) for seen in (frames(), frames(1), frames(0, -1)))
    assert first == logprobs_of(model, frames())
    assert apart(first, other) > 0.01
    assert apart(first, backwards) > 0.01


def test_constrained_answers_are_options() -> None:
    model = load(answers="constrained")
    together = ask(model)
    assert together[QUESTIONS[0].key].text in OPTIONS
    assert together[QUESTIONS[1].key].text in ("Yes", "No")
    assert together[QUESTIONS[2].key].output_tokens == 20  # an open question is answered freely


def test_logprobs_are_those_of_a_plain_forward_pass() -> None:
    model = load(answers="logprob")
    found = ask(model)[QUESTIONS[0].key]
    prompts = model._prompts
    with torch.inference_mode():
        logits = model._model(**prompts._inputs(prompts.text(QUESTIONS[0], frames()), frames())).logits[0, -1].float()
    expected = torch.log_softmax(logits, dim=-1)
    assert found.logprobs is not None
    for option, value in found.logprobs.items():
        assert value == pytest.approx(float(expected[prompts.token_ids(option)[0]]), abs=1e-4)
    assert found.text == max(found.logprobs, key=lambda option: found.logprobs[option])  # type: ignore[index]
    assert found.output_tokens == 1


def test_out_of_memory_halves_the_batch_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[str] = []
    model = load(notes=notes)
    whole = ask(model)
    real = decoding.SuffixBatch.__init__

    def small(self: Any, model: Any, prefix: Any, suffixes: Any, pad: int) -> None:
        if len(suffixes) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        real(self, model, prefix, suffixes, pad)

    monkeypatch.setattr(decoding.SuffixBatch, "__init__", small)
    assert {key: r.text for key, r in ask(model).items()} == {key: r.text for key, r in whole.items()}
    assert notes == [
        "out of memory: 2 questions at once from here on",
        "out of memory: 1 questions at once from here on",
    ]


def test_memory_that_never_suffices_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    model = load()
    monkeypatch.setattr(decoding, "prefill", never)
    with pytest.raises(ModelError, match=r"memory ran out over the .* tokens of one clip") as caught:
        ask(model)
    assert "--frames" in caught.value.hint


def test_a_context_too_small_for_the_frames_is_told_before_the_model_runs() -> None:
    with pytest.raises(ModelError, match=r"reads 100 tokens; a question of this run needs \d+") as caught:
        ask(load(context=100))
    assert "--frames" in caught.value.hint


def test_a_checkpoint_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be loaded"):
        TransformersModel(LocalSettings(str(tmp_path)), 0, print)


def test_a_clip_that_cannot_be_prepared_costs_its_own_questions() -> None:
    model = load()
    bad = (request("What is <|video_pad|> doing?"),)
    works = [ClipWork(Clip("bad"), frames(), bad), ClipWork(Clip("good"), frames(), QUESTIONS)]
    found = list(model.generate(works))
    assert "placeholders" in str(found[0].error)
    assert [response.error for response in found[1:]] == [None] * 4


def test_pixels_are_let_go_clip_by_clip() -> None:
    alive: list[weakref.ref[Any]] = []
    most = [0]

    def works() -> Iterator[ClipWork]:
        for number in range(6):
            gc.collect()
            most[0] = max(most[0], sum(ref() is not None for ref in alive))
            seen = frames(number)
            alive.append(weakref.ref(seen.pixels))
            yield ClipWork(Clip(str(number)), seen, QUESTIONS[:1])

    assert len(list(load().generate(works()))) == 6
    assert most[0] <= 2  # the one at work, and the one being prepared


def test_the_whole_command_on_the_demo(tmp_path: Path) -> None:
    settings = {"dtype": "float32", "answers": "constrained"}
    choices: dict[str, Any] = {"tasks": "closed", "limit": 2, "output": tmp_path, "settings": settings}
    result = evaluate(str(checkpoint("qwen3_vl")), **choices)
    assert (result.complete, result.scores.outcomes["answered"]) == (True, 20)
    records = read_journal(result.folder).answers.values()
    assert all(record["prompt_tokens"] > 100 for record in records)
    assert result.record.identity["model"]["answers"] == "constrained"
    again = evaluate(str(checkpoint("qwen3_vl")), **choices)
    assert again.record.sessions != result.record.sessions
    assert len(read_journal(again.folder).answers) == 20


@pytest.mark.parametrize(("family", "visual"), [("qwen3_vl", 56), ("llava_onevision", None)])
def test_show_tells_what_the_model_will_see(
    family: str, visual: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(checkpoint(family)), "--question", "CMAR_0002", "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)["seen"]
    assert (len(seen["frames"]), len(seen["times (s)"])) == (8, 8)
    assert seen["context_left"] == seen["context"] - seen["prompt_tokens"] - 16
    assert "What is the body-level label" in seen["prompt"]
    if visual is not None:
        # 320x240 becomes 96x64: 6x4 patches of 16 pixels, merged 2x2 to 6 tokens for two frames; with two marks and
        # the 6 tokens of "<0.2 seconds>" a pair takes 14, and four pairs 56
        assert seen["frame_size"] == [96, 64]
        assert seen["visual_tokens"] == visual


# -- LoRA ----------------------------------------------------------------------------------------------------


def adapter(folder: Path, *targets: str, saved: list[str] | None = None) -> Path:
    """A LoRA adapter of rank 4 with random weights on the modules that end with ``targets``; some are saved whole."""
    import peft
    import transformers

    base = transformers.AutoModelForImageTextToText.from_pretrained(checkpoint("qwen3_vl"))
    pattern = rf".*({'|'.join(targets)})"
    settings = {"r": 4, "target_modules": pattern, "init_lora_weights": False, "modules_to_save": saved}
    model = peft.get_peft_model(base, peft.LoraConfig(**settings))
    model.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("targets", [(r"language_model\..*q_proj",), (r"visual\.blocks\..*qkv",)])
def test_an_adapter_on_language_model_or_vision_tower_changes_the_answers(
    tmp_path: Path, targets: tuple[str, ...]
) -> None:
    pytest.importorskip("peft", reason="LoRA needs peft")
    plain = load(answers="logprob")
    adapted = load(answers="logprob", lora=str(adapter(tmp_path / "lora", *targets)))
    assert apart(logprobs_of(plain, frames()), logprobs_of(adapted, frames())) > 1e-3


def test_an_adapter_that_does_not_fit_whole_is_an_error(tmp_path: Path) -> None:
    """Weights that nothing takes would be dropped without a word."""
    pytest.importorskip("peft", reason="LoRA needs peft")
    from safetensors.torch import load_file, save_file

    file = adapter(tmp_path / "lora", r"language_model\..*q_proj") / "adapter_model.safetensors"
    weights = {name: weight.clone() for name, weight in load_file(file).items()}  # older safetensors map the file
    name = next(iter(weights))
    weights[name.replace("layers.0", "layers.77")] = weights[name].clone()
    save_file(weights, file)
    with pytest.raises(ModelError, match=r"1 of its tensors are not in the model, e\.g\. .*layers\.77"):
        load(lora=str(tmp_path / "lora"))


def test_an_adapter_that_lacks_what_it_names_is_an_error(tmp_path: Path) -> None:
    """Every tensor of one vision block taken out of an adapter for all parts; then one of a module saved whole."""
    pytest.importorskip("peft", reason="LoRA needs peft")
    from safetensors.torch import load_file, save_file

    file = adapter(tmp_path / "lora", "qkv", "q_proj", saved=["merger"]) / "adapter_model.safetensors"
    weights = {name: weight.clone() for name, weight in load_file(file).items()}  # older safetensors map the file
    load(lora=str(tmp_path / "lora"))  # whole: it is taken

    for part in ("visual.blocks.0.", "visual.merger.norm.weight"):
        save_file({name: weight for name, weight in weights.items() if part not in name}, file)
        with pytest.raises(ModelError, match=rf"lacks what its adapter_config\.json names, e\.g\. .*{part}"):
            load(lora=str(tmp_path / "lora"))


def test_an_adapter_is_part_of_the_identity_by_its_content(tmp_path: Path) -> None:
    from mabench_eval.engines.local.settings import identity_of

    first, second = tmp_path / "first", tmp_path / "second"
    for folder, content in ((first, b"a"), (second, b"b")):
        folder.mkdir()
        (folder / "adapter_model.safetensors").write_bytes(content)
    identities = [identity_of(LocalSettings("org/model", lora=str(folder)))["lora"] for folder in (first, second)]
    assert identities[0] != identities[1]
    moved = first.rename(tmp_path / "moved")
    assert identity_of(LocalSettings("org/model", lora=str(moved)))["lora"] == identities[0]
