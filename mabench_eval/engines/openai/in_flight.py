"""Asking an endpoint: many requests in flight, each tried again while its failure may pass, none lost."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mabench_eval.engines.asynchronous import Draw, Emit, first_of
from mabench_eval.engines.openai.endpoint import Endpoint
from mabench_eval.engines.openai.failures import Failure, Kind, NoAnswerError, classify
from mabench_eval.engines.openai.messages import encode_frames, request_body
from mabench_eval.engines.openai.pace import Pace
from mabench_eval.engines.openai.settings import ApiSettings
from mabench_eval.errors import ModelError
from mabench_eval.types import Clip, Frames, Request, Response, StopReason

LONGEST_PAUSE = 60.0
"""Seconds between two tries of a request, unless the endpoint asks for more."""
UNREACHABLE_TRIES = 2
"""Retries after which an endpoint that never answered is taken to be dead: about a second."""
LATE = 120.0
"""Seconds after which the watchdog tells of a request that has no answer."""


class Asker:
    """The requests of one run; lives in one event loop."""

    def __init__(
        self,
        endpoint: Endpoint,
        settings: ApiSettings,
        seed: int,
        emit: Emit,
        note: Callable[[str], None],
        decode: Callable[[Clip], Frames],
    ) -> None:
        self._endpoint, self._settings, self._seed = endpoint, settings, seed
        self._emit, self._note, self._decode = emit, note, decode
        self._examples: dict[str, bytes] = {}
        """Clip of a few-shot example -> its frames in JSON, encoded once a run."""
        self._pace = Pace(settings.concurrency, settings.most_in_flight)
        # Stragglers keep their clip's images in memory: at most so many clips, whatever the number in flight.
        self._clips = asyncio.Semaphore(2 + (settings.concurrency or settings.most_in_flight) // 4)
        self._since: dict[str, tuple[str, float]] = {}
        self._answered = False
        self._schema = settings.json_schema
        """Whether answers are asked for by their JSON schema; ends when an endpoint turns out not to take one."""

    async def all(self, draw: Draw) -> None:
        """Ask everything that ``draw`` gives, until it gives None. Raises ModelError when no request can succeed."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="encode") as encoder:
            try:
                async with asyncio.TaskGroup() as group:
                    watchdog = group.create_task(self._watch())
                    asking = group.create_task(self._draw_all(draw, loop, encoder))
                    await asking
                    watchdog.cancel()
            except BaseExceptionGroup as failed:  # of a question, or of drawing
                raise first_of(failed) from None

    async def _draw_all(self, draw: Draw, loop: asyncio.AbstractEventLoop, encoder: ThreadPoolExecutor) -> None:
        async with asyncio.TaskGroup() as clips:
            while True:
                await self._clips.acquire()
                drawn = await loop.run_in_executor(encoder, self._draw, draw)
                if drawn is None:
                    return
                requests, images = drawn
                if not images:  # nothing to hold in memory; the pace bounds these
                    self._clips.release()
                await self._start(clips, requests, images)

    def _draw(self, draw: Draw) -> tuple[Sequence[Request], bytes] | None:
        """The next clip, its frames encoded once; the pixels are let go of here."""
        work = draw()
        if work is None:
            return None
        for clip in {shot.clip.name: shot.clip for r in work.requests for shot in r.shots if shot.clip}.values():
            if clip.name not in self._examples:
                self._examples[clip.name] = self._encode(self._decode(clip))
        return work.requests, self._encode(work.frames)

    def _encode(self, frames: Frames | None) -> bytes:
        return encode_frames(frames, self._settings.jpeg_quality, self._settings.max_side)

    async def _start(self, group: asyncio.TaskGroup, requests: Sequence[Request], images: bytes) -> None:
        """Start each request of a clip when there is a place for it."""
        left = len(requests)

        def one_done(task: asyncio.Task[None]) -> None:
            nonlocal left
            left -= 1
            if not left and images:
                self._clips.release()

        for request in requests:
            await self._pace.enter()
            group.create_task(self._ask(request, images)).add_done_callback(one_done)

    async def _ask(self, request: Request, images: bytes) -> None:
        """Ask one question until it is answered or has failed for good. Enters holding a place of the pace."""
        self._since[request.key] = (request.qid, time.monotonic())
        failure = Failure(Kind.TRANSIENT, "not asked")
        try:
            for attempt in range(self._settings.max_retries + 1):
                if attempt:
                    await asyncio.sleep(_pause(attempt, failure))
                    await self._pace.enter()
                try:
                    outcome = await self._try(request, images, schema=self._schema)
                    if request.schema and self._schema and _refuses(outcome):
                        outcome = await self._without_schema(request, images)
                    if isinstance(outcome, Response):  # on its way to the journal before another takes its place
                        self._emit(outcome)
                        return
                finally:  # a request that waits for its next try takes no place from others
                    await self._pace.leave()
                failure = outcome
                self._stop_if_hopeless(failure, attempt)
                if failure.kind not in (Kind.RATE_LIMIT, Kind.TRANSIENT, Kind.UNREACHABLE):
                    break
            self._emit(failure.response(request.key))
        finally:
            del self._since[request.key]

    async def _without_schema(self, request: Request, images: bytes) -> Response | Failure:
        """Once more, by the prompt alone; where that works the schema was what the endpoint did not take."""
        outcome = await self._try(request, images, schema=False)
        if isinstance(outcome, Response) and self._schema:
            self._schema = False
            self._note(f"{self._settings.base_url} takes no JSON schema: answers are held to it by their prompt alone")
        return outcome

    async def _try(self, request: Request, images: bytes, *, schema: bool) -> Response | Failure:
        start = time.perf_counter()
        try:
            body = request_body(request, images, self._examples, self._settings, self._seed, schema=schema)
            completion = await self._endpoint.complete(body)
            response = read_completion(request.key, completion, time.perf_counter() - start)
        except Exception as error:
            failure = classify(error)
            if failure is None:
                raise
            if failure.kind is Kind.RATE_LIMIT:
                self._pace.limited()
            return failure
        self._answered = True
        self._pace.succeeded()
        return response

    def _stop_if_hopeless(self, failure: Failure, attempt: int) -> None:
        """A failure that no retry helps, or a first request that nobody takes: when none is answered, none will be."""
        last = min(UNREACHABLE_TRIES, self._settings.max_retries)
        nobody_there = failure.kind is Kind.UNREACHABLE and attempt >= last
        if failure.kind is Kind.PERMANENT or (not self._answered and (failure.kind is Kind.REQUEST or nobody_there)):
            raise ModelError(
                f"{self._settings.base_url} cannot be asked for model {self._settings.model_id!r}: {failure.message}",
                hint="Check --base-url, --model-id and the key; then run the same command again.",
            )

    async def _watch(self) -> None:
        """A line, now and then, on requests that have had no answer for long."""
        while True:
            await asyncio.sleep(LATE / 4)
            now = time.monotonic()
            late = [(now - start, qid) for qid, start in self._since.values() if now - start > LATE]
            if late:
                seconds, qid = max(late)
                self._note(f"{len(late)} requests have waited over {LATE:.0f} s; longest {qid}, {seconds:.0f} s")


