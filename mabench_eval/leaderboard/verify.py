"""Whether an entry's scores follow from the samples beside it."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum, isclose
from pathlib import Path

from mabench_eval.leaderboard.contenders import AVERAGE_NAMES, figures_of_entry
from mabench_eval.leaderboard.entries import Entry, load_entries
from mabench_eval.scoring import QuestionScores, averages_among

_CLOSE = 1e-6
"""Points: what rounding may do to a mean of thousands."""


def check_entries(leaderboard_dir: Path) -> tuple[list[str], int]:
    """Everything in committed entries that does not follow from their samples, and how many entries have none.

    Raises:
        InputError: An entry or its samples cannot be read.
    """
    loaded = load_entries(leaderboard_dir, ())
    known = [(entry, loaded.samples.get(entry["run"])) for entry in loaded.entries]
    problems = [
        f"{entry['name']} ({entry['run']}): {problem}"
        for entry, figures in known
        if figures
        for problem in contradictions(entry, figures)
    ]
    return problems, sum(figures is None for _, figures in known)


def contradictions(entry: Entry, figures: QuestionScores) -> Iterator[str]:
    """Every figure of an entry, averages included, that its samples do not give, one line each.

    Args:
        entry: With its scores.
        figures: Of its samples, question by question.
    """
    means = {figure: fsum(score for _, score in asked.values()) / len(asked) for figure, asked in figures.items()}
    for name, weights in averages_among(means).items():
        means[name] = fsum(weight * means[figure] for figure, weight in weights.items())
    for column, said in figures_of_entry(entry).items():
        found = means.get(AVERAGE_NAMES.get(column, column))
        if (said is None) != (found is None):
            yield f"{column}: the entry has {_told(said)}, its samples give {_told(found)}"
        elif said is not None and found is not None and not isclose(said, found, abs_tol=_CLOSE):
            yield f"{column}: the entry has {said:.6g}, its samples give {found:.6g}"
    for task, scores in entry["scores"]["tasks"].items():
        asked = figures.get(task)
        if "accuracy" in scores and asked is not None and scores["n"] < len(asked):
            yield f"{task}: the entry has {scores['n']} answers, its samples {len(asked)}"


def _told(figure: float | None) -> str:
    return "none" if figure is None else f"{figure:.6g}"
