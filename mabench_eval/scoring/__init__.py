"""Room mabench_eval/scoring."""

from mabench_eval.scoring.flagged import GUESS_THRESHOLD, Flags, clean_and_hard, read_flags, text_fingerprint
from mabench_eval.scoring.intervals import (
    AVERAGES,
    UNKNOWN,
    GradedAnswer,
    QuestionScores,
    averages_among,
    by_clip,
    question_scores,
    score_intervals,
    weights_of,
)
from mabench_eval.scoring.scores import ClipLabels, clip_labels, score

__all__ = [
    "AVERAGES",
    "GUESS_THRESHOLD",
    "UNKNOWN",
    "ClipLabels",
    "Flags",
    "GradedAnswer",
    "QuestionScores",
    "averages_among",
    "by_clip",
    "clean_and_hard",
    "clip_labels",
    "question_scores",
    "read_flags",
    "score",
    "score_intervals",
    "text_fingerprint",
    "weights_of",
]
