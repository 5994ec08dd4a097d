"""An entry's scores, worked out from its samples alone: what it claims is compared with these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from mabench_eval.leaderboard.entry import Entry, EntryClosedTask, EntryInterval, EntryOpenTask, EntryScores, EntryTask
from mabench_eval.leaderboard.samples import KeptSample, graded
from mabench_eval.runfiles import from_json, to_json
from mabench_eval.scoring import outcome_counts, question_scores, score_intervals
from mabench_eval.stats import coverage, final_score, mean, percent
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN
from mabench_eval.types import Outcome


def levels_of(entry: Entry) -> dict[str, tuple[str, ...]]:
    """Task -> the levels that a judge gives it, none for a closed one; of plugins' tasks as the entry has them."""
    levels = {
        name: tuple(task.levels) if isinstance(task, EntryOpenTask) else () for name, task in entry.scores.tasks.items()
    }
    official = {**dict.fromkeys(OFFICIAL_CLOSED, ()), **dict.fromkeys(OFFICIAL_OPEN, LEVELS)}
    return {name: official.get(name, own) for name, own in levels.items()}


def scores_from_samples(samples: Sequence[KeptSample], levels_of_task: Mapping[str, tuple[str, ...]]) -> EntryScores:
    """All scores that the samples give.

    Args:
        samples: Of an entry, options as printed.
        levels_of_task: Task -> its levels, none for a closed one, of all tasks that the run was asked.
    """
    of_task: dict[str, list[KeptSample]] = {task: [] for task in levels_of_task}
    for sample in samples:
        of_task.setdefault(sample.task, []).append(sample)
    tasks: dict[str, EntryTask] = {}
    for name, own in of_task.items():
        levels = levels_of_task.get(name)
        tasks[name] = _open(own, levels) if levels else _closed(own)

    accuracies = [
        task.accuracy if isinstance(task := tasks.get(name), EntryClosedTask) else None for name in OFFICIAL_CLOSED
    ]
    means = [
        task.levels.get(level) if isinstance(task := tasks.get(name), EntryOpenTask) else None
        for name in OFFICIAL_OPEN
        for level in LEVELS
    ]
    n, total = sum(task.n for task in tasks.values()), sum(task.total for task in tasks.values())
    averages = {"closed_avg": mean(accuracies), "open_avg": mean(means), "final": final_score(accuracies, means)}
    return EntryScores(n, total, coverage(n, total), tasks, **averages)


def _closed(samples: Sequence[KeptSample]) -> EntryClosedTask:
    answers = [sample.correct for sample in samples if sample.correct is not None]
    return EntryClosedTask(
        accuracy=percent(sum(answers), len(answers)), **outcome_counts(sample.outcome for sample in samples)
    )


def _open(samples: Sequence[KeptSample], levels: Sequence[str]) -> EntryOpenTask:
    scored = [sample.levels for sample in samples if sample.levels is not None]
    answered = [sample for sample in samples if sample.outcome is Outcome.ANSWERED]
    if answered and all(sample.levels is None for sample in answered):
        scored = []  # zeros by rule alone are no score, as in a run
    means = {level: mean([given.get(level) for given in scored]) for level in levels}
    return EntryOpenTask(levels=means, judged=len(scored), **outcome_counts(sample.outcome for sample in samples))


def intervals_from_samples(samples: Sequence[KeptSample]) -> dict[str, EntryInterval]:
    """Figure -> its interval, as a run's."""
    trials = Counter(sample.task for sample in samples if sample.correct is not None)
    intervals = score_intervals(question_scores(graded(samples)), trials=trials)
    return {name: from_json(EntryInterval, to_json(interval), name) for name, interval in intervals.items()}
