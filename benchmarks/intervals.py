"""How often the intervals hold the truth, on simulated benchmarks whose truth is known.

python -m benchmarks.intervals [--runs 4000] [--clips 10 28 50 1000]

Ten equally good models answer the twelve questions of each clip. What makes a clip hard makes all its questions hard
for every model, and some of it for one model alone: latent normal scores with an intra-clip correlation of 0.1, 0.2 or
0.4, half of it shared between models. Middling models are right in 35-85 % of a task's questions and spread over all
levels; strong ones are right in 90-98.5 % with mean levels of about 4-4.9. Printed are, in percent:

- the share of the first model's 95 % intervals that hold the true figure (target 93.5-96.5; at 10 clips 93 or more);
- false alarms: how often `compare` calls the first two models different at 5 %, over all figures (target 5.5 at most),
  and of the worst kind of figure;
- rank sets: how often the sets of a column leave all ten models the first place, of the worst kind (target 94.5).

Of one-question and two-question tasks, and of levels, all of a kind are counted together.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import combinations, product
from math import sqrt

import numpy as np
from scipy.stats import norm

from mabench_eval.scoring import AVERAGES, table_intervals, top_of, weights_of
from mabench_eval.stats import ClusterTable, Estimates, Floats, estimate, p_value, rank_sets
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN

QUESTIONS = {"CMAR": 1, "FMAR": 1, "SAD": 2, "MAD": 2, "MAS": 2, "PPR": 2}
"""Of a clip."""
SCORED = [f"{task} {level}" for task in OFFICIAL_OPEN for level in LEVELS]
FIGURES = [*OFFICIAL_CLOSED, *SCORED]
MODELS = 10
CUTS = np.array([-1.5, -0.75, 0.0, 0.75, 1.5])
"""Between the six levels, of a latent score."""
RATES: Mapping[str, tuple[float, float]] = {"middling": (0.35, 0.85), "strong": (0.9, 0.985)}
"""Between which a task's share of right answers is drawn."""
MEANS: Mapping[str, tuple[float, float]] = {"middling": (-1.0, 1.0), "strong": (1.2, 2.2)}
"""Between which a level's latent mean is drawn."""
KINDS = {
    **{task: "one question" if QUESTIONS[task] == 1 else "two questions" for task in OFFICIAL_CLOSED},
    **dict.fromkeys(SCORED, "level"),
    **{average: average for average in AVERAGES},
}
"""Figure -> the column of the table that it is counted in."""
RANKED = ["CMAR", "SAD", "MADU L1", *AVERAGES]
"""One figure of each kind: those of a kind are alike."""


@dataclass(frozen=True)
class Setting:
    """What is simulated."""

    strength: str
    clips: int
    correlation: float
    runs: int


def simulated(setting: Setting, random: np.random.Generator) -> tuple[list[ClusterTable], dict[str, float]]:
    """One table a model, columns as ``FIGURES``; and the true figures, which all of them share."""
    clips, shared = setting.clips, sqrt(setting.correlation / 2)
    hard = shared * (random.standard_normal((clips, 1)) + random.standard_normal((clips, MODELS)))
    left = sqrt(1 - setting.correlation)
    sums, counts = np.zeros((len(FIGURES), clips, MODELS)), np.ones((len(FIGURES), clips))
    truth = {}
    for place, figure in enumerate(FIGURES):
        if figure in QUESTIONS:
            rate = random.uniform(*RATES[setting.strength])
            for _ in range(QUESTIONS[figure]):
                sums[place] += 100.0 * (hard + left * random.standard_normal((clips, MODELS)) < norm.ppf(rate))
            counts[place], truth[figure] = QUESTIONS[figure], 100 * rate
        else:
            mean = random.uniform(*MEANS[setting.strength])
            sums[place] = np.searchsorted(CUTS, mean - hard + left * random.standard_normal((clips, MODELS)))
            truth[figure] = float(norm.sf(CUTS - mean).sum())
    for average, weights in AVERAGES.items():
        truth[average] = sum(weight * truth[figure] for figure, weight in weights.items())
    return [ClusterTable(sums[:, :, model].T, counts.T) for model in range(MODELS)], truth


