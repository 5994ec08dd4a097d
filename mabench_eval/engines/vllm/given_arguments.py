"""Arguments of vLLM's engine that a card or ``--set vllm.NAME=VALUE`` gives: which may be, which change answers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.engines.vllm import versions
from mabench_eval.errors import did_you_mean

SET_OTHERWISE: Mapping[str, str] = MappingProxyType(
    {
        "model": "--set repo=DIR",
        "model_weights": "--set repo=DIR",
        "revision": "--set revision=COMMIT",
        "code_revision": "--set revision=COMMIT",
        "tokenizer": "--set repo=DIR, whose tokenizer is taken",
        "tokenizer_mode": "--set repo=DIR, whose tokenizer is taken",
        "tokenizer_revision": "--set revision=COMMIT",
        "trust_remote_code": "--trust-remote-code",
        "dtype": "--dtype",
        "seed": "--seed",
        "max_model_len": "--max-model-len",
        "limit_mm_per_prompt": "--frames",
        "mm_processor_kwargs": "--set processor.NAME=VALUE",
        "tensor_parallel_size": "--tensor-parallel",
        "gpu_memory_utilization": "--gpu-memory",
        "enable_lora": "--lora",
        "max_lora_rank": "--lora",
        "max_loras": "--lora",
    }
)
"""Argument of the engine that this library sets itself -> the option that it follows."""
THROUGHPUT = frozenset(
    {
        "async_scheduling",
        "cpu_offload_gb",
        "disable_custom_all_reduce",
        "disable_log_stats",
        "distributed_executor_backend",
        "download_dir",
        "enable_chunked_prefill",
        "enable_mm_processor_stats",
        "enable_prefix_caching",
        "enforce_eager",
        "kv_cache_memory_bytes",
        "long_prefill_token_threshold",
        "max_num_batched_tokens",
        "max_num_partial_prefills",
        "max_num_seqs",
        "max_parallel_loading_workers",
        "mm_encoder_tp_mode",
        "mm_processor_cache_gb",
        "mm_processor_cache_type",
        "num_gpu_blocks_override",
        "performance_mode",
        "pipeline_parallel_size",
        "renderer_num_workers",
        "skip_mm_profiling",
        "stream_interval",
        "swap_space",
        "use_tqdm_on_load",
    }
)
"""Arguments that say when, where and in how large batches the same is computed. All others count as changing answers:
to ask again what need not be costs time, to take another model's answers for this one's is wrong."""


def given_identity(settings: LocalSettings) -> dict[str, Any]:
    """The part of a model's identity that these arguments are; empty where none changes answers."""
    named = {name: value for name, value in sorted(settings.vllm.items()) if name not in THROUGHPUT}
    return {"vllm": named} if named else {}


def given_problems(settings: LocalSettings) -> list[str]:
    """Arguments that this library sets itself, and where vLLM is installed those that it does not have, a line each."""
    problems = [
        f"--set vllm.{name}: this argument of vllm follows {SET_OTHERWISE[name]}"
        for name in settings.vllm
        if name in SET_OTHERWISE
    ]
    known = versions.engine_argument_names() if settings.vllm else frozenset()
    unknown = [name for name in settings.vllm if known and name not in known and name not in SET_OTHERWISE]
    return problems + [
        f"--set vllm.{name}: the vllm that is installed has no such engine argument"
        + did_you_mean(name, sorted(known - SET_OTHERWISE.keys()))
        for name in unknown
    ]
