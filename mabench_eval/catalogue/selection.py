"""From what a user names to cards: tasks by ``all``, ``closed``, a tier, names; models and judges in any case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from mabench_eval.catalogue.cards import ModelCard, TaskCard
from mabench_eval.errors import InputError, did_you_mean
from mabench_eval.taxonomy import OFFICIAL_TASKS

HUB = "hf:"
"""Before a repository on the hub, in place of a model's name."""
ENDPOINT = "openai"
"""In place of a name: a model that has no card, behind an endpoint, called by its model id."""


REPOSITORY = re.compile(r"\w[\w.-]*/\w[\w.-]*")
"""``owner/name`` on the hub; a path that begins with ``.``, ``~`` or ``/`` does not match."""
OF_ENGINES = ("hf", "hf-multimodal", "vllm", "vllm-vlm", "transformers", "openai-chat-completions", "local-completions")
"""What other tools take as a model's name, and means what runs it."""
HUMAN_MODEL = "human:"
"""Before a person's name, in place of a model's: of runs whose answers a person has given."""


class Named(Protocol):
    """Any card."""

    @property
    def name(self) -> str:
        """The card's name."""

    @property
    def source(self) -> Path | None:
        """Where it is defined."""


AnyCard = TypeVar("AnyCard", bound=Named)


def select_tasks(spec: str, tasks: Mapping[str, TaskCard]) -> tuple[TaskCard, ...]:
    """The tasks that ``spec`` names, each once, in the catalogue's order whatever the order in ``spec``.

    Raises InputError for a word that names nothing, with a suggestion and the list of what there is.
    """
    groups = _groups(tasks)
    words = [word.strip() for word in spec.split(",") if word.strip()]
    unknown = [word for word in words if word.casefold() not in groups]
    if unknown or not words:
        what = ", ".join(f"{w!r}{did_you_mean(w, groups)}" for w in unknown) or "nothing"
        raise InputError(
            f"--tasks: no such task: {what}",
            hint="Tasks: " + ", ".join(tasks) + "\nGroups: all, closed, open, perceptual, relational, interpretive",
        )
    chosen = {name for word in words for name in groups[word.casefold()]}
    return tuple(task for name, task in tasks.items() if name in chosen)


def paper_order(name: str) -> tuple[int, str]:
    """Sort key: the paper's order first, other tasks after them by name."""
    return (OFFICIAL_TASKS.index(name), "") if name in OFFICIAL_TASKS else (len(OFFICIAL_TASKS), name)


def _groups(tasks: Mapping[str, TaskCard]) -> dict[str, list[str]]:
    """Word in lower case -> task names. ``all`` is the benchmark's tasks and those of plugins."""
    groups: dict[str, list[str]] = {"all": list(tasks), "closed": [], "open": []}
    for name, task in tasks.items():
        groups["closed" if task.closed else "open"].append(name)
        groups.setdefault(task.tier, []).append(name)
        groups.setdefault(task.tier.split()[0], []).append(name)
        groups[name.casefold()] = [name]
        groups[task.full_name.casefold()] = [name]
    return groups


def find_card(kind: str, name: str, cards: Mapping[str, AnyCard]) -> AnyCard:
    """The card of that name, in any case. Raises InputError with a suggestion and the list."""
    for known, card in cards.items():
        if known.casefold() == name.casefold():
            return card
    raise InputError(
        f"no {kind} named {name!r}{did_you_mean(name, dict(cards))}",
        hint=f"There are: {', '.join(cards) or 'none'}\nAdd your own with --include FILE.py or --include DIR.",
    )


