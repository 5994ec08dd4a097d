"""Engines: what runs a model. All have one shape: clips with their questions in, responses out as they finish."""

from mabench_eval.engines.base import ENGINES, Engine, Model, answer_each, open_engine
from mabench_eval.engines.batched import BatchedModel, BatchPlace, Seen, ask_in_rounds, ask_texts
from mabench_eval.engines.family_prompts import user_message
from mabench_eval.engines.packages import (
    ACCELERATE,
    ENVIRONMENT_FIX,
    EXTRAS,
    NEEDS,
    PEFT,
    TORCHVISION,
    needed_packages,
    packages_fix,
)
from mabench_eval.engines.python import identity, own, registered

__all__ = [
    "ACCELERATE",
    "ENGINES",
    "ENVIRONMENT_FIX",
    "EXTRAS",
    "NEEDS",
    "PEFT",
    "TORCHVISION",
    "BatchPlace",
    "BatchedModel",
    "Engine",
    "Model",
    "Seen",
    "answer_each",
    "ask_in_rounds",
    "ask_texts",
    "identity",
    "needed_packages",
    "open_engine",
    "own",
    "packages_fix",
    "registered",
    "user_message",
]
