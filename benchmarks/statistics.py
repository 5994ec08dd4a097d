"""Speed and memory of intervals and rank sets, at the size of the benchmark with all of the paper's models.

python -m benchmarks.statistics [--models 23] [--clips 1000] [--replicates 10000]

Beside them stands what they replace: a cluster bootstrap as most harnesses write it, a loop over replicates. It is run
for a hundredth of the replicates; the ratio is that of the times for all.
"""

from __future__ import annotations

import argparse
import resource
import time
from itertools import combinations

import numpy as np

from mabench_eval.stats import ClusterTable, Estimates, Floats, estimate, p_value, proportion_interval, rank_sets

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


def tests_of(found: Estimates, figures: range) -> Floats:
    """(M, M) p-values of all pairs."""
    errors, tests = found.errors_apart(figures), np.ones((len(figures), len(figures)))
    for one, other in combinations(range(len(figures)), 2):
        apart = float(found.values[figures[other]] - found.values[figures[one]])
        tests[one, other] = p_value(apart, float(errors[one, other]), int(found.clips[figures[one]]), 1.0)
    return tests


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=23)
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--replicates", type=int, default=10_000)
    chosen = parser.parse_args()
    table = made_up(chosen.models, chosen.clips)

    start = time.perf_counter()
    found = estimate(table)
    for share, error, questions, clips in zip(
        found.values, found.errors, table.counts.sum(axis=0), found.clips, strict=True
    ):
        proportion_interval(float(share), float(error), int(questions), int(clips))
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    for task in range(len(QUESTIONS)):
        of_task = range(task, len(found.values), len(QUESTIONS))
        rank_sets(found.values[list(of_task)], tests_of(found, of_task))
    ranks = time.perf_counter() - start
    start = time.perf_counter()
    looped(table, chosen.replicates // 100)
    loop = 100 * (time.perf_counter() - start)

    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{chosen.models} models x {12 * chosen.clips:,} questions on {chosen.clips} clips")
    print(f"all intervals: {seconds:.3f} s; rank sets of all tasks: {ranks:.2f} s (target {TARGET_SECONDS})")
    print(f"{chosen.replicates:,} replicates by a loop: {loop:.1f} s, {loop / (seconds + ranks):.0f} times as long")
    print(f"memory at most: {megabytes:.0f} MB (target {TARGET_MEGABYTES})")


if __name__ == "__main__":
    main()
