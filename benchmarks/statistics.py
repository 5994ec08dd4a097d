"""Speed and memory of the bootstrap over clips, at the size of the benchmark with all of the paper's models.

python -m benchmarks.statistics [--models 23] [--clips 1000] [--replicates 10000]

The same replicates are drawn by a loop over them, as most harnesses do, for a hundredth of their number; the ratio is
that of the times for all.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from mabench_eval.stats import ClusterTable, bootstrap, percentile_interval, rank_sets, standard_errors

QUESTIONS = (1, 1, 2, 2, 2, 2, 1, 1)
"""A clip's questions by task: twelve."""
TARGET_SECONDS, TARGET_MEGABYTES = 2.0, 500


def made_up(models: int, clips: int) -> ClusterTable:
    """Right answers of models to the questions of clips: one column for each model and task."""
    random = np.random.default_rng(0)
    counts = np.tile(np.array(QUESTIONS, float), (clips, models))
    hard = random.beta(1.5, 1.5, (clips, 1))
    return ClusterTable(random.binomial(counts.astype(int), hard).astype(float), counts)


def looped(table: ClusterTable, replicates: int) -> None:
    """One replicate after the other, rows gathered by index."""
    random = np.random.default_rng(0)
    for _ in range(replicates):
        drawn = random.integers(0, len(table.sums), len(table.sums))
        table.sums[drawn].sum(axis=0) / table.counts[drawn].sum(axis=0)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=23)
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--replicates", type=int, default=10_000)
    chosen = parser.parse_args()
    table = made_up(chosen.models, chosen.clips)
    start = time.perf_counter()
    draws = bootstrap(table, chosen.replicates)
    intervals = [percentile_interval(column) for column in draws.T]
    seconds = time.perf_counter() - start
    tasks = len(QUESTIONS)
    start = time.perf_counter()
    rank_sets(table.means[::tasks], draws[:, ::tasks], clips=chosen.clips)
    ranks = time.perf_counter() - start
    start = time.perf_counter()
    looped(table, chosen.replicates // 100)
    loop = 100 * (time.perf_counter() - start)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    widths = [high - low for low, high in filter(None, intervals)]
    normal = 2 * 1.96 * standard_errors(table)
    size = f"{chosen.models} models x {12 * chosen.clips:,} questions on {chosen.clips} clips"
    print(f"{chosen.replicates:,} replicates of {size}")
    print(f"with all intervals: {seconds:.2f} s (target {TARGET_SECONDS})")
    print(f"a loop over replicates: {loop:.1f} s, {loop / seconds:.0f} times as long")
    print(f"rank sets of {chosen.models} models in one task, from the same replicates: {ranks:.2f} s")
    print(f"memory at most: {megabytes:.0f} MB (target {TARGET_MEGABYTES})")
    print(f"width of the intervals over that of the clustered error: {np.mean(widths / normal):.3f}")


if __name__ == "__main__":
    main()
