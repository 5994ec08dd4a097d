"""The shape of every engine and model, and the way from a card to its engine."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Protocol

from mabench_eval.catalogue import ModelCard
from mabench_eval.errors import InputError, MabenchError, did_you_mean
from mabench_eval.journal import Price
from mabench_eval.types import Clip, ClipWork, Frames, Json, Request, Response

GREEDY = "it decodes greedily, at temperature 0, so every answer to a question would be the same: --set temperature=1"
"""Why repeats say nothing of a model that does not draw its answers."""


class Model(Protocol):
    """A model ready to answer."""

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Answer every request of every clip; yield responses as they finish, in any order, keyed as the requests.

        ``work`` is decoded ahead as it is drawn: draw a clip when there is room for it, and let go of it when its
        last request is answered. A request that failed is a Response with ``error``, and the others go on.
        Raises ModelError when nothing can go on.
        """


class Engine(Protocol):
    """What runs a card's model. Making one is cheap: nothing is loaded, imported or connected before ``load``."""

    @property
    def protocol(self) -> int:
        """Raised with every change of what a model is given for one question; part of the identity."""

    @property
    def identity(self) -> Json:
        """All that the model's answers depend on besides prompt, clip and settings of the run."""

    @property
    def facts(self) -> Json:
        """What the record of a run says of it besides, once it has run; answers do not depend on it."""

    def problems(self) -> list[str]:
        """What is missing (packages, keys, memory), a line each, with what to do about it; seen without loading."""

    def repeat_problems(self) -> list[str]:
        """Why one question, asked again and again, would have the same answer each time, a line each."""

    def warnings(self) -> list[str]:
        """What a user should know before anything is spent, a line each."""

    @property
    def price(self) -> Price | None:
        """US dollars per million tokens; None for models that cost nothing a token, or whose price is not known."""

    @property
    def image_tokens(self) -> int | None:
        """Tokens of one frame, for estimates; None where not known."""

    @property
    def max_images(self) -> int | None:
        """Most frames a request may hold; None for no known limit."""

    @property
    def shows_examples(self) -> bool:
        """Whether the frames of few-shot examples can be shown too; otherwise examples are text alone."""

    @property
    def remote(self) -> bool:
        """Whether the work is done on another machine, so that two such models can be busy at once."""

    def load(self, note: Callable[[str], None], decode: Callable[[Clip], Frames]) -> Model:
        """Load the model. Raises ModelError.

        ``note`` takes lines that a user should see meanwhile; ``decode`` gives the frames of an example's clip.
        """


ENGINES: Mapping[str, str] = MappingProxyType(
    {
        "python": "mabench_eval.engines.python:PythonEngine",
        "openai": "mabench_eval.engines.openai:OpenAIEngine",
        "transformers": "mabench_eval.engines.transformers:TransformersEngine",
        "vllm": "mabench_eval.engines.vllm:VllmEngine",
        "adapter": "mabench_eval.engines.adapter:AdapterEngine",
    }
)
"""Engine name in a card -> ``module:class``, imported when it is used."""


def open_engine(card: ModelCard, seed: int) -> Engine:
    """The engine of a model card. Raises InputError for an engine that does not exist."""
    if card.engine not in ENGINES:
        raise InputError(
            f"{card.source}: no engine {card.engine!r}{did_you_mean(card.engine, list(ENGINES))}",
            hint=f"Engines: {', '.join(ENGINES)}",
        )
    module, name = ENGINES[card.engine].split(":")
    engine: Engine = getattr(importlib.import_module(module), name)(card, seed)
    return engine


def answer_each(work: ClipWork, answer: Callable[[Request], str]) -> Iterator[Response]:
    """Answer a clip's requests one after the other; what ``answer`` raises becomes that request's error."""
    for request in work.requests:
        start = time.perf_counter()
        try:
            text = answer(request)
            if not isinstance(text, str):
                raise TypeError(f"expected a text, the model returned {type(text).__name__}")
        except MabenchError:
            raise
        except Exception as error:  # noqa: BLE001 - a user's model may raise anything; only its own question is lost
            yield Response(request.key, error=f"{type(error).__name__}: {error}")
        else:
            yield Response(request.key, text=text, seconds=time.perf_counter() - start)
