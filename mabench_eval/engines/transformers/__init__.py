"""Checkpoints run in this process by transformers."""

from mabench_eval.engines.transformers.engine import TransformersEngine

__all__ = ["TransformersEngine"]
