"""Where a repository is on this machine, and what its download needs. Nothing here asks the hub.

The cache and the login are read as huggingface_hub lays them out, which is documented: its own functions fix the
places when they are imported, are not there before an engine is installed, and hand out the token itself.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mabench_eval.engines.local.settings import LocalSettings

_YES = ("1", "ON", "YES", "TRUE")
_REPOSITORY = re.compile(r"\w[\w.-]*/\w[\w.-]*")
"""``owner/name``; a path that begins with ``.``, ``~`` or ``/`` is none."""

_MODEL, _ADAPTER = ("*.safetensors", "pytorch_model*.bin"), ("adapter_model*.safetensors", "adapter_model*.bin")
"""Weight files, the better format first."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files of a model or of an adapter are."""

    kind: Literal["folder", "cache", "hub", "nowhere"]
    """``folder``: named by its path. ``cache``: downloaded before. ``hub``: to be downloaded. ``nowhere``: neither a
    folder nor the name of a repository."""
    path: Path | None = None
    """The folder; None when it is not on this machine."""
    missing: tuple[str, ...] = ()
    """Files that should be there and are not, as after a download that was cut short."""

    @property
    def complete(self) -> bool:
        """Whether nothing has to be downloaded or put right."""
        return self.path is not None and not self.missing


def resolve(repo: str, revision: str | None = None, *, adapter: bool = False) -> Place:
    """Where the files of ``repo`` are: a folder by its path, or a snapshot in the hub's cache.

    ``revision``: commit, branch or tag; None is ``main``. ``adapter``: of a LoRA adapter, not of a whole model.
    """
    folder = Path(repo).expanduser()
    if folder.is_dir():
        return Place("folder", folder, _missing(folder, adapter))
    if not _REPOSITORY.fullmatch(repo):
        return Place("nowhere")
    snapshot = _snapshot(repo, revision or "main")
    return Place("cache", snapshot, _missing(snapshot, adapter)) if snapshot else Place("hub")


def hub_problems(settings: LocalSettings) -> list[str]:
    """What stands in the way of having the model's files, and its adapter's, a line each with what mends it."""
    found = []
    for repo, revision, adapter in sources(settings):
        place = resolve(repo, revision, adapter=adapter)
        if place.complete:
            continue
        if place.kind == "folder":
            found.append(f"the folder {repo} lacks {_list(place.missing)}")
        elif place.kind == "nowhere":
            give = "--lora DIR" if adapter else "--set repo=DIR, or OWNER/NAME on the hub"
            found.append(f"there is no {'adapter' if adapter else 'model'} at {repo}: name one that is there, {give}")
        elif offline():
            found.append(
                f"{repo} is not in {cache_folder()}, and HF_HUB_OFFLINE forbids to download it: "
                f"unset HF_HUB_OFFLINE; {download_command(repo, revision)}"
            )
        elif settings.gated and not adapter and not has_token():
            found.append(
                f"{repo} is gated and nobody is logged in: accept its licence at {page(repo)}, then: hf auth login"
            )
    return found


def hub_warnings(settings: LocalSettings) -> list[str]:
    """What a run downloads before it starts."""
    return [
        f"{repo} is not in {cache_folder()} and is downloaded first{_about(settings, adapter)}; to do it beforehand: "
        + download_command(repo, revision)
        for repo, revision, adapter in sources(settings)
        if not (place := resolve(repo, revision, adapter=adapter)).complete and place.kind in ("cache", "hub")
    ]


def sources(settings: LocalSettings) -> Iterator[tuple[str, str | None, bool]]:
    """What a model is made of: repository, revision, and whether it is the adapter."""
    yield settings.repo, settings.revision, False
    if settings.lora:
        yield settings.lora, None, True


def weight_bytes(settings: LocalSettings, *names: str) -> int | None:
    """Bytes of the weights: of the files where they are here, else two (four as float32) for each parameter.

    The number of parameters is read from the repository's name, else from ``names``, as in ``Qwen3-VL-8B``: it is
    rounded, and often leaves out what sees. None where no name tells it.
    """
    place = resolve(settings.repo, settings.revision)
    if place.complete and place.path:
        return sum((place.path / name).stat().st_size for name in _weights(place.path))
    for name in (settings.repo.rsplit("/", 1)[-1], *names):
        if told := re.search(r"(?<![\w.])(\d+(?:\.\d+)?)B(?![a-z0-9])", name.replace("-", " "), re.IGNORECASE):
            return int(float(told[1]) * 1e9 * (4 if settings.dtype == "float32" else 2))
    return None


def cache_folder() -> Path:
    """The hub's cache on this machine, by HF_HUB_CACHE, HF_HOME or its default; it need not exist."""
    given = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    return _path(given) if given else _home() / "hub"


def has_token() -> bool:
    """Whether there is a token: in HF_TOKEN, or stored by ``hf auth login``. The token itself is never returned."""
    if any(os.environ.get(name, "").strip() for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")):
        return True
    stored = os.environ.get("HF_TOKEN_PATH")
    try:
        return bool((_path(stored) if stored else _home() / "token").read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return False


def offline() -> bool:
    """Whether the environment forbids to ask the hub."""
    return (os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or "").upper() in _YES


def page(repo: str) -> str:
    """The repository's page on the hub, where a licence is accepted."""
    return f"https://huggingface.co/{repo}"


def download_command(repo: str, revision: str | None = None) -> str:
    """The command that downloads a repository into the cache."""
    return f"hf download {repo}" + (f" --revision {revision}" if revision else "")


def _home() -> Path:
    given = os.environ.get("HF_HOME")
    return _path(given) if given else _path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"


def _path(text: str) -> Path:
    return Path(os.path.expandvars(text)).expanduser()


def _snapshot(repo: str, revision: str) -> Path | None:
    """The folder of a revision in the cache: a branch or tag is a file that holds its commit."""
    home = cache_folder() / f"models--{repo.replace('/', '--')}"
    reference = home / "refs" / revision
    commit = reference.read_text(encoding="utf-8").strip() if reference.is_file() else revision
    folder = home / "snapshots" / commit
    return folder if folder.is_dir() else None


def _missing(folder: Path, adapter: bool) -> tuple[str, ...]:
    """The configuration and the weights, whichever are not there; a link to nothing is not there."""
    configurations = ("adapter_config.json",) if adapter else ("config.json", "params.json")
    missing = [] if any((folder / name).is_file() for name in configurations) else [configurations[0]]
    announced = _weights(folder, adapter) or ["its weights"]
    return (*missing, *(name for name in announced if not (folder / name).is_file()))


def _weights(folder: Path, adapter: bool = False) -> list[str]:
    """Names of the weight files: those that an index announces, else those that are there."""
    for pattern in _ADAPTER if adapter else _MODEL:
        for index in sorted(folder.glob(f"{pattern}.index.json")):
            try:
                return sorted({str(name) for name in json.loads(index.read_bytes())["weight_map"].values()})
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                return [f"a readable {index.name}"]
        if found := sorted(path.name for path in folder.glob(pattern)):
            return found
    return []


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _about(settings: LocalSettings, adapter: bool) -> str:
    size = None if adapter else weight_bytes(settings)
    return f", about {size / 1e9:.0f} GB" if size else ""
