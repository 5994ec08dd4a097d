"""Making an environment: by uv where there is one, else by venv and pip."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

from filelock import FileLock

from mabench_eval.catalogue import EnvironmentCard
from mabench_eval.environments.location import Place, find
from mabench_eval.errors import InputError
from mabench_eval.journal import write_text

TOLD = ("Collecting", "Downloading", "Building", "Installing", "Resolved", "Prepared", "Installed", "Using", "Creating")
"""What the lines of uv and pip begin with that a user waits for."""


def make(card: EnvironmentCard, tell: Callable[[str], None], *, ray: bool = False) -> Place:
    """The environment, with Ray or without, made where it is not there yet. ``tell`` takes lines of progress.

    Two processes that want the same one wait for each other. Raises InputError with what uv or pip said.
    """
    place = find(card, ray=ray)
    if place.made:
        return place
    try:
        place.folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{place.folder}.lock"):
            if not place.made:
                _make(card, place, tell)
    except OSError as error:
        raise InputError(
            f"environment {card.name}: cannot write to {place.folder.parent}: {error.strerror or error}",
            hint="MABENCH_EVAL_ENVIRONMENTS=DIR names another folder for environments.",
        ) from error
    return place


def _make(card: EnvironmentCard, place: Place, tell: Callable[[str], None]) -> None:
    shutil.rmtree(place.folder, ignore_errors=True)
    log = place.log
    tell(f"environment {card.name} is made in {place.folder}; this can take minutes and gigabytes (log: {log})")
    with log.open("w", encoding="utf-8") as lines:

        def run(command: Sequence[str]) -> None:
            code, last = _run(command, lines.write, tell)
            if code:
                raise InputError(
                    f"environment {card.name} cannot be made: {_reason(last)}",
                    hint=f"All that was said: {log}. Behind a proxy or without a connection: pip config, PIP_INDEX_URL "
                    "(UV_INDEX_URL) name another index. --env current takes what is installed.",
                )

        for command in commands(card, place):
            run(command)
    write_text(place.mark, json.dumps({"name": card.name, "packages": place.packages}, indent=1))
    tell(f"environment {card.name} is made")


def commands(card: EnvironmentCard, place: Place) -> list[list[str]]:
    """The commands that make an environment, in order."""
    uv = shutil.which("uv")
    python, folder = str(place.python), str(place.folder)
    if uv:
        begin = [uv, "venv", "--python", _fitting(card) or card.python[0], folder]
        install = [uv, "pip", "install", "--python", python]
    else:
        begin = [_interpreter(card), "-m", "venv", folder]
        install = [python, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
    found = [begin, [*install, *place.packages]]
    if card.alone:
        found.append([*install, "--no-deps", *card.alone])
    return found


def _fitting(card: EnvironmentCard) -> str | None:
    """The interpreter that runs now, where its version will do."""
    return sys.executable if f"{sys.version_info.major}.{sys.version_info.minor}" in card.python else None


def _interpreter(card: EnvironmentCard) -> str:
    found = _fitting(card) or next((path for v in card.python if (path := shutil.which(f"python{v}"))), None)
    if found is None:
        raise InputError(
            f"environment {card.name} needs Python {' or '.join(card.python)}, and none is here",
            hint="Install one, or uv, which fetches it: pip install uv",
        )
    return found


def _run(command: Sequence[str], log: Callable[[str], object], tell: Callable[[str], None]) -> tuple[int, list[str]]:
    """Exit status and the last lines said."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    log(f"$ {' '.join(command)}\n")
    last: list[str] = []
    with subprocess.Popen(  # noqa: S603 - the card's packages, no shell
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, env=clean
    ) as process:
        assert process.stdout
        for line in process.stdout:
            log(line)
            last = [*last[-40:], line.strip()]
            if line.strip().startswith(TOLD):
                tell(f"  {line.strip()[:110]}")
    return process.returncode, last


def _reason(last: Sequence[str]) -> str:
    """The first line that tells of an error, with the one after it; else the last."""
    first = next((place for place, line in enumerate(last) if "error" in line.casefold()), len(last) - 1)
    return " ".join(last[first : first + 2])[:300] or "nothing was said"
