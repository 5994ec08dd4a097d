"""Python code of the catalogue: files and folders beside a card or given by ``--include``, installed plugins."""

from __future__ import annotations

import importlib.util
import re
import sys
from contextlib import suppress
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from mabench_eval.catalogue.modules import MODULE, code_files
from mabench_eval.catalogue.registry import REGISTRY
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT_GROUP = "mabench_eval"
_STATE = "__mabench_eval_state__"
"""Attribute of such a module: the state of its files when it was imported."""


def code_beside(card: Path) -> Path | None:
    """The code of a card: the Python file of its name beside it, or the folder of its name that is a package."""
    folder, file = card.with_suffix(""), card.with_suffix(".py")
    if is_package(folder):
        return folder
    return file if file.is_file() else None


def is_package(folder: Path) -> bool:
    """Whether a folder can be imported whole."""
    return (folder / "__init__.py").is_file()


def import_file(path: Path) -> ModuleType:
    """Import a Python file, or a folder as a package; its decorators register what it brings. Returns its module.

    It is imported once a process, and anew after its files, or those that it names by ``depends``, have changed: edited
    code is another model.

    Raises InputError with the file and line where it broke.
    """
    import hashlib

    path = path.resolve()
    stem = re.sub(r"\W", "_", path.stem)
    name = f"{MODULE}{stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        state = getattr(sys.modules[name], _STATE, None)
        if state is None or state == _state(path):  # None: it is being imported
            return sys.modules[name]
        _forget(name)

    file, folders = (path / "__init__.py", [str(path)]) if path.is_dir() else (path, None)
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folders)
    if spec is None or spec.loader is None:
        raise InputError(f"cannot import {path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # an author's file may raise anything; it is told with file and line
        _forget(name)
        raise InputError(f"{_broke_at(path, error)}: {_one_line(error)}{_advice(path, error)}") from error
    setattr(module, _STATE, _state(path))
    return module


def installed_plugins() -> tuple[list[tuple[str, Path]], list[str]]:
    """Folders that installed packages add to the catalogue, and one line for each plugin that is broken.

    An entry point of the group ``mabench_eval`` names a module. It is imported, and the folder it lies in is read
    like one given by ``--include``.
    """
    if not _may_have_plugins():
        return [], []
    from importlib.metadata import entry_points

    folders, broken = [], []
    for point in entry_points(group=ENTRY_POINT_GROUP):
        try:
            folders.append((point.name, _folder_of(point)))
        except Exception as error:  # noqa: BLE001 - whatever a stranger's package raises must not take `list` down
            broken.append(f"plugin {point.name!r} ({point.value}) is broken: {_broke_in(error)}{_one_line(error)}")
    return folders, broken


def _may_have_plugins() -> bool:
    """Whether any entry point may be of the group, by a look into the files that would say so.

    importlib.metadata takes a fifth of the time of a list of models to import. It is asked where a file has the group's
    heading, and where packages may lie that are no folders: archives, finders of others.
    """
    if any(hasattr(finder, "find_distributions") and finder is not PathFinder for finder in sys.meta_path):
        return True
    heading = f"[{ENTRY_POINT_GROUP}]".encode()
    for place in map(Path, sys.path):
        if place.is_file():
            return True
        for found in place.iterdir() if place.is_dir() else ():
            if found.suffix == ".egg" or found.name.endswith("-info"):
                with suppress(OSError):
                    if heading in (found / ("EGG-INFO" * (found.suffix == ".egg")) / "entry_points.txt").read_bytes():
                        return True
    return False


def _folder_of(point: EntryPoint) -> Path:
    module = point.load()
    if not getattr(module, "__file__", None):
        raise InputError("the entry point must name a module")
    return Path(module.__file__).parent


def _forget(name: str) -> None:
    """Drop a module, and those inside it, so that they can be imported anew."""
    for known in [known for known in sys.modules if known == name or known.startswith(f"{name}.")]:
        del sys.modules[known]


def _state(path: Path) -> list[tuple[str, int, int]]:
    """What changes with a file's content: path, size in bytes and modification time in ns of each file that counts."""
    registered = [each for table in REGISTRY.tables.values() for each in table.values()]
    here = [each for each in registered if any(file.is_relative_to(path) for file in each.files)]
    files: list[Path] = []
    for place in [path, *(depends for each in here for depends in each.depends.values())]:
        files += code_files(place) if place.is_dir() else [place]
    return [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.exists()]


def _broke_at(path: Path, error: Exception) -> str:
    """The line of the file, or of a folder's file, that was being run."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}"
    import traceback

    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(path)]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else str(path)


def _advice(path: Path, error: Exception) -> str:
    """The way to import a module beside a file: its folder is not put on Python's path, where names would clash."""
    missing = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    beside = path.with_name(missing) if missing else path
    if not missing or not (beside.is_dir() or beside.with_suffix(".py").is_file()):
        return ""
    return (
        f", though it stands beside the file: make {path.parent} a package, with an __init__.py and "
        f"`from .{missing} import ...`, and --include the folder; or put the folder on PYTHONPATH"
    )


def _broke_in(error: Exception) -> str:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""


def _one_line(error: Exception) -> str:
    text = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())
