"""Where a repository is on this machine, and what its download needs. Nothing here asks the hub.

Cache and login are read as huggingface_hub documents their layout. Its own functions are not used: they fix the paths
at import, are missing until an engine is installed, and return the token itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mabench_eval.catalogue import REPOSITORY
from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.errors import InputError
from mabench_eval.parsing import read_json

_YES = ("1", "ON", "YES", "TRUE")

_MODEL_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_LORA_WEIGHTS = ("adapter_model*.safetensors", "adapter_model*.bin")
"""Weight files, the better format first."""


@dataclass(frozen=True, slots=True)
class RepoLocation:
    """Where the files of a model or of a LoRA adapter are."""

    kind: Literal["folder", "cache", "hub", "nowhere"]
    """``folder``: named by its path. ``cache``: downloaded before. ``hub``: to be downloaded. ``nowhere``: neither a
    folder nor the name of a repository."""
    path: Path | None = None
    """The folder; None when it is not on this machine."""
    missing: tuple[str, ...] = ()
    """Files that should be there and are not, as after an interrupted download."""

    @property
    def complete(self) -> bool:
        """Whether nothing has to be downloaded or repaired."""
        return self.path is not None and not self.missing


@dataclass(frozen=True, slots=True)
class NeededRepo:
    """A repository that a model is loaded from; or a folder, which its name is the path of."""

    name: str
    revision: str | None = None
    """Commit, branch or tag; None is ``main``."""
    role: Literal["model", "adapter", "further"] = "model"
    """``adapter``: a LoRA adapter. ``further``: one that the model's own code loads by itself."""
    gated: bool = False
    files: tuple[str, ...] = ()
    """Those that are needed; empty: the configuration and the weights."""
    size: int | None = 0
    """Bytes of its download, about; 0: too few to count; None: not known."""

    @property
    def words(self) -> str:
        """Its name; and of one that stands neither on the command line nor on the card's first lines what it is."""
        return f"{self.name}, which the model's code loads too," if self.role == "further" else self.name

    @property
    def download_command(self) -> str:
        """The command that downloads it into the cache."""
        revision = f"--revision {self.revision}" if self.revision else ""
        return " ".join(filter(None, ("hf download", self.name, *self.files, revision)))

    @property
    def commit(self) -> str | None:
        """The commit of its snapshot in the cache; None where it lies elsewhere."""
        place = self.locate()
        return place.path.name if place.kind == "cache" and place.path else None

    def locate(self) -> RepoLocation:
        """Where its files are: in a folder by its path, or in a snapshot in the hub's cache."""
        folder = Path(self.name).expanduser()
        if folder.is_dir():
            return RepoLocation("folder", folder, _missing(folder, self))
        if not REPOSITORY.fullmatch(self.name) and self.role != "further":  # the hub's oldest have no owner
            return RepoLocation("nowhere")
        snapshot = _snapshot(self.name, self.revision or "main")
        return RepoLocation("cache", snapshot, _missing(snapshot, self)) if snapshot else RepoLocation("hub")


def repos_of(settings: LocalSettings) -> Iterator[NeededRepo]:
    """All that a model is loaded from: its repository, its LoRA adapter, what its own code loads besides."""
    yield NeededRepo(settings.repo, settings.revision, gated=settings.gated, size=weight_bytes(settings))
    if settings.lora:
        yield NeededRepo(settings.lora, role="adapter")
    for each in settings.also_loads:
        size = round(each.gigabytes * 1e9)
        yield NeededRepo(each.repo, each.revision, "further", each.gated, each.files, size)


def locate_repo(repo: str, revision: str | None = None, *, lora: bool = False) -> RepoLocation:
    """Where the files of ``repo`` are. ``lora``: of a LoRA adapter, not of a whole model."""
    return NeededRepo(repo, revision, "adapter" if lora else "model").locate()


def hub_problems(settings: LocalSettings) -> list[str]:
    """What prevents getting the files that the model is loaded from, a line each with what to do about it."""
    problems = []
    for needed in repos_of(settings):
        place, name = needed.locate(), needed.name
        if place.complete:
            continue
        if place.kind == "folder":
            problems.append(f"the folder {name} lacks {_list(place.missing)}")
        elif place.kind == "nowhere":
            give = "--lora DIR" if needed.role == "adapter" else "--set repo=DIR, or OWNER/NAME on the hub"
            problems.append(f"there is no {needed.role} at {name}: name one that is there, {give}")
        elif is_offline():
            problems.append(
                f"{needed.words} is not in {cache_folder()}, and HF_HUB_OFFLINE forbids to download it: "
                f"unset HF_HUB_OFFLINE; {needed.download_command}"
            )
        elif needed.gated and not has_token():
            problems.append(
                f"{needed.words} is gated and nobody is logged in: accept its licence at {hub_page(name)}, then: "
                "hf auth login"
            )
    return problems


