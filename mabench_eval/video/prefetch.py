"""Decoding ahead: clips are decoded on other threads while the model works, a bounded number at a time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def decode_ahead(
    items: Iterable[Item], decode: Callable[[Item], Result], workers: int | None = None
) -> Generator[tuple[Item, Callable[[], Result]]]:
    """Apply ``decode`` to each item on ``workers`` threads, and yield (item, get) in the items' order.

    ``get()`` returns the result or raises what ``decode`` raised. At most ``workers + 1`` results are under way or
    waiting, whatever the number of items: memory is bounded by that many clips and those the caller still holds.
    One thread a core by default: decoders run one thread each and release the GIL.
    """
    workers = workers or os.cpu_count() or 1
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="decode")
    try:
        for item in items:
            waiting.append((item, pool.submit(decode, item)))
            if len(waiting) > workers:
                yield _next(waiting)
        while waiting:
            yield _next(waiting)
    finally:  # also when the caller stops early
        pool.shutdown(wait=True, cancel_futures=True)


def _next(waiting: deque[tuple[Item, Future[Result]]]) -> tuple[Item, Callable[[], Result]]:
    item, future = waiting.popleft()
    return item, future.result
