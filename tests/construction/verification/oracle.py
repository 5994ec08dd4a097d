"""A model behind a scripted endpoint that knows the truth of every figure table, and errs or babbles as it is told."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mabench_eval.construction import BuildFolder, Descriptor, read_question, truth
from mabench_eval.construction.verification.figures import figures_table
from tests.support.scripted_server import Fault, Raw, Reply

_FENCED = re.compile(r"<<<<< (\w+) (\w+)\n(.*?)\n>>>>> \1 \2", re.DOTALL)
OTHER = {"Yes": "No", "No": "Yes"}
BABBLE = ("I think that it does.", '{"reason": "it does", "answer": "Ye', '{"answer": "maybe", "reason": "r"}', "")


@dataclass
class Oracle:
    """A script for the scripted server. What it says is a hash of what it is asked: the same in any order."""

    build: BuildFolder
    errs: float = 0.0
    """Share of questions that it answers wrongly."""
    babbles: float = 0.0
    """Share of first replies that hold no answer, in prose, broken JSON, another answer, nothing."""
    stubborn: float = 0.0
    """Share of second replies that do not either."""
    said: Counter[str] = field(default_factory=Counter)
    """Conversation -> whole replies that were sent and paid for."""

    def __post_init__(self) -> None:
        self._of_table: Mapping[str, Descriptor] = {figures_table(each): each for each in self.build.descriptors()}

    def __call__(self, body: dict[str, Any], before: int) -> Reply | Fault | Raw:
        user = next(m for m in body["messages"] if m["role"] == "user")["content"][-1]["text"]
        asked = {name: text for name, _, text in _FENCED.findall(user)}
        second = len(body["messages"]) > 2
        if _lot("babble", user, str(second)) < (self.stubborn if second else self.babbles):
            return Reply(BABBLE[int(_lot("which", user) * len(BABBLE))])
        return Reply(json.dumps({"reason": "by the figures", "answer": self.answer(asked, user)}), prompt_tokens=100)

    def answer(self, asked: Mapping[str, str], user: str) -> str:
        """By the figures where they are shown; else Yes or the first letter, whatever is asked."""
        if "FIGURES" not in asked:
            return "A" if "\nA. " in asked["QUESTION"] else "Yes"
        statement = read_question(asked["QUESTION"])
        said = truth(statement, self._of_table[asked["FIGURES"]]) if statement else None
        if said is None:
            return "cannot tell"
        right = "Yes" if said else "No"
        return OTHER[right] if _lot("err", user) < self.errs else right


def _lot(*words: str) -> float:
    """0-1, by a hash."""
    return int(hashlib.sha256("\0".join(words).encode()).hexdigest()[:12], 16) / 16**12
