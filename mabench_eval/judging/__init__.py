"""Open answers scored by judges, level by level: who judges, what each is asked, the stage beside the answering.

``check`` measures a judge by damaged references. What a figure is made of the scores is ``scoring``'s.
"""

from mabench_eval.judging.base import Judge
from mabench_eval.judging.judged import known_judgment, with_judgments
from mabench_eval.judging.judges import open_judges
from mabench_eval.judging.model_judge import MAX_TOKENS
from mabench_eval.judging.prompt import judge_prompt
from mabench_eval.judging.recorded import RecordedJudge
from mabench_eval.judging.requests import JudgePlan, Rubric, parse_rubric, read_rubric, read_rubrics, rubric_path
from mabench_eval.judging.stage import STAGE, Judging, judge_samples

__all__ = [
    "MAX_TOKENS",
    "STAGE",
    "Judge",
    "JudgePlan",
    "Judging",
    "RecordedJudge",
    "Rubric",
    "judge_prompt",
    "judge_samples",
    "known_judgment",
    "open_judges",
    "parse_rubric",
    "read_rubric",
    "read_rubrics",
    "rubric_path",
    "with_judgments",
]
