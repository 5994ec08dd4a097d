"""A batch that is over, read: a response for each request that is wanted, what it cost, and what it left open."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from mabench_eval.engines.asynchronous import Emit
from mabench_eval.engines.openai.batch.calls import Calls, is_gone
from mabench_eval.engines.openai.batch.endpoint import BatchEndpoint
from mabench_eval.engines.openai.batch.job import BatchJob
from mabench_eval.engines.openai.batch.replies import BatchState, read_row, row_outcome
from mabench_eval.engines.openai.failures import RETRIED, Failure, FailureKind
from mabench_eval.errors import ModelError
from mabench_eval.journal import BatchRecord, BatchRequest
from mabench_eval.types import Response

FILE_TRIES = 5
"""Times that a file of answers is asked for which the provider names and does not have."""


class Reader:
    """Reads one batch."""

    def __init__(
        self,
        endpoint: BatchEndpoint,
        job: BatchJob,
        calls: Calls,
        emit: Emit,
        requests: Sequence[BatchRequest],
        wanted: Sequence[BatchRequest],
        *,
        reserved: bool,
    ) -> None:
        """``requests``: all of the batch; ``wanted``: those that a response is given for.

        ``reserved``: whether money is held back for them.
        """
        self._endpoint, self._job, self._calls, self._emit = endpoint, job, calls, emit
        self._redacted = endpoint.redaction.text
        self._requests = {request.id: request for request in requests}
        self._wanted = {request.id for request in wanted}
        # One of an earlier process is paid for, whether the budget has as much left or not.
        self._reserved = {each.id for each in wanted if reserved or job.spending.can_reserve(each.most_usd)}
        self._known: set[str] = set()
        """Ids of requests that had a line."""
        self._unanswered: list[str] = []
        self._may_ask_again = True
        self._odd = 0
        """Lines that cannot be read, or are of no request of the batch."""

    async def read(self, record: BatchRecord, state: BatchState | None) -> None:
        """Give the responses, and note that the batch is over. ``state`` None: the provider does not have it any more.

        Raises ModelError where batches are refused as such, and where files cannot be had though they are there.
        """
        # Who cancels a batch does not want it made again at once.
        self._may_ask_again = state is None or state.status != "cancelled" or not self._job.submit
        for file in (state.output_file_id, state.error_file_id) if state else ():
            if file:
                await self._read_file(file, tries=1 if record.over else FILE_TRIES)

        # What has no line was not asked, or its file is gone.
        reason = _why_not(record, state)
        for name, about in self._requests.items():
            if name not in self._known:
                self._take(about, Failure(FailureKind.TRANSIENT, reason))
        self._job.put(replace(record, over=True, unanswered=tuple(self._unanswered)))
        self._tell(record, state)
        if record.file and not record.over:
            await self._endpoint.delete(record.file)

        if state is not None and state.failed and not self._job.answered and self._job.submit:
            settings = self._job.settings
            raise ModelError(
                f"{settings.base_url} refuses batches of model {settings.model_id!r}: {state.reason}",
                hint="Change what it says; or leave out --batch, which asks at the full price.",
            )

    async def _read_file(self, file: str, tries: int) -> None:
        """Take each line of a file once, however often the connection is lost meanwhile; nothing where it is gone."""

        async def read() -> None:
            lines, self._odd = 0, 0
            async for value in self._endpoint.rows(file):
                lines += 1
                if lines > 2 * len(self._requests) + 10:  # it does not end
                    return
                row = read_row(value)
                about = self._requests.get(row.custom_id) if row else None
                if row is None or about is None:
                    self._odd += 1
                elif about.id not in self._known:
                    self._known.add(about.id)
                    self._take(about, row_outcome(about.key, row, self._redacted))

        for left in reversed(range(tries)):
            try:
                await self._calls.persist(read)
                return
            except ModelError as error:
                if not is_gone(error):
                    raise
            if left:  # the answers are paid for: the file may only be late
                await asyncio.sleep(self._job.terms.poll)

    def _take(self, about: BatchRequest, outcome: Response | Failure) -> None:
        """What became of one request: charged, and given on where it is wanted."""
        job = self._job
        if isinstance(outcome, Failure) and outcome.kind is not FailureKind.REFUSED:
            self._unanswered.append(about.id)
        else:
            job.answered = True
        if about.id not in self._wanted:
            return

        cost, tries = 0.0, job.tries[about.key]
        if isinstance(outcome, Response):
            response, cost = job.spending.batched(outcome, about.most_usd, job.terms.price_factor)
        else:
            response = outcome.response(about.key)
            if outcome.may_cost and about.most_usd:
                response, cost = replace(response, unmetered_usd=about.most_usd), about.most_usd
            if self._may_ask_again and (outcome.kind in RETRIED or self._drops_schema(about, outcome)):
                job.again.add(about.key)
                job.tries[about.key] += 1
        if about.id in self._reserved:
            job.spending.settle(about.most_usd, cost)
        else:
            job.spending.spend(cost)
        self._emit(replace(response, retries=tries or None))

    def _drops_schema(self, about: BatchRequest, failure: Failure) -> bool:
        """Whether a request that is rejected as it is may be taken without its JSON schema."""
        if failure.kind is not FailureKind.REQUEST or not about.by_schema:
            return False
        if self._job.use_schema:
            self._job.use_schema = False
            self._job.note(f"{self._job.settings.base_url} takes no JSON schema, it seems: asked again without one")
        return True

    def _tell(self, record: BatchRecord, state: BatchState | None) -> None:
        """A line, where not all went well."""
        answered = record.total - len(self._unanswered)
        if state is None or state.status != "completed" or self._unanswered or self._odd:
            what = state.status if state else "is gone"
            why = f" ({state.reason})" if state and state.failed else ""
            odd = f"; {self._odd} lines of its files cannot be used" if self._odd else ""
            self._job.note(f"batch {_name(record)} {what}{why}: {answered} of {record.total} answered{odd}")


def _name(record: BatchRecord) -> str:
    return record.batch or record.token


def _why_not(record: BatchRecord, state: BatchState | None) -> str:
    """Why a request has no line in the files of its batch."""
    if state is None:
        return f"batch {_name(record)} is gone"
    if state.failed:
        return f"batch {_name(record)} failed before it began: {state.reason}"
    if state.status in ("expired", "cancelled"):
        return f"batch {_name(record)} {state.status} before it was answered"
    return f"batch {_name(record)} has no line for it"
