"""Judging: open answers scored by judges, level by level."""

from mabench_eval.judging.judged import with_judgments
from mabench_eval.judging.judges import Judge, open_judges
from mabench_eval.judging.keys import JudgePlan
from mabench_eval.judging.model_judge import MAX_TOKENS
from mabench_eval.judging.prompt import judge_prompt
from mabench_eval.judging.requests import read_rubric, rubric_path
from mabench_eval.judging.stage import STAGE, Judging, judge_samples

__all__ = [
    "MAX_TOKENS",
    "STAGE",
    "Judge",
    "JudgePlan",
    "Judging",
    "judge_prompt",
    "judge_samples",
    "open_judges",
    "read_rubric",
    "rubric_path",
    "with_judgments",
]
