"""Where an environment is on this machine, and which packages belong into it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mabench_eval.catalogue import EnvironmentCard
from mabench_eval.errors import InputError
from mabench_eval.journal import fingerprint, user_cache
from mabench_eval.packages import requirements

FOLDER_VARIABLE = "MABENCH_EVAL_ENVIRONMENTS"
"""Environment variable that names another folder for environments, with room for tens of gigabytes."""


@dataclass(frozen=True, slots=True)
class EnvironmentLocation:
    """The folder of an environment, made or not. Another set of packages is in another folder."""

    folder: Path
    packages: tuple[str, ...]
    """All that is installed: the card's packages, and what this library itself needs."""

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def log(self) -> Path:
        """The installer's output."""
        return self.folder.with_name(f"{self.folder.name}.log")

    @property
    def locked(self) -> Path:
        """The locked set as it was installed, with hashes."""
        return self.folder / "locked.txt"

    @property
    def constraints(self) -> Path:
        """The locked set, without hashes."""
        return self.folder / "constraints.txt"

    @property
    def marker(self) -> Path:
        """A file written when all is installed. An environment cut short has none, and is made again."""
        return self.folder / "made.json"

    @property
    def made(self) -> bool:
        """Whether it can be used."""
        return self.marker.is_file() and self.python.exists()


def locate_environment(card: EnvironmentCard, *, ray: bool = False) -> EnvironmentLocation:
    """Where an environment is, made or not; with Ray it is another one.

    Raises InputError when this library is not installed, only copied.
    """
    packages = (*card.packages, *own_requirements("openai", *(["ray"] if ray else [])))
    name = f"{card.name}-{fingerprint([packages, card.alone, card.python])[:8]}"
    return EnvironmentLocation(environments_folder() / name, packages)


def environments_folder() -> Path:
    """The folder of all environments."""
    given = os.environ.get(FOLDER_VARIABLE)
    if given:
        return Path(given).expanduser()
    return user_cache() / "environments"


def own_requirements(*extras: str) -> tuple[str, ...]:
    """Packages that this library needs in every environment, with those of extras (``openai``: judges behind APIs)."""
    found = requirements(*extras)
    if not found:
        raise InputError(
            "the packages that mabench_eval needs are not known: it is not installed here",
            hint="pip install -e . in its folder",
        )
    return found
