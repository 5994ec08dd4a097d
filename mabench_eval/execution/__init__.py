"""The open requests of a run answered: by the model in this process, or by workers on Ray; answers go to the journal.

What enters decides which clip is asked where and when; how a model is asked is its engine's business.
"""

from mabench_eval.execution.answering import ANSWERING, GIVE_UP_AFTER, Answering, OpenAnswers
from mabench_eval.execution.executor import AnsweredRequest, answer_clips

__all__ = [
    "ANSWERING",
    "GIVE_UP_AFTER",
    "AnsweredRequest",
    "Answering",
    "OpenAnswers",
    "answer_clips",
]
