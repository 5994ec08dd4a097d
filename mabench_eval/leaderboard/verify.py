"""Whether an entry's scores follow from the samples beside it."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum, isclose
from pathlib import Path

from mabench_eval.leaderboard.columns import FIGURE_NAMES
from mabench_eval.leaderboard.entries import load_runs
from mabench_eval.leaderboard.entry import Entry, EntryClosedTask
from mabench_eval.scoring import QuestionScores, averages_among

_CLOSE = 1e-6
"""Points: what rounding may do to a mean of thousands."""


def check_entries(leaderboard_dir: Path) -> tuple[list[str], int]:
    """Everything in committed entries that does not follow from their samples, and how many entries have none.

    Raises:
        InputError: An entry or its samples cannot be read.
    """
    runs = load_runs(leaderboard_dir, ())
    problems = [
        f"{run.entry.name} ({run.entry.run}): {problem}"
        for run in runs
        if run.figures
        for problem in contradictions(run.entry, run.figures)
    ]
    return problems, sum(not run.figures for run in runs)


def contradictions(entry: Entry, figures: QuestionScores) -> Iterator[str]:
    """Every figure of an entry, averages included, that its samples do not give, one line each.

    Args:
        entry: With its scores.
        figures: Of its samples, question by question.
    """
    means = {figure: fsum(score for _, score in asked.values()) / len(asked) for figure, asked in figures.items()}
    for name, weights in averages_among(means).items():
        means[name] = fsum(weight * means[figure] for figure, weight in weights.items())

    for column, claimed in entry.figures.items():
        recomputed = means.get(FIGURE_NAMES.get(column, column))
        if (claimed is None) != (recomputed is None):
            yield f"{column}: the entry has {_figure(claimed)}, its samples give {_figure(recomputed)}"
        elif claimed is not None and recomputed is not None and not isclose(claimed, recomputed, abs_tol=_CLOSE):
            yield f"{column}: the entry has {claimed:.6g}, its samples give {recomputed:.6g}"

    for name, task in entry.scores.tasks.items():
        asked = figures.get(name)
        if isinstance(task, EntryClosedTask) and asked is not None and task.n < len(asked):
            yield f"{name}: the entry has {task.n} answers, its samples {len(asked)}"


def _figure(figure: float | None) -> str:
    return "none" if figure is None else f"{figure:.6g}"
