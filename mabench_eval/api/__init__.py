"""For Python and notebooks: ``evaluate`` with the options as keywords, and results that show themselves."""

from mabench_eval.api.evaluating import evaluate
from mabench_eval.api.result import Result, compare

__all__ = ["Result", "compare", "evaluate"]
