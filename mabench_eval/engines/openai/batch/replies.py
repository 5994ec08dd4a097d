"""What a provider says of a batch, and the lines of its files of answers: types checked before anything is used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mabench_eval.engines.openai.failures import (
    Failure,
    FailureKind,
    NoAnswerError,
    StatusError,
    UnfitReplyError,
    classify,
    status_error,
)
from mabench_eval.engines.openai.replies import read_completion
from mabench_eval.errors import InputError
from mabench_eval.journal import PROVIDER_ID
from mabench_eval.runfiles import Tokens, response_fields
from mabench_eval.types import Response

ID = re.compile(PROVIDER_ID)
ENDS = ("completed", "failed", "expired", "cancelled")
"""States after which nothing more is answered; before them it is validating, in progress, finalizing, cancelling."""
NO_ROOM = "token_limit_exceeded"
"""Code of a batch for which the provider's queue has no room yet."""


class Problem(msgspec.Struct):
    """Why a batch failed before it began."""

    code: str | None = None
    message: str | None = None


class Problems(msgspec.Struct):
    """A list of them."""

    data: list[Problem] | None = None


class Counts(msgspec.Struct):
    """Requests of a batch."""

    total: Tokens = 0
    completed: Tokens = 0
    failed: Tokens = 0


class BatchState(msgspec.Struct):
    """A batch as the provider describes it."""

    id: str
    status: str
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    errors: Problems | None = None
    request_counts: Counts | None = None
    created_at: float | None = None
    metadata: dict[str, Any] | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more is answered."""
        return self.status in ENDS

    @property
    def failed(self) -> bool:
        """Whether it failed before it began."""
        return self.status == "failed"

    @property
    def needs_room(self) -> bool:
        """Whether it failed for want of room in the provider's queue, so that it may be made again later."""
        return self.failed and any(problem.code == NO_ROOM for problem in self.problems)

    @property
    def problems(self) -> list[Problem]:
        """Why it failed."""
        return (self.errors.data if self.errors else None) or []

    @property
    def reason(self) -> str:
        """The same in a line."""
        said = [problem.message or problem.code or "" for problem in self.problems[:3]]
        return " ".join("; ".join(filter(None, said)).split())[:300] or "it does not say why"


class RowResponse(msgspec.Struct):
    """What a request of a batch was answered by."""

    status_code: int = 200
    body: Any = None


class Row(msgspec.Struct):
    """A line of a file of answers, or of failures."""

    custom_id: str
    response: RowResponse | None = None
    error: Any = None


def read_batch(value: Any) -> BatchState:
    """A batch from its JSON. Raises UnfitReplyError."""
    try:
        state = msgspec.convert(value, BatchState)
    except (msgspec.ValidationError, ValueError) as error:
        raise UnfitReplyError(f"it is no batch: {str(error).replace('$.', '')}") from error
    state.status = state.status.casefold()[:100]
    for name in (state.id, state.output_file_id, state.error_file_id):
        _check_id(name, "a batch")
    return state


def read_id(value: Any, what: str) -> str:
    """The name that a provider gives to what was sent. Raises UnfitReplyError."""
    name = value.get("id") if isinstance(value, Mapping) else None
    _check_id(name or "", what)
    return str(name)


def _check_id(name: Any, what: str) -> None:
    if name is not None and not (isinstance(name, str) and ID.fullmatch(name)):
        raise UnfitReplyError(f"it is {what} without a name that could be one")


def read_row(value: Any) -> Row | None:
    """A line of a file of answers; None for one that is none."""
    try:
        return msgspec.convert(value, Row)
    except (msgspec.ValidationError, ValueError):
        return None


def row_outcome(key: str, row: Row, redacted: Callable[[str], str]) -> Response | Failure:
    """What became of a request: read as the reply of an ordinary call is, its status too."""
    try:
        if row.response is None:  # it was not asked at all
            raise status_error(200, row.error or "its line holds neither an answer nor an error")
        if row.response.status_code != 200:
            raise status_error(row.response.status_code, row.response.body)
        response = read_completion(key, row.response.body, None)
        response_fields(response)
        return response
    except InputError as error:
        return Failure(FailureKind.UNFIT, error.message, may_cost=True)
    except (StatusError, NoAnswerError, UnfitReplyError) as error:
        failure = classify(error, redacted)
        assert failure, "these are the endpoint's"
        if row.response is None and failure.kind is not FailureKind.REFUSED:
            said = failure.message.removeprefix("HTTP 200: ")
            return Failure(FailureKind.TRANSIENT, f"the batch did not answer: {said}")
        return failure
