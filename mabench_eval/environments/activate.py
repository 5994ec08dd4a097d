"""Running this very command in another environment: the same library, other packages."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from mabench_eval.catalogue import PACKAGE
from mabench_eval.environments.location import FOLDER_VARIABLE, EnvironmentLocation, environments_folder
from mabench_eval.errors import InputError

NAME_VARIABLE = "MABENCH_EVAL_ENVIRONMENT"
"""Environment variable that names the environment a process was started in."""


def current_environment() -> str | None:
    """The environment that ``--env`` started this process in; None: whatever is installed."""
    return os.environ.get(NAME_VARIABLE) or None


def command_in(name: str, location: EnvironmentLocation, words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Command line and environment variables that run ``mabench_eval words`` in an environment.

    The library is linked into a folder of its own, so that nothing else of this environment is found there.
    """
    variables = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "PYTHONPATH")}
    variables[NAME_VARIABLE] = name
    variables["PYTHONPATH"] = str(_library_folder())
    variables["VIRTUAL_ENV"] = str(location.folder)
    variables["PATH"] = os.pathsep.join([str(location.python.parent), os.environ.get("PATH", "")])
    return [str(location.python), "-P", "-m", "mabench_eval", *words], variables


def _library_folder() -> Path:
    """A folder that holds a link to this library, and nothing else."""
    folder = environments_folder() / "library" / hashlib.sha256(str(PACKAGE).encode()).hexdigest()[:12]
    link = folder / "mabench_eval"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(PACKAGE, target_is_directory=True)
    except FileExistsError:  # another process was faster
        pass
    except OSError as error:
        raise InputError(
            f"cannot link the library into {folder}: {error.strerror or error}",
            hint=f"{FOLDER_VARIABLE}=DIR names another folder for environments.",
        ) from error
    return folder
