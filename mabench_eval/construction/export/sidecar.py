"""``sidecar.jsonl``: where each question of an export comes from, a line a question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mabench_eval.construction.decisions import Decision
from mabench_eval.construction.export.sources import Captioned, Sources
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.construction.verification import Verdict

SIDECAR = "sidecar.jsonl"
SCHEMA = 1
"""Of the form of a line."""


@dataclass(frozen=True, slots=True)
class SidecarRow:
    """Where one question comes from. An export without answers leaves out what would tell them: from ``label`` on."""

    schema: int
    qid: str
    task: str
    clip: str
    sha256: str
    """Of the clip's bytes."""
    digest: str
    """Of clip, task and text (``BuiltQuestion.digest``): verdicts and decisions hang on it."""
    statement: str | None
    """Id of what is asked for."""
    wording: str
    """``template``, or the model that worded it."""
    gate: str
    """``passed``, or ``ungated``: exported without."""
    tracker: Mapping[str, str]
    """``name``, ``version``, ``licence``."""
    subject: str | None = None
    """Who is seen."""
    label: str | None = None
    """The clip's action."""
    answer: str | None = None
    evidence: Mapping[str, Any] | None = None
    """What the answer was read from: of a statement, source -> figures."""
    caption: Captioned | None = None
    """Of the open tasks: who wrote the reference, and on what each of its sentences rests."""
    verdicts: tuple[Verdict, ...] = ()
    decisions: tuple[Decision, ...] = ()


def sidecar_rows(
    questions: tuple[BuiltQuestion, ...], sources: Sources, gate: str, *, answers: bool
) -> Iterator[SidecarRow]:
    """A row a question, in their order."""
    for question in questions:
        clip = sources.clips[question.clip]
        tracked = sources.tracked.get(question.clip)
        row = SidecarRow(
            SCHEMA,
            question.qid,
            question.task,
            question.clip,
            clip.sha256,
            question.digest,
            question.statement,
            question.wording,
            gate,
            tracked.tracker if tracked else {},
            clip.subject,
        )
        if answers:
            row = replace(
                row,
                label=clip.fine,
                answer=question.answer,
                evidence=question.evidence,
                caption=sources.caption_of(question),
                verdicts=sources.verdicts_of(question),
                decisions=sources.decisions_of(question),
            )
        yield row
