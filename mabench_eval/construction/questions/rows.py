"""Questions of a benchmark in the making: the lines of ``questions.jsonl``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mabench_eval.journal import fingerprint

SCHEMA = 1
"""Of the form of a question's line."""


@dataclass(frozen=True, slots=True)
class BuiltQuestion:
    """One question, with its answer and what that rests on."""

    schema: int
    qid: str
    """The task and a random number, ``SAD_0316``: it says nothing of the answer."""
    clip: str
    task: str
    text: str
    """As printed, options included."""
    answer: str
    """A letter, ``Yes`` or ``No``, or the reference of an open task."""
    statement: str | None
    """Id of the statement that is asked for (``Statement.id``); None for the tasks that ask for labels or texts."""
    wording: str
    """Who worded it: ``template``, or the model that did."""
    evidence: Mapping[str, Any]
    """What the answer was read from: of a statement, source -> figures; of a choice, the label."""

    @property
    def digest(self) -> str:
        """Of what a person or a model is asked, not of its number or answer: decisions and verdicts hang on it."""
        return fingerprint({"clip": self.clip, "task": self.task, "text": self.text})
