"""Clips prepared ahead on other threads, a bounded number at a time, while the model works on those before."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar, cast

Item = TypeVar("Item")
Result = TypeVar("Result")


def prepare_ahead(
    items: Iterable[Item], prepare: Callable[[Item], Result], workers: int | None = None
) -> Generator[tuple[Item, Callable[[], Result]]]:
    """Apply ``prepare`` to each item on ``workers`` threads; yield (item, get) in the items' order.

    ``get()`` returns the result, or raises what ``prepare`` raised: an item that fails does not stop the others. Items
    are drawn on these threads too, one at a time, so a source that blocks holds nobody up; what drawing raises ends the
    iteration. At most ``workers + 1`` results are in progress or waiting, whatever the number of items: memory is
    bounded by that many clips and those the caller still holds. Work begins at once, before the first is asked for;
    closing the generator waits for what is in progress.

    One thread per core by default: decoders run one thread each and release the GIL.
    """
    prepared = _prepare_ahead(items, prepare, workers or os.cpu_count() or 1)
    next(prepared)  # to where its threads have begun: from there on closing it ends them
    return cast("Generator[tuple[Item, Callable[[], Result]]]", prepared)


def _prepare_ahead(
    items: Iterable[Item], prepare: Callable[[Item], Result], workers: int
) -> Generator[tuple[Item, Callable[[], Result]] | None]:
    """The same, after a first None."""
    source, turn = iter(items), threading.Lock()
    drawn: SimpleQueue[tuple[Item, Future[Result]] | BaseException] = SimpleQueue()

    def step() -> None:
        future: Future[Result] = Future()
        with turn:  # so that the queue has the items' order
            try:
                item = next(source)
            except BaseException as error:  # noqa: BLE001 - the end, or an error to raise where the items are used
                drawn.put(error)
                return
            drawn.put((item, future))

        try:
            future.set_result(prepare(item))
        except BaseException as error:  # noqa: BLE001 - raised by get()
            future.set_exception(error)

    pool = ThreadPoolExecutor(workers, thread_name_prefix="prepare")
    try:
        for _ in range(workers):
            pool.submit(step)
        yield None
        while isinstance(entry := drawn.get(), tuple):
            pool.submit(step)
            item, future = entry
            yield item, future.result
        if not isinstance(entry, StopIteration):
            raise entry
    finally:  # also when the caller stops early
        pool.shutdown(wait=True, cancel_futures=True)
