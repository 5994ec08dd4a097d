"""Requests on their way through batches: sent, waited for, read.

A process may be killed at any step, and the next goes on from what is noted (``journal/batches.py``):

- before a file has arrived, nothing costs: its requests are sent again;
- a batch that was made and whose id was lost is found again by our name for it, or by its file;
- a batch that is over is read as often as needed: what the journal holds is not wanted any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from mabench_eval.engines.asynchronous import Draw, Emit
from mabench_eval.engines.openai.batch.calls import Calls
from mabench_eval.engines.openai.batch.endpoint import BatchEndpoint
from mabench_eval.engines.openai.batch.job import BatchJob
from mabench_eval.engines.openai.batch.reading import Reader
from mabench_eval.engines.openai.batch.sending import Sender
from mabench_eval.engines.openai.batch.waiting import Waiter
from mabench_eval.journal import BatchRecord, BatchRequest

REPORT_S = 600.0
"""Seconds between two lines on batches that are under way."""


class BatchDesk:
    """One round of asking by batches; lives in one event loop."""

    def __init__(self, endpoint: BatchEndpoint, job: BatchJob, emit: Emit) -> None:
        self._endpoint, self._job, self._emit = endpoint, job, emit
        self._calls = Calls(endpoint, job)
        self._waiter = Waiter(endpoint, job, self._calls)

    async def ask_all(self, draw: Draw, held: Mapping[str, Sequence[BatchRequest]]) -> None:
        """Send all requests of the clips that ``draw`` gives, and wait for all batches, those of ``held`` too.

        ``held``: token of a batch -> its requests that are wanted. Raises ModelError when nothing can go on.
        """
        async with asyncio.TaskGroup() as beside:
            reporter = beside.create_task(self._report())
            async with asyncio.TaskGroup() as group:
                for record in [each for each in self._job.batches if each.token in held]:
                    self._job.under_way[record.token] = record
                    group.create_task(self._follow(record, held[record.token], earlier=True))
                async for record, requests in Sender(self._endpoint, self._job, self._calls, self._emit).send(draw):
                    record = await self._waiter.begun(record)
                    group.create_task(self._follow(record, requests, earlier=False))
                self._tell()
            reporter.cancel()

    async def _follow(self, record: BatchRecord, wanted: Sequence[BatchRequest], *, earlier: bool) -> None:
        """Wait for a batch, and read it. ``earlier``: whether a process before this one sent it."""
        ways = (self._endpoint, self._job, self._calls, self._emit)
        requests = self._job.batches.requests(record.token) if earlier else wanted
        reader = Reader(*ways, requests, wanted, reserved=not earlier)
        record, state = await self._waiter.end_of(record, lost=earlier)
        await reader.read(record, state)
        del self._job.under_way[record.token]

    async def _report(self) -> None:
        """A line, now and then, on batches that are under way."""
        while True:
            await asyncio.sleep(REPORT_S)
            self._tell()

    def _tell(self) -> None:
        records = self._job.under_way.values()
        total, answered = sum(each.total for each in records), sum(each.answered for each in records)
        if records:
            count = "1 batch" if len(records) == 1 else f"{len(records)} batches"
            self._job.note(
                f"under way at {self._job.settings.base_url}: {count}, {total:,} requests, {answered:,} answered. "
                "Ctrl-C leaves them there; the same command goes on"
            )
