"""Few-shot examples: solved questions of the same task, from a labelled file, put before the question as text."""

from __future__ import annotations

import random
from collections.abc import Callable

from mabench_eval.benchmark import Benchmark
from mabench_eval.errors import InputError
from mabench_eval.types import Question, Shot

Choose = Callable[[Question], tuple[Shot, ...]]


def no_shots(question: Question) -> tuple[Shot, ...]:
    """Zero-shot, the paper's protocol."""
    return ()


def choose_shots(labelled: Benchmark, count: int, seed: int, tasks: set[str]) -> Choose:
    """A function that gives each question ``count`` examples of its task, never one on its own clip.

    Which ones depends on the seed, the labelled file and the question's task and clip alone.
    Raises InputError when the file has too few for a task of the run.
    """
    examples: dict[str, list[Question]] = {task: [] for task in tasks}
    for question in labelled.questions:
        if question.task in tasks and question.answer is not None:
            examples[question.task].append(question)
    # One clip may be left out for any question; the rest must do.
    short = [task for task, found in examples.items() if len({q.clip for q in found}) <= count]
    if short:
        raise InputError(
            f"--shots {count}: {labelled.file} has too few answered questions of {', '.join(sorted(short))}",
            hint=f"Each task needs examples on more than {count} clips.",
        )
    for task, found in examples.items():
        random.Random(f"{seed}:{task}").shuffle(found)

    def choose(question: Question) -> tuple[Shot, ...]:
        chosen: dict[str, Shot] = {}
        for example in examples[question.task]:
            if example.clip != question.clip and len(chosen) < count:
                chosen.setdefault(example.clip, Shot(example.text, example.answer or ""))
        return tuple(chosen.values())

    return choose
