"""Rounds of review: who looks at which question, in what order, and what the decisions on a question come to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mabench_eval.construction.decisions.rows import Decision
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.construction.verification import Verification
from mabench_eval.errors import InputError

ALL, DISPUTED, ADJUDICATION = 1, 2, 3
"""Rounds: every question; those on which two reviewers differ; those on which they still do."""
_TELLING = {"CMAR": 1, "FMAR": 2, "MADU": 3, "MARE": 3}
"""How much the answer of a task tells of the others on the same clip, from nothing to the action and every movement:
who has seen it is not blind any more."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the decisions on one question come to."""

    decision: Decision | None
    """What is done; None: nobody has decided, or they differ."""
    reviewers: tuple[str, ...]
    """Who decided."""
    disputed: bool = False
    """Two differ in what is to be done, or in the answer or words; nobody has adjudicated."""


def resolve(decisions: Sequence[Decision]) -> Resolution:
    """One reviewer's word holds until another one differs; then it is disputed until a later round is of one mind.

    Of each reviewer the decision of the latest round counts. Where somebody has adjudicated, adjudicators alone count.
    """
    latest: dict[str, Decision] = {}
    for decision in sorted(decisions, key=lambda each: each.round):
        latest[decision.reviewer] = decision
    said = [latest[name] for name in sorted(latest)]
    said = [each for each in said if each.round == ADJUDICATION] or said
    names = tuple(each.reviewer for each in said)
    if len({each.outcome for each in said}) > 1:
        return Resolution(None, names, disputed=True)
    return Resolution(said[0] if said else None, names)


def review_order(
    questions: Iterable[BuiltQuestion],
    verified: Mapping[str, Verification],
    decisions: Mapping[str, Sequence[Decision]],
    reviewer: str,
    round_: int = ALL,
    *,
    overlap: float = 1.0,
    seed: int = 0,
) -> list[BuiltQuestion]:
    """The questions that a reviewer is shown in a round, in their order.

    First those whose answers tell nothing of other questions on the same clip, then body parts, actions, and last the
    open tasks, whose references tell everything: the later ones could not be answered blind otherwise. Among them
    what verifiers found doubtful comes first, then what others dispute, then an order drawn for each reviewer anew.

    Args:
        questions: Those that no verifier rejects.
        verified: qid -> what verifiers say.
        decisions: Digest -> what all reviewers decided.
        reviewer: Their name.
        round_: ``ALL``, ``DISPUTED`` or ``ADJUDICATION``.
        overlap: Share of the questions that every reviewer is shown, 0-1; of the others those on which no one else has
            decided.
        seed: Of what is drawn.

    Raises:
        InputError: An overlap that is no share, or a round that there is not.
    """
    if not 0 <= overlap <= 1:
        raise InputError(f"--overlap {overlap}: expected a share from 0 to 1, such as 0.2")
    if round_ not in (ALL, DISPUTED, ADJUDICATION):
        raise InputError(f"--round {round_}: rounds are 1 (all), 2 (disputed) and 3 (adjudication)")

    def is_shown(question: BuiltQuestion) -> bool:
        found = decisions.get(question.digest, ())
        if any(each.reviewer == reviewer and each.round == round_ for each in found):
            return True
        if round_ != ALL:
            return _is_disputed_before(found, round_)
        others = any(each.reviewer != reviewer for each in found)
        return not others or _drawn(f"{seed} overlap", question.digest) < overlap

    def place(question: BuiltQuestion) -> tuple[float, float, bool, float]:
        found = verified.get(question.qid)
        disputed = resolve(decisions.get(question.digest, ())).disputed
        priority = found.priority if found else 0.0
        drawn = _drawn(f"{seed} {reviewer} {round_}", question.digest)
        return _TELLING.get(question.task, 0), -priority, not disputed, drawn

    return sorted(filter(is_shown, questions), key=place)


def _is_disputed_before(found: Sequence[Decision], round_: int) -> bool:
    """Whether the rounds before left it open: it stays in the round's list when somebody has decided there."""
    return resolve([each for each in found if each.round < round_]).disputed


def _drawn(seed: str, digest: str) -> float:
    """A number from 0 to 1 that looks random, the same on every machine."""
    content = hashlib.sha256(f"{seed} {digest}".encode()).digest()
    return int.from_bytes(content[:8], "big") / 2**64
