"""The places where versions of vLLM differ, from 0.11 on.

Run: 0.32 (its build for CPUs). Read in the wheels' source only: 0.11, 0.12, 0.33. Names that all of these share
(``AsyncLLM``, ``AsyncEngineArgs``, ``StructuredOutputsParams``, ``multi_modal_uuids``) are used directly, and video
always goes with its metadata: where a model needs none, vLLM drops it.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import importlib.util
import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mabench_eval.types import Json

TOP_LOGPROBS = 1000
"""Log-probabilities read where vLLM cannot be asked for those of given tokens (before 0.33)."""


WHERE_KNOWN: Mapping[str, Any] = MappingProxyType(
    {
        "enable_log_requests": False,
        # A run is a batch: twice the tokens and sequences a step, for more latency that nobody notices.
        "performance_mode": "throughput",
        # With several GPUs each looks at clips of its own, where the model can; else vLLM goes back to "weights".
        "mm_encoder_tp_mode": "data",
    }
)
"""Arguments that are given where the installed version has them."""


def start_engine(arguments: Mapping[str, Any]) -> Any:
    """Start vLLM's asynchronous engine. Raises TypeError for an argument that this version does not know."""
    from vllm.usage.usage_lib import UsageContext
    from vllm.v1.engine.async_llm import AsyncLLM

    # The batch sizes follow the GPU in the contexts of vLLM's own front-ends alone. AsyncLLM's default is none of them,
    # and falls back to 2,048 tokens and 128 sequences where the class LLM takes 16,384 and 1,024.
    return AsyncLLM.from_engine_args(engine_arguments(arguments), usage_context=UsageContext.LLM_CLASS)


def engine_arguments(arguments: Mapping[str, Any]) -> Any:
    """``AsyncEngineArgs``. Raises TypeError for a name that this version does not know."""
    from vllm.engine.arg_utils import AsyncEngineArgs

    known = {field.name for field in dataclasses.fields(AsyncEngineArgs)}
    defaults = {"disable_log_stats": True, **{name: value for name, value in WHERE_KNOWN.items() if name in known}}
    if not _takes_logprob_token_ids():
        defaults["max_logprobs"] = TOP_LOGPROBS
    return AsyncEngineArgs(**{**defaults, **arguments})


@cache
def engine_argument_names() -> frozenset[str]:
    """Names of the engine's arguments, read from the source; empty where vLLM is not installed.

    Not from the class: importing vLLM takes seconds, and sets up its log before it is known where that is to go.
    """
    return _fields_in_source("engine/arg_utils.py", "EngineArgs", "AsyncEngineArgs")


@cache
def lora_fields() -> frozenset[str]:
    """What the installed vLLM reads of an adapter's configuration, from its source too."""
    return _fields_in_source("lora/peft_helper.py", "PEFTHelper")


