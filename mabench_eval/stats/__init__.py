"""Statistics with their sources: numbers in, numbers out, nothing known of models, tasks or files.

A clip is the unit of every error bar: it is drawn, or left out, with all its questions.
"""

from mabench_eval.stats.clustered import (
    CONFIDENCE,
    ClusterTable,
    Estimates,
    Floats,
    cluster_table,
    difference_interval,
    estimate,
    holm,
    mean_interval,
    p_value,
    proportion_interval,
    smallest_difference,
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
from mabench_eval.stats.nominal import NominalAgreement, NominalPair, nominal_agreement, share_by_clip
from mabench_eval.stats.ranks import rank_sets
from mabench_eval.stats.student import t_p_value, t_quantile

__all__ = [
    "CONFIDENCE",
    "TOP_LEVEL",
    "AgreementFigure",
    "ClusterTable",
    "Estimates",
    "Floats",
    "LevelAgreement",
    "NominalAgreement",
    "NominalPair",
    "PairAgreement",
    "agreement",
    "balanced_accuracy",
    "chance_corrected",
    "cluster_table",
    "coverage",
    "difference_interval",
    "estimate",
    "final_score",
    "holm",
    "mean",
    "mean_interval",
    "nominal_agreement",
    "p_value",
    "percent",
    "proportion_interval",
    "rank_sets",
    "share_by_clip",
    "smallest_difference",
    "t_p_value",
    "t_quantile",
    "wilson_interval",
]
