"""Which file of the clip folder a question's clip is.

A clip's name is a path inside the clip folder, with ``/`` between sub-folders. The file is, first of all, the one of
that name in that very folder; else one in any sub-folder whose path ends with the name. Upper and lower case and
the Unicode form count for nothing where no file is spelled as the name is, nor does the extension where no file has
the one that is named (``.mp4`` where none is). Two files that fit equally well are an error.

Nothing outside the clip folder is looked at: names with ``..``, a drive or a leading ``/`` are refused with the
question file; hidden folders and links to folders are not entered. A link to a file is followed, as downloads from the
hub are links to its cache: what lies in the clip folder, the user has put there.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

EXTENSIONS = (".3gp", ".avi", ".flv", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ts", ".webm", ".wmv")
"""Of files that are clips. A file with another one is a clip where the question names it in full."""
DEFAULT = ".mp4"
"""The extension of a name that has none."""
_FOREIGN_CHARACTERS = re.compile(r"[\\:\x00]")
"""What makes a name a path on some operating systems alone: other separators, drive letters."""

Found = Path | str
"""A clip's file, or why there is none."""


def clip_name(text: str) -> str:
    """The clip that a file with questions or labels calls so, ``.mp4`` left out.

    A path with ``/`` names a sub-folder of the clip folder. Raises ValueError for a name that could lead out of it, on
    any operating system.
    """
    name = text.removesuffix(DEFAULT)
    if _FOREIGN_CHARACTERS.search(name) or {"", ".", ".."} & set(name.split("/")):
        raise ValueError(f"clip name {name!r} is no path inside the clip folder, such as a.mp4 or morning/a.mp4")
    return name


def list_clip_files(folder: Path) -> list[str]:
    """All clips in a folder, as paths in it with ``/``, sorted. Raises OSError where it cannot be listed."""
    with os.scandir(folder):  # which says what is wrong with it; a walk would find nothing
        pass
    return sorted(
        f"{parent}/{file}" if parent else file
        for parent, files in _walk(folder)
        for file in files
        if not file.startswith(".") and _split(file)[1]
    )


def find_clip_files(names: Sequence[str], folder: Path) -> dict[str, Found]:
    """Each clip's file, or what is wrong, after the file's name. Raises OSError where the folder cannot be listed.

    A folder is listed once, and sub-folders only for names that the folders they name do not have.
    """
    near = _Files()
    for parent in dict.fromkeys(name.rpartition("/")[0] for name in names):
        near.add(parent, _listed(folder, parent))
    files = {name: near.best(name, deep=False) for name in names}

    if missing := [name for name, fitting in files.items() if not fitting]:
        below = _Files()
        for parent, inside in _walk(folder):
            below.add(parent, inside)
        files |= {name: below.best(name, deep=True) for name in missing}
    return {name: _only(name, fitting, folder) for name, fitting in files.items()}


class _Files:
    """The files of a clip folder, found by the last part of a name."""

    def __init__(self) -> None:
        self._by_stem: Mapping[str, list[str]] = defaultdict(list)
        """Stem as it is compared -> paths in the folder."""

    def add(self, parent: str, files: Iterable[str]) -> None:
        """Add the files of a sub-folder; "" is the clip folder itself."""
        for file in files:
            self._by_stem[_plain(_split(file)[0])].append(f"{parent}/{file}" if parent else file)

    def best(self, name: str, *, deep: bool) -> list[str]:
        """The files that fit a name best, equally well. ``deep``: in any sub-folder whose path ends as the name's."""
        parent, _, last = name.rpartition("/")
        for stem, extension in dict.fromkeys((_split(last), (last, ""))):  # a.mov may be short for a.mov.mp4
            fitting: dict[tuple[bool, bool], list[str]] = defaultdict(list)
            for path in self._by_stem.get(_plain(stem), ()):
                its_parent, _, file = path.rpartition("/")
                if its_parent == parent or (deep and _ends_with(its_parent, parent)):
                    its_stem, its_extension = _split(file)
                    same_spelling = its_stem == stem and its_parent.endswith(parent)
                    same_extension = its_extension.casefold() == (extension or DEFAULT).casefold()
                    fitting[not same_spelling, not same_extension].append(path)
            if fitting:
                return fitting[min(fitting)]
        return []


def _ends_with(path: str, tail: str) -> bool:
    """Whether the last folders of a path are those of ``tail``; all paths end with none."""
    return not tail or f"/{_plain(path)}".endswith(f"/{_plain(tail)}")


def _only(name: str, fitting: Sequence[str], folder: Path) -> Found:
    if len(fitting) == 1:
        return folder / fitting[0]
    shown = name if _split(name)[1] else f"{name}{DEFAULT}"
    return f"{shown}: two files fit it: {' and '.join(sorted(fitting)[:2])}" if fitting else f"{shown}: missing"


def _split(file: str) -> tuple[str, str]:
    """A file's name without its extension, and the extension; "" where it is none of a clip."""
    stem, dot, extension = file.rpartition(".")
    is_clip = stem and f".{extension}".casefold() in EXTENSIONS
    return (stem, dot + extension) if is_clip else (file, "")


def _plain(text: str) -> str:
    """A text without upper and lower case, in one Unicode form."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _listed(folder: Path, parent: str) -> list[str]:
    """The files of a sub-folder; none where it is not there, or behind a link."""
    if parent and (folder / parent).resolve() != folder.resolve() / parent:
        return []
    try:
        with os.scandir(folder / parent) as entries:
            return [entry.name for entry in entries if not _is_folder(entry)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # links in a circle
        return False


def _walk(folder: Path) -> Iterable[tuple[str, list[str]]]:
    """Each sub-folder, as a path in the folder, with its files; the folder itself is ""."""
    for path, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield "/".join(Path(path).relative_to(folder).parts), files
