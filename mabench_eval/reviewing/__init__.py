"""People at work: a local server and its page, on which they answer questions blind, and review those of a build."""

from mabench_eval.reviewing.human import CANNOT_TELL, Collected, HumanSession, blind_answers, collect_answers
from mabench_eval.reviewing.label_studio import CONFIGURATION, label_studio_tasks, take_label_studio
from mabench_eval.reviewing.material import ReviewMaterial
from mabench_eval.reviewing.one_file import merge_review, one_file_page
from mabench_eval.reviewing.review import Reviewed, ReviewSession
from mabench_eval.reviewing.server import ReviewServer
from mabench_eval.reviewing.sessions import Session

__all__ = [
    "CANNOT_TELL",
    "CONFIGURATION",
    "Collected",
    "HumanSession",
    "ReviewMaterial",
    "ReviewServer",
    "ReviewSession",
    "Reviewed",
    "Session",
    "blind_answers",
    "collect_answers",
    "label_studio_tasks",
    "merge_review",
    "one_file_page",
    "take_label_studio",
]
