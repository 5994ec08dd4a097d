"""Engines: what runs a model. All have one shape: clips with their questions in, responses out as they finish."""

from mabench_eval.engines.base import Engine, Model, answer_each, open_engine

__all__ = ["Engine", "Model", "answer_each", "open_engine"]
