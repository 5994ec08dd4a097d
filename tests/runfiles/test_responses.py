"""What an engine gives back is checked once, whatever the engine."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from mabench_eval.errors import InputError
from mabench_eval.runfiles import ResponseFields, response_fields
from mabench_eval.types import Response


def test_every_field_of_a_response_has_its_range() -> None:
    assert {field.name for field in fields(ResponseFields)} == {field.name for field in fields(Response)} - {"key"}


def test_what_is_not_none_is_given() -> None:
    response = Response("k", text="\ud83d", output_tokens=3, seconds=0.5, logprobs={"A": np.float64(-1.5)})
    given = response_fields(response)
    assert given == {"text": "\ud83d", "output_tokens": 3, "seconds": 0.5, "logprobs": {"A": -1.5}}
    assert type(given["logprobs"]["A"]) is float


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", 7),
        ("text", ["B"]),
        ("text", b"B"),
        ("error", KeyError("x")),
        ("stop_reason", "tired"),
        ("reasoning", {"why": "so"}),
        ("served_by", ["m"]),
        ("served_by", "m" * 201),
        ("prompt_tokens", -1),
        ("prompt_tokens", True),
        ("prompt_tokens", "12"),
        ("output_tokens", math.nan),
        ("output_tokens", 10**400),
        ("cached_tokens", 1.5),
        ("seconds", math.nan),
        ("seconds", math.inf),
        ("seconds", -0.1),
        ("logprobs", {"A": math.nan}),
        ("logprobs", {"A": "-1"}),
        ("unmetered_usd", -1.0),
        ("price_factor", -0.5),
        ("price_factor", math.nan),
    ],
)
def test_what_does_not_fit_is_named(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"the model's response does not fit: .*{name}"):
        response_fields(Response("k", **{name: value}))


def test_what_fits_is_json() -> None:
    full = Response("k", "B", None, "stop", "because", "m", 1, 2, 0, 0.1, {"A": -0.5}, 0.001)
    assert json.loads(json.dumps(response_fields(full), allow_nan=False))["unmetered_usd"] == 0.001
