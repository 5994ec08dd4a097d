"""What the models of local engines share: loaded with the first clip; the next clip prepared while one is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from mabench_eval.engines.base import Model
from mabench_eval.engines.local.stdout import stdout_taken
from mabench_eval.errors import error_at, trace_of
from mabench_eval.types import ClipWork, Response
from mabench_eval.video import prepare_ahead

Prepared = TypeVar("Prepared")


class LazyModel:
    """Loads the model when it is first asked: a run whose questions are all answered loads nothing."""

    def __init__(self, load: Callable[[], Model]) -> None:
        self._load = load
        self._model: Model | None = None

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """As the model. Raises ModelError when it cannot be loaded."""
        if self._model is None:
            self._model = self._load()
        yield from self._model.generate(work)


def answer_prepared(
    work: Iterable[ClipWork],
    prepare: Callable[[ClipWork], Prepared],
    answer: Callable[[ClipWork, Prepared], Iterator[Response]],
) -> Iterator[Response]:
    """Answer clip by clip; ``prepare`` makes the next clip's tensors on another thread meanwhile.

    A clip that cannot be prepared costs its own questions: processors and adapters may raise anything, and print.
    """

    def prepared_unheard(clip: ClipWork) -> Prepared:
        with stdout_taken():
            return prepare(clip)

    for clip, get in prepare_ahead(work, prepared_unheard, workers=1):
        try:
            prepared = get()
        except Exception as error:  # noqa: BLE001 - processors may raise anything; only this clip is lost
            message, trace = f"cannot be prepared: {error_at(error)}", trace_of(error)
            yield from (Response(request.key, error=message, traceback=trace) for request in clip.requests)
        else:
            yield from answer(clip, prepared)
