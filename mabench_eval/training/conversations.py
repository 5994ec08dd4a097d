"""What is taught: questions with their answers, in the very prompts that the evaluation asks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mabench_eval.catalogue import TaskCard
from mabench_eval.planning import user_prompt
from mabench_eval.types import Question

PLACEHOLDERS = ("<video>", "<image>", "<audio>")
"""LLaMA-Factory puts media where a text has these."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One question on a clip, as it is put to the model, and the answer that it is to give."""

    clip: str
    task: str
    qid: str
    system: str
    user: str
    """It follows the frames."""
    answer: str


def conversations(
    questions: Iterable[Question], tasks: Mapping[str, TaskCard], weights: Mapping[str, float], seed: int
) -> Iterator[Conversation]:
    """A conversation a question, or as many as the weight of its task says.

    A weight of 2.5 is two conversations, and for half of the questions a third one: which, a hash of the seed and the
    question's id decides. 0 leaves a task out.
    """
    for question in questions:
        task = tasks[question.task]
        for _ in range(_times(weights.get(task.name, 1.0), f"{seed}:{question.qid}")):
            yield Conversation(
                question.clip,
                task.name,
                question.qid,
                task.system_prompt,
                user_prompt(task, question),
                question.answer or "",
            )


def text_problems(questions: Iterable[Question]) -> list[str]:
    """Texts that LLaMA-Factory would take for places of media, a line each."""
    return [
        f"{question.qid}: its {what} holds {place}, which LLaMA-Factory takes for the place of a medium"
        for question in questions
        for what, text in (("question", question.text), ("answer", question.answer or ""))
        for place in PLACEHOLDERS
        if place in text
    ]


def _times(weight: float, draw: str) -> int:
    """The weight's whole part, and one more with the probability of its fraction."""
    share = int.from_bytes(hashlib.sha256(draw.encode()).digest()[:8], "big") / 2**64
    return int(weight) + (share < weight % 1)
