"""Checks a judge without any human label: all cases are made from reference texts, and the right scores are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from mabench_eval.benchmark import Benchmark
from mabench_eval.catalogue import TaskCard
from mabench_eval.errors import InputError
from mabench_eval.journal import Price, Progress, Records, Silent, fingerprint, total_cost, usage_of
from mabench_eval.judging.base import Judge
from mabench_eval.judging.check.cases import Case, make_cases
from mabench_eval.judging.check.figures import Scored, kind_figures, length_bias, retest, separation
from mabench_eval.judging.check.passes import make_passes
from mabench_eval.judging.judged import Keep, judgment_of, keep_judgment, known_judgment
from mabench_eval.judging.requests import JudgePlan
from mabench_eval.stats import TOP_LEVEL
from mabench_eval.types import JudgeRequest, Judgment

CARD_VERSION = 1
"""Raised with every change that changes a case or a figure."""
_COUNTED = ("calls", "prompt_tokens", "output_tokens", "cached_tokens")
STAGE = "checking"
_SHOWN_ERRORS = 3
_LONGEST_ERROR = 200


def check_judge(
    judge: Judge,
    benchmark: Benchmark,
    tasks: Sequence[TaskCard],
    seed: int = 0,
    repeats: int = 2,
    limit: int | None = None,
    progress: Progress | None = None,
    records: Records | None = None,
    keep: Keep | None = None,
) -> dict[str, Any]:
    """Put known cases to a judge and tell how it did.

    Args:
        judge: Anything with ``identity`` and ``judge(requests)``; judgments may come in any order.
        benchmark: With reference texts on its open questions.
        tasks: The cards of its tasks; closed ones are passed over.
        seed: Decides which other clips and which wrong labels are used.
        repeats: How often every case is asked, at least once; once gives no figures on repeats.
        limit: Only the first so many clips; None: all.
        progress: Hears of the stage ``checking``.
        records: Judgments that are known and not asked for again, a journal's; None: none.
        keep: ``keep(kind, key, **fields)`` takes a judgment into ``records``, as ``Journal.append`` does.

    Returns:
        The judge card, plain JSON. The same judgments give the same card.

    Raises InputError where there is no open question with a reference, or ``repeats`` or ``limit`` is below 1.
    """
    if repeats < 1 or (limit is not None and limit < 1):
        raise InputError(f"repeats and limit must be at least 1, got {repeats} and {limit}")
    cases, left_out = make_cases(benchmark, tasks, seed, limit)
    if not cases:
        raise InputError(f"{benchmark.name}: no open question has a reference text, so there is nothing to check with")
    plan = JudgePlan([judge], tasks)
    requests = [_requests(case, plan, repeats) for case in cases]
    records = Records() if records is None else records
    judgments = _asked(judge, requests, progress or Silent(), records, keep or partial(_remember, records))
    scored = [_scored(case, own, judgments) for case, own in zip(cases, requests, strict=True)]
    kinds = kind_figures(scored, left_out)
    card: dict[str, Any] = {
        "version": CARD_VERSION,
        "judge": {"name": judge.name, "identity": dict(judge.identity)},
        "data": _data(benchmark, cases),
        "rubrics": {task: rubric.sha256 for task, rubric in plan.rubrics.items()},
        "settings": {"seed": seed, "repeats": repeats, "limit": limit},
        "kinds": kinds,
        "separation": separation(kinds),
        "retest": retest(scored),
        "length": length_bias(scored),
        "usage": _usage(requests, judgments, judge.price),
    }
    return {**card, "passes": make_passes(card)}


def _requests(case: Case, plan: JudgePlan, repeats: int) -> list[JudgeRequest]:
    """The case, once a repeat: each under a key of its own, or a judge that remembers would be asked only once."""
    (request,) = plan.requests(case.question, case.answer)
    return [replace(request, key=fingerprint({"judgment": request.key, "repeat": n})) for n in range(repeats)]


def _asked(
    judge: Judge,
    requests: Sequence[Sequence[JudgeRequest]],
    progress: Progress,
    records: Records,
    keep: Keep,
) -> dict[str, Judgment]:
    """Key -> judgment; equal cases have equal keys and are asked once."""
    distinct = {request.key: request for own in requests for request in own}
    waiting = [request for request in distinct.values() if not known_judgment(records, request)]
    progress.stage(STAGE, len(distinct), len(distinct) - len(waiting))
    for judgment in judge.judge(waiting, progress.note):
        if judgment.key not in distinct:
            continue
        keep_judgment(keep, judgment, judge.name)
        progress.advance(STAGE, judgment.error)
    found = ((key, records.judgments.get(key) or records.errors.get(key)) for key in distinct)
    return {key: judgment_of(record) for key, record in found if record}


def _remember(records: Records, kind: str, key: str, **fields: Any) -> None:
    records.add({"kind": kind, "key": key, **fields})


def _scored(case: Case, requests: Sequence[JudgeRequest], judgments: Mapping[str, Judgment]) -> Scored:
    """The case with its usable scores: an integer 0-5 for each level asked; all else is no score."""
    levels = requests[0].levels
    given = [judgment.levels for request in requests if (judgment := judgments.get(request.key)) is not None]
    usable = [
        {level: float(scores[level]) for level in levels}
        for scores in given
        if scores is not None and all(_is_score(scores.get(level)) for level in levels)
    ]
    return Scored(case, levels, len(requests), usable)


def _is_score(value: object) -> bool:
    return type(value) is int and 0 <= value <= TOP_LEVEL


def _data(benchmark: Benchmark, cases: Sequence[Case]) -> dict[str, Any]:
    questions = {case.question.qid: case.question for case in cases}.values()
    return {
        "name": benchmark.name,
        "sha256": benchmark.sha256,
        "clips": len({question.clip for question in questions}),
        "references": dict(Counter(question.task for question in questions)),
    }


def _usage(
    requests: Sequence[Sequence[JudgeRequest]], judgments: Mapping[str, Judgment], price: Price | None
) -> dict[str, Any]:
    """What was asked, what failed, and what it took; tokens are 0 for a judge that tells none."""
    asked = {request.key for own in requests for request in own}
    errors = Counter(
        (judgments[key].error or "no levels")[:_LONGEST_ERROR] if key in judgments else "no judgment came back"
        for key in sorted(asked)
        if key not in judgments or judgments[key].levels is None
    )
    sums = {what: sum(getattr(one, what) for one in judgments.values()) for what in _COUNTED}
    return {
        "requests": len(asked),
        "without_score": errors.total(),
        "errors": dict(errors.most_common(_SHOWN_ERRORS)),
        **sums,
        "cost_usd": total_cost(map(usage_of, judgments.values()), price),
    }
