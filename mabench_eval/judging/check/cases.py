"""The cases of a check: answers made from the reference texts alone, each with what a good judge makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mabench_eval.benchmark import Benchmark
from mabench_eval.catalogue import TaskCard
from mabench_eval.journal import fingerprint
from mabench_eval.judging.check import harmless, labels
from mabench_eval.judging.check.labels import near_neighbours, other_parts, stated_fine
from mabench_eval.judging.check.parts import other_part
from mabench_eval.judging.check.phases import reversed_phases
from mabench_eval.judging.check.space import mirrored
from mabench_eval.judging.check.wording import pick
from mabench_eval.taxonomy import MICRO_ACTIONS, label
from mabench_eval.types import Question

Expectation = Literal["top", "low", "zero", "falls", "same", "no rise"]
"""What scores a good judge gives: 5; far below the reference; 0; less on one level; those of the base; no more."""

_Make = Callable[["_Source"], str | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of case."""

    name: str
    expectation: Expectation
    make: _Make
    """Makes the answer; None where the kind does not apply to a text."""
    task: str | None = None
    """The only task it is made for; None: every open task."""
    level: str | None = None
    """The level a damage is aimed at."""
    base: str = "reference"
    """Name of the kind whose scores it is compared with, on the same reference."""


@dataclass(frozen=True, slots=True)
class Case:
    """One answer to be judged against one reference."""

    kind: str
    question: Question
    """With its reference."""
    answer: str


@dataclass(frozen=True, slots=True)
class _Source:
    """What a case is made from."""

    question: Question
    reference: str
    other: str | None
    """The reference of another clip with another micro-action; None where there is none."""
    levels: Sequence[str]
    seed: int


def _coarse(source: _Source) -> str | None:
    parts = other_parts(source.reference)
    return labels.other_coarse(source.reference, pick(parts, source.seed, source.question.qid)) if parts else None


def _fine(source: _Source) -> str | None:
    near = near_neighbours(source.reference)
    return labels.other_fine(source.reference, pick(near, source.seed, source.question.qid)) if near else None


def _injected(text: str | None, source: _Source) -> str | None:
    return None if text is None else harmless.injected(text, source.levels)


KINDS: tuple[Kind, ...] = (
    Kind("reference", "top", lambda source: source.reference),
    Kind("other clip", "low", lambda source: source.other),
    Kind("still", "zero", lambda _: harmless.STILL),
    Kind("part replaced", "falls", lambda source: other_part(source.reference), "MADU", "L1"),
    Kind("space mirrored", "falls", lambda source: mirrored(source.reference), "MADU", "L2"),
    Kind("phases reversed", "falls", lambda source: reversed_phases(source.reference), "MADU", "L3"),
    Kind("coarse label replaced", "falls", _coarse, "MARE", "L1"),
    Kind("fine label replaced", "falls", _fine, "MARE", "L2"),
    Kind("reasons removed", "falls", lambda source: labels.without_reasons(source.reference), "MARE", "L3"),
    Kind("paraphrase", "same", lambda source: harmless.paraphrase(source.reference)),
    Kind("injection", "same", lambda source: _injected(source.reference, source)),
    Kind("filler", "same", lambda source: harmless.filled(source.reference)),
    Kind("other clip, injection", "no rise", lambda source: _injected(source.other, source), base="other clip"),
    Kind(
        "other clip, filler",
        "no rise",
        lambda source: None if source.other is None else harmless.filled(source.other),
        base="other clip",
    ),
)
"""All kinds, in the order of the card."""


def make_cases(
    benchmark: Benchmark, tasks: Sequence[TaskCard], seed: int, limit: int | None
) -> tuple[list[Case], dict[tuple[str, str], int]]:
    """The cases of all open questions that have a reference, question by question.

    Args:
        benchmark: Questions with reference texts; choices with answers tell which clips show the same micro-action.
        tasks: Their cards; closed tasks are passed over.
        seed: Decides the other clips and the wrong labels; the choice for one clip depends on no other.
        limit: Only the first so many clips are judged; other clips are still drawn from all. None: all.

    Returns:
        The cases, and how often each (kind, task) did not apply to a reference.
    """
    levels = {task.name: task.levels for task in tasks if not task.closed}
    clips = set(benchmark.clip_names[:limit])
    texts = [question for question in benchmark.questions if question.task in levels and question.answer]
    actions = _actions(benchmark.questions)
    cases: list[Case] = []
    left_out: dict[tuple[str, str], int] = {}
    for question in texts:
        if question.clip not in clips:
            continue
        other = _other(question, texts, actions, seed)
        source = _Source(question, question.answer or "", other, levels[question.task], seed)
        for kind in kinds_of(question.task):
            answer = kind.make(source)
            if answer is None:
                left_out[kind.name, question.task] = left_out.get((kind.name, question.task), 0) + 1
            else:
                cases.append(Case(kind.name, question, answer))
    return cases, left_out


def kinds_of(task: str) -> Iterator[Kind]:
    """The kinds made for a task."""
    return (kind for kind in KINDS if kind.task in (None, task))


def _actions(questions: Sequence[Question]) -> Mapping[str, set[str]]:
    """Clip -> the micro-actions that its choice answers and its reasoned label name."""
    actions: dict[str, set[str]] = {}
    for question in questions:
        answer = question.answer or ""
        named = label(question.options.get(answer, "")) if question.options else stated_fine(answer)
        if named is not None and named in MICRO_ACTIONS.values():
            actions.setdefault(question.clip, set()).add(named)
    return actions


def _other(question: Question, texts: Sequence[Question], actions: Mapping[str, set[str]], seed: int) -> str | None:
    """A reference of the same task on another clip that shows another micro-action and reads differently."""
    own = actions.get(question.clip, set())
    others = [
        text
        for text in texts
        if text.task == question.task
        and text.clip != question.clip
        and text.answer != question.answer
        and not own & actions.get(text.clip, set())
    ]
    chosen = min(others, key=lambda text: fingerprint([seed, question.qid, text.qid]), default=None)
    return None if chosen is None else chosen.answer
