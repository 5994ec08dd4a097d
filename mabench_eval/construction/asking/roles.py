"""Which models a build asks for what: chosen on the command line, kept in ``build.yaml``, opened from the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from mabench_eval.catalogue import Catalogue, select_for_role
from mabench_eval.construction.asking.text_model import TextModel
from mabench_eval.construction.folder import BuildSettings
from mabench_eval.errors import InputError
from mabench_eval.journal import Budget
from mabench_eval.runfiles import from_json

Role = Literal["writer", "reworder", "verifier", "blind", "see"]
ROLES: Mapping[Role, str] = MappingProxyType(
    {
        "writer": "writes the captions, in place of the template",
        "reworder": "words the statements, in place of the templates; it is never told an answer",
        "verifier": "answers the questions from the descriptors, besides the rules",
        "blind": "answers from the questions' words alone: a figure of the gate",
        "see": "answers from frames alone: what it says otherwise is reviewed first",
    }
)
"""Role -> what its model does."""
OFFLINE = ("none", "template", "rules")
"""Names that stand for no model."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """What ``build.yaml`` says of a role, below ``models``."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    """In place of the card's. A key is never among them: ``key_env`` names a variable of the environment."""


def choose_model(settings: BuildSettings, role: Role, name: str | None, given: Mapping[str, Any]) -> BuildSettings:
    """The settings with another model in a role.

    Args:
        settings: What they are.
        role: Which.
        name: The model's; ``openai`` for any of an endpoint; ``none`` for none; None: as before.
        given: Settings in place of its card's; they are added to those that the same model has already.

    Raises:
        InputError: Settings are given for no model.
    """
    models, before = dict(settings.models), _choice(settings, role)
    if name is not None and name.casefold() in OFFLINE:
        models.pop(role, None)
        return replace(settings, models=models)
    if name is None and not given:
        return settings
    if name is None and before is None:
        raise InputError(f"--{role}-...: settings of no model; name one: --{role} NAME")

    same = before is not None and name in (None, before.name)
    chosen = {**(before.settings if before and same else {}), **given}
    models[role] = {"name": name or (before and before.name), **({"settings": chosen} if chosen else {})}
    return replace(settings, models=models)


def role_model(settings: BuildSettings, role: Role, catalogue: Catalogue) -> TextModel | None:
    """The model of a role; None: there is none. Raises InputError for one that does not exist, or odd settings."""
    choice = _choice(settings, role)
    if choice is None:
        return None
    return TextModel(select_for_role(role, choice.name, choice.settings, catalogue.models), role)


def check_models(models: Iterable[TextModel], budget: Budget) -> None:
    """Raise InputError with all that is missing to ask them."""
    problems = [problem for model in models for problem in model.problems(budget, looks=model.role == "see")]
    if problems:
        raise InputError("nothing was asked: something is missing", problems=problems)


def _choice(settings: BuildSettings, role: Role) -> _Choice | None:
    given = settings.models.get(role)
    where = f"{settings.source or 'build.yaml'}: models: {role}"
    return None if given is None else from_json(_Choice, given, where)
