"""How many requests are in flight: as many as the endpoint keeps up with, up to a maximum."""

from __future__ import annotations

import asyncio
import time

INITIAL_LIMIT = 8
"""Requests in flight at the beginning, where the endpoint may have a limit that nobody told."""
CAREFUL_STEP = 0.25
"""How much the limit rises with the first round of answers after a refusal."""
STEP_GROWTH = 1.5
"""Factor by which that grows from round to round, as long as none is refused."""


class ConcurrencyLimit:
    """As many in flight as are not refused: each refused one was one too many, and after it the limit rises slowly.

    So a burst of refusals brings the limit down to what the endpoint took, and one that comes by accident costs a
    place. Until the first of them the limit doubles with each round of answers. Not thread-safe: used within one event
    loop.
    """

    def __init__(self, fixed: int | None, most: int, *, at_once: bool = False) -> None:
        """``fixed``: always that many in flight; None: adaptive, up to ``most``, ``at_once`` or from a few on."""
        self._adaptive = fixed is None
        first = most if at_once else min(INITIAL_LIMIT, most)
        self._limit = float(first if fixed is None else fixed)
        self._most = most
        self._step: float | None = None
        """By how much the limit rises in a round of answers; None: it doubles."""
        self._in_flight = 0
        self._changed = asyncio.Condition()
        self._opens_at = 0.0
        """When the endpoint takes requests again, as it said; ``time.monotonic``."""

    @property
    def limit(self) -> int:
        """Requests that may be in flight now."""
        return max(1, int(self._limit))

    async def acquire(self) -> None:
        """Wait until one more request may be in flight, and count it."""
        while True:
            await asyncio.sleep(max(0.0, self._opens_at - time.monotonic()))
            async with self._changed:
                await self._changed.wait_for(lambda: self._in_flight < self.limit)
                if time.monotonic() >= self._opens_at:
                    self._in_flight += 1
                    return

    async def release(self) -> None:
        """One request fewer is in flight."""
        async with self._changed:
            self._in_flight -= 1
            self._changed.notify_all()

    def increase(self) -> None:
        """An answer came: the limit rises by one at first, later by its share of a round's step."""
        if not self._adaptive:
            return
        self._limit = min(self._most, self._limit + (1 if self._step is None else self._step / self._limit))
        if self._step is not None:
            self._step *= STEP_GROWTH ** (1 / self._limit)

    def decrease(self, retry_after: float | None = None) -> None:
        """A rate limit came; ``retry_after``: seconds for which the endpoint asks not to be asked, where it does."""
        if self._adaptive:
            self._limit, self._step = max(1.0, self._limit - 1), CAREFUL_STEP
            self._opens_at = max(self._opens_at, time.monotonic() + (retry_after or 0.0))
