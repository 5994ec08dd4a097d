"""What a failed call means: wait and retry, retry, give up on this question, or stop the run."""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any

import aiohttp

from mabench_eval.types import Response

MAX_BACKOFF_S = 60.0
"""Longest pause between two tries of a request, unless the endpoint asks for more (up to ``LONGEST_WAIT_S``)."""
LONGEST_WAIT_S = 300.0
"""Longest pause that an endpoint can ask for by ``Retry-After``. Who asks for more is asked again after this all the
same; a question whose retries end so is an error, and the next run asks it."""


class FailureKind(Enum):
    """Kinds of failure."""

    RATE_LIMIT = auto()
    """Too many requests: wait as long as the endpoint says, and slow down."""
    TRANSIENT = auto()
    """Time-out, lost connection, 5xx, a body that is no answer: retry."""
    UNREACHABLE = auto()
    """No connection: retry; an endpoint that has never answered is taken to be down after a few."""
    REFUSED = auto()
    """The provider's filter rejected the question: that counts as the answer."""
    REQUEST = auto()
    """The endpoint rejects this request as it is; others may succeed."""
    UNFIT = auto()
    """A whole reply that is not as it should be. Each costs, and the next would be made alike: no retry."""
    PERMANENT = auto()
    """No request will succeed: bad key, unknown model, no credit."""


RETRIED = (FailureKind.RATE_LIMIT, FailureKind.TRANSIENT, FailureKind.UNREACHABLE)
"""Kinds that may pass."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed call."""

    kind: FailureKind
    message: str
    """One line, without the key."""
    retry_after: float | None = None
    """Seconds to wait, where the endpoint says."""
    may_cost: bool = False
    """Whether the endpoint may have worked, and be paid, for nothing: a time-out, a lost or unreadable reply. What it
    answers by an error status costs nothing."""

    def response(self, key: str) -> Response:
        """The response of a request that failed for good."""
        if self.kind is FailureKind.REFUSED:
            return Response(key, text="", stop_reason="content_filter")
        return Response(key, error=self.message)


class NoAnswerError(Exception):
    """The endpoint answered 200 with something that is no chat completion: cut short, a page, no choices."""


class UnfitReplyError(Exception):
    """The endpoint answered with JSON that is not as it should be, or with more than may be read."""


class StatusError(Exception):
    """The endpoint told of an error: by a status other than 200, or in the JSON of a reply of status 200."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str]) -> None:
        super().__init__(status, message)
        self.status, self.code, self.message, self.headers = status, code, message, headers


def status_error(status: int, body: Any, headers: Mapping[str, str] | None = None) -> StatusError:
    """The error of a reply, from its JSON or its text; providers wrap it in ``error``, in a list of one, or not at all.

    A router's reply of status 200 holds the status of the model behind it as ``code``: that is what counts.
    """
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error", body) if isinstance(body, Mapping) else body
    code = error.get("code") if isinstance(error, Mapping) else None
    if status == 200 and type(code) is int and 300 <= code < 600:
        status = code
    message = (error.get("message") if isinstance(error, Mapping) else None) or error
    said = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    return StatusError(status, str(code or "")[:100], _line(said), headers or {})


def classify(error: Exception, redacted: Callable[[str], str]) -> Failure | None:
    """What an exception of a call means; None for one that is not the endpoint's fault (a bug: let it propagate).

    ``redacted`` takes secrets out of what an exception says.
    """
    if isinstance(error, StatusError):
        return _by_status(error)
    said = _line(error, redacted)
    if isinstance(error, UnfitReplyError):
        return Failure(FailureKind.UNFIT, f"the endpoint's reply does not fit: {said}", may_cost=True)
    if isinstance(error, NoAnswerError):
        return Failure(FailureKind.TRANSIENT, f"the endpoint sent no chat completion: {said}", may_cost=True)
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.InvalidURL):  # these do not go away
        return Failure(FailureKind.PERMANENT, said)
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Failure(FailureKind.UNREACHABLE, f"no connection: {said}")
    if isinstance(error, asyncio.TimeoutError):
        return Failure(FailureKind.TRANSIENT, "the endpoint did not answer in time", may_cost=True)
    if isinstance(error, aiohttp.ClientError | OSError):
        reason = said if isinstance(error, OSError) else _broken_reply(error)
        return Failure(FailureKind.TRANSIENT, f"connection lost: {reason}", may_cost=True)
    return None


def _broken_reply(error: aiohttp.ClientError) -> str:
    """What is wrong with a reply. Not in aiohttp's words: they hold pieces of it, cut so that half a key is left."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy answered HTTP {error.status}"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the endpoint closed it without a reply"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the reply broke off, or its length or pieces are not as its head says"
    if isinstance(error, aiohttp.ClientResponseError):
        return "the reply is not HTTP"
    return type(error).__name__


def _by_status(error: StatusError) -> Failure:
    status, code = error.status, error.code
    message = f"HTTP {status}: {error.message}"
    if 300 <= status < 400:
        return Failure(
            FailureKind.PERMANENT, f"HTTP {status}: the endpoint is at {_line(error.headers.get('Location'))}"
        )
    if "content_filter" in code or "content_policy" in code:
        return Failure(FailureKind.REFUSED, message)
    if code in ("model_not_found", "invalid_api_key", "insufficient_quota"):
        return Failure(FailureKind.PERMANENT, message)
    if status == 429:
        return Failure(FailureKind.RATE_LIMIT, message, retry_after(error.headers.get("Retry-After")))
    if status in (408, 409) or status < 300 or status >= 500:
        wait = retry_after(error.headers.get("Retry-After"))
        return Failure(FailureKind.TRANSIENT, message, wait, may_cost=status < 300)
    if status in (400, 413, 422):
        return Failure(FailureKind.REQUEST, message)
    return Failure(FailureKind.PERMANENT, message)


def backoff_s(attempt: int, failure: Failure) -> float:
    """Seconds before the attempt-th retry: 0.25, 0.5, 1, ... with jitter; at least what the endpoint asks for."""
    pause = min(MAX_BACKOFF_S, 0.125 * float(2 ** min(attempt, 20))) * random.uniform(0.5, 1)
    return max(pause, failure.retry_after or 0.0)


def retry_after(header: str | None) -> float | None:
    """Seconds to wait, 0 to ``LONGEST_WAIT_S``, from a ``Retry-After`` of seconds or a date; None for anything else."""
    try:
        seconds = float(header or "")
    except ValueError:
        try:
            then = parsedate_to_datetime(header or "")
            seconds = (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        except (ValueError, OverflowError):
            return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_WAIT_S)


def _line(said: object, redacted: Callable[[str], str] = str) -> str:
    """One line of what somebody said, cut to length: secrets go before, or a half of one could be left."""
    nothing = type(said).__name__ if isinstance(said, Exception) else "(it says nothing)"
    return " ".join(redacted(str(said)).split())[:300] or nothing
