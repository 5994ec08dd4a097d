"""The files that a model's code consists of, and the modules that it brings along from outside of installed packages.

Imports are read, not run: ``import`` statements wherever they stand, also inside functions, and ``import_module`` and
``__import__`` with a literal name. What a model reads besides, data files for one, it names by ``depends``.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec, resolve_name
from pathlib import Path

THIS_PACKAGE = __name__.split(".", maxsplit=1)[0]
MODULE = "mabench_eval_plugin_"
"""What the names of modules begin with that were imported by their place (see ``plugins.import_file``)."""
INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders that packages are installed in; one that holds ``*.dist-info`` is another."""


def code_files(folder: Path) -> list[Path]:
    """All files of a folder of code, data files too, by relative path.

    ``__pycache__`` and hidden files are left out. A link counts as what it leads to, also outside the folder; one that
    leads nowhere, or back up, counts as nothing.
    """
    return sorted(_files(folder, ()), key=lambda path: path.relative_to(folder).as_posix())


def companion_modules(files: Mapping[Path, str]) -> dict[str, Path]:
    """Name -> file of each module that these Python files need besides themselves, by name.

    What Python brings, what is installed and this library itself are left out; of a package that one of the files lies
    in nothing is. ``files``: file -> the package in which its relative imports begin; empty where there is none, and in
    a folder that is given whole, where they lead to each other.
    """
    given = {file.resolve() for file in files}
    found: dict[str, Path] = {}
    unread = list(files.items())
    while unread:
        file, package = unread.pop()
        for name, spec in _imported(file, package):
            path = Path(spec.origin or "")
            if name in found or path.resolve() in given or not _is_own(name, path, given):
                continue
            found[name] = path
            unread.append((path, name if spec.submodule_search_locations else name.rpartition(".")[0]))
    return dict(sorted(found.items()))


def folder_of(module: str) -> Path | None:
    """The folder that a module, by its name, was imported with as a package; None where it was no such folder."""
    package = sys.modules.get(module.partition(".")[0]) if module.startswith(MODULE) else None
    return Path(package.__path__[0]) if package is not None and hasattr(package, "__path__") else None


def is_installed(file: Path) -> bool:
    """Whether a file lies where packages are installed."""
    return bool(INSTALLED & set(file.parts))


def _files(folder: Path, above: tuple[Path, ...]) -> Iterator[Path]:
    here = folder.resolve()
    if here in above:
        return
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir():
            yield from _files(path, (*above, here))
        elif path.is_file():
            yield path


def _imported(file: Path, package: str) -> Iterator[tuple[str, ModuleSpec]]:
    """The modules that a file imports, each after the packages it lies in; those that are not there are passed over."""
    if file.suffix != ".py":  # data, an extension module, byte code
        return
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return
    for name in dict.fromkeys(_names(tree, package)):
        yield from _specs(name)


def _names(tree: ast.Module, package: str) -> Iterator[str]:
    """Dotted names that may be modules: of ``from a import b`` it is ``a.b``, which stands for ``a`` too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute("." * node.level + (node.module or ""), package)
            yield from (f"{module}.{alias.name}" for alias in node.names if module)
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
            match [argument.value for argument in node.args[:2] if isinstance(argument, ast.Constant)]:
                case [str(name)]:
                    yield _absolute(name, package)
                case [str(name), str(base)]:
                    yield _absolute(name, base)


def _called(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))


def _absolute(name: str, package: str) -> str:
    """A name without leading dots; empty where they lead nowhere."""
    try:
        return resolve_name(name, package or None)
    except ImportError:
        return ""


def _specs(name: str) -> Iterator[tuple[str, ModuleSpec]]:
    """``a``, ``a.b`` and so on, as far as they are modules with a file. Nothing is imported."""
    first, *parts = name.split(".")
    if not first or first == THIS_PACKAGE:
        return
    try:
        spec = find_spec(first)
    except (ImportError, ValueError):  # ValueError: a module without a spec, as `__main__`
        return
    here = first
    while spec is not None:
        if spec.has_location and Path(spec.origin or "").is_file():
            yield here, spec
        if not parts or spec.submodule_search_locations is None:
            return
        here = f"{here}.{parts.pop(0)}"
        spec = PathFinder.find_spec(here, list(spec.submodule_search_locations))


def _is_own(name: str, file: Path, given: set[Path]) -> bool:
    """Whether a module is the user's: neither Python's nor installed, unless in one package with a given file."""
    # the folder that the outermost package, or the module, lies in
    top = file.parents[name.count(".") + (file.stem == "__init__")]
    if is_installed(top) or _holds_packages(top):
        outermost = (top / name.split(".", maxsplit=1)[0]).resolve()
        return any(path.is_relative_to(outermost) for path in given)
    return not any(file.is_relative_to(folder) for folder in _standard_library())


@lru_cache
def _holds_packages(folder: Path) -> bool:
    return any(folder.glob("*.dist-info"))


@lru_cache
def _standard_library() -> tuple[str, ...]:
    import sysconfig

    return tuple(path for name in ("stdlib", "platstdlib") if (path := sysconfig.get_path(name)))