def hub_warnings(settings: LocalSettings) -> list[str]:
    """What a run downloads before it starts."""
    warnings = []
    for needed in repos_of(settings):
        place = needed.locate()
        if place.kind in ("cache", "hub") and not place.complete:
            size = f", about {needed.size / 1e9:.0f} GB" if needed.size else ""
            warnings.append(
                f"{needed.words} is not in {cache_folder()} and is downloaded first{size}; to do it beforehand: "
                + needed.download_command
            )
    return warnings


def weight_bytes(settings: LocalSettings, *names: str) -> int | None:
    """Bytes of the weights: of the files if they are here, else two (four as float32) for each parameter.

    The number of parameters is read from the repository's name, else from ``names``, as in ``Qwen3-VL-8B``: it is
    rounded, and often leaves out the vision part. None where no name contains it.
    """
    place = locate_repo(settings.repo, settings.revision)
    if place.complete and place.path:
        return sum((place.path / name).stat().st_size for name in _weight_files(place.path))
    for name in (settings.repo.rsplit("/", 1)[-1], *names):
        if billions := re.search(r"(?<![\w.])(\d+(?:\.\d+)?)B(?![a-z0-9])", name.replace("-", " "), re.IGNORECASE):
            return int(float(billions[1]) * 1e9 * (4 if settings.dtype == "float32" else 2))
    return None


def cache_folder() -> Path:
    """The hub's cache on this machine, by HF_HUB_CACHE, HF_HOME or its default; it need not exist."""
    folder = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    return _path(folder) if folder else _home() / "hub"


def has_token() -> bool:
    """Whether there is a token: in HF_TOKEN, or stored by ``hf auth login``. The token itself is never returned."""
    if any(os.environ.get(name, "").strip() for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")):
        return True
    stored = os.environ.get("HF_TOKEN_PATH")
    try:
        return bool((_path(stored) if stored else _home() / "token").read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return False


def is_offline() -> bool:
    """Whether the environment forbids access to the hub."""
    return (os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or "").upper() in _YES


def hub_page(repo: str) -> str:
    """The repository's page on the hub, where a licence is accepted."""
    return f"https://huggingface.co/{repo}"


def _home() -> Path:
    folder = os.environ.get("HF_HOME")
    return _path(folder) if folder else _path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"


def _path(text: str) -> Path:
    return Path(os.path.expandvars(text)).expanduser()


def _snapshot(repo: str, revision: str) -> Path | None:
    """The folder of a revision in the cache: a branch or tag is a file that holds its commit."""
    home = cache_folder() / f"models--{repo.replace('/', '--')}"
    reference = home / "refs" / revision
    commit = reference.read_text(encoding="utf-8").strip() if reference.is_file() else revision
    folder = home / "snapshots" / commit
    return folder if folder.is_dir() else None


def _missing(folder: Path, needed: NeededRepo) -> tuple[str, ...]:
    """The files that are needed, else configuration and weights, whichever are missing; a broken link is missing."""
    if needed.files:
        return tuple(name for name in needed.files if not (folder / name).is_file())
    lora = needed.role == "adapter"
    configurations = ("adapter_config.json",) if lora else ("config.json", "params.json")
    missing = [] if any((folder / name).is_file() for name in configurations) else [configurations[0]]
    expected = _weight_files(folder, lora) or ["its weights"]
    return (*missing, *(name for name in expected if not (folder / name).is_file()))


def _weight_files(folder: Path, lora: bool = False) -> list[str]:
    """Names of the weight files: those that an index lists, else those that are there."""
    for pattern in _LORA_WEIGHTS if lora else _MODEL_WEIGHTS:
        for index in sorted(folder.glob(f"{pattern}.index.json")):
            try:
                return sorted({str(name) for name in read_json(index)["weight_map"].values()})
            except (OSError, InputError, KeyError, TypeError, AttributeError):
                return [f"a readable {index.name}"]
        if names := sorted(path.name for path in folder.glob(pattern)):
            return names
    return []


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
