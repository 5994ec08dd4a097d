"""Python files of the catalogue: adapters beside a card, files given by ``--include``, installed plugins."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from mabench_eval.errors import InputError

ENTRY_POINT_GROUP = "mabench_eval"
MODULE = "mabench_eval_plugin_"
"""What the names of imported files begin with, as modules."""


def code_beside(card: Path) -> Path | None:
    """The code of a card: the Python file of its name beside it, or the folder of its name that is a package."""
    folder, file = card.with_suffix(""), card.with_suffix(".py")
    if (folder / "__init__.py").is_file():
        return folder
    return file if file.is_file() else None


def import_file(path: Path) -> ModuleType:
    """Import a Python file, or a folder as a package, once a process; its decorators register what it brings.

    Returns its module.

    Raises InputError with the file and line where it broke.
    """
    path = path.resolve()
    name = f"{MODULE}{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    file, folders = (path / "__init__.py", [str(path)]) if path.is_dir() else (path, None)
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folders)
    if spec is None or spec.loader is None:
        raise InputError(f"cannot import {path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise InputError(f"{_broke_at(path, error)}: {_one_line(error)}") from error
    return module


def installed_plugins() -> tuple[list[tuple[str, Path]], list[str]]:
    """Folders that installed packages add to the catalogue, and one line for each plugin that is broken.

    An entry point of the group ``mabench_eval`` names a module. It is imported, and the folder it lies in is read
    like one given by ``--include``.
    """
    folders, broken = [], []
    for point in entry_points(group=ENTRY_POINT_GROUP):
        try:
            folders.append((point.name, _folder_of(point)))
        except Exception as error:  # noqa: BLE001 - whatever a stranger's package raises must not take `list` down
            broken.append(f"plugin {point.name!r} ({point.value}) is broken: {_broke_in(error)}{_one_line(error)}")
    return folders, broken


def _folder_of(point: EntryPoint) -> Path:
    module = point.load()
    if not getattr(module, "__file__", None):
        raise InputError("the entry point must name a module")
    return Path(module.__file__).parent


def _broke_at(path: Path, error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    return f"{path}:{lines[-1]}" if lines else str(path)


def _broke_in(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""


def _one_line(error: Exception) -> str:
    text = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())
