"""Checkpoints run in this process by transformers."""

from mabench_eval.engines.transformers.engine import TransformersEngine
from mabench_eval.engines.transformers.model import LoadedModel
from mabench_eval.engines.transformers.preview import preview

__all__ = ["LoadedModel", "TransformersEngine", "preview"]
