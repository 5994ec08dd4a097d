"""Requests become lines of files, and files batches. Each step is noted before the next is taken."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from mabench_eval.engines.asynchronous import Draw, Emit
from mabench_eval.engines.openai.batch.calls import Calls
from mabench_eval.engines.openai.batch.endpoint import BatchEndpoint
from mabench_eval.engines.openai.batch.files import BatchFile, BatchLine, batch_line, request_id
from mabench_eval.engines.openai.batch.job import BatchJob
from mabench_eval.engines.openai.spending import most_tokens
from mabench_eval.journal import BatchRecord, BatchRequest
from mabench_eval.types import ClipWork, Response

Sent = tuple[BatchRecord, Sequence[BatchRequest]]
SENT = "sent"
"""State of a batch whose file has arrived, before the provider names one."""


class Sender:
    """Sends the requests of one round."""

    def __init__(self, endpoint: BatchEndpoint, job: BatchJob, calls: Calls, emit: Emit) -> None:
        self._endpoint, self._job, self._calls, self._emit = endpoint, job, calls, emit

    async def send(self, draw: Draw) -> AsyncIterator[Sent]:
        """Send the requests of every clip that ``draw`` gives, and give the files that have arrived."""
        terms, spending = self._job.terms, self._job.spending
        file = BatchFile(terms)
        while (lines := await draw(self._lines)) is not None:
            for line in lines:
                if not BatchFile(terms).takes(line):
                    much = f"the request has {line.length / 1e6:.1f} MB, and a file may have {terms.megabytes:g}"
                    self._emit(Response(line.request.key, error=f"not asked: {much}"))
                    continue
                if not file.takes(line):
                    yield await self._upload(file)
                    file = BatchFile(terms)

                # Requests that wait to be sent hold money back: they go first where this one must wait for some.
                if not spending.can_reserve(line.about.most_usd):
                    if file.lines:
                        yield await self._upload(file)
                        file = BatchFile(terms)
                    if not await spending.reserve(line.about.most_usd):
                        self._emit(spending.refusal(line.request))
                        continue
                file.add(line)
        if file.lines:
            yield await self._upload(file)

    def _lines(self, work: ClipWork) -> list[BatchLine]:
        """The requests of a clip as lines. Its frames are encoded once; the pixels can then go."""
        job, frames = self._job, work.frames
        images = job.bodies.encode(work)
        lines = []
        for request in work.requests:
            body = job.bodies.body(request, images, schema=job.use_schema)
            about = BatchRequest(
                request_id(request),
                request.key,
                frames.indices if frames else None,
                frames.decoder if frames else None,
                job.terms.price_factor * job.spending.most(most_tokens(body, request, job.settings)),
                by_schema=bool(job.use_schema and request.schema),
            )
            lines.append(batch_line(request, body, about, job.terms))
        return lines

    async def _upload(self, file: BatchFile) -> Sent:
        """Send a file. Nothing costs before a batch is made of it."""
        requests = [line.about for line in file.lines]
        settings, made = self._job.settings, round(time.time(), 3)
        record = self._job.batches.begin(settings.base_url, settings.model_id, made, requests)
        name = f"mabench-{record.token}.jsonl"
        arrived = await self._calls.persist(lambda: self._endpoint.upload(file, name))
        return self._job.put(replace(record, file=arrived, state=SENT)), requests
