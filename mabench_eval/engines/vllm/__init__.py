"""Checkpoints run by vLLM in a process beside this one."""

from mabench_eval.engines.vllm.engine import VllmEngine
from mabench_eval.engines.vllm.model import LoadedModel

__all__ = ["LoadedModel", "VllmEngine"]
