"""The paper's Figure 2, drawn of a benchmark that was built: its clips, and its questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mabench_eval.construction.export.overview import Overview
from mabench_eval.plots import Counts, Panel, Values

Columns = Sequence[Sequence[Panel]]


def figures_of(overview: Overview) -> dict[str, Columns]:
    """Name of a figure -> its panels, column by column."""
    return {"clips": _clips(overview), "questions": _questions(overview)}


def _clips(overview: Overview) -> Columns:
    """The long tails of actions and of their body parts; how long clips are, and how much is said of them."""
    beside = [
        Panel("Body part of the action", Counts(_plain(overview.labels), "clips")),
        Panel("Length", Values({"": overview.seconds.values}, "seconds", "clips")),
    ]
    if overview.words:
        words = {task: spread.values for task, spread in overview.words.items()}
        beside.append(Panel("Captions", Values(words, "words", "captions", whole=True)))
    return [[Panel("Action", Counts(_plain(overview.actions), "clips"))], beside]


def _questions(overview: Overview) -> Columns:
    """How many there are of every task, what they ask for, and how their answers are spread."""
    asked = [Panel("Body part asked for", Counts(_plain(overview.parts), "questions"))] if overview.parts else []
    if overview.directions:
        asked.append(Panel("Direction asked for", Counts(_plain(overview.directions), "questions")))
    counted = [Panel("Task", Counts(_plain(overview.tasks), "questions"))]
    if overview.answers:
        sizes = {task: list(answers.values()) for task, answers in overview.answers.items()}
        names = {task: list(answers) for task, answers in overview.answers.items()}
        counted.append(Panel("Answer", Counts(sizes, "questions", names)))
    return [counted, asked] if asked else [counted]


def _plain(counts: Mapping[str, int]) -> dict[str, Sequence[int]]:
    return {name: (count,) for name, count in counts.items()}
