"""The open requests of a run answered: by the model in this process, or by workers on Ray; answers go to the journal.

What enters decides which clip is asked where and when; how a model is asked is its engine's business.
"""

from mabench_eval.execution.answering import ANSWERING, Answering, OpenAnswers

__all__ = [
    "ANSWERING",
    "Answering",
    "OpenAnswers",
]
