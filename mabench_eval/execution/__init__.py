"""The open requests of a run answered: by the model in this process, or by workers on Ray; answers go to the journal.

What enters decides which clip is asked where and when; how a model is asked is its engine's business. ``RayWorkers``
and ``Worker`` know nothing of models: they do whatever there is to do with clips.
"""

from mabench_eval.execution.answering import ANSWERING, GIVE_UP_AFTER, Answering, OpenAnswers
from mabench_eval.execution.cluster import ClusterChoice, ClusterLayout, connected, core_layout
from mabench_eval.execution.executor import AnsweredRequest, answer_clips
from mabench_eval.execution.scheduler import RayWorkers
from mabench_eval.execution.shared_clips import OTHER_CLIPS, differences
from mabench_eval.execution.worker import Work, Worker

__all__ = [
    "ANSWERING",
    "GIVE_UP_AFTER",
    "OTHER_CLIPS",
    "AnsweredRequest",
    "Answering",
    "ClusterChoice",
    "ClusterLayout",
    "OpenAnswers",
    "RayWorkers",
    "Work",
    "Worker",
    "answer_clips",
    "connected",
    "core_layout",
    "differences",
]
