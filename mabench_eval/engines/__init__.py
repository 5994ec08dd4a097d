"""Engines: what runs a model. All have one shape: clips with their questions in, responses out as they finish."""

from mabench_eval.engines.base import ENGINES, Engine, Model, answer_each, open_engine
from mabench_eval.engines.python import identity, own, registered

__all__ = ["ENGINES", "Engine", "Model", "answer_each", "identity", "open_engine", "own", "registered"]
