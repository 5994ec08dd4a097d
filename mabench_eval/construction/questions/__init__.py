"""What may be said of a clip, and what is asked of it."""

from mabench_eval.construction.questions.rows import BuiltQuestion
from mabench_eval.construction.questions.statements import Statement, statement_of, statements, truth

__all__ = ["BuiltQuestion", "Statement", "statement_of", "statements", "truth"]
