"""Few-shot examples: answered questions of the same task, from a labelled file, put before the question."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from mabench_eval.benchmark import Benchmark, read_clips
from mabench_eval.errors import InputError
from mabench_eval.types import Clip, Question, Shot


@dataclass(frozen=True, slots=True)
class Example:
    """A solved question of a labelled file."""

    clip: str
    """The clip that it is on, whether or not it is shown."""
    shot: Shot


@dataclass(frozen=True, slots=True)
class Examples:
    """The examples of a run."""

    count: int
    """Those put before a question."""
    by_task: Mapping[str, tuple[Example, ...]]
    """Task -> examples, each on another clip: one more than ``count``, since one may be on the question's own."""

    def of(self, question: Question) -> tuple[Shot, ...]:
        """Those of a question: of its task, never on its clip."""
        others = [each.shot for each in self.by_task.get(question.task, ()) if each.clip != question.clip]
        return tuple(others[: self.count])


NO_SHOTS = Examples(0, {})
"""Zero-shot, the paper's protocol."""


def choose_shots(labelled: Benchmark, count: int, seed: int, tasks: set[str], *, frames: bool = False) -> Examples:
    """``count`` examples for each question of these tasks, each on another clip, never on its own.

    They depend on the seed, the labelled file and the question's task and clip alone. ``frames``: the examples come
    with their clips. Raises InputError when the file has too few for a task, or such a clip cannot be used.
    """
    examples = {task: _examples(labelled, task, count + 1, seed) for task in tasks}
    short = sorted(task for task, drawn in examples.items() if len(drawn) <= count)
    if short:  # one clip more than the count: it may be the question's own
        raise InputError(
            f"--shots {count}: {labelled.file} has too few answered questions of {', '.join(short)}",
            hint=f"Each task needs examples on more than {count} clips.",
        )

    names = dict.fromkeys(question.clip for drawn in examples.values() for question in drawn)
    clips: Mapping[str, Clip] = read_clips(list(names), labelled.clip_folder) if frames else {}

    return Examples(
        count,
        {
            task: tuple(Example(each.clip, Shot(each.text, each.answer or "", clips.get(each.clip))) for each in drawn)
            for task, drawn in examples.items()
        },
    )


def _examples(labelled: Benchmark, task: str, count: int, seed: int) -> list[Question]:
    """Answered questions of a task on ``count`` clips, one per clip, drawn by the seed."""
    answered = [question for question in labelled.questions if question.task == task and question.answer is not None]
    random.Random(f"{seed}:{task}").shuffle(answered)
    by_clip: dict[str, Question] = {}
    for question in answered:
        by_clip.setdefault(question.clip, question)
    return list(by_clip.values())[:count]
