"""Judging: open answers scored by a judge, level by level."""

from mabench_eval.judging.judges import Judge, open_judge
from mabench_eval.judging.stage import judge_samples

__all__ = ["Judge", "judge_samples", "open_judge"]
