"""What answers and judgments cost, from the tokens in their records; and a limit that is kept."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mabench_eval.errors import InputError
from mabench_eval.types import Judgment, Response

MODEL = ""
"""The model under test, where judges go by their names: its records name nobody."""
TOKENS = ("prompt_tokens", "cached_tokens", "output_tokens")
COSTS = (*TOKENS, "unmetered_usd")
"""Fields of a record that it costs something for."""


def usage_of(answered: Response | Judgment) -> dict[str, Any]:
    """Those fields of an answer or judgment, as its record has them."""
    return {name: getattr(answered, name) for name in COSTS}


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    prompt: float
    cached: float
    """Of prompt tokens served from the provider's cache."""
    output: float

    def of(self, record: Mapping[str, Any]) -> float:
        """US dollars of one answer: (prompt - cached) x prompt + cached x cached + output x output, per million.

        That times ``price_factor``, where the record has one: a batch costs less. And what was estimated from above
        where tokens were not told. Where cached tokens are more than those of the
        prompt they are none of them, and come on top.
        """
        prompt, cached = record.get("prompt_tokens") or 0, record.get("cached_tokens") or 0
        fresh = prompt - cached if cached <= prompt else prompt
        metered = fresh * self.prompt + cached * self.cached + (record.get("output_tokens") or 0) * self.output
        return price_factor(record) * metered / 1e6 + (record.get("unmetered_usd") or 0.0)

    def untold(self, record: Mapping[str, Any], prompt_tokens: int, output_tokens: int) -> float:
        """US dollars, from above, of the tokens that a record does not tell, given the most that they can be."""
        prompt = prompt_tokens if record.get("prompt_tokens") is None else 0
        output = output_tokens if record.get("output_tokens") is None else 0
        return (prompt * max(self.prompt, self.cached) + output * self.output) / 1e6


def price_factor(record: Mapping[str, Any]) -> float:
    """What the tokens of a record cost, as a share of their price."""
    factor = record.get("price_factor")
    return 1.0 if factor is None else float(factor)


class Budget:
    """US dollars that a run's model and judges may cost together. Any thread may call.

    A call is reserved at the most that it can cost before it goes out, and settled by what it did cost. So those in
    flight count, and the limit is not passed however many there are.
    """

    def __init__(self, limit: float | None) -> None:
        """``limit`` None: no limit. Raises InputError for one that is no amount of money."""
        if limit is not None and not (math.isfinite(limit) and limit > 0):
            raise InputError(f"--max-cost must be a number of US dollars above 0, got {limit}")
        self.limit, self.spent = limit, 0.0
        self._reserved, self._in_flight = 0.0, 0
        self._refused: float | None = None
        """The most that a call could cost for which nothing was left."""
        self._lock = threading.Lock()

    def reserve(self, most: float) -> bool:
        """Set aside the most that a call can cost; False where too little is left.

        It may be enough again when calls in flight are settled. Where none is, ``reached`` is true from then on.
        """
        with self._lock:
            if self.limit is not None and self.spent + self._reserved + most > self.limit:
                if not self._in_flight:
                    self._refused = most
                return False
            self._reserved += most
            self._in_flight += 1
            return True

    def settle(self, most: float, cost: float) -> None:
        """A call that was reserved at ``most`` has come to its end, and has cost so much."""
        with self._lock:
            self._in_flight -= 1
            self._reserved = self._reserved - most if self._in_flight else 0.0
            self.spent += cost

    def spend(self, cost: float) -> None:
        """Add what was paid earlier."""
        with self._lock:
            self.spent += cost

    @property
    def reached(self) -> bool:
        """Whether nothing more may be asked."""
        return self._refused is not None or (self.limit is not None and self.spent >= self.limit)

    def __str__(self) -> str:
        """Why it is reached, as a user is told."""
        more = "" if self._refused is None else f", and the next call may cost ${self._refused:.4g}"
        return f"stopped by --max-cost {self.limit or 0:g}: ${self.spent:.4g} is spent{more}; a higher one goes on"


def total_cost(records: Iterable[Mapping[str, Any]], price: Price | None) -> float | None:
    """US dollars of all answers; None where no price is known."""
    return None if price is None else sum(price.of(record) for record in records)