def _refuses(outcome: Response | Failure) -> bool:
    return isinstance(outcome, Failure) and outcome.kind is Kind.REQUEST


def read_completion(key: str, completion: Any, seconds: float) -> Response:
    """The response in a chat completion's JSON. Raises NoAnswerError for what is none, or has no choices."""
    try:
        choice = completion["choices"][0]
        message, usage = choice["message"], completion.get("usage") or {}
        content, refusal = message.get("content"), message.get("refusal")
        details = usage.get("prompt_tokens_details") or {}
    except (TypeError, KeyError, IndexError, AttributeError) as error:
        raise NoAnswerError(str(completion)[:100]) from error
    return Response(
        key,
        text=content or refusal or "",
        stop_reason=_stop_reason(choice.get("finish_reason"), refusal, content),
        reasoning=message.get("reasoning_content") or message.get("reasoning"),
        served_by=completion.get("model"),
        prompt_tokens=usage.get("prompt_tokens"),
        output_tokens=usage.get("completion_tokens"),
        cached_tokens=details.get("cached_tokens"),
        seconds=seconds,
    )


def _stop_reason(finish: str | None, refusal: str | None, content: str | None) -> StopReason:
    if refusal:
        return "refusal"
    if finish in ("content_filter", "length"):
        return "content_filter" if finish == "content_filter" else "length"
    return "stop" if content else "empty"


def _pause(attempt: int, failure: Failure) -> float:
    """Before the attempt-th retry: 0.25 s, 0.5 s, 1 s, ... with jitter; at least what the endpoint asks for."""
    pause = min(LONGEST_PAUSE, 0.125 * float(2**attempt)) * random.uniform(0.5, 1)
    return max(pause, failure.retry_after or 0.0)
