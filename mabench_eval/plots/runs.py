"""The runs of a plot: their scores, what they are called, and what a caption must say of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mabench_eval.errors import InputError
from mabench_eval.leaderboard import Paper, load_paper
from mabench_eval.runfiles import Interval, RunScores, read_scores, told_apart
from mabench_eval.tables import judged_officially, notes
from mabench_eval.taxonomy import task_order
from mabench_eval.text import visible_line

MAX_RUNS = 8
"""Runs that colours, hatches and markers tell apart."""


@dataclass(frozen=True, slots=True)
class PlotRun:
    """A run to be drawn."""

    name: str
    """In the legend."""
    folder: Path
    scores: RunScores
    data: str | None = None
    """Question file of a run of an early version, which kept none."""
    include: tuple[Path, ...] = ()
    """Folders with the tasks of such a run, where they are not the library's."""

    @property
    def frames(self) -> int:
        """Frames that the model was shown of each clip; 0 where it does not look, or took them by itself."""
        return (self.scores.frames.count or 0) if self.scores.frames else 0

    def interval(self, figure: str) -> Interval | None:
        """A figure as in ``scores.json``, e.g. ``CMAR``, ``MADU L1``, ``closed AVG``; None where it does not exist."""
        return self.scores.intervals.get(figure)


def read_runs(folders: Sequence[Path], data: str | None = None, include: Sequence[Path] = ()) -> list[PlotRun]:
    """The runs of these folders, named so that they can be told apart. Raises InputError."""
    if not folders:
        raise InputError("no run to draw", hint="mabench-eval plot results/<model>/<run id> --kind bars -o bars.svg")
    for number, folder in enumerate(folders):
        if any(folder.resolve() == other.resolve() for other in folders[:number]):
            raise InputError(f"{folder} is named twice")
    if len(folders) > MAX_RUNS:
        raise InputError(
            f"{len(folders)} runs: a picture tells at most {MAX_RUNS} apart", hint="Make several pictures."
        )
    return _with_distinct_names([replace(_read(folder), data=data, include=tuple(include)) for folder in folders])


def _read(folder: Path) -> PlotRun:
    read = read_scores(folder)
    scores = RunScores.from_json(_visible(read.to_json()), str(folder))
    if not scores.intervals:
        raise InputError(f"{folder} has no scores: its benchmark has no answers", hint="Score it where they are known.")
    name = scores.label if scores.input == "video" else f"{scores.label} ({scores.input})"
    return PlotRun(name, folder, scores)


def _visible(value: Any) -> Any:
    """A JSON value whose texts, keys too, can be drawn: names of tasks and models come from elsewhere."""
    if isinstance(value, dict):
        return {visible_line(key): _visible(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_visible(item) for item in value]
    return visible_line(value) if isinstance(value, str) else value


def _with_distinct_names(runs: Sequence[PlotRun]) -> list[PlotRun]:
    """Runs of one name are told apart by their frames where these differ, else by their ids."""
    distinct = told_apart([run.name for run in runs], [run.folder for run in runs])
    named = []
    for run, name in zip(runs, distinct, strict=True):
        frames = [other.frames for other in runs if other.name == run.name]
        if len(frames) == 1:
            named.append(run)
        elif len(set(frames)) == len(frames):
            named.append(replace(run, name=f"{run.name}, {run.frames} frames"))
        else:
            named.append(replace(run, name=name))
    return named


def closed_tasks(runs: Iterable[PlotRun]) -> list[str]:
    """Tasks with an accuracy in any of the runs, in the paper's order."""
    names = {name for run in runs for name, task in run.scores.closed_tasks.items() if task.accuracy is not None}
    return sorted(names, key=task_order)


def open_levels(runs: Iterable[PlotRun]) -> dict[str, list[str]]:
    """Task with levels in any of the runs -> these levels, in the paper's order."""
    levels: dict[str, list[str]] = {}
    for run in runs:
        for name, task in run.scores.open_tasks.items():
            for level, value in task.levels.items():
                if value is not None and level not in levels.setdefault(name, []):
                    levels[name].append(level)
    return {name: levels[name] for name in sorted(levels, key=task_order)}


def chance_of(runs: Iterable[PlotRun], task: str) -> float | None:
    """Accuracy of guessing in a closed task, percent."""
    return next((run.scores.closed_tasks[task].chance for run in runs if task in run.scores.closed_tasks), None)


def paper_of(runs: Iterable[PlotRun]) -> Paper | None:
    """The paper's tables; None unless all runs are on its benchmark, with which alone they compare."""
    return load_paper() if all(run.scores.benchmark.official for run in runs) else None


def judged_as_in_paper(runs: Iterable[PlotRun]) -> bool:
    """Whether the paper's judge judged all runs, so that their levels compare with the paper's."""
    return all(judged_officially(run.scores.judges) for run in runs)


def caption(runs: Sequence[PlotRun], *, marks: bool = False) -> list[str]:
    """What a reader of the plot must know of its runs, each line once, with the runs that it is true of.

    ``marks``: the plot shows the best figures of the paper's models, whose names then stand here.
    """
    names_of: dict[str, list[str]] = {}
    for run in runs:
        for line in notes(run.scores):
            names_of.setdefault(line, []).append(run.name)
    lines = [line if len(names) == len(runs) else f"{', '.join(names)}: {line}" for line, names in names_of.items()]

    if len({run.scores.benchmark.sha256 for run in runs}) > 1:
        lines.append("The runs are on different benchmarks: their figures cannot be compared.")
    if len({tuple(judge.sha256 for judge in run.scores.judges) for run in runs}) > 1:
        lines.append("The runs were judged by different judges: their levels cannot be compared.")

    if marks and (paper := paper_of(runs)):
        marked = "; ".join(
            f"{task} {best[0]:.2f} {best[1]}" for task in closed_tasks(runs) if (best := paper.best(task))
        )
        lines += [f"Best of the paper's models: {marked}."] if marked else []
    return lines
