"""The places where versions of vLLM differ, from 0.11 on.

Run: 0.32 (its build for CPUs). Read in the wheels' source only: 0.11, 0.12, 0.33. Names that all of these share
(``AsyncLLM``, ``AsyncEngineArgs``, ``StructuredOutputsParams``, ``multi_modal_uuids``) are used directly, and video
always goes with its metadata: where a model needs none, vLLM drops it.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from mabench_eval.types import Json

TOP_LOGPROBS = 1000
"""Log-probabilities read where vLLM cannot be asked for those of given tokens (before 0.33)."""


def engine_arguments(arguments: Mapping[str, Any]) -> Any:
    """``AsyncEngineArgs``. Raises TypeError for a name that this version does not know."""
    from vllm.engine.arg_utils import AsyncEngineArgs

    defaults: dict[str, Any] = {"disable_log_stats": True}
    if not _takes_logprob_token_ids():
        defaults["max_logprobs"] = TOP_LOGPROBS
    if "enable_log_requests" in {field.name for field in dataclasses.fields(AsyncEngineArgs)}:
        defaults["enable_log_requests"] = False
    return AsyncEngineArgs(**{**defaults, **arguments})


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
