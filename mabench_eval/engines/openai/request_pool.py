"""The requests of a run to an endpoint: many in flight, each retried while its failure may pass, none lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from mabench_eval.engines.asynchronous import ClipLimit, Draw, Emit
from mabench_eval.engines.openai.concurrency import ConcurrencyLimit
from mabench_eval.engines.openai.endpoint import Endpoint
from mabench_eval.engines.openai.failures import RETRIED, Failure, FailureKind, backoff_s, classify
from mabench_eval.engines.openai.media import EncodedFrames
from mabench_eval.engines.openai.messages import Bodies
from mabench_eval.engines.openai.replies import read_completion
from mabench_eval.engines.openai.settings import ApiSettings, is_own_server, path_hint
from mabench_eval.engines.openai.spending import Spending, most_tokens
from mabench_eval.errors import ModelError
from mabench_eval.journal import Budget
from mabench_eval.types import ClipWork, Request, Response

UNREACHABLE_RETRIES = 2
"""Retries after which an endpoint that never answered is taken to be down: about a second."""
SLOW_REQUEST_S = 120.0
"""Seconds after which the watchdog reports a request that has no answer."""


class RequestPool:
    """The requests of one run; lives in one event loop."""

    def __init__(
        self,
        endpoint: Endpoint,
        settings: ApiSettings,
        bodies: Bodies,
        note: Callable[[str], None],
        budget: Budget,
    ) -> None:
        self._endpoint, self._settings, self._bodies, self._note = endpoint, settings, bodies, note
        self._spending = Spending(settings, budget)
        at_once = is_own_server(settings.base_url)
        self._concurrency = ConcurrencyLimit(settings.concurrency, settings.most_in_flight, at_once=at_once)
        # Slow requests keep their clip's images in memory: this bounds the clips, whatever the number in flight.
        self._clips = ClipLimit(2 + (settings.concurrency or settings.most_in_flight) // 4)
        self._started: dict[str, tuple[str, float]] = {}
        """Key of a request in flight -> its question, and when it was first sent."""
        self._answered = False
        self._use_schema = settings.json_schema
        """Whether answers are asked for by their JSON schema; ends when an endpoint turns out not to take one."""

    async def ask_all(self, draw: Draw, emit: Emit) -> None:
        """Ask all requests of the clips that ``draw`` gives. Raises ModelError when no request can succeed."""
        async with asyncio.TaskGroup() as group:
            watchdog = group.create_task(self._report_slow_requests())
            await self._ask_clips(draw, emit)
            watchdog.cancel()

    async def _ask_clips(self, draw: Draw, emit: Emit) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                await self._clips.wait()
                prepared = await draw(self._prepare)
                if prepared is None:
                    return
                requests, images = prepared

                # A clip without frames has nothing to hold in memory, and requests have a limit of their own.
                request_ended = self._clips.enter(1 if images.count else 0, len(requests))
                for request in requests:
                    await self._concurrency.acquire()
                    group.create_task(self._ask(request, images, emit)).add_done_callback(request_ended)

    def _prepare(self, work: ClipWork) -> tuple[Sequence[Request], EncodedFrames]:
        """A clip's requests and its frames, encoded once; the pixels can then go."""
        return work.requests, self._bodies.encode(work)

    async def _ask(self, request: Request, images: EncodedFrames, emit: Emit) -> None:
        """Ask one question until it is answered or has failed for good. The first try is already counted in flight."""
        self._started[request.key] = (request.qid, time.monotonic())
        call = _Call(request, images)
        failure = Failure(FailureKind.TRANSIENT, "not asked")
        try:
            for attempt in range(self._settings.max_retries + 1):
                call.retries = attempt
                if attempt:
                    await asyncio.sleep(backoff_s(attempt, failure))
                    await self._concurrency.acquire()

                try:
                    outcome = await self._try(call, schema=self._use_schema)
                    if request.schema and self._use_schema and _is_bad_request(outcome):
                        outcome = await self._try_without_schema(call)
                    if isinstance(outcome, Response):  # emitted before another request takes its place
                        emit(call.charged(outcome))
                        return
                finally:  # a request that waits for its next try is not in flight
                    await self._concurrency.release()

                failure = outcome
                self._stop_if_hopeless(failure, attempt)
                if failure.kind not in RETRIED:
                    break
            emit(call.charged(failure.response(request.key)))
        finally:
            del self._started[request.key]

    async def _try_without_schema(self, call: _Call) -> Response | Failure:
        """Once more, by the prompt alone; if that works, the schema was what the endpoint did not take."""
        outcome = await self._try(call, schema=False)
        if isinstance(outcome, Response) and outcome.text is not None and self._use_schema:
            self._use_schema = False
            self._note(f"{self._settings.base_url} takes no JSON schema: answers are held to it by their prompt alone")
        return outcome

    async def _try(self, call: _Call, *, schema: bool) -> Response | Failure:
        """One call, charged to the budget: at the most that it can cost where it is not known what it did cost."""
        request = call.request
        body = self._bodies.body(request, call.images, schema=schema)
        tokens = most_tokens(body, request, self._settings)
        cost = most = self._spending.most(tokens)
        if not await self._spending.reserve(most):
            return self._spending.refusal(request)

        start = time.perf_counter()
        try:
            completion = await self._endpoint.complete(body)
            response = read_completion(request.key, completion, time.perf_counter() - start)
            response, cost = self._spending.priced(response, tokens)
        except Exception as error:  # `classify` knows the expected ones; any other is raised again
            failure = classify(error, self._endpoint.redaction.text)
            if failure is None:
                raise
            if failure.kind is FailureKind.RATE_LIMIT:
                self._concurrency.decrease(failure.retry_after)
            cost = most if failure.may_cost else 0.0
            call.lost_usd += cost
            return failure
        finally:
            self._spending.settle(most, cost)
        self._answered = True
        self._concurrency.increase()
        return response

    def _stop_if_hopeless(self, failure: Failure, attempt: int) -> None:
        """Raise ModelError for a failure that no other request would escape.

        So are failures of the endpoint itself; and, as long as nothing has been answered, requests that it refuses or
        that find nobody there.
        """
        retries = min(UNREACHABLE_RETRIES, self._settings.max_retries)
        unreachable = failure.kind is FailureKind.UNREACHABLE and attempt >= retries
        refused = failure.kind is FailureKind.REQUEST
        if failure.kind is FailureKind.PERMANENT or (not self._answered and (refused or unreachable)):
            bare = path_hint(self._settings.base_url)
            where = f" ({bare})" if bare else ""
            raise ModelError(
                f"{self._settings.base_url} cannot be asked for model {self._settings.model_id!r}: {failure.message}",
                hint=f"Check --base-url{where}, --model-id and the key; then run the same command again.",
            )

    async def _report_slow_requests(self) -> None:
        """A line, now and then, on requests that have had no answer for long."""
        while True:
            await asyncio.sleep(SLOW_REQUEST_S / 4)
            now = time.monotonic()
            slow = [(now - start, qid) for qid, start in self._started.values() if now - start > SLOW_REQUEST_S]
            if slow:
                seconds, qid = max(slow)
                self._note(
                    f"{len(slow)} requests have waited over {SLOW_REQUEST_S:.0f} s; longest {qid}, {seconds:.0f} s"
                )


def _is_bad_request(outcome: Response | Failure) -> bool:
    return isinstance(outcome, Failure) and outcome.kind is FailureKind.REQUEST


class _Call:
    """A request with its frames, how often it was asked again, and what its lost tries may have cost."""

    def __init__(self, request: Request, images: EncodedFrames) -> None:
        self.request, self.images = request, images
        self.lost_usd, self.retries = 0.0, 0

    def charged(self, response: Response) -> Response:
        """The response with the lost tries, and what they cost."""
        if self.lost_usd:
            response = replace(response, unmetered_usd=(response.unmetered_usd or 0.0) + self.lost_usd)
        return replace(response, retries=self.retries or None)
