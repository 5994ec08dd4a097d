"""The runs of a picture: their scores, what they are called, and what a caption must say of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mabench_eval.catalogue import builtin_folder
from mabench_eval.errors import InputError
from mabench_eval.leaderboard import Paper, load_paper
from mabench_eval.tables import notes
from mabench_eval.taxonomy import task_order
from mabench_eval.types import Json

MOST = 8
"""Runs that colours, hatches and markers tell apart."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval, in the figure's unit."""

    value: float
    low: float | None
    """None, as is the next, where there is no interval: of one clip alone."""
    high: float | None


@dataclass(frozen=True, slots=True)
class PlotRun:
    """A run to be drawn."""

    name: str
    """In the legend."""
    folder: Path
    scores: Json
    """As in ``scores.json``."""

    def estimate(self, figure: str) -> Estimate | None:
        """A figure as ``intervals`` of ``scores.json`` has it: ``CMAR``, ``MADU L1``, ``closed AVG``; None: none."""
        found = self.scores["intervals"].get(figure)
        return Estimate(found["value"], found["low"], found["high"]) if found else None


def read_runs(folders: Sequence[Path]) -> list[PlotRun]:
    """The runs of these folders, named so that they can be told apart. Raises InputError."""
    if not folders:
        raise InputError("no run to draw", hint="mabench-eval plot results/<model>/<run id> --kind bars -o bars.svg")
    for place, folder in enumerate(folders):
        if any(folder.resolve() == other.resolve() for other in folders[:place]):
            raise InputError(f"{folder} is named twice")
    if len(folders) > MOST:
        raise InputError(f"{len(folders)} runs: a picture tells at most {MOST} apart", hint="Make several pictures.")
    return _named([_read(folder) for folder in folders])


def _read(folder: Path) -> PlotRun:
    try:
        scores = json.loads((folder / "scores.json").read_bytes())
        run = PlotRun(_name(scores), folder, scores)
        _ = [scores[name] for name in ("tasks", "judges", "benchmark")]
        scored = bool(scores["intervals"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{folder} is no folder of a finished run: {error}",
            hint="It is the folder that the run names at its end, results/<model>/<run id>.",
        ) from error
    if not scored:
        raise InputError(f"{folder} has no scores: its benchmark has no answers", hint="Score it where they are known.")
    return run


def _name(scores: Json) -> str:
    shown = scores.get("input", "video")
    return str(scores["model"]) if shown == "video" else f"{scores['model']} ({shown})"


def _named(runs: Sequence[PlotRun]) -> list[PlotRun]:
    """Runs of one name are told apart by their frames where these differ, else by their ids."""
    names = [run.name for run in runs]
    counts = {name: [_frames(run) for run in runs if run.name == name] for name in names}
    found = []
    for run in runs:
        own = counts[run.name]
        if len(own) == 1:
            found.append(run)
        elif len(set(own)) == len(own):
            found.append(replace(run, name=f"{run.name}, {_frames(run)} frames"))
        else:
            found.append(replace(run, name=f"{run.name} {run.folder.resolve().name}"))
    return found


def _frames(run: PlotRun) -> int:
    return int((run.scores["frames"] or {"count": 0})["count"])


def closed_tasks(runs: Iterable[PlotRun]) -> list[str]:
    """Tasks with an accuracy in any of the runs, in the paper's order."""
    return sorted(
        {name for run in runs for name, task in run.scores["tasks"].items() if task.get("accuracy") is not None},
        key=task_order,
    )


def open_levels(runs: Iterable[PlotRun]) -> dict[str, list[str]]:
    """Task with levels in any of the runs -> these levels, in the paper's order."""
    found: dict[str, list[str]] = {}
    for run in runs:
        for name, task in run.scores["tasks"].items():
            for level, value in (task.get("levels") or {}).items():
                if value is not None and level not in found.setdefault(name, []):
                    found[name].append(level)
    return {name: found[name] for name in sorted(found, key=task_order) if found[name]}


def chance_of(runs: Iterable[PlotRun], task: str) -> float | None:
    """Accuracy of guessing in a closed task, percent."""
    return next((run.scores["tasks"][task]["chance"] for run in runs if task in run.scores["tasks"]), None)


def paper_of(runs: Iterable[PlotRun]) -> Paper | None:
    """The paper's tables where all runs are on its benchmark: beside others they would say nothing."""
    if not all(run.scores["benchmark"]["official"] for run in runs):
        return None
    return load_paper(builtin_folder() / "leaderboard" / "paper.json")


def paper_best(paper: Paper | None, column: str) -> tuple[float, str] | None:
    """The best figure of a column of Table 2, and its model; reference rows are no models."""
    rows = [row for row in paper.tables["table2"] if row.group != "reference"] if paper else []
    found = [(figure, row.name) for row in rows if (figure := row.figures.get(column)) is not None]
    return max(found, key=lambda each: each[0], default=None)


def caption(runs: Sequence[PlotRun], *, marks: bool = False) -> list[str]:
    """What a reader of the picture must know of its runs, each line once, with the runs that it is true of.

    ``marks``: it shows the best figures of the paper's models, whose names then stand here.
    """
    found: dict[str, list[str]] = {}
    for run in runs:
        for line in notes(run.scores):
            found.setdefault(line, []).append(run.name)
    lines = [line if len(names) == len(runs) else f"{', '.join(names)}: {line}" for line, names in found.items()]
    if len({run.scores["benchmark"]["sha256"] for run in runs}) > 1:
        lines.append("The runs are on different benchmarks: their figures cannot be compared.")
    if len({tuple(judge["sha256"] for judge in run.scores["judges"]) for run in runs}) > 1:
        lines.append("The runs were judged by different judges: their levels cannot be compared.")
    best = [(task, paper_best(paper_of(runs), task)) for task in closed_tasks(runs)] if marks else []
    told = "; ".join(f"{task} {figure[0]:.2f} {figure[1]}" for task, figure in best if figure)
    return [*lines, f"Best of the paper's models: {told}."] if told else lines
