"""How many requests are in flight: as many as the endpoint keeps up with, never more than a cap."""

from __future__ import annotations

import asyncio
import time

START = 8
"""Requests in flight at the beginning."""
STEP = 4.0
"""More in flight after each round of answers, once the endpoint has complained."""
COOL_DOWN = 1.0
"""Seconds after a cut in which further rate limits are taken as echoes of the same burst."""


class Pace:
    """Additive increase, multiplicative decrease (Chiu and Jain 1989), with a slow start that doubles.

    Not thread-safe: used within one event loop.
    """

    def __init__(self, fixed: int | None, cap: int) -> None:
        """``fixed`` in flight always, or adaptive up to ``cap`` when None."""
        self._adaptive = fixed is None
        self._limit = float(min(START, cap) if fixed is None else fixed)
        self._cap = cap
        self._doubling = True
        self._busy = 0
        self._changed = asyncio.Condition()
        self._cut_at = 0.0

    @property
    def limit(self) -> int:
        """Requests that may be in flight now."""
        return max(1, int(self._limit))

    async def enter(self) -> None:
        """Wait for a place."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._busy < self.limit)
            self._busy += 1

    async def leave(self) -> None:
        """Give the place back."""
        async with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def succeeded(self) -> None:
        """The endpoint keeps up: one more for each answer at first, later a few more for each round of answers."""
        if self._adaptive:
            self._limit = min(self._cap, self._limit + (1 if self._doubling else STEP / self._limit))

    def limited(self) -> None:
        """The endpoint says too fast: halve, once a burst. The request itself waits as long as the endpoint says."""
        now = time.monotonic()
        if self._adaptive and now - self._cut_at > COOL_DOWN:
            self._limit, self._doubling, self._cut_at = max(1.0, self._limit / 2), False, now
