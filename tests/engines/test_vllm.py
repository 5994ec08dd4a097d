"""The engine vllm on a tiny checkpoint.

A start takes half a minute on two cores, so one engine serves most tests, each with settings of its own.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import weakref
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.vllm import request_pool, versions
from mabench_eval.engines.vllm.given_arguments import THROUGHPUT
from mabench_eval.engines.vllm.model import VllmModel
from mabench_eval.engines.vllm.preprocessing import Preprocessor
from mabench_eval.errors import ModelError
from mabench_eval.types import AnswerKind, Clip, ClipWork
from tests.engines.asked import (
    LANGUAGE,
    OPTIONS,
    answers_of,
    apart,
    clip_of,
    frames,
    logprobs_of,
    needs_vllm,
    request,
    write_adapter,
)
from tests.support.checkpoints import build

pytestmark = [needs_vllm, pytest.mark.filterwarnings("ignore")]  # vLLM's own, on threads of its own


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch", reason="checkpoints are built by torch")
    return build("qwen3_vl", tmp_path_factory.mktemp("vllm") / "qwen3_vl", image_size=320)


@pytest.fixture(scope="module")
def served(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmModel]:
    """One engine for most tests, with an adapter that ``variant`` puts on or leaves off."""
    os.environ |= {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
    lora = write_adapter(tmp_path_factory.mktemp("lora") / "adapter", LANGUAGE)
    settings = LocalSettings(
        str(checkpoint),
        dtype="float32",
        lora=str(lora),
        max_model_len=2048,
        gpu_memory=0.2,
        vllm={"max_num_seqs": 300},
    )
    model = VllmModel(settings, 0, print)
    assert len(list(model.generate([ClipWork(Clip("first"), frames(99), (request("Start."),))]))) == 1
    yield model
    model._server = model._pool = None
    gc.collect()  # vLLM leaves a context of ZeroMQ open, and says so here


def variant(model: VllmModel, *, adapted: bool = False, **changes: Any) -> VllmModel:
    """The same engine asked in another way."""
    settings = replace(model._settings, **changes)
    other = VllmModel(settings, 0, print)
    assert model._server is not None
    assert model._pool is not None
    options = model._pool._options if adapted else {}
    other._server = model._server
    other._pool = request_pool.RequestPool(model._server.engine, model._pool._prompts, settings, 0, model._log, options)
    return other


def test_all_are_answered_and_what_can_be_shared_is_shared(served: VllmModel) -> None:
    works = [clip_of(number) for number in range(10, 13)]
    model = variant(served)
    found = answers_of(model, *works)
    assert served._server is not None
    assert model._pool is not None
    block = served._server.engine.vllm_config.cache_config.block_size
    reused = possible = 0
    for work in works:
        media = model._pool._prompts.media(work.frames)
        ids = [model._pool._prompts.prompt(asked, media)["prompt_token_ids"] for asked in work.requests]
        for own, asked in list(zip(ids, work.requests, strict=True))[1:]:
            response = found[asked.key]
            assert response.prompt_tokens is not None
            common = next(i for i, (a, b) in enumerate(zip(own, ids[0], strict=False)) if a != b)
            shared = response.prompt_tokens - (len(own) - common)  # the frames' tokens stand in the common part
            possible += shared // block * block
            reused += response.cached_tokens or 0
    assert possible >= 33 * 384  # 8 frames of 320x320: 4 pairs of 100 tokens, in three blocks or more
    assert reused >= 0.85 * possible


def test_batches_are_as_large_as_vllm_makes_them_and_told(served: VllmModel) -> None:
    """As its class LLM has them on this machine, twice for throughput: 2 x 4,096 tokens; the sequences are given."""
    assert served._server is not None
    scheduler = served._server.engine.vllm_config.scheduler_config
    assert (scheduler.max_num_batched_tokens, scheduler.max_num_seqs) == (8192, 300)
    assert served._facts["max_num_batched_tokens"] == 8192 and served._facts["max_num_seqs"] == 300
    assert served._facts["max_model_len"] == 2048 and served._facts["kv_cache_tokens"] >= 2048


def test_frames_prepared_on_our_threads_are_what_vllms_own_gives(served: VllmModel) -> None:
    """The same inputs to the engine, with their tensors; of a clip's twelve prompts the first alone has any to send."""
    model = variant(served)
    assert model._pool is not None and served._server is not None
    engine, work = served._server.engine, clip_of(60)
    clip = model._pool._prepare(work)
    make = versions.media_processors(engine)
    assert make is not None
    ours = make()([*clip.prompts, "no prompt"])
    assert ours.pop() == "no prompt" and all(versions.is_processed(prompt) for prompt in ours)
    render = served._server.loop.run
    first = clip.prompts[0]
    assert isinstance(first, dict)
    theirs = render(versions.rendered(engine, first))
    assert ours[0]["prompt_token_ids"] == theirs["prompt_token_ids"]
    assert ours[0]["mm_hashes"] == theirs["mm_hashes"] and ours[0]["mm_placeholders"] == theirs["mm_placeholders"]
    (tensors,), (expected,) = ours[0]["mm_kwargs"]["video"], theirs["mm_kwargs"]["video"]
    assert tensors.keys() == expected.keys()
    for name, tensor in expected.get_data().items():
        assert str(tensors.get_data()[name]) == str(tensor)

    render(engine.reset_mm_cache())
    sent = [versions.with_sent_media(engine, prompt)["mm_kwargs"]["video"][0] is not None for prompt in ours]
    assert sent == [True] + [False] * 11
    render(engine.reset_mm_cache())


