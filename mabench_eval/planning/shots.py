"""Few-shot examples: solved questions of the same task, from a labelled file, put before the question."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from mabench_eval.benchmark import Benchmark, read_clips
from mabench_eval.errors import InputError
from mabench_eval.types import Clip, Question, Shot

Choose = Callable[[Question], tuple[Shot, ...]]


def no_shots(question: Question) -> tuple[Shot, ...]:
    """Zero-shot, the paper's protocol."""
    return ()


def choose_shots(labelled: Benchmark, count: int, seed: int, tasks: set[str], *, frames: bool = False) -> Choose:
    """A function that gives each question ``count`` examples of its task, on clips of their own, never on its clip.

    Which ones depends on the seed, the labelled file and the question's task and clip alone. ``frames``: the examples
    come with their clips. Raises InputError when the file has too few for a task, or such a clip cannot be used.
    """
    examples = {task: _examples(labelled, task, count + 1, seed) for task in tasks}
    short = sorted(task for task, found in examples.items() if len(found) <= count)
    if short:  # one of the clips may be the question's own; the rest must do
        raise InputError(
            f"--shots {count}: {labelled.file} has too few answered questions of {', '.join(short)}",
            hint=f"Each task needs examples on more than {count} clips.",
        )
    names = dict.fromkeys(question.clip for found in examples.values() for question in found)
    clips: Mapping[str, Clip] = read_clips(list(names), labelled.clip_folder) if frames else {}

    def choose(question: Question) -> tuple[Shot, ...]:
        others = [example for example in examples[question.task] if example.clip != question.clip][:count]
        return tuple(Shot(example.text, example.answer or "", clips.get(example.clip)) for example in others)

    return choose


def _examples(labelled: Benchmark, task: str, count: int, seed: int) -> list[Question]:
    """Answered questions of a task on ``count`` clips, drawn by the seed, one a clip."""
    found = [question for question in labelled.questions if question.task == task and question.answer is not None]
    random.Random(f"{seed}:{task}").shuffle(found)
    one_a_clip: dict[str, Question] = {}
    for question in found:
        one_a_clip.setdefault(question.clip, question)
    return list(one_a_clip.values())[:count]
