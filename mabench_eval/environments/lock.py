"""The locked set of an environment: a ``pylock.toml`` (PEP 751) beside its card, with a date and each file's hash.

It holds for Linux on x86-64 and every Python of the card, and takes in what this library itself needs.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mabench_eval.catalogue import EnvironmentCard
from mabench_eval.environments.location import own_requirements
from mabench_eval.errors import InputError
from mabench_eval.journal import write_text
from mabench_eval.parsing import read_toml

PLATFORM = "sys_platform == 'linux' and platform_machine == 'x86_64'"
_SPELLINGS = ("platform_machine == 'x86_64' and sys_platform == 'linux'", PLATFORM)
"""How uv writes it into the marker of each package, where it is left out: it holds for the whole file."""


@dataclass(frozen=True, slots=True)
class LockedPackage:
    """One package of a locked set."""

    name: str
    version: str
    marker: str
    """For which versions of Python, as pip takes it; empty for all."""
    wheels: tuple[tuple[str, int, str], ...]
    """(name, bytes, sha256) of each file that will do."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A locked set."""

    date: str
    """As of the beginning of that day, ``2026-11-28`` in UTC: nothing that was published later is in it."""
    requirements: tuple[str, ...]
    """What was resolved: of the card, and of this library."""
    packages: tuple[LockedPackage, ...]

    @property
    def download(self) -> int:
        """Bytes to be downloaded, about: of each package the largest file, since one for each Python is listed."""
        sizes: dict[str, int] = {}
        for package in self.packages:
            sizes[package.name] = max(sizes.get(package.name, 0), *(size for _, size, _ in package.wheels))
        return sum(sizes.values())

    def as_requirements(self, *, hashes: bool = True) -> str:
        """The set as pip and uv take it by ``-r``; without hashes as they take it by ``--constraint``."""
        lines = []
        for package in self.packages:
            marker = f" ; {package.marker}" if package.marker else ""
            digests = [f" --hash=sha256:{digest}" for _, _, digest in package.wheels] if hashes else []
            lines.append(f"{package.name}=={package.version}{marker}{''.join(digests)}\n")
        return "".join(lines)


def lock_file(card: EnvironmentCard) -> Path | None:
    """Where the lock of a card is, or would be; None for a card without a file. The standard allows no dot in it."""
    return card.source.with_name(f"pylock.{card.name.replace('.', '-')}.toml") if card.source else None


def read_lock(card: EnvironmentCard) -> Lock | None:
    """The card's locked set; None where there is none. Raises InputError for a file that is none."""
    file = lock_file(card)
    if file is None or not file.is_file():
        return None
    document = read_toml(file)
    try:
        about = document["tool"]["mabench-eval"]
        packages = tuple(
            LockedPackage(
                package["name"],
                package["version"],
                package.get("marker", ""),
                tuple((_name(wheel["url"]), wheel["size"], wheel["hashes"]["sha256"]) for wheel in package["wheels"]),
            )
            for package in document["packages"]
        )
        return Lock(about["date"], tuple(about["requirements"]), packages)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{file}: not a locked set of this library ({type(error).__name__}: {error})",
            hint=f"mabench-eval env lock {card.name} writes it anew.",
        ) from error


def holds_here() -> bool:
    """Whether locked sets are for this platform."""
    return sys.platform == "linux" and platform.machine() == "x86_64" and platform.libc_ver()[0] == "glibc"


def locked_requirements(card: EnvironmentCard) -> tuple[str, ...]:
    """What a card's lock resolves: all but what comes from a repository at a commit, which is its own hash."""
    return (*card.packages, *(each for each in card.alone if not is_from_git(each)), *own_requirements("openai"))


def is_from_git(requirement: str) -> bool:
    """Whether a requirement is a repository and no package of an index."""
    return "git+" in requirement


def write_lock(card: EnvironmentCard, date: str) -> Path:
    """Resolve a card as of the beginning of a day (``2026-11-28``) and write its lock beside it. Raises InputError."""
    file = lock_file(card)
    if file is None:
        raise InputError(f"environment {card.name} has no file that a lock could stand beside")
    text = resolve(card, date)
    try:
        write_text(file, text)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror or error}") from error
    return file


