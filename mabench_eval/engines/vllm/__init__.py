"""Checkpoints run by vLLM, in processes beside this one."""

from mabench_eval.engines.vllm.engine import VllmEngine

__all__ = ["VllmEngine"]
