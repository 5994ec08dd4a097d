"""People at work: a local server and its page, on which they answer questions blind, and review those of a build."""

from mabench_eval.reviewing.human import CANNOT_TELL, Collected, HumanSession, blind_answers, collect_answers
from mabench_eval.reviewing.review import Reviewed, ReviewMaterial, ReviewSession
from mabench_eval.reviewing.server import ReviewServer
from mabench_eval.reviewing.sessions import Session

__all__ = [
    "CANNOT_TELL",
    "Collected",
    "HumanSession",
    "ReviewMaterial",
    "ReviewServer",
    "ReviewSession",
    "Reviewed",
    "Session",
    "blind_answers",
    "collect_answers",
]
