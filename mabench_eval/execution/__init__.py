"""A run on many workers, by Ray: each has the model and takes clips as it becomes free; one process has the journal."""

from mabench_eval.execution.asking import ANSWERING, Asking, OpenAnswers

__all__ = [
    "ANSWERING",
    "Asking",
    "OpenAnswers",
]
