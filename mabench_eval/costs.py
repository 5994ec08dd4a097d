"""What answers cost, from the tokens in their records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    prompt: float
    cached: float
    """Of prompt tokens that the provider had in its cache."""
    output: float

    def of(self, record: Mapping[str, Any]) -> float:
        """US dollars of one answer: (prompt - cached) x prompt + cached x cached + output x output, per million."""
        cached = record.get("cached_tokens") or 0
        fresh = (record.get("prompt_tokens") or 0) - cached
        return (fresh * self.prompt + cached * self.cached + (record.get("output_tokens") or 0) * self.output) / 1e6


def total_cost(records: Iterable[Mapping[str, Any]], price: Price | None) -> float | None:
    """US dollars of all answers; None where no price is known."""
    return None if price is None else sum(price.of(record) for record in records)
