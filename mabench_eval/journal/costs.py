"""What answers and judgments cost, from the tokens in their records."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    prompt: float
    cached: float
    """Of prompt tokens served from the provider's cache."""
    output: float

    def of(self, record: Mapping[str, Any]) -> float:
        """US dollars of one answer: (prompt - cached) x prompt + cached x cached + output x output, per million."""
        cached = record.get("cached_tokens") or 0
        fresh = (record.get("prompt_tokens") or 0) - cached
        return (fresh * self.prompt + cached * self.cached + (record.get("output_tokens") or 0) * self.output) / 1e6


class Budget:
    """US dollars spent on a run, by the model and its judges together. Any thread may call."""

    def __init__(self, limit: float | None) -> None:
        """``limit`` None: no limit."""
        self.limit, self.spent = limit, 0.0
        self._lock = threading.Lock()

    def spend(self, price: Price | None, record: Mapping[str, Any]) -> None:
        """Add the cost of one record; nothing where no price is known."""
        if price is not None:
            with self._lock:
                self.spent += price.of(record)

    @property
    def reached(self) -> bool:
        """Whether nothing more may be asked."""
        return self.limit is not None and self.spent >= self.limit


def total_cost(records: Iterable[Mapping[str, Any]], price: Price | None) -> float | None:
    """US dollars of all answers; None where no price is known."""
    return None if price is None else sum(price.of(record) for record in records)
