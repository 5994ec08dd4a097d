"""Decisions of reviewers: read, weighed, and what they make of the questions."""

from mabench_eval.construction.decisions.final import FinalQuestions, final_questions
from mabench_eval.construction.decisions.rows import REASONS, Act, Decision

__all__ = ["REASONS", "Act", "Decision", "FinalQuestions", "final_questions"]
