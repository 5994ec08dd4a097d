"""Judgments as records of a journal, and samples with the scores that the judges gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from statistics import fmean
from typing import Any

from mabench_eval.answers import NOT_JUDGED
from mabench_eval.journal import Record, Records, record_problem
from mabench_eval.judging.requests import JudgePlan
from mabench_eval.types import Json, JudgeRequest, Judgment, Question, Sample

Keep = Callable[..., None]
"""``keep(kind, key, **fields)`` takes a record, as ``Journal.append`` does."""
_FIELDS = tuple(field.name for field in fields(Judgment) if field.name not in ("key", "levels", "error"))


def keep_judgment(keep: Keep, judgment: Judgment, judge: str) -> Mapping[str, Any]:
    """Record a judgment, or why there is none; return the fields of the record. What says nothing is left out."""
    if problem := judgment_problem(judgment):
        judgment = Judgment(judgment.key, error=f"the judgment: {problem}")
    kind, record = _record(judgment)
    keep(kind, judgment.key, judge=judge, **record)
    return {"judge": judge, **record}


def judgment_problem(judgment: Judgment) -> str | None:
    """What a journal cannot hold of a judgment: a level that is no integer 0-5, a reason that is no text."""
    kind, record = _record(judgment)
    return record_problem({"kind": kind, "key": judgment.key, "at": 0, **record})


def _record(judgment: Judgment) -> tuple[str, dict[str, Any]]:
    """Kind and fields."""
    given = {name: getattr(judgment, name) for name in _FIELDS if getattr(judgment, name) not in (None, 0, "", {})}
    if judgment.levels is None:
        return "error", {"error": judgment.error or "the judge gave no levels", **given}
    levels = dict(judgment.levels) if isinstance(judgment.levels, Mapping) else judgment.levels
    return "judgment", {"levels": levels, **given}


def known_judgment(records: Records, request: JudgeRequest) -> Record | None:
    """The record of a judgment, with just the levels that are asked for; None: there is none to be used."""
    record = records.judgments.get(request.key)
    return record if record is not None and set(record["levels"]) == set(request.levels) else None


def judgment_of(record: Mapping[str, Any]) -> Judgment:
    """The judgment in a record."""
    known = {name: record[name] for name in ("levels", "error", *_FIELDS) if name in record}
    return Judgment(record["key"], **known)


def with_judgments(
    samples: Sequence[Sample], questions: Sequence[Question], plan: JudgePlan, records: Records
) -> list[Sample]:
    """The samples with the judges' levels; those of a panel's sample are the means over its judges.

    A sample has levels when every judge scored it. "No score" keeps its reason and is never 0.
    """
    asked = {question.variant: question for question in questions}
    return [
        _judged(sample, asked[sample.variant], plan, records) if plan.judges and sample.error == NOT_JUDGED else sample
        for sample in samples
    ]


def _judged(sample: Sample, question: Question, plan: JudgePlan, records: Records) -> Sample:
    judgments: dict[str, Json] = {}
    missing = []
    for judge, request in zip(plan.judges, plan.requests(question, sample.prediction or ""), strict=True):
        record, failure = known_judgment(records, request), records.errors.get(request.key)
        if record is not None:
            judgments[judge.name] = {"levels": record["levels"], "reasons": record.get("reasons") or {}}
        elif failure is not None:
            missing.append(f"no score from {judge.name}: {failure['error']}")
        else:
            missing.append(f"{NOT_JUDGED} by {judge.name}")
    given = [judgment["levels"] for judgment in judgments.values()]
    levels: dict[str, Any] | None = None
    if not missing:
        levels = dict(given[0]) if len(given) == 1 else {name: fmean(one[name] for one in given) for name in given[0]}
    return replace(sample, levels=levels, judgments=judgments or None, error="; ".join(missing) or None)
