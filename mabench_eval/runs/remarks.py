"""What a reader of several runs' figures must know: in what they differ, said once, and not for every pair again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mabench_eval.runs.choices import OPTIONAL, changed_prompts, grouped, letter, numbered, prompt_differences, variants
from mabench_eval.runs.comparison import Comparison

MOST_DIFFERENCES = 4
"""Differences between prompts that are shown word for word; further tasks are named alone."""


@dataclass(frozen=True, slots=True)
class ShownDifference:
    """A difference between the prompts of two runs, and of whom."""

    task: str
    """Or several, whose words are not shown."""
    between: str
    lines: tuple[str, ...]

    @property
    def title(self) -> str:
        """In one line."""
        return f"prompt of {self.task}{self.between}"


def remarks_on(compared: Comparison) -> list[str]:
    """In what the runs differ besides the model, and that not all were asked the same; runs by their numbers."""
    return [*_choices(compared), *_prompts(compared), *_questions(compared)]


def shown_differences(compared: Comparison) -> list[ShownDifference]:
    """How each task's prompt differs from the first run's, each wording once; the last names those left out."""
    runs, shown = compared.runs, []
    for task in _changed_tasks(compared):
        asked = [place for place, run in enumerate(runs) if task in run.choices.prompts]
        (_, base), *others = grouped([runs[place].choices.prompts[task] for place in asked])
        for _, places in others:
            first, second = asked[base[0]], asked[places[0]]
            found = {each.task: each for each in prompt_differences(runs[first].choices, runs[second].choices)}
            between = f", run {first + 1} (-) and {numbered([asked[place] for place in places])} (+)"
            shown.append(ShownDifference(task, between, found[task].lines))
    if len(shown) <= MOST_DIFFERENCES:
        return shown
    left_out = dict.fromkeys(each.task for each in shown[MOST_DIFFERENCES:])
    return [*shown[:MOST_DIFFERENCES], ShownDifference(", ".join(left_out), ": --json shows what differs", ())]


def _choices(compared: Comparison) -> Iterator[str]:
    """A line for each setting that is not the same in all runs."""
    runs = compared.runs
    values = {name: [run.choices.values[name] for run in runs] for name in runs[0].choices.values}
    for name, given in {"input": [run.input for run in runs], **values}.items():
        places = [place for place, value in enumerate(given) if not (name in OPTIONAL and value is None)]
        groups = grouped([given[place] for place in places])
        if len(groups) > 1:
            words = variants([value for value, _ in groups])
            said = "; ".join(
                f"{word} ({numbered([places[place] for place in of])})"
                for word, (_, of) in zip(words, groups, strict=True)
            )
            yield f"{name}: {said}"


def _prompts(compared: Comparison) -> Iterator[str]:
    """A line for all tasks whose prompts differ between the same runs."""
    runs = compared.runs
    alike: dict[str, list[str]] = {}
    for task in _changed_tasks(compared):
        asked = [place for place, run in enumerate(runs) if task in run.choices.prompts]
        groups = grouped([runs[place].choices.prompts[task] for place in asked])
        said = "; ".join(
            f"{letter(number)} ({numbered([asked[place] for place in of])})" for number, (_, of) in enumerate(groups)
        )
        alike.setdefault(said, []).append(task)
    for said, tasks in alike.items():
        yield f"prompts of {', '.join(tasks)}: {said}"


def _changed_tasks(compared: Comparison) -> list[str]:
    """Tasks whose prompt is not the same in all runs that asked them."""
    runs = compared.runs
    changed = {
        task: None
        for number, first in enumerate(runs)
        for second in runs[number + 1 :]
        for task in changed_prompts(first.choices, second.choices)
    }
    return list(changed)


def _questions(compared: Comparison) -> Iterator[str]:
    """How many scores each run has, where not all have those of the same questions."""
    asked = [{(figure, qid) for figure, scores in run.figures.items() for qid in scores} for run in compared.runs]
    groups = grouped(asked)
    if len(groups) > 1:
        said = "; ".join(f"{len(scores):,} ({numbered(places)})" for scores, places in groups)
        yield f"scores: {said}; each two runs are compared on those that both have"