def find_model(name: str, models: Mapping[str, ModelCard]) -> ModelCard:
    """The card of a model, in any case. Raises InputError with what the name could mean, and the list.

    Checkpoints are named as other tools name them too: ``Qwen/Qwen3-VL-8B-Instruct``, ``hf/...``, ``openai/gpt-4o``.
    """
    repo = re.sub(r"^(hf|vllm|transformers)/(?=.+/)|^.*\bpretrained=", "", name)
    if name.casefold() in OF_ENGINES and name.casefold() not in models:
        raise InputError(
            f"no model named {name!r}: a model is named by its card or its checkpoint, not by what runs it",
            hint="A card: see `mabench-eval list models`. A checkpoint: hf:ORG/NAME, or its folder; with --engine vllm "
            "vLLM runs it.",
        )
    if any(name.casefold() == model.casefold() for model in models) or not REPOSITORY.fullmatch(repo):
        return find_card("model", name, models)
    if Path(repo).is_dir():
        raise InputError(f"no model named {name!r}, and the folder {repo} holds no checkpoint: it has no config.json")

    names = (repo.casefold(), repo.rpartition("/")[2].casefold())
    cards = [
        model.name
        for model in models.values()
        if str(model.settings.get("repo")).casefold() == names[0] or model.name.casefold() == names[1]
    ]
    raise InputError(
        f"no model named {name!r}; did you mean {(cards or [HUB + repo])[0]!r}?",
        hint=(f"In the catalogue: {', '.join(cards)}. " if cards else "")
        + f"On the hub: {HUB}{repo}. Behind an endpoint: {repo} with --engine openai --base-url URL.",
    )


def select_model(
    name: str, engine: str | None, settings: Mapping[str, Any], models: Mapping[str, ModelCard]
) -> ModelCard:
    """The card of a model, with ``engine`` and ``settings`` in place of its own.

    No card is needed for a checkpoint, nor when an engine is given. Raises InputError for a name that is unknown, and
    for settings that a Python model does not have.
    """
    known = any(name.casefold() == model.casefold() for model in models)
    if not known and name.startswith(HUMAN_MODEL):
        person = name.removeprefix(HUMAN_MODEL) or "NAME"
        raise InputError(
            f"{name}: a person is not asked by `run`",
            hint=f"Answers are collected, and made a run of, by: mabench-eval human --name {person} --data DATA",
        )
    if not known and is_checkpoint(name):
        card = checkpoint_card(name)
    elif engine and not known:
        card = ModelCard(name, engine, "given on the command line", settings={"model_id": name})
    else:
        card = find_model(name, models)

    chosen = engine or card.engine
    foreign = {name.partition(".")[0] for name in settings} - card.settings.keys()
    if foreign and chosen == "python":
        raise InputError(f"model {card.name!r} runs in Python and takes no setting {', '.join(sorted(foreign))}")
    return replace(card, engine=chosen, settings=_with_settings(card, settings))


def _with_settings(card: ModelCard, given: Mapping[str, Any]) -> dict[str, Any]:
    """The card's settings with those that are given in their place; ``GROUP.NAME`` is one entry of a group of settings.

    Raises InputError where what stands before the dot is no group.
    """
    settings = {**card.settings, **{name: value for name, value in given.items() if "." not in name}}
    for name, value in given.items():
        group, dot, entry = name.partition(".")
        if dot:
            entries = settings.get(group) or {}
            if not isinstance(entries, Mapping):
                raise InputError(f"--set {name}: the setting {group!r} of {card.name} is no group of settings")
            settings[group] = {**entries, entry: value}
    return settings


def select_for_role(role: str, name: str, settings: Mapping[str, Any], models: Mapping[str, ModelCard]) -> ModelCard:
    """The card of a model in a role of its own (``--writer NAME``), ``settings`` in place of the card's.

    ``openai`` stands for any model of an endpoint. Raises InputError, as ``select_model`` does.
    """
    if name.casefold() != ENDPOINT:
        return select_model(name, None, settings, models)
    model_id = endpoint_model_id(role, settings)
    return ModelCard(model_id, ENDPOINT, "given on the command line", settings=settings)


def endpoint_model_id(role: str, settings: Mapping[str, Any]) -> str:
    """What an endpoint calls the model of a role given as ``openai``. Raises InputError where that is not said."""
    if "model_id" not in settings:
        raise InputError(
            f"--{role} {ENDPOINT} needs --{role}-model ID, and --{role}-base-url URL for a server of your own"
        )
    return str(settings["model_id"])


def is_checkpoint(model: str) -> bool:
    """Whether a model's name is a checkpoint's: ``hf:ORG/NAME``, or a folder with a ``config.json``."""
    return model.startswith(HUB) or (Path(model).expanduser() / "config.json").is_file()


def checkpoint_card(model: str) -> ModelCard:
    """The card of a checkpoint that has none: ``hf:ORG/NAME``, or a folder."""
    repo = model.removeprefix(HUB)
    name = Path(repo).expanduser().resolve().name if not model.startswith(HUB) else repo.rpartition("/")[2]
    return ModelCard(name, "transformers", f"the checkpoint {repo}", settings={"repo": repo})
