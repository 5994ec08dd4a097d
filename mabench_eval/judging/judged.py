"""Samples with their scores: what the judges gave, and for a panel the mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from mabench_eval.answers import NOT_JUDGED
from mabench_eval.journal import Records
from mabench_eval.judging.keys import JudgePlan
from mabench_eval.types import Json, Question, Sample


def with_judgments(
    samples: Sequence[Sample], questions: Sequence[Question], keys: JudgePlan, records: Records
) -> list[Sample]:
    """The samples with the judges' levels; those of a panel's sample are the means over its judges.

    A sample has levels when every judge scored it. "No score" keeps its reason and is never 0.
    """
    asked = {question.variant: question for question in questions}
    return [
        _judged(sample, asked[sample.variant], keys, records) if keys.judges and sample.error == NOT_JUDGED else sample
        for sample in samples
    ]


def _judged(sample: Sample, question: Question, keys: JudgePlan, records: Records) -> Sample:
    judgments: dict[str, Json] = {}
    missing = []
    for judge, request in zip(keys.judges, keys.requests(question, sample.prediction or ""), strict=True):
        record, failure = records.judgments.get(request.key), records.errors.get(request.key)
        if record is not None:
            judgments[judge.name] = {"levels": record["levels"], "reasons": record.get("reasons", {})}
        elif failure is not None:
            missing.append(f"no score from {judge.name}: {failure['error']}")
        else:
            missing.append(f"{NOT_JUDGED} by {judge.name}")
    given = [judgment["levels"] for judgment in judgments.values()]
    levels: dict[str, Any] | None = None
    if not missing:
        levels = dict(given[0]) if len(given) == 1 else {name: fmean(one[name] for one in given) for name in given[0]}
    return replace(sample, levels=levels, judgments=judgments or None, error="; ".join(missing) or None)
