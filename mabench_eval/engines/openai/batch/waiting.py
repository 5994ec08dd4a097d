"""A batch from its file to its end: made, looked at now and then, and found again where its id was lost."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from mabench_eval.engines.openai.batch.calls import Calls, is_gone
from mabench_eval.engines.openai.batch.endpoint import BatchEndpoint
from mabench_eval.engines.openai.batch.job import BatchJob
from mabench_eval.engines.openai.batch.replies import BatchState
from mabench_eval.engines.openai.failures import RETRIED, FailureKind, backoff_s
from mabench_eval.errors import ModelError
from mabench_eval.journal import BatchRecord

FIRST_LOOK_S = 2.0
"""Seconds to the second look at a batch; the pauses grow from there to ``poll``."""
PATIENT_TRIES = 60
"""Looks at a batch that may fail in a row, for a lost connection or a server that is down: an hour."""
ROOM_TRIES = 30
"""Times that a batch is made again for which the provider's queue has no room, while none of ours is in it."""
CLOCKS_APART_S = 86_400.0
"""How far our clock and the provider's may be apart, seconds."""


class Waiter:
    """Waits for batches."""

    def __init__(self, endpoint: BatchEndpoint, job: BatchJob, calls: Calls) -> None:
        self._endpoint, self._job, self._calls = endpoint, job, calls

    async def begun(self, record: BatchRecord) -> BatchRecord:
        """A batch that is made of a file which has just arrived. From here on it costs."""
        state = await self._made(record, lost=False)
        assert state, "a file that has just arrived is there"
        return self._noted(record, state)

    async def end_of(self, record: BatchRecord, *, lost: bool) -> tuple[BatchRecord, BatchState | None]:
        """A batch when it is over, made first where there is none; None where the provider does not have it any more.

        ``lost``: whether it may have been made, and its id been lost. Raises ModelError where it cannot be looked at.
        """
        tries = 0
        while True:
            state = await (self._made(record, lost=lost) if record.batch is None else self._looked(record))
            if state is None:
                return record, None
            record = self._noted(record, state)
            if not state.over:
                record, state = await self._watched(record)
            if state is None or not state.needs_room or not self._job.submit:
                return record, state

            # The provider's queue is full, of batches of ours as a rule: the same file has its turn when one is over.
            alone = len(self._job.under_way) <= 1
            if alone and tries >= ROOM_TRIES:
                return record, state
            tries += alone
            await asyncio.sleep(self._job.terms.poll)
            record, lost = self._job.put(replace(record, batch=None)), False

    async def _watched(self, record: BatchRecord) -> tuple[BatchRecord, BatchState | None]:
        """A batch, looked at until it is over."""
        poll = self._job.terms.poll
        pause = min(FIRST_LOOK_S, poll)
        while True:
            await asyncio.sleep(pause)
            pause = min(1.5 * pause, poll)
            state = await self._looked(record)
            if state is None:
                return record, None
            record = self._noted(record, state)
            if state.over:
                return record, state

    async def _looked(self, record: BatchRecord) -> BatchState | None:
        """How far a batch is; None where the provider forgot one that had been over."""
        batch = record.batch or ""
        try:
            return await self._calls.persist(lambda: self._endpoint.look(batch), PATIENT_TRIES)
        except ModelError as error:
            if not is_gone(error):
                raise
            if record.over:
                return None
            raise ModelError(
                f"{self._job.settings.base_url} does not know batch {batch}, which may have been paid for",
                hint="Another key may have made it: with that key the same command goes on. Or remove "
                f"batches/{record.token}.json in the run's folder to have its questions asked again.",
            ) from error

    async def _made(self, record: BatchRecord, *, lost: bool) -> BatchState | None:
        """The batch of a file that has arrived; None where the file is gone. No second one is made of it."""
        assert record.file, "a batch is made of a file that has arrived"
        token, file, since, resumed = record.token, record.file, record.made - CLOCKS_APART_S, lost
        retries = self._job.settings.max_retries
        for attempt in range(1, retries + 2):
            if lost:
                found = await self._calls.persist(lambda: self._endpoint.find(token, file, since))
                if found is not None:
                    return found
            try:
                return await self._endpoint.create(file, self._job.terms, token)
            except Exception as error:  # `failure` knows the expected ones; any other is raised again
                failure = self._calls.failure(error)
                if resumed and failure.kind in (FailureKind.REQUEST, FailureKind.PERMANENT):
                    return None
                if failure.kind not in RETRIED or attempt > retries:
                    raise self._calls.stopped(failure) from error
                lost = True  # it may have been made all the same
                await asyncio.sleep(backoff_s(attempt, failure))
        raise AssertionError("the last attempt returns or raises")

    def _noted(self, record: BatchRecord, state: BatchState) -> BatchRecord:
        """Write down what the provider says, where it is news."""
        counts = state.request_counts
        told = replace(
            record,
            batch=state.id,
            state=state.status,
            answered=counts.completed if counts else record.answered,
            failed=counts.failed if counts else record.failed,
        )
        return record if told == record else self._job.put(replace(told, seen=round(time.time(), 3)))
