"""Models written in Python: a registered function or class, from a card's adapter file or a decorator."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from mabench_eval.catalogue import REGISTRY, JudgeCard, ModelCard, Registration, TrackerCard, code_beside, import_file
from mabench_eval.engines.base import Engine, Model, answer_each
from mabench_eval.engines.code_identity import registered_code, with_protocol
from mabench_eval.errors import InputError, MabenchError, ModelError, error_at, trace_of
from mabench_eval.types import Clip, ClipWork, Frames, Json, Request, Response, one_text

NO_FRAMES = np.empty((0, 0, 0, 3), np.uint8)


@final
class PythonEngine(Engine):
    """Runs a registered function or class in this process."""

    def __init__(self, card: ModelCard, seed: int) -> None:
        super().__init__(card, seed)
        self._code = registered(card, REGISTRY.models)

    @property
    def identity(self) -> Json:
        """The card, and the hash of the code: edited code is another model."""
        return with_protocol(identity(self._card, self._code), self.protocol)

    def problems(self) -> list[str]:
        """What a class says is missing, by a static method ``problems(settings)``; a function needs nothing."""
        return list(own(self._code, "problems", self._card.settings, []))

    def load(self, note: Callable[[str], None], decode: Callable[[Clip], Frames]) -> Model:
        """An instance of the class, or the function wrapped as a model."""
        if not inspect.isclass(self._code.target):
            answers = hasattr(self._code.target, "generate")
            return _ClassModel(self._card.name, self._code.target) if answers else _FunctionModel(self._code.target)
        with broken_off(f"model {self._card.name!r} cannot be loaded"):
            model = self._code.target(self._card.settings, self._seed)  # type: ignore[call-arg]
        return _ClassModel(self._card.name, model)


class _FunctionModel:
    """A function ``f(frames, prompt) -> str`` as a model."""

    def __init__(self, function: Callable[[NDArray[np.uint8], str], str]) -> None:
        self._function = function

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        for item in work:
            pixels = item.frames.pixels if item.frames else NO_FRAMES
            yield from answer_each(item, partial(self._answer, pixels))

    def _answer(self, pixels: NDArray[np.uint8], request: Request) -> str:
        return self._function(pixels, one_text(request))


class _ClassModel:
    """An instance of a registered class; what it raises, or yields that is no answer, ends the run with one message."""

    def __init__(self, name: str, model: Any) -> None:
        self._name, self._model = name, model

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        asked: set[str] = set()
        with broken_off(f"model {self._name!r} broke off", "What it answered is kept. " + _ONE_ALONE):
            for response in self._model.generate(_noted(work, asked)):
                if not isinstance(response, Response):
                    raise ModelError(f"model {self._name!r}: expected a Response, got {type(response).__name__}")
                if response.key not in asked:
                    raise ModelError(f"model {self._name!r} answered what it was not asked, or twice", hint=_EACH_ONCE)
                asked.remove(response.key)
                yield response


_ONE_ALONE = "A request that fails alone is a Response with `error`."
_EACH_ONCE = "Each request that is drawn gets one Response, with the request's key."


def _noted(work: Iterable[ClipWork], asked: set[str]) -> Iterator[ClipWork]:
    """The work; the keys of what is drawn are added to ``asked``."""
    for item in work:
        asked.update(request.key for request in item.requests)
        yield item


@contextmanager
def broken_off(what: str, hint: str = "") -> Iterator[None]:
    """Run an author's code within. Raises ModelError for anything it raises, with file and line where it broke."""
    try:
        yield
    except MabenchError:
        raise
    except (Exception, SystemExit) as error:
        raise ModelError(f"{what}: {error_at(error)}", hint=hint, trace=trace_of(error)) from error


def registered(card: ModelCard | JudgeCard | TrackerCard, table: dict[str, Registration]) -> Registration:
    """The code of a Python card: the file or folder of its name beside it is imported and must register it."""
    code = code_beside(card.source) if card.source and card.source.suffix == ".yaml" else None
    if code:
        import_file(code)
    if card.name not in table:
        beside = card.source.with_suffix(".py") if card.source else "no file"
        raise InputError(f"{card.source}: engine python: {code or beside} does not register {card.name!r}")
    return replace(table[card.name], folder=code) if code and code.is_dir() else table[card.name]


def identity(card: ModelCard | JudgeCard | TrackerCard, code: Registration) -> Json:
    """What the answers of a Python model, the scores of a judge or the tracks of a tracker depend on.

    A class whose settings name files says by a static method ``identity(settings)`` what is in them.
    """
    return {
        "name": card.name,
        "engine": "python",
        "version": card.version,
        "settings": dict(own(code, "identity", card.settings, card.settings)),
        **registered_code(code),
    }


def own(code: Registration, what: str, settings: Json, otherwise: Any) -> Any:
    """What a class says of itself, by a static method, before it is made; ``otherwise`` where it says nothing."""
    says = getattr(code.target, what, None) if inspect.isclass(code.target) else None
    with broken_off(f"{getattr(code.target, '__name__', code.name)}.{what}(settings) broke off"):
        return says(settings) if says else otherwise
