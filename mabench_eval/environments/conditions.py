"""What this machine must have for an environment, looked at before gigabytes: git, a C library, room, a driver."""

from __future__ import annotations

import platform
import shutil
import sys

from mabench_eval.catalogue import EnvironmentCard
from mabench_eval.engines.local import driver_problem, find_gpus
from mabench_eval.environments.findings import Finding, gigabytes, version_numbers
from mabench_eval.environments.gpus import older_driver_fix
from mabench_eval.environments.location import FOLDER_VARIABLE, environments_folder
from mabench_eval.environments.lock import is_from_git, read_lock

UNPACKED = 3
"""An environment takes so many times its download: what is downloaded stays until it is unpacked, to twice its size."""


def unmet_conditions(card: EnvironmentCard) -> list[Finding]:
    """What is missing here to make an environment, each with what to do; empty where nothing is known to be."""
    found = []
    if any(is_from_git(each) for each in (*card.packages, *card.alone)) and shutil.which("git") is None:
        about = f"not installed, and {card.name} has a package that is a repository"
        found.append(Finding("git", "missing", about, "install git, e.g. apt install git"))

    library, version = platform.libc_ver() if sys.platform == "linux" else ("", "")
    if card.glibc and library == "glibc" and version_numbers(version) < version_numbers(card.glibc):
        about = f"{version}; the packages of {card.name} need {card.glibc} or newer"
        fix = "a newer system, e.g. Ubuntu 20.04, Debian 11, RHEL 9, or a container of one"
        found.append(Finding("glibc", "missing", about, fix))

    lock, folder = read_lock(card), environments_folder()
    if lock:
        place = next(each for each in (folder, *folder.absolute().parents) if each.is_dir())
        free, needed = shutil.disk_usage(place).free, UNPACKED * lock.download
        if free < needed:
            about = f"{gigabytes(free)} free for {folder}; {card.name} needs about {gigabytes(needed)}"
            found.append(Finding("room", "missing", about, f"export {FOLDER_VARIABLE}=DIR on another disk"))
    return found


def driver_warning(card: EnvironmentCard) -> str | None:
    """Why the GPU here cannot be used from an environment, with what to do; None where it can, or none is here."""
    try:
        gpus = find_gpus()
    except OSError as error:
        return f"{error}: repair the driver until nvidia-smi answers"
    problem = driver_problem(gpus, card.cuda)
    return f"{problem}: {older_driver_fix(card)}" if problem else None
