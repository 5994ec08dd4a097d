"""A run's files: written, read back, compared, judged again, merged, followed, submitted; made of given answers.

What is read from a folder is data, whoever wrote it: checked, shown, never run.
"""

from mabench_eval.runs.comparison import (
    DIFFERENCE_HEADER,
    Comparison,
    Difference,
    Pair,
    ScoredRun,
    compare,
    compare_all,
    difference_cells,
)
from mabench_eval.runs.given import GivenAnswers, GivenRun, human_answers
from mabench_eval.runs.listing import ListedRun, differing, list_runs
from mabench_eval.runs.material import QUESTIONS, SETUP, Material
from mabench_eval.runs.merging import merge_runs
from mabench_eval.runs.predictions import predictions_run, score_predictions
from mabench_eval.runs.reading import FinishedRun, read_run
from mabench_eval.runs.recomputation import read_words, recompute
from mabench_eval.runs.record import command
from mabench_eval.runs.rejudging import judge_run
from mabench_eval.runs.remarks import ShownDifference, remarks_on, shown_differences
from mabench_eval.runs.status import BatchStatus, RunStatus, builds_below, read_status
from mabench_eval.runs.submission import (
    fill_unanswered,
    missing_answers,
    prediction_problems,
    read_own_predictions,
    read_predictions,
)
from mabench_eval.runs.writing import Result, write_results

__all__ = [
    "DIFFERENCE_HEADER",
    "QUESTIONS",
    "SETUP",
    "BatchStatus",
    "Comparison",
    "Difference",
    "FinishedRun",
    "GivenAnswers",
    "GivenRun",
    "ListedRun",
    "Material",
    "Pair",
    "Result",
    "RunStatus",
    "ScoredRun",
    "ShownDifference",
    "builds_below",
    "command",
    "compare",
    "compare_all",
    "difference_cells",
    "differing",
    "fill_unanswered",
    "human_answers",
    "judge_run",
    "list_runs",
    "merge_runs",
    "missing_answers",
    "prediction_problems",
    "predictions_run",
    "read_own_predictions",
    "read_predictions",
    "read_run",
    "read_status",
    "read_words",
    "recompute",
    "remarks_on",
    "score_predictions",
    "shown_differences",
    "write_results",
]
