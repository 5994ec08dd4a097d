"""Decisions of reviewers: read, weighed, and what they make of the questions."""

from mabench_eval.construction.decisions.rows import REASONS, Act, Decision

__all__ = ["REASONS", "Act", "Decision"]