def test_answers_do_not_depend_on_who_prepares_the_frames(served: VllmModel) -> None:
    """Also where many clips are prepared at once, and by versions that let no thread but their own."""
    works = [clip_of(number) for number in range(61, 67)]
    several, theirs = variant(served, answers="logprob"), variant(served, answers="logprob")
    assert several._pool is not None and theirs._pool is not None
    several._pool._preprocessor = Preprocessor(several._pool._engine, threads=4)
    theirs._pool._preprocessor._new_processor = None
    first = answers_of(several, *works)
    assert served._server is not None
    served._server.loop.run(served._server.engine.reset_mm_cache())  # what vLLM keeps of ours is not enough for it
    second = answers_of(theirs, *works)
    for key, response in first.items():
        assert response.prompt_tokens == second[key].prompt_tokens
        if response.logprobs:
            assert apart(dict(response.logprobs), dict(second[key].logprobs or {})) < 1e-2
    usage = several._pool.usage()
    assert usage["clips"] == 6 and usage["preprocessing_threads"] == 4 and usage["preprocessing_seconds"] > 0
    assert 0 <= usage["idle_share"] < 1
    assert theirs._pool.usage()["preprocessing_seconds"] == 0


def test_the_names_read_from_the_source_are_those_of_the_class() -> None:
    from vllm.engine.arg_utils import AsyncEngineArgs

    assert versions.engine_argument_names() == {field.name for field in fields(AsyncEngineArgs)}
    assert THROUGHPUT - versions.engine_argument_names() == {"max_num_partial_prefills", "swap_space"}  # of others


def test_an_argument_that_vllm_cannot_take_is_one_clear_error(checkpoint: Path) -> None:
    settings = LocalSettings(str(checkpoint), max_model_len=2048, gpu_memory=0.2, vllm={"max_num_seqs": "many"})
    with pytest.raises(ModelError, match="vllm cannot run") as caught:
        list(VllmModel(settings, 0, print).generate([clip_of(0)]))
    assert "vllm.max_num_seqs" in caught.value.hint


def test_pixels_their_order_and_their_times_matter(served: VllmModel) -> None:
    model = variant(served, answers="logprob")
    first = logprobs_of(model, frames())
    assert first == pytest.approx(logprobs_of(model, frames()), abs=1e-3)
    later = replace(
        frames(),
        indices=tuple(i + 30 for i in frames().indices),
        timestamps=tuple(time + 1 for time in frames().timestamps),
        total=120,
    )
    for other in (frames(1), frames(0, -1), later):
        assert apart(first, logprobs_of(model, other)) > 1e-3


def test_an_adapter_on_the_language_model_changes_the_answers(served: VllmModel) -> None:
    plain, adapted = (variant(served, answers="logprob", adapted=adapted) for adapted in (False, True))
    assert apart(logprobs_of(plain, frames()), logprobs_of(adapted, frames())) > 1e-3


