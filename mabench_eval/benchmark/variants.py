"""Variants of a question: asked several times, and with its options in other places.

Official figures are over the options as printed (rotation 0), and over all repeats. What exists once per question (an
official prediction file, the hierarchy, all-correct-per-clip) is of its first asking.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from mabench_eval.benchmark.options import rotate_options
from mabench_eval.types import Question, Sample

Asked = TypeVar("Asked", Question, Sample)


def expand_variants(questions: Iterable[Question], repeats: int = 1, *, circular: bool = False) -> tuple[Question, ...]:
    """Every question ``repeats`` times; ``circular``: a choice also once with each other rotation of its options.

    The variants of a question stand together, repeats first. A choice of m options has m - 1 further rotations, each
    asked once (Liu et al. 2023, "MMBench", arXiv 2307.06281: CircularEval).
    """
    variants: list[Question] = []
    for question in questions:
        variants += [replace(question, repeat=number) for number in range(repeats)]
        variants += [rotated(question, places) for places in range(1, len(question.options))] if circular else []
    return tuple(variants)


def rotated(question: Question, places: int) -> Question:
    """A choice with its options moved up by ``places``, 0 to one below their number; the reference moves along."""
    letters, options = list(question.options), list(question.options.values())
    return replace(
        question,
        text=rotate_options(question.text, places),
        options=dict(zip(letters, options[places:] + options[:places], strict=True)),
        answer=None if question.answer is None else letters[(letters.index(question.answer) - places) % len(letters)],
        rotation=places,
    )


def as_printed(asked: Sequence[Asked]) -> list[Asked]:
    """Those with their options as printed, all repeats: what official figures are computed over."""
    return [each for each in asked if each.rotation == 0]


def first_asked(asked: Sequence[Asked]) -> list[Asked]:
    """The first asking of each question, options as printed."""
    return [each for each in asked if each.rotation == 0 and each.repeat == 0]
