"""Creating an environment: by uv where it is installed, else by venv and pip."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

from filelock import FileLock

from mabench_eval.catalogue import EnvironmentCard
from mabench_eval.environments.location import FOLDER_VARIABLE, EnvironmentLocation, locate_environment
from mabench_eval.errors import InputError
from mabench_eval.journal import open_log, write_text

STEPS = (
    "Collecting",
    "Downloading",
    "Building",
    "Installing",
    "Resolved",
    "Prepared",
    "Installed",
    "Using",
    "Creating",
)
"""How those lines of uv and pip begin that show progress."""


def make_environment(card: EnvironmentCard, note: Callable[[str], None], *, ray: bool = False) -> EnvironmentLocation:
    """The environment, with Ray or without, made where it is not there yet. ``note`` takes lines of progress.

    Of two processes that want the same one, the second waits. Raises InputError with the reason that uv or pip gives.
    """
    location = locate_environment(card, ray=ray)
    if location.made:
        return location
    try:
        location.folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{location.folder}.lock"):
            if not location.made:
                _make(card, location, note)
    except OSError as error:
        raise InputError(
            f"environment {card.name}: cannot write to {location.folder.parent}: {error.strerror or error}",
            hint=f"{FOLDER_VARIABLE}=DIR names another folder for environments.",
        ) from error
    return location


def _make(card: EnvironmentCard, location: EnvironmentLocation, note: Callable[[str], None]) -> None:
    shutil.rmtree(location.folder, ignore_errors=True)
    log = location.log
    note(f"environment {card.name} is made in {location.folder}; this can take minutes and gigabytes (log: {log})")
    commands = install_commands(card, location)
    with open_log(log) as stream:
        for command in commands:
            status, lines = _run(command, stream.write, note)
            if status:
                raise InputError(
                    f"environment {card.name} cannot be made: {_reason(lines)}",
                    hint=f"The whole output: {log}. Behind a proxy or without a connection: pip config, PIP_INDEX_URL "
                    "(UV_INDEX_URL) name another index. --env current takes what is installed.",
                )
    write_text(location.marker, json.dumps({"name": card.name, "packages": location.packages}, indent=1))
    note(f"environment {card.name} is made")


def install_commands(card: EnvironmentCard, location: EnvironmentLocation) -> list[list[str]]:
    """The commands that make an environment, in order. Raises InputError where no Python of its version is here."""
    this = sys.executable if f"{sys.version_info.major}.{sys.version_info.minor}" in card.python else None
    python, folder = str(location.python), str(location.folder)
    if uv := shutil.which("uv"):
        create = [uv, "venv", "--python", this or card.python[0], folder]
        install = [uv, "pip", "install", "--python", python]
    else:
        interpreter = this or next((path for v in card.python if (path := shutil.which(f"python{v}"))), None)
        if interpreter is None:
            raise InputError(
                f"environment {card.name} needs Python {' or '.join(card.python)}, which is not installed",
                hint="Install it, or uv, which downloads it: pip install uv",
            )
        create = [interpreter, "-m", "venv", folder]
        install = [python, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]

    commands = [create, [*install, *location.packages]]
    if card.alone:
        commands.append([*install, "--no-deps", *card.alone])
    return commands


def _run(command: Sequence[str], log: Callable[[str], object], note: Callable[[str], None]) -> tuple[int, list[str]]:
    """Exit status and the last lines of output."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    log(f"$ {' '.join(command)}\n")
    lines: list[str] = []
    with subprocess.Popen(  # noqa: S603 - the card's packages, no shell
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, env=clean
    ) as process:
        assert process.stdout
        for line in process.stdout:
            log(line)
            lines = [*lines[-40:], line.strip()]
            if line.strip().startswith(STEPS):
                note(f"  {line.strip()[:110]}")
    return process.returncode, lines


def _reason(lines: Sequence[str]) -> str:
    """The first line that mentions an error, with the one after it; else the last."""
    first = next((number for number, line in enumerate(lines) if "error" in line.casefold()), len(lines) - 1)
    return " ".join(lines[first : first + 2])[:300] or "there was no output"
