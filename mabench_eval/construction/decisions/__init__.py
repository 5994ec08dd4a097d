"""Decisions of reviewers: read, weighed, and what they make of the questions."""

from mabench_eval.construction.decisions.agreement import (
    UNSURE,
    BlindAccuracy,
    ReviewReport,
    TaskAgreement,
    review_report,
)
from mabench_eval.construction.decisions.final import (
    FinalQuestions,
    Reference,
    VerifiedQuestions,
    final_questions,
    final_references,
    verified_questions,
)
from mabench_eval.construction.decisions.reviewers import (
    Notebook,
    Reviews,
    blinds_in,
    check_name,
    read_reviews,
    reviewer_folder,
)
from mabench_eval.construction.decisions.rounds import (
    ADJUDICATION,
    ALL,
    DISPUTED,
    Resolution,
    resolve,
    review_order,
)
from mabench_eval.construction.decisions.rows import REASONS, Act, BlindAnswer, Decision, digest_of
from mabench_eval.construction.decisions.taking_in import TakenIn, take_in
from mabench_eval.construction.decisions.words import Asked, asked_in, asked_of, check_decision

__all__ = [
    "ADJUDICATION",
    "ALL",
    "DISPUTED",
    "REASONS",
    "UNSURE",
    "Act",
    "Asked",
    "BlindAccuracy",
    "BlindAnswer",
    "Decision",
    "FinalQuestions",
    "Notebook",
    "Reference",
    "Resolution",
    "ReviewReport",
    "Reviews",
    "TakenIn",
    "TaskAgreement",
    "VerifiedQuestions",
    "asked_in",
    "asked_of",
    "blinds_in",
    "check_decision",
    "check_name",
    "digest_of",
    "final_questions",
    "final_references",
    "read_reviews",
    "resolve",
    "review_order",
    "review_report",
    "reviewer_folder",
    "take_in",
    "verified_questions",
]
