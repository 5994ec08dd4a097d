"""From what a user names to judges: a function in Python, or any model of the catalogue that reads text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mabench_eval.catalogue import ENDPOINT, REPOSITORY, Catalogue, JudgeCard, ModelCard, endpoint_model_id
from mabench_eval.engines import ENGINES
from mabench_eval.errors import InputError, did_you_mean
from mabench_eval.judging.base import Judge
from mabench_eval.judging.model_judge import ModelJudge
from mabench_eval.judging.python_judge import PythonJudge


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
    if endpoint and ENDPOINT not in chosen:
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
    if name.casefold() not in known and REPOSITORY.fullmatch(name):  # `openai/gpt-4o`, as other tools name a model
        last = name.rpartition("/")[2].casefold()
        same = next((card for card in (*catalogue.judges, *catalogue.models) if card.casefold() == last), None)
        raise InputError(
            f"no judge named {name!r}" + (f"; did you mean {same!r}?" if same else ""),
            hint=f"Any model behind an endpoint: --judge openai --judge-model {name} --judge-base-url URL",
        )
    card = catalogue.judge(name)
    if card.name != ENDPOINT:
        return card
    return replace(card, name=endpoint_model_id("judge", endpoint), settings={**card.settings, **endpoint})
