"""Which environment a model runs in: as ``--env`` says, or as its card names for its engine."""

from __future__ import annotations

import sys

from mabench_eval.catalogue import LOCAL_ENGINES, Catalogue, EnvironmentCard, ModelCard, settings_of
from mabench_eval.engines.local import LocalSettings
from mabench_eval.environments.activate import current_environment
from mabench_eval.errors import InputError


def select_environment(env: str, card: ModelCard, catalogue: Catalogue) -> EnvironmentCard | None:
    """The environment that ``--env`` names, or (``auto``) the one that a model's card names for its engine.

    None: the installed packages will do, for ``current`` and for models without an environment of their own.
    Raises InputError for an environment that does not exist, and for an engine that the card does not name.
    """
    if env == "current":
        return None
    if env != "auto":
        return catalogue.environment(env)
    if card.engine not in LOCAL_ENGINES:
        return None
    settings = settings_of(LocalSettings, card.settings, f"model {card.name!r}")
    environments = settings.environments
    if not environments and card.engine in settings.engines:  # an adapter that runs where it is
        return None
    if card.engine not in environments:
        raise InputError(
            f"no environment is known in which engine {card.engine} runs {card.name}",
            hint=f"Its card names {', '.join(f'{e}: {n}' for e, n in environments.items()) or 'none'}; or --env NAME.",
        )
    return catalogue.environment(environments[card.engine])


def is_elsewhere(env: str, card: ModelCard, catalogue: Catalogue) -> bool:
    """Whether ``--env`` asks for another environment than the one that this process is in. Raises InputError."""
    environment = select_environment(env, card, catalogue)
    return environment is not None and environment.name != current_environment()


def worker_environment(env: str, card: ModelCard, catalogue: Catalogue) -> EnvironmentCard | None:
    """The same for workers, for which Ray makes it; None where this process, and so they, are in it already.

    Raises InputError also for an environment that Ray cannot make.
    """
    return made_by_ray(select_environment(env, card, catalogue))


def made_by_ray(environment: EnvironmentCard | None) -> EnvironmentCard | None:
    """The environment, where Ray has to make it for workers; None where this process, and so they, are in it already.

    Raises InputError for one that Ray cannot make.
    """
    if environment is None or environment.name == current_environment():
        return None

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if version not in environment.python:
        needed = " or ".join(environment.python)
        raise InputError(
            f"environment {environment.name} needs Python {needed}, and workers have that of the run, {version}",
            hint="Start the run, and Ray on every node, with such a Python.",
        )
    if environment.alone:
        raise InputError(
            f"environment {environment.name} installs {environment.alone[0].split()[0]} without its dependencies, "
            "which Ray cannot do",
            hint=f"On every node: mabench-eval env make {environment.name}; install Ray into it and start Ray from it; "
            "then --env current.",
        )
    return environment
