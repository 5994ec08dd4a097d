"""Models whose answers may come by batches, hours later; requests asked in rounds until each is answered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from mabench_eval.engines.base import Model
from mabench_eval.types import Clip, ClipWork, Request, Response

Item = TypeVar("Item")
Seen = tuple[tuple[int, ...] | None, str | None]
"""Numbers of the frames that a request is sent with, and their decoder, as in ``Frames``."""


@dataclass(frozen=True, slots=True)
class BatchPlace:
    """Where the batches of a model are noted, and whether there may be new ones."""

    folder: Path
    """Of the run."""
    role: str
    """The judge's name; empty: the model under test."""
    submit: bool
    """Whether requests are sent by batches. Otherwise they are made one by one, and what earlier batches hold is waited
    for: it is paid for."""


@runtime_checkable
class BatchedModel(Model, Protocol):
    """A model whose answers may come by batches, begun by this process or by one before it."""

    again: Collection[str]
    """Keys of requests that the last ``generate`` gave an error for, and that should be asked once more."""

    def under_way(self, requests: Iterable[Request]) -> Mapping[str, Seen]:
        """Those of the requests that batches hold, by their keys. The next ``generate`` waits for them too.

        They need no frames, and are not to be part of its work. Raises ModelError, JournalError.
        """

    def stop(self) -> None:
        """Send nothing more and wait for nothing; batches go on at the provider. Any thread may call."""


BATCH_ROUNDS = 3
"""Times that a request is asked by batches; what expired or failed comes again when all others are there."""


def ask_in_rounds(
    model: BatchedModel,
    requests: Sequence[Request],
    ask: Callable[[Collection[str], Mapping[str, Seen]], Generator[Item]],
    key_of: Callable[[Item], str],
) -> Generator[Item]:
    """Ask requests until each is answered, or its failure is for good; give what ``ask`` gives, once for each.

    ``ask(keys, under_way)`` puts the requests of those keys to the model, and gives what comes of them and of those
    that are under way.
    """
    keys = {request.key for request in requests}
    for number in range(1, BATCH_ROUNDS + 1):
        under_way = model.under_way(request for request in requests if request.key in keys)
        failed = set()
        with closing(ask(keys - under_way.keys(), under_way)) as answers:
            for item in answers:
                if key_of(item) in model.again and number < BATCH_ROUNDS:
                    failed.add(key_of(item))
                else:
                    yield item
        if not failed:
            return
        keys = failed


def ask_texts(model: Model, requests: Iterable[Request]) -> Generator[Response]:
    """Ask requests that come without a clip: one by one as they are drawn, or by batches when all are there."""

    def work(asked: Iterable[Request]) -> Iterator[ClipWork]:
        return (ClipWork(Clip(""), None, (request,)) for request in asked)

    def ask(keys: Collection[str], under_way: Mapping[str, Seen]) -> Generator[Response]:
        yield from model.generate(work(request for request in every if request.key in keys))

    if not isinstance(model, BatchedModel):
        yield from model.generate(work(requests))
        return
    every = list(requests)
    yield from ask_in_rounds(model, every, ask, lambda response: response.key)
