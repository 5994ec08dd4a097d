"""Judges: who scores open answers. A function in Python, or any model of the catalogue that reads text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from mabench_eval.catalogue import REGISTRY, Catalogue, JudgeCard, ModelCard
from mabench_eval.engines import ENGINES, identity, registered
from mabench_eval.errors import InputError, did_you_mean
from mabench_eval.journal import Price
from mabench_eval.judging.model_judge import ModelJudge
from mabench_eval.judging.prompt import HIGHEST
from mabench_eval.types import Json, JudgeRequest, Judgment

Note = Callable[[str], None]
GENERIC = "openai"
"""The judge of any endpoint; it is called by its model id in tables."""


def quiet(line: str) -> None:
    """Tell nobody."""


class Judge(Protocol):
    """Who scores open answers."""

    @property
    def name(self) -> str:
        """As tables call it."""

    @property
    def official(self) -> bool:
        """Whether this is the paper's judge."""

    @property
    def identity(self) -> Json:
        """All that the scores depend on besides rubric, reference and answer."""

    @property
    def price(self) -> Price | None:
        """US dollars per million tokens; None for a judge that costs nothing a token, or whose price is not known."""

    @property
    def alongside(self) -> bool:
        """Whether it can judge while a model answers; else it waits until the model is done and gone."""

    def problems(self) -> list[str]:
        """What is missing (packages, keys, memory), a line each, with what to do about it."""

    def warnings(self) -> list[str]:
        """What a user should know before anything is spent, a line each."""

    def judge(self, requests: Iterable[JudgeRequest], note: Note = quiet) -> Iterator[Judgment]:
        """Score each request; yield judgments as they come, in any order, keyed as the requests.

        What cannot be scored is a judgment with an error. Raises ModelError when nothing can go on.
        """


class PythonJudge:
    """A registered function ``f(request) -> Judgment``, run in this process."""

    price = None
    alongside = True

    def __init__(self, card: JudgeCard) -> None:
        self._card = card
        self._code = registered(card, REGISTRY.judges)
        self.name, self.official = card.name, card.official

    @property
    def identity(self) -> Json:
        """The card, and the hash of the code: edited code is another judge."""
        return identity(self._card, self._code)

    def problems(self) -> list[str]:
        """Nothing can be missing: the code has been imported."""
        return []

    def warnings(self) -> list[str]:
        """None."""
        return []

    def judge(self, requests: Iterable[JudgeRequest], note: Note = quiet) -> Iterator[Judgment]:
        """Score one after the other; what the function raises, or a level it must not give, is "no score"."""
        function: Callable[[JudgeRequest], Judgment] = self._code.target
        for request in requests:
            try:
                yield checked(function(request), request)
            except Exception as error:  # noqa: BLE001 - a user's judge may raise anything; only this score is lost
                yield Judgment(request.key, error=f"{type(error).__name__}: {error}")


def checked(judgment: Judgment, request: JudgeRequest) -> Judgment:
    """The judgment, if it has an integer 0-5 for each level asked; else one that says "no score" and why."""
    levels = judgment.levels
    if levels is None:
        return judgment
    good = all(type(levels.get(name)) is int and 0 <= levels[name] <= HIGHEST for name in request.levels)
    if good and set(levels) == set(request.levels):
        return judgment
    return Judgment(request.key, error=f"expected an integer 0-5 for each of {', '.join(request.levels)}, got {levels}")


def open_judges(names: str, catalogue: Catalogue, settings: Mapping[str, Any]) -> tuple[Judge, ...]:
    """The judges of a comma list; none for ``none``.

    A name is that of a judge's card, or of any model of the catalogue, which then judges by text alone. ``settings``
    are those given on the command line: ``concurrency`` for every judge behind an endpoint, the others for the judge
    ``openai``. Raises InputError for a name that does not exist or stands twice, and for settings without a taker.
    """
    if names.strip().casefold() == "none":
        return ()
    chosen = [word.strip() for word in names.split(",")]
    if len({name.casefold() for name in chosen}) < len(chosen) or not all(chosen):
        raise InputError(f"--judge {names}: expected different names, e.g. --judge gpt-4o,lexical")
    endpoint = {name: value for name, value in settings.items() if name != "concurrency"}
    if endpoint and GENERIC not in chosen:
        raise InputError("--judge-base-url, --judge-model and --judge-api-key-env go with --judge openai")
    return tuple(
        open_judge(_card(name, catalogue, endpoint), catalogue, settings.get("concurrency")) for name in chosen
    )


def open_judge(card: JudgeCard, catalogue: Catalogue, concurrency: int | None = None) -> Judge:
    """The judge of a card. Raises InputError for an engine or a model that does not exist."""
    if card.engine == "python":
        return PythonJudge(card)
    if card.engine == "model":
        model = catalogue.model(str(card.settings.get("model", card.name)))
    elif card.engine in ENGINES:
        model = ModelCard(card.name, card.engine, card.description, settings=card.settings, source=card.source)
    else:
        known = ["python", "model", *ENGINES]
        raise InputError(f"{card.source}: no judge engine {card.engine!r}{did_you_mean(card.engine, known)}")
    if concurrency is not None and model.engine == "openai":
        model = replace(model, settings={**model.settings, "concurrency": concurrency})
    return ModelJudge(card, model)


def _card(name: str, catalogue: Catalogue, endpoint: Mapping[str, Any]) -> JudgeCard:
    known = {card.casefold() for card in catalogue.judges}
    model = next((card for card in catalogue.models.values() if card.name.casefold() == name.casefold()), None)
    if name.casefold() not in known and model:
        return JudgeCard(model.name, "model", f"{model.name} as a judge", settings={"model": model.name})
    card = catalogue.judge(name)
    if card.name != GENERIC:
        return card
    if "model_id" not in endpoint:
        raise InputError("--judge openai needs --judge-model ID, and --judge-base-url URL for a server of your own")
    return replace(card, name=str(endpoint["model_id"]), settings={**card.settings, **endpoint})
