"""Creating an environment, by uv where it is installed, else by venv and pip: what is cheap and may fail first."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TextIO

from filelock import FileLock

from mabench_eval.catalogue import EnvironmentCard
from mabench_eval.environments.conditions import driver_warning, unmet_conditions
from mabench_eval.environments.findings import gigabytes
from mabench_eval.environments.install_failures import explain_failure
from mabench_eval.environments.location import FOLDER_VARIABLE, EnvironmentLocation, locate_environment
from mabench_eval.environments.lock import Lock, holds_here, is_from_git, read_lock
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
KEPT_LINES = 400
"""Of an installer's output, in which the cause of a failure is looked for."""
START_S = 60.0
"""For an interpreter to start; some lie on slow disks of a network."""

Note = Callable[[str], None]
"""Takes a line of progress."""


def make_environment(
    card: EnvironmentCard, note: Note, *, ray: bool = False, locked: bool = True
) -> EnvironmentLocation:
    """The environment, with Ray or without, made where it is not there yet; what an earlier try installed is kept.

    ``locked``: by the card's locked set, where it has one for this platform; else its packages are resolved anew. Of
    two processes that want the same one, the second waits. Raises InputError with what is missing here, or with the
    cause that uv, pip or git gives.
    """
    location = locate_environment(card, ray=ray)
    if location.made:
        return location
    if unmet := unmet_conditions(card):
        raise InputError(
            f"environment {card.name} cannot be made here",
            problems=[f"{finding.name}: {finding.summary}: {finding.fix}" for finding in unmet],
        )
    interpreter = find_interpreter(card)
    if warning := driver_warning(card):
        note(f"warning: environment {card.name}: {warning}")
    try:
        location.folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{location.folder}.lock"):
            if not location.made:
                _make(card, location, interpreter, read_lock(card) if locked and holds_here() else None, note)
    except OSError as error:
        raise InputError(
            f"environment {card.name}: cannot write to {location.folder.parent}: {error.strerror or error}",
            hint=f"{FOLDER_VARIABLE}=DIR names another folder for environments.",
        ) from error
    return location


def _make(
    card: EnvironmentCard, location: EnvironmentLocation, interpreter: str, lock: Lock | None, note: Note
) -> None:
    size = f", about {gigabytes(lock.download)} to download" if lock and lock.download > 5e8 else ""
    note(f"environment {card.name} is made in {location.folder}{size} (log: {location.log})")
    with open_log(location.log) as log:
        run = partial(_run_step, card, log, note)
        if _starts(str(location.python), card.python):
            note("what an earlier try installed there is kept")
            _remove_half_installed(location)
        else:
            shutil.rmtree(location.folder, ignore_errors=True)
            run(create_command(interpreter, location))
        if lock:
            write_text(location.locked, lock.as_requirements())
            write_text(location.constraints, lock.as_requirements(hashes=False))
        for command in install_commands(card, location, lock):
            run(command)
    made = {"name": card.name, "packages": location.packages, "locked": lock.date if lock else None}
    write_text(location.marker, json.dumps(made, indent=1))
    note(f"environment {card.name} is made")


def find_interpreter(card: EnvironmentCard) -> str:
    """A Python of the card's versions that starts; with uv, where none does, the version, which uv then downloads.

    Raises InputError where there is none: what a version manager puts on the PATH is there and may not start.
    """
    this = f"{sys.version_info.major}.{sys.version_info.minor}"
    named = [path for version in card.python if (path := shutil.which(f"python{version}"))]
    found = [*([sys.executable] if this in card.python else []), *named]
    for path in found:
        if _starts(path, card.python):
            return path
    if shutil.which("uv"):
        return card.python[0]
    broken = f"; {', '.join(named)} does not start, or lacks venv (apt install python3-venv)" if named else ""
    raise InputError(
        f"environment {card.name} needs Python {' or '.join(card.python)}, which is not installed{broken}",
        hint="Install it, or uv, which downloads it: pip install uv",
    )


def _starts(python: str, versions: Sequence[str]) -> bool:
    """Whether an interpreter is there, starts, is of one of the versions, and can make environments."""
    code = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(  # noqa: S603 - an interpreter
            [python, "-I", "-c", code], capture_output=True, text=True, timeout=START_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() in versions


def create_command(interpreter: str, location: EnvironmentLocation) -> list[str]:
    """The command that makes the environment, with nothing in it."""
    if uv := shutil.which("uv"):
        return [uv, "venv", "--python", interpreter, str(location.folder)]
    return [interpreter, "-m", "venv", str(location.folder)]


def install_commands(card: EnvironmentCard, location: EnvironmentLocation, lock: Lock | None) -> list[list[str]]:
    """The commands that install the packages, in order.

    First dry runs, of what comes alone and, by uv, of all: they show in seconds what cannot be had. (pip resolves by
    itself before it downloads, and its dry runs download, so that of all would be everything twice.) Then the locked
    set, whole; then the requirements, which find themselves met by it but for Ray; then what comes alone unlocked.
    """
    if uv := shutil.which("uv"):
        install = [uv, "pip", "install", "--python", str(location.python)]
    else:
        install = [str(location.python), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]

    whole = [["--no-deps", "--require-hashes", "-r", str(location.locked)]] if lock else []
    constraints = ["--constraint", str(location.constraints)] if lock else []
    alone = [each for each in card.alone if not lock or is_from_git(each)]
    last = [["--no-deps", *alone]] if alone else []
    requirements = [*constraints, *location.packages]

    first = [*last, *(whole or [requirements])] if uv else last
    return [
        *([*install, "--dry-run", *words] for words in first),
        *([*install, *words] for words in (*whole, requirements, *last)),
    ]


def _run_step(card: EnvironmentCard, log: TextIO, note: Note, command: Sequence[str]) -> None:
    """Run one command into the log. Raises InputError with the cause where it fails."""
    status, lines = _run(command, log.write, note)
    if status:
        failure = explain_failure(lines)
        log.flush()
        raise InputError(
            f"environment {card.name} cannot be made: {failure.cause}",
            hint=f"{failure.hint} The whole output: {log.name}. What is installed so far is kept for the next try; "
            "--env current takes the packages that are here.".lstrip(),
        )


def _run(command: Sequence[str], log: Callable[[str], object], note: Note) -> tuple[int, list[str]]:
    """Exit status and the last lines of output."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    clean["GIT_TERMINAL_PROMPT"] = "0"  # a repository that wants a login is an error, not a question
    log(f"$ {' '.join(command)}\n")
    lines: list[str] = []
    with subprocess.Popen(  # noqa: S603 - the card's packages, no shell
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, env=clean
    ) as process:
        assert process.stdout
        for line in process.stdout:
            log(line)
            lines = [*lines[-KEPT_LINES:], line.strip()]
            if line.strip().startswith(STEPS):
                note(f"  {line.strip()[:110]}")
    return process.returncode, lines


def _remove_half_installed(location: EnvironmentLocation) -> None:
    """Forget what was cut short while it was unpacked: its record of files, which is written last, is missing.

    Its files stay and are written over.
    """
    for about in location.folder.glob("lib/python*/site-packages/*.dist-info"):
        if not (about / "RECORD").is_file():
            shutil.rmtree(about, ignore_errors=True)
