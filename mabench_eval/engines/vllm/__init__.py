"""Checkpoints run by vLLM in a process beside this one."""

from mabench_eval.engines.vllm.engine import VllmEngine

__all__ = ["VllmEngine"]
