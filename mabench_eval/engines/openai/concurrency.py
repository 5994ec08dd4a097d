"""How many requests are in flight: as many as the endpoint keeps up with, up to a maximum."""

from __future__ import annotations

import asyncio
import time

INITIAL_LIMIT = 8
"""Requests in flight at the beginning."""
INCREASE_PER_ROUND = 4.0
"""How much the limit rises with each round of answers, after the first rate limit."""
COOL_DOWN_S = 1.0
"""Seconds after a cut in which further rate limits are taken for echoes of the same burst."""


class ConcurrencyLimit:
    """Additive increase, multiplicative decrease (Chiu and Jain 1989), with a slow start that doubles.

    Not thread-safe: used within one event loop.
    """

    def __init__(self, fixed: int | None, most: int) -> None:
        """``fixed``: always that many in flight; None: adaptive, up to ``most``."""
        self._adaptive = fixed is None
        self._limit = float(min(INITIAL_LIMIT, most) if fixed is None else fixed)
        self._most = most
        self._slow_start = True
        self._in_flight = 0
        self._changed = asyncio.Condition()
        self._cut_at = 0.0

    @property
    def limit(self) -> int:
        """Requests that may be in flight now."""
        return max(1, int(self._limit))

    async def acquire(self) -> None:
        """Wait until one more request may be in flight, and count it."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._in_flight < self.limit)
            self._in_flight += 1

    async def release(self) -> None:
        """One request fewer is in flight."""
        async with self._changed:
            self._in_flight -= 1
            self._changed.notify_all()

    def increase(self) -> None:
        """An answer came. The limit rises by one for each at first, later by a few for each round of answers."""
        if self._adaptive:
            self._limit = min(self._most, self._limit + (1 if self._slow_start else INCREASE_PER_ROUND / self._limit))

    def decrease(self) -> None:
        """A rate limit came: halve, once a burst. The request itself waits as long as the endpoint says."""
        now = time.monotonic()
        if self._adaptive and now - self._cut_at > COOL_DOWN_S:
            self._limit, self._slow_start, self._cut_at = max(1.0, self._limit / 2), False, now
