"""The clips of a folder, and which of them a label names: by the rule that question files go by.

A clip's name is its path in the folder, without the extension where that leads to the same file by the rule: of
``a.mp4`` and ``a.webm`` the first is ``a``, the second ``a.webm``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mabench_eval.benchmark import CLIP_EXTENSIONS, find_clip_files, list_clip_files
from mabench_eval.errors import InputError


class ClipFolder:
    """A folder with clips, listed once."""

    def __init__(self, folder: Path, named: Iterable[str]) -> None:
        """``named``: what labels call clips. Raises InputError for a folder that cannot be listed, or has no clip."""
        try:
            paths = list_clip_files(folder)
            named_files = find_clip_files(sorted(set(named)), folder)
            here = {found.relative_to(folder).as_posix() for found in named_files.values() if isinstance(found, Path)}
            paths = sorted({*paths, *here})
            short = find_clip_files([_without_extension(path) for path in paths], folder)
        except OSError as error:
            raise InputError(f"clip folder {folder} cannot be listed: {error.strerror or error}") from error
        if not paths:
            raise InputError(f"no clip in {folder}: no file there ends in {', '.join(CLIP_EXTENSIONS)}")

        names = {}
        for path in paths:
            name = _without_extension(path)
            names[path] = name if short[name] == folder / path else path
        self.folder = folder
        self.paths = {name: path for path, name in sorted(names.items(), key=lambda item: item[1])}
        """Name -> path in the folder of each clip, by name."""
        self._named = {
            given: found if isinstance(found, str) else names[found.relative_to(folder).as_posix()]
            for given, found in named_files.items()
        }

    def find(self, given: str) -> str:
        """The name of the clip that a label calls so. Raises InputError that says why there is none."""
        name = self._named[given]
        if name not in self.paths:
            raise InputError(name)
        return name


def _without_extension(path: str) -> str:
    stem, dot, extension = path.rpartition(".")
    return stem if stem and f"{dot}{extension}".casefold() in CLIP_EXTENSIONS else path
