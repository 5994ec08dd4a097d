"""Few-shot examples: answered questions of the same task, from a labelled file, put before the question."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from mabench_eval.benchmark import Benchmark, read_clips
from mabench_eval.errors import InputError
from mabench_eval.types import Clip, Question, Shot

ChooseShots = Callable[[Question], tuple[Shot, ...]]
"""Gives a question its examples."""


def no_shots(question: Question) -> tuple[Shot, ...]:
    """Zero-shot, the paper's protocol."""
    return ()


def choose_shots(labelled: Benchmark, count: int, seed: int, tasks: set[str], *, frames: bool = False) -> ChooseShots:
    """A function that gives each question ``count`` examples of its task, each on another clip, never on its own.

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

    def choose(question: Question) -> tuple[Shot, ...]:
        others = [example for example in examples[question.task] if example.clip != question.clip][:count]
        return tuple(Shot(example.text, example.answer or "", clips.get(example.clip)) for example in others)

    return choose


def _examples(labelled: Benchmark, task: str, count: int, seed: int) -> list[Question]:
    """Answered questions of a task on ``count`` clips, one per clip, drawn by the seed."""
    answered = [question for question in labelled.questions if question.task == task and question.answer is not None]
    random.Random(f"{seed}:{task}").shuffle(answered)
    by_clip: dict[str, Question] = {}
    for question in answered:
        by_clip.setdefault(question.clip, question)
    return list(by_clip.values())[:count]
