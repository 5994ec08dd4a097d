"""Statistics with their sources: numbers in, numbers out, nothing known of models, tasks or files.

A clip is the unit of every error bar: it is drawn, or left out, with all its questions.
"""

from mabench_eval.stats.clustered import (
    CONFIDENCE,
    REPLICATES,
    ClusterTable,
    Floats,
    bootstrap,
    cluster_table,
    combined,
    effective_sample_size,
    half_width,
    holm,
    p_value,
    percentile_interval,
    smallest_difference,
    standard_errors,
    wilson_interval,
)
from mabench_eval.stats.interrater import AgreementFigure, LevelAgreement, PairAgreement, agreement
from mabench_eval.stats.metrics import (
    TOP_LEVEL,
    balanced_accuracy,
    chance_corrected,
    coverage,
    final_score,
    mean,
    percent,
)
from mabench_eval.stats.ranks import rank_sets

__all__ = [
    "CONFIDENCE",
    "REPLICATES",
    "TOP_LEVEL",
    "AgreementFigure",
    "ClusterTable",
    "Floats",
    "LevelAgreement",
    "PairAgreement",
    "agreement",
    "balanced_accuracy",
    "bootstrap",
    "chance_corrected",
    "cluster_table",
    "combined",
    "coverage",
    "effective_sample_size",
    "final_score",
    "half_width",
    "holm",
    "mean",
    "p_value",
    "percent",
    "percentile_interval",
    "rank_sets",
    "smallest_difference",
    "standard_errors",
    "wilson_interval",
]
