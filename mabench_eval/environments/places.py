"""Where an environment is on this machine."""

from __future__ import annotations

import importlib.metadata
import os
from dataclasses import dataclass
from pathlib import Path

from mabench_eval.catalogue import EnvironmentCard
from mabench_eval.errors import InputError
from mabench_eval.fingerprint import fingerprint

FOLDER = "MABENCH_EVAL_ENVIRONMENTS"
"""Environment variable that names another folder for them; one with room for tens of gigabytes."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of an environment, made or not. Another set of packages is another folder."""

    folder: Path
    packages: tuple[str, ...]
    """All that is installed: the card's, and what this library itself needs."""

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def log(self) -> Path:
        """What the installer says."""
        return self.folder.with_name(f"{self.folder.name}.log")

    @property
    def mark(self) -> Path:
        """A file that is there when all has been installed: an environment cut short has none and is made again."""
        return self.folder / "made.json"

    @property
    def made(self) -> bool:
        """Whether it can be used."""
        return self.mark.is_file() and self.python.exists()


def find(card: EnvironmentCard) -> Place:
    """The place of an environment. Raises InputError when this library is not installed, only lying there."""
    packages = (*card.packages, *own_requirements())
    name = f"{card.name}-{fingerprint([packages, card.alone, card.python])[:8]}"
    return Place(cache() / name, packages)


def cache() -> Path:
    """The folder of all environments."""
    given = os.environ.get(FOLDER)
    if given:
        return Path(given).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "mabench_eval" / "environments"


def own_requirements() -> tuple[str, ...]:
    """What this library needs in every environment, the judges behind endpoints included."""
    try:
        lines = importlib.metadata.requires("mabench_eval") or []
    except importlib.metadata.PackageNotFoundError:
        raise InputError(
            "what mabench_eval needs is not known: it is not installed here", hint="pip install -e . in its folder"
        ) from None
    asked = "extra == 'openai'"
    plain = [line.replace('"', "'") for line in lines]
    own = [line.replace(asked, "").rstrip("; ") for line in plain if asked in line or "extra ==" not in line]
    return tuple(sorted(own))