def test_constrained_answers_are_options_and_open_ones_free(served: VllmModel) -> None:
    work = clip_of(30)
    found = answers_of(variant(served, answers="constrained"), work)
    for asked in work.requests:
        response = found[asked.key]
        if asked.kind is AnswerKind.CHOICE:
            assert response.text in OPTIONS
        elif asked.kind is AnswerKind.YES_NO:
            assert response.text in ("Yes", "No")
        else:
            assert response.output_tokens == 8
        assert response.logprobs is None


def test_logprob_answers_are_the_best_option(served: VllmModel) -> None:
    work = clip_of(31)
    found = answers_of(variant(served, answers="logprob"), work)
    for asked in work.requests:
        response = found[asked.key]
        if asked.kind is AnswerKind.TEXT:
            assert response.logprobs is None
        else:
            assert response.logprobs is not None
            assert set(response.logprobs) == set(OPTIONS if asked.kind is AnswerKind.CHOICE else ("Yes", "No"))
            assert response.text == max(response.logprobs, key=lambda option: response.logprobs[option])  # type: ignore[index]
            assert response.stop_reason == "stop"


def test_sampled_answers_are_the_same_again(served: VllmModel) -> None:
    first, again = (answers_of(variant(served, temperature=1.0), clip_of(32)) for _ in range(2))
    assert {key: r.text for key, r in first.items()} == {key: r.text for key, r in again.items()}
    assert {r.text for r in first.values()} != {r.text for r in answers_of(variant(served), clip_of(32)).values()}


def test_a_question_that_cannot_be_put_is_lost_alone(served: VllmModel) -> None:
    """A placeholder in a question's own words: vLLM would look for a second video."""
    asked = (request("What is <|video_pad|> doing?"), request("What moves?"))
    found = {r.key: r for r in variant(served).generate([ClipWork(Clip("c"), frames(), asked)])}
    assert "2 placeholders" in str(found[asked[0].key].error)
    assert found[asked[1].key].error is None


def test_text_alone_is_answered(served: VllmModel) -> None:
    found = answers_of(variant(served), ClipWork(Clip("c"), None, (request("What moves?"),)))
    assert [(r.prompt_tokens or 0) < 60 for r in found.values()] == [True]


def test_a_context_too_small_is_one_clear_error(served: VllmModel) -> None:
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


def test_a_prompt_too_long_among_others_is_lost_alone(served: VllmModel) -> None:
    model = variant(served)
    answers_of(model, clip_of(33))
    (response,) = model.generate([ClipWork(Clip("c"), frames(), (request("What moves? " * 900),))])
    assert "--max-model-len" in str(response.error)


def test_a_caller_that_stops_cuts_off_what_is_under_way(served: VllmModel) -> None:
    model = variant(served)
    asked = tuple(request(f"Describe {number}.", tokens=900) for number in range(20))
    short = request("Name it.", tokens=1)
    work = model.generate([ClipWork(Clip("c"), frames(), (*asked, short))])
    assert next(work).key == short.key
    work.close()  # type: ignore[attr-defined]
    assert served._server is not None
    assert len(answers_of(model, clip_of(34))) == 12
    assert served._server.engine.output_processor.get_num_unfinished_requests() == 0


def test_what_drawing_raises_comes_through(served: VllmModel) -> None:
    def broken() -> Iterator[ClipWork]:
        yield clip_of(35)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(variant(served).generate(broken()))


def test_frames_are_let_go_clip_by_clip(served: VllmModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_pool, "MAX_FRAME_BYTES", 2 * frames().pixels.nbytes)
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


def test_a_process_that_is_killed_is_one_clear_error(served: VllmModel) -> None:
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


def test_a_checkpoint_that_is_none_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="vllm cannot run"):
        list(VllmModel(LocalSettings(str(tmp_path)), 0, print).generate([clip_of(0)]))


def test_a_start_that_fails_in_vllms_process_tells_its_cause(
    tmp_path: Path, checkpoint: Path, served: VllmModel
) -> None:
    """The cause stands in the log of that process; here it is told that another process has failed."""
    served._server = served._pool = None
    folder = Path(shutil.copytree(checkpoint, tmp_path / "cut"))
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(ModelError, match=r"vllm cannot run .*Safetensor") as caught:
        list(VllmModel(LocalSettings(str(folder), max_model_len=1024, gpu_memory=0.2), 0, print).generate([clip_of(0)]))
    assert "log: " in caught.value.hint
