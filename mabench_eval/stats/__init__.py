"""Room mabench_eval/stats."""

from mabench_eval.stats.clustered import (
    LEVEL,
    REPLICATES,
    Clustered,
    Floats,
    bootstrap,
    cluster_table,
    combined,
    effective_number,
    half_width,
    holm,
    p_value,
    percentile_interval,
    smallest_difference,
    standard_errors,
    wilson_interval,
)
from mabench_eval.stats.metrics import TOP_LEVEL
from mabench_eval.stats.ranks import rank_sets

__all__ = [
    "LEVEL",
    "REPLICATES",
    "TOP_LEVEL",
    "Clustered",
    "Floats",
    "bootstrap",
    "cluster_table",
    "combined",
    "effective_number",
    "half_width",
    "holm",
    "p_value",
    "percentile_interval",
    "rank_sets",
    "smallest_difference",
    "standard_errors",
    "wilson_interval",
]
