"""A reviewer of a build: answers its questions blind, then sees what the answers rest on, and decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from mabench_eval.construction.decisions import (
    ALL,
    REASONS,
    Asked,
    BlindAnswer,
    Decision,
    Notebook,
    asked_of,
    check_decision,
    read_reviews,
    review_order,
    reviewer_folder,
)
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.errors import InputError
from mabench_eval.pages import review_page
from mabench_eval.reviewing.material import ReviewMaterial
from mabench_eval.reviewing.sessions import GivenBlind, GivenDecision, TooEarlyError, blind_row
from mabench_eval.runfiles import to_json
from mabench_eval.types import AnswerKind, Json


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How far a reviewer is in a round."""

    name: str
    round: int
    total: int
    done: int
    acts: Mapping[str, int]
    """Act -> how often, in this round."""


class ReviewSession:
    """One reviewer in one round."""

    def __init__(self, material: ReviewMaterial, name: str, round_: int = ALL, *, overlap: float = 1.0) -> None:
        """Raises InputError for what is no name, round or share, and JournalError where the journal is in use."""
        self.name, self.round = name, round_
        self.clips = material.clips
        self._material = material
        folder = material.folder
        self._earlier = read_reviews(folder.path).by_question(material.checked.questions)
        self._questions = review_order(
            material.checked.questions,
            material.checked.verified,
            self._earlier,
            name,
            round_,
            overlap=overlap,
            seed=folder.settings.seed,
        )
        self._notebook = Notebook(reviewer_folder(folder.path, name), name)
        self._answering = Lock()

    def page(self) -> str:
        """The whole page."""
        return review_page("review")

    def state(self) -> Json:
        """A row a question: its number, task, and whether it is decided."""
        rows = [[each.qid, each.task, self._decision(each) is not None] for each in self._questions]
        return {
            "mode": "review",
            "name": self.name,
            "round": self.round,
            "questions": rows,
            "tasks": self._material.tasks,
            "reasons": list(REASONS),
        }

    def question(self, number: int) -> Json:
        """One question; with its answer, and what that rests on, where it was answered blind or has no blind answer."""
        question = self._questions[number]
        row = self._material.row(question)
        blind, is_open = self._notebook.blind(question.digest), self._is_open(question)
        return {
            **row,
            "blind": blind_row(blind),
            "problem": self._material.problem(question),
            "shown": self._shown(question) if is_open else None,
        }

    def tracks(self, number: int) -> Json | None:
        """Tracks of its clip. Raises TooEarlyError before the blind answer: whoever has seen them is not blind."""
        question = self._questions[number]
        if not self._is_open(question):
            raise TooEarlyError(f"question {question.qid}: tracks are shown after the blind answer")
        return self._material.tracks(question)

    def answer(self, number: int, given: GivenBlind) -> Json:
        """Keep the blind answer. It is the first one: the question's own answer is shown from then on."""
        question = self._questions[number]
        asked = asked_of(question)
        if asked.kind is AnswerKind.TEXT:
            raise InputError(f"question {question.qid}: a text is read and decided on, not answered blind")
        if given.answer is not None and (problem := asked.problem(given.answer)):
            raise InputError(f"question {question.qid}: {problem}")
        with self._answering:  # of two at once, one is the first
            before = self._notebook.blind(question.digest)
            if before is None:
                self._notebook.write_blind(self._blind(asked, given))
        if before is not None and before.answer != given.answer:
            raise TooEarlyError(f"question {question.qid}: it was answered before, and its own answer was shown")
        return self.question(number)

    def decide(self, number: int, given: GivenDecision) -> Json:
        """Keep the decision; it replaces an earlier one of the same round."""
        question = self._questions[number]
        if not self._is_open(question):
            raise TooEarlyError(f"question {question.qid}: answer it blind first")
        blind = self._notebook.blind(question.digest)
        decision = Decision(
            question.digest,
            question.qid,
            self.name,
            self.round,
            blind.answer if blind else None,
            given.act,
            given.answer,
            given.text,
            given.reason,
            given.note,
            given.seconds,
            shown=question.answer,
        )
        check_decision(decision, question)
        self._notebook.write_decision(decision)
        return self.question(number)

    def reviewed(self) -> Reviewed:
        """How far they are."""
        acts = Counter[str](decision.act for each in self._questions if (decision := self._decision(each)))
        return Reviewed(self.name, self.round, len(self._questions), acts.total(), dict(acts))

    def close(self) -> None:
        """Close the journal."""
        self._notebook.close()

    def _decision(self, question: BuiltQuestion) -> Decision | None:
        decision = self._notebook.decision(question.digest, self.round)
        return decision if decision is not None and decision.holds_for(question.answer) else None

    def _is_open(self, question: BuiltQuestion) -> bool:
        """Whether its own answer may be shown."""
        is_text = asked_of(question).kind is AnswerKind.TEXT
        return is_text or self._notebook.blind(question.digest) is not None

    def _blind(self, asked: Asked, given: GivenBlind) -> BlindAnswer:
        return BlindAnswer(asked.digest, asked.qid, self.name, given.answer, given.seconds)

    def _shown(self, question: BuiltQuestion) -> dict[str, Any]:
        decision = self._decision(question)
        earlier = self._earlier.get(question.digest, ()) if self.round > ALL else ()
        others = [each for each in earlier if (each.reviewer, each.round) != (self.name, self.round)]
        return {
            **self._material.shown(question),
            "decision": None if decision is None else to_json(decision),
            "others": [to_json(each) for each in others],
        }
