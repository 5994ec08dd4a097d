"""Room mabench_eval/scoring."""

from mabench_eval.scoring.flagged import HALF, Flags, clean_and_hard, question_text, read_flags
from mabench_eval.scoring.intervals import (
    AVERAGES,
    UNKNOWN,
    Figures,
    Scored,
    averages_among,
    by_clip,
    figures_of,
    score_intervals,
    weights_of,
)
from mabench_eval.scoring.scores import ClipLabels, clip_labels, score

__all__ = [
    "AVERAGES",
    "HALF",
    "UNKNOWN",
    "ClipLabels",
    "Figures",
    "Flags",
    "Scored",
    "averages_among",
    "by_clip",
    "clean_and_hard",
    "clip_labels",
    "figures_of",
    "question_text",
    "read_flags",
    "score",
    "score_intervals",
    "weights_of",
]