def measured(setting: Setting) -> dict[str, float]:
    """Column of the table -> percent."""
    random = np.random.default_rng([setting.clips, round(100 * setting.correlation), len(setting.strength)])
    found: dict[str, list[bool]] = defaultdict(list)
    alarms: dict[str, list[bool]] = defaultdict(list)
    ranks: dict[str, list[bool]] = defaultdict(list)
    trials = {task: QUESTIONS[task] * setting.clips for task in OFFICIAL_CLOSED}
    for _ in range(setting.runs):
        tables, truth = simulated(setting, random)
        for name, interval in table_intervals(FIGURES, tables[0], trials).items():
            assert interval.low is not None and interval.high is not None
            found[KINDS[name]].append(interval.low <= truth[name] <= interval.high)
        apart = estimates([ClusterTable(tables[1].sums - tables[0].sums, tables[0].counts)])[0]
        for place, name in enumerate([*FIGURES, *AVERAGES]):
            p = p_value(float(apart.values[place]), float(apart.errors[place]), setting.clips, top_of(name))
            alarms[KINDS[name]].append(p <= 0.05)
        for name, tests, values in pairwise(estimates(tables), setting.clips):
            ranks[KINDS[name]].append(all(best == 1 for best, _ in rank_sets(values, tests)))
    shares = {kind: 100 * float(np.mean(held)) for kind, held in found.items()}
    return {
        **shares,
        "false alarms": 100 * float(np.mean([alarm for each in alarms.values() for alarm in each])),
        "of the worst": max(100 * float(np.mean(each)) for each in alarms.values()),
        "rank sets": min(100 * float(np.mean(each)) for each in ranks.values()),
    }


def estimates(tables: list[ClusterTable]) -> list[Estimates]:
    """Of each model."""
    return [estimate(table, weights_of(AVERAGES, FIGURES)) for table in tables]


def pairwise(found: list[Estimates], clips: int) -> Iterator[tuple[str, Floats, Floats]]:
    """Of each ranked figure the p-values of all pairs, as the leaderboard has them, and the models' values."""
    names = [*FIGURES, *AVERAGES]
    for name in RANKED:
        place = names.index(name)
        column = Estimates(
            np.array([each.values[place] for each in found]),
            np.stack([each.influences[:, place] for each in found], axis=1),
            np.stack([each.present[:, place] for each in found], axis=1),
            np.full(MODELS, clips),
        )
        errors, tests = column.errors_apart(range(MODELS)), np.ones((MODELS, MODELS))
        for one, other in combinations(range(MODELS), 2):
            difference = float(column.values[other] - column.values[one])
            tests[one, other] = p_value(difference, float(errors[one, other]), clips, top_of(name))
        yield name, tests, column.values


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=4000, help="of each setting (default %(default)s)")
    parser.add_argument("--clips", type=int, nargs="+", default=[10, 28, 50, 1000])
    chosen = parser.parse_args()
    settings = [
        Setting(strength, clips, correlation, chosen.runs)
        for strength, clips, correlation in product(RATES, chosen.clips, (0.1, 0.2, 0.4))
    ]
    columns = [*dict.fromkeys(KINDS.values()), "false alarms", "of the worst", "rank sets"]
    chance = 200 * sqrt(0.05 * 0.95 / chosen.runs)
    print(f"{chosen.runs:,} benchmarks a row; chance alone moves a figure by up to {chance:.1f}\n")
    print("| models | clips | correlation | " + " | ".join(columns) + " |")
    print("|---|---|---|" + "---|" * len(columns))
    with ProcessPoolExecutor() as pool:
        for setting, shares in zip(settings, pool.map(measured, settings), strict=True):
            cells = " | ".join(f"{shares[column]:.1f}" for column in columns)
            print(f"| {setting.strength} | {setting.clips} | {setting.correlation} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
