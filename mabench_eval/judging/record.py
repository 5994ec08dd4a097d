"""Judgments as records of a journal, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from mabench_eval.types import Judgment

Keep = Callable[..., None]
"""``keep(kind, key, **fields)`` takes a record, as ``Journal.append`` does."""
_FIELDS = tuple(field.name for field in fields(Judgment) if field.name not in ("key", "levels", "error"))


def keep_judgment(keep: Keep, judgment: Judgment, judge: str) -> Mapping[str, Any]:
    """Record a judgment, or why there is none; return the fields of the record. What says nothing is left out."""
    given = {name: getattr(judgment, name) for name in _FIELDS if getattr(judgment, name)}
    result = {"error": judgment.error} if judgment.levels is None else {"levels": dict(judgment.levels)}
    record: dict[str, Any] = {"judge": judge, **result, **given}
    keep("error" if judgment.levels is None else "judgment", judgment.key, **record)
    return record


def judgment_of(record: Mapping[str, Any]) -> Judgment:
    """The judgment in a record."""
    known = {name: record[name] for name in ("levels", "error", *_FIELDS) if name in record}
    return Judgment(record["key"], **known)
