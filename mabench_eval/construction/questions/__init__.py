"""What may be said of a clip, and what is asked of it."""

from mabench_eval.construction.questions.reading import read_question
from mabench_eval.construction.questions.rows import BuiltQuestion
from mabench_eval.construction.questions.statements import DIRECTIONS, Statement, statement_of
from mabench_eval.construction.questions.truths import evidence, statements, truth, truths

__all__ = [
    "DIRECTIONS",
    "BuiltQuestion",
    "Statement",
    "evidence",
    "read_question",
    "statement_of",
    "statements",
    "truth",
    "truths",
]
