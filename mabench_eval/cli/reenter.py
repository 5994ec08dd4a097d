"""``--env``: the same command again, in the environment that its model or tracker needs."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mabench_eval.catalogue import Catalogue, EnvironmentCard, checkpoint_card, is_checkpoint, load_catalogue
from mabench_eval.cli.console import print_line
from mabench_eval.cli.verbs.build.track import chosen_folder
from mabench_eval.environments import (
    command_in,
    current_environment,
    locate_environment,
    make_environment,
    select_environment,
)


def reenter(options: Namespace, words: Sequence[str]) -> int | None:
    """Run the command in the environment that ``--env`` asks for. None: this process is in it already, or need not be.

    A dry run installs nothing: where the environment is not made it goes on here, and misses no package of it.
    Workers on this machine are in it too; on a cluster Ray makes it wherever one starts, and only there.
    Raises InputError for an environment that does not exist or cannot be made.
    """
    if getattr(options, "ray", None):
        return None
    include = options.include
    if options.verb == "build":
        include = [Path(path) for path in chosen_folder(options).settings.include]
    catalogue = load_catalogue(include).check()
    card = _wanted(options, catalogue)
    if card is None or card.name == current_environment():
        return None

    ray = any(getattr(options, name, None) for name in ("workers", "ship_clips"))
    if getattr(options, "dry_run", False) and not locate_environment(card, ray=ray).made:
        print_line(f"environment {card.name} is not made yet: without --dry-run it is installed first")
        return None
    place = make_environment(card, print_line, ray=ray)
    command, variables = command_in(card.name, place, words)
    print_line(f"environment {card.name}: {place.folder}")
    sys.stdout.flush()
    if os.name == "nt":  # exec there leaves the terminal to both
        return subprocess.run(command, env=variables, check=False).returncode  # noqa: S603 - this very command
    return os.execve(command[0], command, variables)  # noqa: S606 - signals, terminal and status are those of one process


def _wanted(options: Namespace, catalogue: Catalogue) -> EnvironmentCard | None:
    """The environment's card; None where the model or tracker needs none of its own."""
    if options.env != "auto":
        return catalogue.environment(options.env)
    if options.verb == "build":
        from mabench_eval.construction import folder_tracker

        environment = folder_tracker(chosen_folder(options), catalogue).environment
        return catalogue.environment(environment) if environment else None
    name = options.model if options.verb == "run" else options.name
    if name.casefold() in {task.casefold() for task in catalogue.tasks}:  # `show TASK`
        return None
    card = checkpoint_card(name) if is_checkpoint(name) else catalogue.model(name)
    return select_environment("auto", replace(card, engine=getattr(options, "engine", None) or card.engine), catalogue)
