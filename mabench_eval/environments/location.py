"""Where an environment is on this machine."""

from __future__ import annotations

import importlib.metadata
import os
from dataclasses import dataclass
from pathlib import Path

from mabench_eval.catalogue import EnvironmentCard
from mabench_eval.errors import InputError
from mabench_eval.journal import fingerprint

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


def find(card: EnvironmentCard, *, ray: bool = False) -> Place:
    """The place of an environment, or of the same with Ray: another folder.

    Raises InputError when this library is not installed, only lying there.
    """
    packages = (*card.packages, *own_requirements("openai", *(["ray"] if ray else [])))
    name = f"{card.name}-{fingerprint([packages, card.alone, card.python])[:8]}"
    return Place(cache() / name, packages)


def cache() -> Path:
    """The folder of all environments."""
    given = os.environ.get(FOLDER)
    if given:
        return Path(given).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "mabench_eval" / "environments"


def own_requirements(*extras: str) -> tuple[str, ...]:
    """What this library needs in every environment, with extras: ``openai``, for the judges behind endpoints."""
    try:
        lines = importlib.metadata.requires("mabench_eval") or []
    except importlib.metadata.PackageNotFoundError:
        raise InputError(
            "what mabench_eval needs is not known: it is not installed here", hint="pip install -e . in its folder"
        ) from None
    own = []
    for line in lines:
        plain = line.replace('"', "'")
        asked = next((f"extra == '{extra}'" for extra in extras if f"extra == '{extra}'" in plain), None)
        if asked or "extra ==" not in plain:
            own.append(plain.replace(asked or "extra ==", "").rstrip("; "))
    return tuple(sorted(own))
