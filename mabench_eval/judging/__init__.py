"""Judging: open answers scored by judges, level by level."""

from mabench_eval.judging.judged import with_judgments
from mabench_eval.judging.judges import Judge, open_judges
from mabench_eval.judging.keys import Keys
from mabench_eval.judging.stage import STAGE, Judging, judge_samples

__all__ = ["STAGE", "Judge", "Judging", "Keys", "judge_samples", "open_judges", "with_judgments"]
