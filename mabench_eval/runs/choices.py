"""What the scores of a run depend on besides its model, and in what several runs differ; prompts word for word."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from itertools import groupby
from typing import Any

from mabench_eval.runfiles import RECORD, PromptRecord, RunFiles, from_json, to_json
from mabench_eval.taxonomy import task_order
from mabench_eval.text import cut
from mabench_eval.types import Json

SENTENCE_END = re.compile(r"(?<=[.!?:;])[ \t]+|\n")
"""Prompts have long lines: they are compared sentence by sentence."""
MOST_LINES = 20
"""Of the difference between two prompts."""
LONGEST_LINE = 300
"""Characters of such a line."""
LONGEST_VALUE = 60
"""Characters of a setting's value; of a longer one only a letter tells which of them a run has."""


OPTIONAL = frozenset({"frames", "rubrics"})
"""What a run without has nothing to differ in: who looks at nothing has no frames."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen for a run."""

    values: Mapping[str, Any]
    """Name -> value, of all that is no prompt."""
    prompts: Mapping[str, Any]
    """Task -> what tells its prompt from others: version and fingerprint."""
    words: Mapping[str, PromptRecord]
    """Task -> its prompt."""


@dataclass(frozen=True, slots=True)
class PromptDifference:
    """The prompts of one task in two runs."""

    task: str
    lines: tuple[str, ...]
    """A unified diff by sentences, ``-`` of the first run and ``+`` of the second; at most ``MOST_LINES`` and one that
    says how many are left out. Of words that are the same a line that says so."""


@dataclass(frozen=True, slots=True)
class _Identity:
    """What is read of ``identity`` in ``run.json``."""

    sampling: Json | None
    tasks: Json
    shots: str | None = None
    repeats: int = 1


def choices_of(run: RunFiles) -> Choices:
    """The choices of a finished run. Raises InputError naming the key that does not fit."""
    identity = from_json(_Identity, run.record.identity, f"{run.folder / RECORD}: identity")
    scores = run.scores
    return Choices(
        {
            "data": scores.benchmark.sha256[:12],
            # The input mode is compared on purpose; None where nothing was looked at.
            "frames": {name: value for name, value in (identity.sampling or {}).items() if name != "input"} or None,
            "examples": identity.shots,
            "answers": scores.answers,
            "repeats": identity.repeats,
            "judge": [f"{judge.name} {judge.sha256[:8]}" for judge in scores.judges],
            "rubrics": {task: to_json(rubric) for task, rubric in scores.rubrics.items()} or None,
        },
        identity.tasks,
        run.record.prompts,
    )


def changed_prompts(first: Choices, second: Choices) -> list[str]:
    """The tasks that both asked, in other words, in the paper's order."""
    both = first.prompts.keys() & second.prompts.keys()
    return sorted((task for task in both if first.prompts[task] != second.prompts[task]), key=task_order)


def prompt_differences(first: Choices, second: Choices) -> tuple[PromptDifference, ...]:
    """What differs in the prompts of the tasks that both asked."""
    return tuple(
        PromptDifference(task, _difference(first.words.get(task), second.words.get(task)))
        for task in changed_prompts(first, second)
    )


def _difference(first: PromptRecord | None, second: PromptRecord | None) -> tuple[str, ...]:
    if first is None or second is None:
        return ("the words were not recorded",)
    if first == second:
        return ("the same words; the task's version or its token limit differs",)
    # Without the three lines of head: the names of the files, and where in them.
    lines = [
        cut(line, LONGEST_LINE)
        for line in unified_diff(_sentences(first), _sentences(second), lineterm="", n=1)
        if not line.startswith(("---", "+++", "@@"))
    ]
    more = len(lines) - MOST_LINES
    return tuple(lines) if more <= 0 else (*lines[:MOST_LINES], f"... and {more} more lines")


def _sentences(prompt: PromptRecord) -> list[str]:
    """The sentences of a prompt, those of the system message first and told from the user's."""
    parts = {"system": prompt.system, "user": prompt.user}
    return [f"{part}: {line}" for part, text in parts.items() for line in SENTENCE_END.split(text) if line.strip()]


def grouped(values: Sequence[Any]) -> list[tuple[Any, list[int]]]:
    """Each value that there is, and the places that have it; in the order of the places."""
    groups: list[tuple[Any, list[int]]] = []
    for place, value in enumerate(values):
        same = next((places for other, places in groups if other == value), None)
        if same is None:
            groups.append((value, [place]))
        else:
            same.append(place)
    return groups


def numbered(places: Sequence[int]) -> str:
    """Places, counted from 1, in few words: ``1-3, 5``."""
    spans = []
    for _, run in groupby(enumerate(places), lambda each: each[1] - each[0]):
        numbers = [place + 1 for _, place in run]
        spans.append(str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}")
    return ", ".join(spans)


def said(value: Any) -> str | None:
    """A setting's value as it is shown: ``8 frames`` as ``frames 8``; None for one that is too long to be shown."""
    if isinstance(value, Mapping):
        parts = [(name, said(content)) for name, content in value.items()]
        text = ", ".join(f"{name} {content}" for name, content in parts)
        text = "" if any(content is None for _, content in parts) else text or "none"
    elif isinstance(value, list | tuple):
        texts = list(map(said, value))
        text = "" if None in texts else ", ".join(map(str, texts)) or "none"
    else:
        text = "none" if value is None else value if isinstance(value, str) else json.dumps(value)
    return text if text and len(text) <= LONGEST_VALUE else None


def variants(values: Sequence[Any]) -> list[str]:
    """A word for each value that tells it from the others: itself, or a letter where one is long or two look alike."""
    shown = [said(value) for value, _ in grouped(values)]
    if None in shown or len(set(shown)) < len(shown):
        shown = [letter(number) for number in range(len(shown))]
    words = [""] * len(values)
    for word, (_, places) in zip(shown, grouped(values), strict=True):
        for place in places:
            words[place] = str(word)
    return words


def letter(number: int) -> str:
    """A, B, ... Z, A2, B2, ..."""
    return chr(ord("A") + number % 26) + (str(number // 26 + 1) if number >= 26 else "")
