"""From what a user names to judges: a function in Python, or any model that reads text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mabench_eval.catalogue import (
    ENDPOINT,
    HUB,
    LOCAL_ENGINES,
    REPOSITORY,
    Catalogue,
    JudgeCard,
    ModelCard,
    checkpoint_card,
    endpoint_model_id,
    is_checkpoint,
    select_model,
)
from mabench_eval.engines import ENGINES
from mabench_eval.errors import InputError, did_you_mean
from mabench_eval.judging.base import Judge
from mabench_eval.judging.model_judge import ModelJudge
from mabench_eval.judging.python_judge import PythonJudge

ENDPOINT_SETTINGS = ("base_url", "model_id", "key_env")
"""Of the judge ``openai`` alone."""


def open_judges(names: str, catalogue: Catalogue, settings: Mapping[str, Any]) -> tuple[Judge, ...]:
    """The judges of a comma list; none for ``none``.

    A name is that of a judge's card, of any model of the catalogue, or of a checkpoint (``hf:ORG/NAME``, a folder); a
    model judges by text alone. ``settings`` are those given on the command line: of the judge ``openai``
    ``ENDPOINT_SETTINGS``, of every judge behind an endpoint ``concurrency``, of every one on this machine ``engine``,
    and of every model all others. Raises InputError for a name that does not exist or stands twice, and for settings
    without a taker.
    """
    if names.strip().casefold() == "none":
        return ()
    chosen = [word.strip() for word in names.split(",")]
    if len({name.casefold() for name in chosen}) < len(chosen) or not all(chosen):
        raise InputError(f"--judge {names}: expected different names, e.g. --judge gpt-4o,lexical")
    endpoint = {name: value for name, value in settings.items() if name in ENDPOINT_SETTINGS}
    if endpoint and ENDPOINT not in chosen:
        raise InputError("--judge-base-url, --judge-model and --judge-api-key-env go with --judge openai")

    cards = [_card(name, catalogue, endpoint) for name in chosen]
    called, times = Counter(card.name.casefold() for card in cards).most_common(1)[0]
    if times > 1:
        raise InputError(f"--judge {names}: {times} of them would be called {called!r}", hint="Give one a card.")
    more = {name: value for name, value in settings.items() if name not in ENDPOINT_SETTINGS}
    models = [_model(card, catalogue) for card in cards]
    if "engine" in more and not any(model and model.engine in LOCAL_ENGINES for model in models):
        raise InputError("--judge-engine goes with a judge that runs on this machine")
    if more.keys() - {"engine", "concurrency"} and not any(models):
        raise InputError("--judge-set goes with a judge that is a model")
    return tuple(
        ModelJudge(card, _with_settings(model, more)) if model else PythonJudge(card)
        for card, model in zip(cards, models, strict=True)
    )


def _model(card: JudgeCard, catalogue: Catalogue) -> ModelCard | None:
    """The model that judges; None for a function in Python. Raises InputError for one that does not exist."""
    if card.engine == "python":
        return None
    if card.engine == "model":
        return select_model(str(card.settings.get("model", card.name)), None, {}, catalogue.models)
    if card.engine in ENGINES:
        return ModelCard(card.name, card.engine, card.description, settings=card.settings, source=card.source)
    known = ["python", "model", *ENGINES]
    raise InputError(f"{card.source}: no judge engine {card.engine!r}{did_you_mean(card.engine, known)}")


def _with_settings(model: ModelCard, given: Mapping[str, Any]) -> ModelCard:
    """The model with those of the command line's settings that are for it. Raises InputError for one it cannot take."""
    settings = {name: value for name, value in given.items() if name not in ("engine", "concurrency")}
    if settings and model.engine == "python":
        raise InputError(f"judge {model.name!r} runs in Python and takes no setting {', '.join(sorted(settings))}")
    if "concurrency" in given and model.engine == "openai":
        settings["concurrency"] = given["concurrency"]
    engine = given.get("engine", model.engine) if model.engine in LOCAL_ENGINES else model.engine
    return replace(model, engine=engine, settings={**model.settings, **settings})


def _card(name: str, catalogue: Catalogue, endpoint: Mapping[str, Any]) -> JudgeCard:
    known = {card.casefold() for card in catalogue.judges}
    model = next((card for card in catalogue.models.values() if card.name.casefold() == name.casefold()), None)
    if name.casefold() not in known and model:
        return JudgeCard(model.name, "model", f"{model.name} as a judge", settings={"model": model.name})
    if name.casefold() not in known and is_checkpoint(name):
        return JudgeCard(checkpoint_card(name).name, "model", f"{name} as a judge", settings={"model": name})
    if name.casefold() not in known and Path(name).expanduser().is_dir():
        raise InputError(f"--judge {name}: the folder holds no checkpoint: it has no config.json")
    if name.casefold() not in known and REPOSITORY.fullmatch(name):  # `openai/gpt-4o`, as other tools name a model
        last = name.rpartition("/")[2].casefold()
        same = next((card for card in (*catalogue.judges, *catalogue.models) if card.casefold() == last), None)
        raise InputError(
            f"no judge named {name!r}" + (f"; did you mean {same!r}?" if same else ""),
            hint=f"On this machine: --judge {HUB}{name}. Any model behind an endpoint: --judge openai --judge-model "
            f"{name} --judge-base-url URL",
        )
    card = catalogue.judge(name)
    if card.name != ENDPOINT:
        return card
    return replace(card, name=endpoint_model_id("judge", endpoint), settings={**card.settings, **endpoint})
