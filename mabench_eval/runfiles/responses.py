"""What came back for one request, as a journal may hold it: types and ranges; one check for every engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any

from msgspec import Meta

from mabench_eval.runfiles.codec import from_json
from mabench_eval.types import Response, StopReason

Text = Annotated[str, Meta(max_length=2_000_000)]
"""As long as any model writes, and short enough for a line of a journal."""
Tokens = Annotated[int, Meta(ge=0, le=1_000_000_000)]
"""Of one reply. No model reads or writes a billion."""
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Dollars = Annotated[float, Meta(ge=0, le=1e9)]
ModelId = Annotated[str, Meta(max_length=200)]
"""As an endpoint reports it: it is printed."""
Factor = Annotated[float, Meta(ge=0, le=100)]
LogProbability = Annotated[float, Meta(ge=-1e9, le=1e9)]


@dataclass(frozen=True, slots=True)
class ResponseFields:
    """The fields of a ``Response`` with their ranges, and so those of an answer's line in a journal."""

    text: Text | None = None
    error: Text | None = None
    stop_reason: StopReason | None = None
    reasoning: Text | None = None
    served_by: ModelId | None = None
    prompt_tokens: Tokens | None = None
    output_tokens: Tokens | None = None
    cached_tokens: Tokens | None = None
    seconds: Seconds | None = None
    logprobs: Mapping[str, LogProbability] | None = None
    unmetered_usd: Dollars | None = None
    price_factor: Factor | None = None
    retries: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    traceback: Text | None = None


_NAMES = tuple(field.name for field in fields(ResponseFields))


def response_fields(response: Response) -> dict[str, Any]:
    """What a response says, without its key: the fields that are not None.

    Raises InputError naming what does not fit: a text that is no text, a number of tokens below 0, NaN.
    """
    given = {name: _plain(value) for name in _NAMES if (value := getattr(response, name)) is not None}
    from_json(ResponseFields, given, "the model's response does not fit")
    return given


def _plain(value: Any) -> Any:
    """A float as Python's own: NumPy's are floats too, and fit."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return float(value) if isinstance(value, float) else value
