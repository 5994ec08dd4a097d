"""The contract of engines and models, and the way from a card to its engine."""

from __future__ import annotations

import importlib
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

from mabench_eval.catalogue import ModelCard
from mabench_eval.errors import InputError, MabenchError, did_you_mean, error_at, trace_of
from mabench_eval.journal import Budget, Price
from mabench_eval.types import Clip, ClipWork, Frames, Json, Request, Response

if TYPE_CHECKING:
    from mabench_eval.engines.batched import BatchPlace

GREEDY = "it decodes greedily, at temperature 0, so every answer to a question would be the same: --set temperature=1"
"""Why repeats say nothing about a model that does not sample its answers."""


class Model(Protocol):
    """A model ready to answer. A protocol, so that an author's class needs no base class."""

    def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
        """Answer every request of every clip; yield responses as they finish, in any order, keyed as the requests.

        ``work`` is decoded ahead as it is drawn: draw a clip when there is room for it, and let go of it when its
        last request is answered. A request that fails is a Response with ``error``; the others go on.
        Raises ModelError when nothing can go on.
        """


class Engine(ABC):
    """Runs the model of a card.

    An engine defines ``identity`` and ``load``, and overrides what differs of the rest. It is marked ``@final``, so
    that mypy reports what it lacks. Constructing one is cheap, since runs construct engines only to ask them about the
    model: nothing is loaded, imported or connected before ``load``.
    """

    protocol: int = 1
    """Raised with every change of what a model is given for one question; part of the identity."""
    remote: bool = False
    """Whether the work is done on another machine, so that two such models can be busy at the same time."""
    shows_examples: bool = False
    """Whether few-shot examples can be shown with their frames; otherwise examples are text alone."""
    send: Literal["images", "frames", "clip"] = "images"
    """How a clip travels to the model: its frames one by one, as one video, or its own file in place of frames."""
    sending: str = ""
    """The same in words; empty where nothing travels."""
    max_images: int | None = None
    """Most frames a request may hold; None: no known limit."""
    frames_multiple: int = 1
    """A request holds a multiple of so many frames, which the model reads together."""
    image_tokens: int | None = None
    """Tokens of one frame, for estimates; None: not known."""
    price: Price | None = None
    """US dollars per million tokens; None: tokens cost nothing, or the price is not known."""
    batch_price: float | None = None
    """What tokens cost in a batch, as a share of their price; None: it has no batches, or none are known."""

    def __init__(self, card: ModelCard, seed: int) -> None:
        """``seed``: the run's, for models that sample. Raises InputError for settings that do not fit."""
        self._card, self._seed = card, seed
        self.budget = Budget(None)
        """What calls that cost money are charged to; whoever runs the engine sets it before ``load``."""
        self.resolved: dict[str, Any] = {}
        """What the model made of its settings once it had started, in this process or at a worker; for ``facts``."""
        self.batches: BatchPlace | None = None
        """Where batches are noted; None: there are none, and will be none. Set as ``budget`` is."""
        self.frames: int | None = None
        """Frames shown of each clip; whoever runs the engine sets it before ``problems``. None: not known."""

    @property
    @abstractmethod
    def identity(self) -> Json:
        """Everything the model's answers depend on besides prompt, clip and settings of the run; part of their keys."""

    @property
    def facts(self) -> Json:
        """What the record of a finished run says about the engine besides; answers do not depend on it."""
        return {}

    def problems(self) -> list[str]:
        """What is missing (packages, keys, memory), a line each, with what to do about it.

        Called before a run, and by ``doctor``; nothing is loaded.
        """
        return []

    def text_problems(self, requests: Sequence[Request]) -> list[str]:
        """Why these requests could not be answered without frames, a line each; asked of what is to judge.

        Called where ``problems`` has found nothing. A checkpoint's tokenizer and chat template are loaded, and from the
        hub downloaded; its weights are not.
        """
        return []

    def missing_packages(self) -> list[str]:
        """Of ``problems`` those about packages, which another environment may have."""
        return []

    def budget_problems(self, *, looks: bool) -> list[str]:
        """Why ``--max-cost`` could not be kept, a line each. ``looks``: whether frames are shown."""
        return []

    def most_usd(self, request: Request, frames: int) -> float:
        """US dollars that one call can cost at most, with so many frames of each clip."""
        return 0.0

    def probe_problems(self, frames: int, clip: Clip) -> list[str]:
        """What only asking can tell, a line each: called before a run that shows clips, if nothing else is wrong.

        ``frames``: as many as a question shows; ``clip``: one of the run's.
        """
        return []

    def batch_files(self, requests: Iterable[Request], shown: ClipWork | None) -> int:
        """Files that batches of these requests would take, each with such a clip; 0 without batches."""
        return 0

    def repeat_problems(self) -> list[str]:
        """Why ``--repeats`` would get the same answer each time, a line each."""
        return []

    def warnings(self) -> list[str]:
        """What a user should know before time or money is spent, a line each."""
        return []

    @abstractmethod
    def load(self, note: Callable[[str], None], decode: Callable[[Clip], Frames]) -> Model:
        """The model, ready to answer. Called once a run, and only if questions are open. Raises ModelError.

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
"""Engine name in a card -> ``module:class``, imported when first used."""


def open_engine(card: ModelCard, seed: int) -> Engine:
    """The engine that a model card names. Raises InputError for one that does not exist."""
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
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's model may raise anything
            yield Response(request.key, error=error_at(error), traceback=trace_of(error))
        else:
            yield Response(request.key, text=text, seconds=time.perf_counter() - start)
