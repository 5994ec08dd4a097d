"""What may be said of a clip, and what is asked of it."""

from mabench_eval.construction.questions.reading import read_question
from mabench_eval.construction.questions.rewording import Wording
from mabench_eval.construction.questions.rows import BuiltQuestion
from mabench_eval.construction.questions.stage import AskReport, Reworder, TaskQuestions, ask_questions, forecast_asking
from mabench_eval.construction.questions.statements import DIRECTIONS, Statement, statement_of
from mabench_eval.construction.questions.truths import evidence, statements, truth, truths
from mabench_eval.construction.questions.wording import stems

__all__ = [
    "DIRECTIONS",
    "AskReport",
    "BuiltQuestion",
    "Reworder",
    "Statement",
    "TaskQuestions",
    "Wording",
    "ask_questions",
    "evidence",
    "forecast_asking",
    "read_question",
    "statement_of",
    "statements",
    "stems",
    "truth",
    "truths",
]
