"""Samples to figures: what the model got right, how sure that is, and what is behind it.

Pure arithmetic on samples that are all there: nothing is asked, judged, read from a run's folder or rendered here.
"""

from mabench_eval.scoring.flagged import GUESS_THRESHOLD, Flags, clean_and_hard, read_flags, text_fingerprint
from mabench_eval.scoring.intervals import (
    AVERAGES,
    GradedAnswer,
    QuestionScores,
    averages_among,
    by_clip,
    question_scores,
    score_intervals,
    table_intervals,
    top_of,
    weights_of,
)
from mabench_eval.scoring.scores import ClipLabels, clip_labels, outcome_counts, score

__all__ = [
    "AVERAGES",
    "GUESS_THRESHOLD",
    "ClipLabels",
    "Flags",
    "GradedAnswer",
    "QuestionScores",
    "averages_among",
    "by_clip",
    "clean_and_hard",
    "clip_labels",
    "outcome_counts",
    "question_scores",
    "read_flags",
    "score",
    "score_intervals",
    "table_intervals",
    "text_fingerprint",
    "top_of",
    "weights_of",
]
