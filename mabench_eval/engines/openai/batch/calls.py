"""Calls to a Batch API, made again while their failure may pass."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from mabench_eval.engines.openai.batch.job import BatchJob
from mabench_eval.engines.openai.endpoint import Endpoint
from mabench_eval.engines.openai.failures import RETRIED, Failure, StatusError, backoff_s, classify
from mabench_eval.errors import ModelError

Value = TypeVar("Value")
TOLD_AFTER = 5
"""Failures in a row after which a user is told."""


class Calls:
    """The calls of one model to its endpoint."""

    def __init__(self, endpoint: Endpoint, job: BatchJob) -> None:
        self._redacted, self._settings, self._note = endpoint.redaction.text, job.settings, job.note

    async def persist(self, call: Callable[[], Awaitable[Value]], tries: int | None = None) -> Value:
        """What a call gives. Raises ModelError when it fails for good, or has failed ``tries`` times and once more."""
        tries = self._settings.max_retries if tries is None else tries
        for attempt in range(1, tries + 2):
            try:
                return await call()
            except Exception as error:  # `failure` knows the expected ones; any other is raised again
                failure = self.failure(error)
                if failure.kind not in RETRIED or attempt > tries:
                    raise self.stopped(failure) from error
                if attempt == TOLD_AFTER:
                    self._note(f"{self._settings.base_url}: {failure.message}; tried again, batches go on meanwhile")
                await asyncio.sleep(backoff_s(attempt, failure))
        raise AssertionError("the last attempt returns or raises")

    def failure(self, error: Exception) -> Failure:
        """What an exception means. Raises it again where it is not the endpoint's."""
        failure = classify(error, self._redacted)
        if failure is None:
            raise error
        return failure

    def stopped(self, failure: Failure) -> ModelError:
        """The error of a call that failed for good."""
        return ModelError(
            f"{self._settings.base_url} cannot be asked by batches: {failure.message}",
            hint="What is under way goes on there, and the same command fetches it. Is it the right address and key?",
        )


def is_gone(error: ModelError) -> bool:
    """Whether the endpoint does not know what was asked for."""
    return isinstance(error.__cause__, StatusError) and error.__cause__.status == 404
