"""What a failed call means: wait and retry, retry, give up on this question, or stop the run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import aiohttp

from mabench_eval.types import Response


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
    PERMANENT = auto()
    """No request will succeed: bad key, unknown model, no credit."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed call."""

    kind: FailureKind
    message: str
    """One line, without the key."""
    retry_after: float | None = None
    """Seconds to wait, where the endpoint says."""

    def response(self, key: str) -> Response:
        """The response of a request that failed for good."""
        if self.kind is FailureKind.REFUSED:
            return Response(key, text="", stop_reason="content_filter")
        return Response(key, error=self.message)


class NoAnswerError(Exception):
    """The endpoint answered 200 with something that is no chat completion."""


class StatusError(Exception):
    """The endpoint answered with a status other than 200."""

    def __init__(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        super().__init__(status, content)
        self.status, self.headers = status, headers
        error = _error_in(content)
        self.code = str(error.get("code") or "")
        self.message = _line(error.get("message") or content.decode(errors="replace"))


def _error_in(content: bytes) -> Mapping[str, Any]:
    """What the body says about the error; providers wrap it in ``error``, in a list of one, or not at all."""
    try:
        body = json.loads(content)
    except ValueError:
        return {}
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, dict):
        return {}
    error = body.get("error", body)
    return error if isinstance(error, dict) else {"message": str(error)}


def classify(error: Exception) -> Failure | None:
    """What an exception of a call means; None for one that is not the endpoint's fault (a bug: let it propagate)."""
    if isinstance(error, StatusError):
        return _by_status(error)
    if isinstance(error, NoAnswerError):
        return Failure(FailureKind.TRANSIENT, f"the endpoint sent no chat completion: {_line(error)}")
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.InvalidURL):  # these do not go away
        return Failure(FailureKind.PERMANENT, _line(error))
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Failure(FailureKind.UNREACHABLE, f"no connection: {_line(error)}")
    if isinstance(error, asyncio.TimeoutError):
        return Failure(FailureKind.TRANSIENT, "the endpoint did not answer in time")
    if isinstance(error, aiohttp.ClientError | OSError):
        return Failure(FailureKind.TRANSIENT, f"connection lost: {_line(error)}")
    return None


def _by_status(error: StatusError) -> Failure:
    status, code = error.status, error.code
    message = f"HTTP {status}: {error.message}"
    if 300 <= status < 400:
        return Failure(FailureKind.PERMANENT, f"HTTP {status}: the endpoint is at {error.headers.get('Location')}")
    if "content_filter" in code or "content_policy" in code:
        return Failure(FailureKind.REFUSED, message)
    if status == 429 and code != "insufficient_quota":
        return Failure(FailureKind.RATE_LIMIT, message, _retry_after(error))
    if status in (408, 409) or status >= 500:
        return Failure(FailureKind.TRANSIENT, message, _retry_after(error))
    if status in (400, 413, 422) and code not in ("model_not_found", "invalid_api_key"):
        return Failure(FailureKind.REQUEST, message)
    return Failure(FailureKind.PERMANENT, message)


def _retry_after(error: StatusError) -> float | None:
    """Seconds, from the header; a date there, or anything else, is ignored."""
    try:
        return max(0.0, float(error.headers.get("Retry-After", "")))
    except ValueError:
        return None


def _line(error: object) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
