"""Which environment a model runs in."""

from __future__ import annotations

import sys

from mabench_eval.catalogue import Catalogue, EnvironmentCard, ModelCard, settings_of
from mabench_eval.engines.local import LOCAL_ENGINES, LocalSettings
from mabench_eval.environments.activate import inside
from mabench_eval.errors import InputError


def environment_of(env: str, card: ModelCard, catalogue: Catalogue) -> EnvironmentCard | None:
    """What ``--env`` asks for: by name, or (``auto``) the one that a model's card names for its engine.

    None: the packages that are installed, as ``current`` says, or as a model needs that has no environment of its own.
    Raises InputError for an environment that does not exist, and for an engine that the card does not name.
    """
    if env == "current":
        return None
    if env != "auto":
        return catalogue.environment(env)
    if card.engine not in LOCAL_ENGINES:
        return None
    environments = settings_of(LocalSettings, card.settings, f"model {card.name!r}").environments
    if card.engine not in environments:
        raise InputError(
            f"no environment is known in which engine {card.engine} runs {card.name}",
            hint=f"Its card names {', '.join(f'{e}: {n}' for e, n in environments.items())}; or --env NAME.",
        )
    return catalogue.environment(environments[card.engine])


def worker_environment(env: str, card: ModelCard, catalogue: Catalogue) -> EnvironmentCard | None:
    """The same for workers, in whose place Ray makes it; None where this process, and so they, are in it already.

    Raises InputError also for an environment that Ray cannot make.
    """
    found = environment_of(env, card, catalogue)
    if found is None or found.name == inside():
        return None
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if version not in found.python:
        needed = " or ".join(found.python)
        raise InputError(
            f"environment {found.name} needs Python {needed}, and workers have that of the run, {version}",
            hint="Start the run, and Ray on every node, with such a Python.",
        )
    if found.alone:
        raise InputError(
            f"environment {found.name} installs {found.alone[0].split()[0]} without what it asks for: Ray cannot",
            hint=f"On every node: mabench-eval env make {found.name}; Ray in it, started from it; then --env current.",
        )
    return found
