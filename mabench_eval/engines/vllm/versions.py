"""The places where versions of vLLM differ, from 0.11 on.

Run: 0.32 (its build for processors). Read in the wheels' source alone: 0.11, 0.12, 0.33. Names that all of these share
(``AsyncLLM``, ``AsyncEngineArgs``, ``StructuredOutputsParams``, ``multi_modal_uuids``) are used without a detour, and
video goes with its metadata everywhere: where a model needs none, vLLM drops it.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

TOP = 1000
"""Log-probabilities read at a place where vLLM cannot be asked for given tokens (before 0.33)."""


def engine_arguments(wanted: Mapping[str, Any]) -> Any:
    """``AsyncEngineArgs``. Raises TypeError for a name that this version does not know."""
    from vllm.engine.arg_utils import AsyncEngineArgs

    reads_tokens = _reads_given_tokens()
    known = {field.name for field in dataclasses.fields(AsyncEngineArgs)}
    quiet = {name: False for name in ("enable_log_requests",) if name in known}
    room = {} if reads_tokens else {"max_logprobs": TOP}
    return AsyncEngineArgs(**{**quiet, **room, "disable_log_stats": True, **wanted})


async def rendered(engine: Any, prompt: Mapping[str, Any]) -> Any:
    """A prompt with its media processed, as newer versions want it; before, the engine takes it as it is.

    Raises ValueError for one that does not fit, and what processors raise.
    """
    render = getattr(getattr(engine, "renderer", None), "render_cmpl_async", None)
    if render is None:
        return prompt
    from vllm.renderers.inputs.preprocess import parse_model_prompt

    (ready,) = await render([parse_model_prompt(engine.model_config, prompt)])
    return ready


def logprobs_of(tokens: Sequence[int]) -> dict[str, Any]:
    """Sampling parameters that bring the log-probabilities of these tokens."""
    return {"logprob_token_ids": list(tokens)} if _reads_given_tokens() else {"logprobs": TOP}


def choice_of(options: Sequence[str]) -> dict[str, Any]:
    """Sampling parameters that allow nothing but one of the options. ``guided_decoding`` was its name before 0.11."""
    from vllm.sampling_params import StructuredOutputsParams

    return {"structured_outputs": StructuredOutputsParams(choice=list(options))}


def lora_request(folder: str) -> Any:
    """What a prompt carries to be answered with the adapter in a folder."""
    from vllm.lora.request import LoRARequest

    return LoRARequest("adapter", 1, folder)


def replaces_bare_video_token(processor: Any) -> bool:
    """Whether the frames of Qwen3-VL take the place of the video token alone, and not of the marks around it too.

    vLLM follows the processor in this; processors of transformers 5.10 and later replace the token alone.
    """
    from transformers.processing_utils import ProcessorMixin

    own = getattr(type(processor), "replace_video_token", None)
    return own is not None and own is not getattr(ProcessorMixin, "replace_video_token", None)


def on_processor() -> bool:
    """Whether vLLM runs on processors, without a GPU."""
    from vllm.platforms import current_platform

    return bool(current_platform.is_cpu())


def version() -> str:
    """Of vLLM."""
    import vllm

    return str(vllm.__version__)


def _reads_given_tokens() -> bool:
    from vllm import SamplingParams

    return "logprob_token_ids" in inspect.signature(SamplingParams).parameters