def _fields_in_source(file: str, *classes: str) -> frozenset[str]:
    """Names of the fields of dataclasses in a file of the vLLM that is installed; none where none is."""
    found = importlib.util.find_spec("vllm")
    folders = getattr(found, "submodule_search_locations", None) or ()
    sources = [source for folder in folders if (source := Path(folder) / file).is_file()]
    return frozenset(
        field.target.id
        for source in sources
        for node in ast.parse(source.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name in classes
        for field in node.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    )


def resolved(engine: Any) -> dict[str, Any]:
    """What a started engine made of its arguments: sizes of its batches and of its cache, in tokens."""
    config = engine.vllm_config
    blocks, size = config.cache_config.num_gpu_blocks, config.cache_config.block_size
    return {
        "max_model_len": config.model_config.max_model_len,
        "max_num_batched_tokens": config.scheduler_config.max_num_batched_tokens,
        "max_num_seqs": config.scheduler_config.max_num_seqs,
        "kv_cache_tokens": blocks * size if blocks and size else None,
    }


async def rendered(engine: Any, prompt: Mapping[str, Any]) -> Any:
    """A prompt with its media processed, as newer versions want it; older ones take it as it is.

    Raises ValueError for one that does not fit, and what processors raise.
    """
    render = getattr(getattr(engine, "renderer", None), "render_cmpl_async", None)
    if render is None:
        return prompt
    from vllm.renderers.inputs.preprocess import parse_model_prompt

    (ready,) = await render([parse_model_prompt(engine.model_config, prompt)])
    return ready


def media_processors(engine: Any) -> Callable[[], Callable[[Sequence[Any]], list[Any]]] | None:
    """What makes functions that process the media of a clip's prompts, each function for one thread.

    Such a function gives for each prompt the engine's input, with all tensors in it, or the error; a prompt without
    media it gives back. What stands in several prompts under one id is processed once. None where this version, or
    this model, has not the parts that it takes: then ``rendered`` has vLLM do it, on its one thread.
    """
    try:
        from vllm.multimodal import MULTIMODAL_REGISTRY
        from vllm.multimodal.cache import MultiModalProcessorOnlyCache
        from vllm.multimodal.parse import parse_mm_uuids
        from vllm.multimodal.processing import EncDecMultiModalProcessor, ProcessorInputs, TimingContext

        renderer = engine.renderer
        if renderer.mm_processor_cache is None or isinstance(renderer.mm_processor, EncDecMultiModalProcessor):
            return None
        model, tokenizer = engine.model_config, renderer.get_tokenizer()
    except (ImportError, AttributeError):
        return None

    def new_processor() -> Callable[[Sequence[Any]], list[Any]]:
        # A tokenizer of its own, as vLLM's renderer has one for its processor: they are not made for two threads.
        processor = MULTIMODAL_REGISTRY.create_processor(model, tokenizer=copy.deepcopy(tokenizer))

        def process(prompts: Sequence[Any]) -> list[Any]:
            cache = MultiModalProcessorOnlyCache(model)  # of one clip

            def processed(prompt: Any) -> Any:
                media = processor.info.parse_mm_data(prompt["multi_modal_data"])
                ids = parse_mm_uuids(prompt["multi_modal_uuids"])
                inputs = ProcessorInputs(prompt["prompt_token_ids"], media, ids, cache=cache)
                return processor.apply(inputs, TimingContext(enabled=False))

            made = []
            for prompt in prompts:
                try:
                    made.append(processed(prompt) if has_media(prompt) else prompt)
                except Exception as error:  # noqa: BLE001 - processors may raise anything
                    made.append(error)
            return made

        return process

    return new_processor


def has_media(prompt: Any) -> bool:
    """Whether frames go with a prompt that is yet to be processed; an error is none."""
    return isinstance(prompt, dict) and "multi_modal_data" in prompt


def is_processed(prompt: Mapping[str, Any]) -> bool:
    """Whether a prompt is one that ``media_processors`` made."""
    return "mm_kwargs" in prompt


def with_sent_media(engine: Any, prompt: Any) -> Any:
    """A processed prompt without the tensors that the engine's process has already.

    vLLM keeps two caches with the same entries, here without the tensors: so they are asked in the order in which the
    prompts are sent, as its renderer does it.
    """
    cache = engine.renderer.mm_processor_cache
    try:
        for ids in prompt["mm_hashes"].values():
            for media_id in ids:
                cache.touch_sender_cache_item(media_id)
        for kind, ids in prompt["mm_hashes"].items():
            tensors = prompt["mm_kwargs"][kind]
            for number, media_id in enumerate(ids):
                tensors[number], _ = cache.get_and_update_item((tensors[number], []), media_id)
    finally:
        cache.release_sender_touches()
    return prompt


def one_torch_thread() -> None:
    """Have torch compute on the calling thread alone: several of them share the cores."""
    import torch

    torch.set_num_threads(1)


def logprobs_of(tokens: Sequence[int]) -> dict[str, Any]:
    """Sampling parameters that return the log-probabilities of these tokens."""
    return {"logprob_token_ids": list(tokens)} if _takes_logprob_token_ids() else {"logprobs": TOP_LOGPROBS}


def choice_of(options: Sequence[str]) -> dict[str, Any]:
    """Sampling parameters that allow nothing but one of the options. ``guided_decoding`` was its name before 0.11."""
    from vllm.sampling_params import StructuredOutputsParams

    return {"structured_outputs": StructuredOutputsParams(choice=list(options))}


def schema_of(schema: Json) -> dict[str, Any]:
    """Sampling parameters that allow nothing but JSON of a schema, where the token limit does not cut it off."""
    from vllm.sampling_params import StructuredOutputsParams

    return {"structured_outputs": StructuredOutputsParams(json=dict(schema))}


def lora_request(folder: str) -> Any:
    """What a request carries to be answered with the LoRA adapter in a folder."""
    from vllm.lora.request import LoRARequest

    return LoRARequest("adapter", 1, folder)


def replaces_bare_video_token(processor: Any) -> bool:
    """Whether the frames of Qwen3-VL replace the video token alone, and not also the marks around it.

    vLLM follows the processor in this; processors of transformers 5.10 and later replace the token alone.
    """
    from transformers.processing_utils import ProcessorMixin

    method = getattr(type(processor), "replace_video_token", None)
    return method is not None and method is not getattr(ProcessorMixin, "replace_video_token", None)


def on_cpu() -> bool:
    """Whether vLLM runs on CPUs, without a GPU."""
    from vllm.platforms import current_platform

    return bool(current_platform.is_cpu())


def version() -> str:
    """The version of vLLM."""
    import vllm

    return str(vllm.__version__)


def _takes_logprob_token_ids() -> bool:
    from vllm import SamplingParams

    return "logprob_token_ids" in inspect.signature(SamplingParams).parameters
