"""Evaluation library for MA-Bench, the benchmark of fine-grained micro-action understanding.

>>> from mabench_eval import evaluate, register_model
>>> result = evaluate(model="motion", tasks="all", data="demo")
>>> result.scores["closed_avg"]
"""

from __future__ import annotations

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mabench_eval.answers import read_choice, read_yes_no
    from mabench_eval.auditing import audit
    from mabench_eval.comparison import compare
    from mabench_eval.plots import plot
    from mabench_eval.registry import register_judge, register_model
    from mabench_eval.results import Result
    from mabench_eval.run import evaluate

__version__ = "0.1.0"

__all__ = [
    "Result", "__version__", "audit", "compare", "evaluate", "plot", "read_choice", "read_yes_no", "register_judge",
    "register_model",
]  # fmt: skip

_HOMES = MappingProxyType({
    "Result": "results", "audit": "auditing", "compare": "comparison", "evaluate": "run", "plot": "plots",
    "read_choice": "answers", "read_yes_no": "answers", "register_judge": "registry", "register_model": "registry",
})  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: ``import mabench_eval`` alone costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
