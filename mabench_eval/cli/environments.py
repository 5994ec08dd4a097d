"""``mabench-eval env``, and ``--env``: running a command in another environment."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mabench_eval.catalogue import (
    Catalogue,
    EnvironmentCard,
    checkpoint_card,
    is_checkpoint,
    load_catalogue,
    settings_of,
)
from mabench_eval.cli.console import print_json, print_line, print_table
from mabench_eval.engines.local import LOCAL_ENGINES, LocalSettings
from mabench_eval.environments import (
    command_in,
    current_environment,
    locate_environment,
    make_environment,
    select_environment,
)
from mabench_eval.errors import InputError


def environments(options: Namespace) -> int:
    """List environments, make one, or print where its interpreter is."""
    catalogue = load_catalogue(options.include).check()
    if options.what == "list":
        return _list(catalogue, options.json)
    if options.name is None:
        raise InputError(f"env {options.what}: which one?", hint=f"There are: {', '.join(catalogue.environments)}")
    card = catalogue.environment(options.name)
    place = make_environment(card, print_line) if options.what == "make" else locate_environment(card)
    if options.json:
        print_json({"name": card.name, "python": str(place.python), "made": place.made})
    else:
        print(place.python)
    if not place.made:
        print_line(f"It is not made yet: mabench-eval env make {card.name}")
    return 0 if place.made else 2


def reenter(options: Namespace, words: Sequence[str]) -> int | None:
    """Run the command in the environment that ``--env`` asks for. None: this process is in it already, or need not be.

    Workers on this machine are in it too; on a cluster Ray makes it wherever one starts, and only there.
    Raises InputError for an environment that does not exist or cannot be made.
    """
    if getattr(options, "ray", None):
        return None
    catalogue = load_catalogue(options.include).check()
    card = _wanted(options, catalogue)
    if card is None or card.name == current_environment():
        return None
    place = make_environment(
        card, print_line, ray=any(getattr(options, name, None) for name in ("workers", "ship_clips"))
    )
    command, variables = command_in(card.name, place, words)
    print_line(f"environment {card.name}: {place.folder}")
    sys.stdout.flush()
    if os.name == "nt":  # exec there leaves the terminal to both
        return subprocess.run(command, env=variables, check=False).returncode  # noqa: S603 - this very command
    return os.execve(command[0], command, variables)  # noqa: S606 - signals, terminal and status are those of one process


def _wanted(options: Namespace, catalogue: Catalogue) -> EnvironmentCard | None:
    """The environment's card; None where the model needs none of its own."""
    if options.env != "auto":
        return catalogue.environment(options.env)
    name = options.model if options.verb == "run" else options.name
    if name.casefold() in {task.casefold() for task in catalogue.tasks}:  # `show TASK`
        return None
    card = checkpoint_card(name) if is_checkpoint(name) else catalogue.model(name)
    return select_environment("auto", replace(card, engine=getattr(options, "engine", None) or card.engine), catalogue)


def _list(catalogue: Catalogue, as_json: bool) -> int:
    rows: list[dict[str, Any]] = []
    for card in catalogue.environments.values():
        place = locate_environment(card)
        models = [
            model.name
            for model in catalogue.models.values()
            if model.engine in LOCAL_ENGINES
            and card.name in settings_of(LocalSettings, model.settings, model.name).environments.values()
        ]
        rows.append(
            {
                "name": card.name,
                "python": list(card.python),
                "packages": list(card.packages + card.alone),
                "models": models,
                "made": place.made,
                "folder": str(place.folder),
            }
        )
    if as_json:
        print_json(rows)
        return 0
    lists = ("python", "packages", "models")
    cells = [[row["name"], "yes" if row["made"] else "no", *(" ".join(row[key]) for key in lists)] for row in rows]
    print_table(["name", "made", "Python", "packages", "models"], cells, text_columns=5)
    return 0
