"""The command that installs the packages of an extra, by the way in which this library came here."""

from __future__ import annotations

import shlex
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from mabench_eval.errors import InputError
from mabench_eval.parsing import parse_json

NAME = "mabench_eval"
_SOURCE = Path(__file__).resolve().parents[2]
"""The repository, where the library runs from one."""


def install_command(*extras: str) -> str:
    """The command that adds the packages of extras, by the way in which this library was installed.

    From a repository: of its folder, ``pip install '.[vllm]'`` where one stands in it. From an archive or a repository
    elsewhere: from there again. From an index: by name. What cannot be found any more is left out: the packages alone.
    """
    wanted = f"[{','.join(extras)}]"
    origin = _origin()
    url = origin.get("url", "") if origin else ""
    place = Path(unquote(urlsplit(url).path)) if url.startswith("file:") else None
    if (_SOURCE / "pyproject.toml").is_file():  # run from it, or installed as editable
        return f"pip install -e {_quoted(_SOURCE, wanted)}"
    if origin is None:
        return f"pip install {shlex.quote(NAME + wanted)}"
    if place and place.exists():
        return f"pip install {_quoted(place, wanted)}"
    if not place and (version_control := origin.get("vcs_info")):
        source = f"{version_control.get('vcs')}+{url}@{version_control.get('commit_id')}"
        return f"pip install {shlex.quote(f'{NAME}{wanted} @ {source}')}"
    return "pip install " + shlex.join(requirements(*extras, base=False) or (NAME + wanted,))


def requirements(*extras: str, base: bool = True) -> tuple[str, ...]:
    """What this library asks for, as pip takes it: by extras, with ``base`` by itself. Empty where not installed."""
    try:
        lines = metadata.requires(NAME) or []
    except metadata.PackageNotFoundError:
        return ()
    found = []
    for line in lines:
        requirement = line.replace('"', "'")
        marker = next((f"extra == '{extra}'" for extra in extras if f"extra == '{extra}'" in requirement), None)
        if marker or (base and "extra ==" not in requirement):
            found.append(requirement.replace(marker or "extra ==", "").rstrip("; "))
    return tuple(sorted(found))


def _origin() -> dict[str, Any] | None:
    """Where the installed library came from (PEP 610); None: from an index, or it is not installed."""
    try:
        text = metadata.distribution(NAME).read_text("direct_url.json")
        return dict(parse_json(text.encode(), "direct_url.json")) if text else None
    except (metadata.PackageNotFoundError, InputError):
        return None


def _quoted(place: Path, wanted: str) -> str:
    """A place and extras as the shell takes them; the working folder is ``.``."""
    return shlex.quote(f"{'.' if place == Path.cwd() else place}{wanted}")
