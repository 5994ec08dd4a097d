"""The models that verify: what each role asks of which questions, and what its replies say of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mabench_eval.benchmark import parse_options
from mabench_eval.construction.asking import Ask, Role, TextModel, Told
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.construction.questions.statements import STATEMENT_TASKS
from mabench_eval.construction.sides import Sides
from mabench_eval.construction.verification.evidence import ClipEvidence, Evidence
from mabench_eval.construction.verification.figures import figures_table
from mabench_eval.construction.verification.prompts import CANNOT_TELL, Reply, blind_ask, descriptor_ask, see_ask
from mabench_eval.construction.verification.rows import Manner, Verdict
from mabench_eval.construction.verification.rules import CHOICE_TASKS
from mabench_eval.types import Clip

MANNERS: Mapping[Role, Manner] = MappingProxyType({"verifier": "descriptor", "blind": "blind", "see": "frames"})
"""Role -> what its model goes by."""
TASKS: Mapping[Role, tuple[str, ...]] = MappingProxyType(
    {
        "verifier": STATEMENT_TASKS,  # a descriptor decides statements; labels are not in it
        "blind": (*STATEMENT_TASKS, *CHOICE_TASKS),
        "see": (*STATEMENT_TASKS, *CHOICE_TASKS),
    }
)
"""Role -> the tasks that its model is asked about."""
NO_REPLY = "no reply"
UNREADABLE = "its reply could not be read"


@dataclass(frozen=True, slots=True)
class RoleAsks:
    """All that a role's model is asked, made anew each time it is gone through: a descriptor is in memory at a time."""

    role: Role
    evidence: Evidence
    sides: Sides
    left_out: Collection[str]
    """Questions that the rules reject already: no money is spent on them."""
    clips: Mapping[str, Clip | str]
    """For a model that sees: clip -> its file, or why it cannot be shown."""

    def __iter__(self) -> Iterator[Ask[Reply]]:
        for clip in self.evidence.clips():
            if asked := list(self._asked(clip.questions)):
                yield from self._on(clip, asked)

    def __len__(self) -> int:
        return sum(1 for _ in self._asked(self.evidence.questions))

    def not_shown(self) -> Iterator[tuple[BuiltQuestion, str]]:
        """Questions on clips that cannot be shown, and why."""
        for question in self._asked(self.evidence.questions):
            if isinstance(why := self.clips.get(question.clip), str):
                yield question, why

    def _asked(self, questions: Iterable[BuiltQuestion]) -> Iterator[BuiltQuestion]:
        tasks = TASKS[self.role]
        return (each for each in questions if each.task in tasks and each.qid not in self.left_out)

    def _on(self, clip: ClipEvidence, asked: list[BuiltQuestion]) -> Iterator[Ask[Reply]]:
        if self.role == "verifier":
            if clip.descriptor is None:
                return
            table = figures_table(clip.descriptor)
            yield from (descriptor_ask(each, clip.descriptor, table, answers_to(each)) for each in asked)
        elif self.role == "see":
            if isinstance(file := self.clips[clip.row.clip], Clip):
                yield from (see_ask(each, file, self.sides, answers_to(each)) for each in asked)
        else:
            yield from (blind_ask(each, answers_to(each)) for each in asked)


def answers_to(question: BuiltQuestion) -> tuple[str, ...]:
    """What can be answered to a closed question."""
    if question.task not in CHOICE_TASKS:
        return ("Yes", "No")
    letters = tuple(chr(ord("A") + place) for place in range(26))
    return tuple(parse_options(question.text, letters))


def verdict_of(told: Told[Reply], question: BuiltQuestion, model: TextModel, manner: Manner) -> Verdict:
    """What a reply says of a question."""
    if told.value is None:
        return Verdict(manner, model.name, "not verified", None, NO_REPLY if told.problem is None else UNREADABLE)
    answer, reason = told.value.answer, told.value.reason
    if answer == CANNOT_TELL:
        return Verdict(manner, model.name, "not verified", answer, reason)
    return Verdict(manner, model.name, "agrees" if answer == question.answer else "contradicts", answer, reason)
