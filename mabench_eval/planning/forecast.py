"""What a run would ask and cost, without asking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mabench_eval.answers import read_sample
from mabench_eval.journal import Records, read_journal
from mabench_eval.judging import MAX_TOKENS
from mabench_eval.planning.reuse import sibling_records
from mabench_eval.planning.run import Run, open_questions
from mabench_eval.types import Request, one_text


@dataclass(frozen=True, slots=True)
class JudgingForecast:
    """What a judge would be asked."""

    answers: int
    """Open answers left to judge, equal ones counted each."""
    cost_usd: float | None
    """The most that they cost, answer and verdict as long as allowed; None where no price is known."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would ask."""

    questions: dict[str, int]
    """Task -> questions, repeats and rotations counted each."""
    requests: int
    """Distinct requests to the model."""
    answered: int
    """Of them, those whose answer is already in a journal."""
    clips: int
    """Clips that would be opened; 0 when the model does not look."""
    images: int
    """Frames that would be sent, those of a clip once a question."""
    prompt_tokens: int | None
    """Estimate for what is left to ask: four characters a token, and the frames; None where a frame's are not known."""
    cost_usd: float | None
    """The most that is left to pay for answers, each as long as allowed; None where no price is known."""
    judgments: dict[str, JudgingForecast]
    """Judge -> what is left to judge."""
    folder: str
    """Where the results would go."""


def forecast_run(run: Run) -> Forecast:
    """What a run would ask, without asking."""
    records = read_journal(run.folder)
    for record in sibling_records(run, records):
        records.add(record)
    known = records.answers.keys()
    left = [planned for planned in run.plan.clips if any(r.key not in known for r in planned.requests)]
    ask = [request for planned in left for request in planned.requests if request.key not in known]
    images = len(ask) * run.sampling.count if run.sampling else 0
    tokens = _prompt_tokens(ask, images, run.engine.image_tokens)
    longest = {"prompt_tokens": tokens, "output_tokens": sum(request.max_tokens for request in ask)}
    price = run.engine.price
    return Forecast(
        questions={task.name: sum(q.task == task.name for q in run.plan.questions) for task in run.tasks},
        requests=len(run.plan.requests),
        answered=sum(request.key in known for request in run.plan.requests),
        clips=len(left) if run.sampling else 0,
        images=images,
        prompt_tokens=tokens,
        cost_usd=price.of(longest) if price and tokens is not None else None,
        judgments={judge.name: _judging(run, number, records) for number, judge in enumerate(run.judging.judges)},
        folder=str(run.folder),
    )


def _judging(run: Run, number: int, records: Records) -> JudgingForecast:
    cards, price = {task.name: task for task in run.tasks}, run.judging.judges[number].price
    left, cost = 0, 0.0
    for question in open_questions(run):
        task, key = cards[question.task], run.plan.keys[question.variant]
        sample = read_sample(question, task, key, records) if key in records.answers else None
        if sample and sample.by_rule:
            continue
        request = run.judging.requests(question, (sample and sample.prediction) or "")[number]
        if sample and request.key in records.judgments:
            continue
        left += 1
        words = len(request.rubric) + len(request.reference) + len(request.answer)
        tokens = {"prompt_tokens": words // 4 + (0 if sample else task.max_tokens), "output_tokens": MAX_TOKENS}
        cost += price.of(tokens) if price else 0.0
    return JudgingForecast(left, cost if price else None)


def _prompt_tokens(ask: Sequence[Request], images: int, image_tokens: int | None) -> int | None:
    if image_tokens is None:
        return None
    return sum(len(one_text(request)) for request in ask) // 4 + images * image_tokens
