"""``samples.jsonl``: a line for each time a question was asked."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from mabench_eval.types import Sample

_DEFAULTS = tuple((field.name, field.default) for field in fields(Sample))


def sample_row(sample: Sample) -> dict[str, Any]:
    """A line of the file; a field that holds its default says nothing of the question, and is left out."""
    # As to_json, and ten times as fast: there are a line and a half for each millisecond of a run.
    return {name: value for name, default in _DEFAULTS if (value := getattr(sample, name)) != default}