def resolve(card: EnvironmentCard, date: str) -> str:
    """The text of a card's lock as of the beginning of a day (``2026-11-28``), by uv. Raises InputError.

    At another time the same date gives the same text, unless files were taken out of the index.
    """
    uv = shutil.which("uv")
    if uv is None:
        raise InputError("locked sets are made by uv, which is not installed", hint="pip install uv")
    with tempfile.TemporaryDirectory() as folder:
        write_text(Path(folder) / "pyproject.toml", _project(card, date))
        for words in (["lock"], ["export", "--format", "pylock.toml", "--no-header", "--output-file", "pylock.toml"]):
            command = [uv, *words, "--no-python-downloads", "--project", folder]
            done = subprocess.run(  # noqa: S603 - the card's packages, no shell
                command, cwd=folder, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise InputError(
                    f"environment {card.name} cannot be resolved as of {date}: {' '.join(done.stderr.split())[-900:]}"
                )
        return _written(card, date, read_toml(Path(folder) / "pylock.toml"))


def _project(card: EnvironmentCard, date: str) -> str:
    """A project that asks for the card's packages. Of those that come alone it says that they ask for nothing."""
    minors = sorted(int(version.split(".")[1]) for version in card.python)
    lines = [
        "[project]",
        'name = "environment"',
        'version = "0"',
        f'requires-python = ">=3.{minors[0]},<3.{minors[-1] + 1}"',
        f"dependencies = {json.dumps(locked_requirements(card))}",
        "[tool.uv]",
        "package = false",
        "no-build = true",
        f"environments = [{json.dumps(PLATFORM)}]",
        f'exclude-newer = "{date}T00:00:00Z"',
    ]
    for requirement in card.alone:
        if not is_from_git(requirement):
            name, _, version = requirement.partition("==")
            metadata = f"name = {json.dumps(name)}\nversion = {json.dumps(version)}\nrequires-dist = []"
            lines += ["[[tool.uv.dependency-metadata]]", metadata]
    return "\n".join(lines) + "\n"


def _written(card: EnvironmentCard, date: str, document: dict[str, Any]) -> str:
    """A lock with what is needed of uv's: no source archives, and no wheels for another C library."""
    lines = [
        f"# The locked set of environment {card.name}. Written by: mabench-eval env lock {card.name}",
        'lock-version = "1.0"',
        f"environments = [{json.dumps(PLATFORM)}]",
        f"requires-python = {json.dumps(document['requires-python'])}",
        'created-by = "mabench-eval"',
    ]
    for package in sorted(document["packages"], key=lambda each: (each["name"], each["version"])):
        lines += ["", "[[packages]]", *(f"{key} = {json.dumps(package[key])}" for key in ("name", "version"))]
        marker = _own_marker(package.get("marker", ""))
        lines += [f"marker = {json.dumps(marker)}"] if marker else []
        lines += ["wheels = [", *_wheel_lines(package["wheels"]), "]"]
    requirements = [f"  {json.dumps(each)}," for each in locked_requirements(card)]
    lines += ["", "[tool.mabench-eval]", f"date = {json.dumps(date)}", "requirements = [", *requirements, "]"]
    return "\n".join(lines) + "\n"


def _own_marker(marker: str) -> str:
    """A marker without the platform."""
    for spelling in _SPELLINGS:
        marker = marker.replace(f" and {spelling}", "").replace(spelling, "")
    return marker


def _wheel_lines(wheels: Sequence[dict[str, Any]]) -> list[str]:
    lines = []
    for wheel in sorted(wheels, key=lambda each: str(each["url"])):
        name = _name(wheel["url"])
        if name.endswith("-any.whl") or "-manylinux" in name or "-linux_" in name:
            hashes = f'{{ sha256 = "{wheel["hashes"]["sha256"]}" }}'
            lines.append(f"  {{ url = {json.dumps(wheel['url'])}, size = {wheel['size']}, hashes = {hashes} }},")
    return lines


def _name(url: str) -> str:
    return url.rsplit("/", 1)[-1]


def glibc_of(wheel: str) -> tuple[int, int]:
    """The oldest glibc that a wheel runs on, by its name; (0, 0) for one that needs none."""
    aliases = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
    tags = [(int(major), int(minor)) for major, minor in re.findall(r"manylinux_(\d+)_(\d+)", wheel)]
    tags += [version for alias, version in aliases.items() if f"{alias}_" in wheel]
    return min(tags, default=(0, 0))
