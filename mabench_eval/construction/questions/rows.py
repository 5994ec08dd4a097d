"""Questions of a benchmark in the making: the lines of ``questions.jsonl``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from sys import intern
from typing import Any

from mabench_eval.journal import fingerprint
from mabench_eval.parsing import json_value

SCHEMA = 1
"""Of the form of a question's line."""


class Packed(Mapping[str, Any]):
    """A JSON object that is kept as its text, a twentieth of the memory, and read when it is looked at."""

    __slots__ = ("_text",)

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._text = json.dumps(content, separators=(",", ":"))

    def __getitem__(self, key: str) -> Any:
        return json_value(self._text, halves=True)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(json_value(self._text, halves=True))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True)
class BuiltQuestion:
    """One question, with its answer and what that rests on: small, since a build may hold a quarter of a million."""

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

    def __post_init__(self) -> None:
        """What many questions have alike is kept once, and evidence as its text."""
        for name in ("clip", "task", "text", "answer", "statement", "wording"):
            content = getattr(self, name)
            if content is not None:
                object.__setattr__(self, name, intern(content))
        if not isinstance(self.evidence, Packed):
            object.__setattr__(self, "evidence", Packed(self.evidence))

    @property
    def digest(self) -> str:
        """Of what a person or a model is asked, not of its number or answer: decisions and verdicts hang on it."""
        return fingerprint({"clip": self.clip, "task": self.task, "text": self.text})
