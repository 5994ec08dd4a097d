"""What a run would ask, and the most it would cost; nothing is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from mabench_eval.answers import read_sample
from mabench_eval.errors import ClipError
from mabench_eval.journal import Records, read_batches, read_journal, read_requests
from mabench_eval.judging import MAX_TOKENS, known_judgment
from mabench_eval.planning.plan import PlannedClip
from mabench_eval.planning.reuse import sibling_records, unanswered_clips
from mabench_eval.planning.run import Run, open_questions
from mabench_eval.types import Clip, ClipWork, one_text
from mabench_eval.video import WholeClip, arranged, decode, read_whole


@dataclass(frozen=True, slots=True)
class BatchForecast:
    """What the same would be by batches."""

    cost_usd: float | None
    """As without them, at their price; None where no price is known."""
    files: int | None
    """As large as the endpoint takes them, with frames such as those of the first clip; None where that cannot be
    decoded."""


@dataclass(frozen=True, slots=True)
class JudgingForecast:
    """What one judge would be asked."""

    answers: int
    """Open answers still to be judged, equal ones counted each."""
    cost_usd: float | None
    """Upper bound: answers and verdicts as long as allowed; None where no price is known."""
    batches: BatchForecast | None = None
    """None: its endpoint has no batches, or none are known."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would ask."""

    questions: dict[str, int]
    """Task -> questions, repeats and rotations counted each."""
    requests: int
    """Distinct requests to the model."""
    answered: int
    """Those whose answer is already in a journal."""
    sending: str
    """How a clip would travel to the model; empty where it does not."""
    clips: int
    """Clips that would be opened; 0 when the model does not look."""
    images: int
    """Frames that would be sent, those of a clip once per question; clips, where these are sent whole."""
    prompt_tokens: int | None
    """Estimate for the remaining requests: four characters a token, and the frames; None where a frame's tokens are not
    known."""
    cost_usd: float | None
    """Upper bound for the remaining answers, each as long as allowed; None where no price is known."""
    judgments: dict[str, JudgingForecast]
    """Judge -> what is still to be judged."""
    folder: str
    """Where the results would go."""
    under_way: int = 0
    """Of the requests without an answer, those that are with batches."""
    batches: BatchForecast | None = None
    """None: there are none, or none are known; or nothing is to be asked."""


def forecast_run(run: Run) -> Forecast:
    """What a run would ask. Reads journals, asks nothing."""
    records = Records() if run.config.fresh else read_journal(run.folder)
    for record in sibling_records(run, records):
        records.add(record)
    clips = unanswered_clips(run, records)
    requests = [request for planned in clips for request in planned.requests]

    images = len(requests) * run.sampling.media if run.sampling else 0
    tokens: int | None = None
    if run.engine.image_tokens is not None:
        tokens = sum(len(one_text(request)) for request in requests) // 4 + images * run.engine.image_tokens
    longest = {"prompt_tokens": tokens, "output_tokens": sum(request.max_tokens for request in requests)}
    price = run.engine.price
    cost = price.of(longest) if price and tokens is not None else None
    return Forecast(
        questions={task.name: sum(q.task == task.name for q in run.plan.questions) for task in run.tasks},
        requests=len(run.plan.requests),
        answered=len(run.plan.requests) - len(requests),
        sending=run.engine.sending if run.sampling else "",
        clips=len(clips) if run.sampling else 0,
        images=images,
        prompt_tokens=tokens,
        cost_usd=cost,
        judgments={
            judge.name: _forecast_judge(run, number, records) for number, judge in enumerate(run.judging.judges)
        },
        folder=str(run.folder),
        under_way=0 if run.config.fresh else len(_under_way(run) & {request.key for request in requests}),
        batches=_forecast_batches(run, clips, cost),
    )


def _under_way(run: Run) -> set[str]:
    """Keys of the requests that batches of the run hold."""
    return {
        request.key
        for record in read_batches(run.folder)
        if not record.over
        for request in read_requests(run.folder, record.token)
    }


def _forecast_batches(run: Run, clips: Sequence[PlannedClip], cost: float | None) -> BatchForecast | None:
    """What the requests would be by batches. One clip is decoded, since files are limited by their bytes."""
    share = run.engine.batch_price
    if share is None or not clips:
        return None
    in_batches = None if cost is None else share * cost
    try:
        shown = _shown(run, clips[0].clip)
    except ClipError:
        return BatchForecast(in_batches, None)
    return BatchForecast(in_batches, run.engine.batch_files(chain.from_iterable(c.requests for c in clips), shown))


def _shown(run: Run, clip: Clip) -> ClipWork | None:
    """A clip as the run shows it, without questions; None for a model that does not look. Raises ClipError."""
    if run.sampling is None:
        return None
    if isinstance(run.sampling, WholeClip):
        return ClipWork(clip, None, (), read_whole(clip))
    config = run.config
    return ClipWork(clip, arranged(decode(clip, run.sampling, config.decoder), config.input, config.seed, clip), ())


def _forecast_judge(run: Run, number: int, records: Records) -> JudgingForecast:
    """What the judge of that number would be asked: about answers that are there, and those still to come."""
    cards, price = {task.name: task for task in run.tasks}, run.judging.judges[number].price
    answers, cost = 0, 0.0
    asked = []
    for question in open_questions(run):
        task, key = cards[question.task], run.plan.keys[question.variant]
        sample = read_sample(question, task, key, records) if key in records.answers else None
        if sample and sample.by_rule:
            continue  # scored without a judge
        request = run.judging.requests(question, (sample and sample.prediction) or "")[number]
        if sample and known_judgment(records, request):
            continue

        answers += 1
        # An answer that is still to come is as long as it may be, at four characters a token.
        asked.append(request if sample else replace(request, answer=4 * task.max_tokens * "x"))
        characters = len(request.rubric) + len(request.reference) + len(request.answer)
        tokens = {"prompt_tokens": characters // 4 + (0 if sample else task.max_tokens), "output_tokens": MAX_TOKENS}
        cost += price.of(tokens) if price else 0.0
    judge = run.judging.judges[number]
    batches = None
    if judge.batch_price is not None and asked:
        batches = BatchForecast(judge.batch_price * cost if price else None, judge.batch_files(asked))
    return JudgingForecast(answers, cost if price else None, batches)
