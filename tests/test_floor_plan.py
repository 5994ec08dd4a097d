"""The floor plan of the package, as data: which room stands on which floor, and that imports run down alone.

CONTRIBUTING.md and docs/design.md show the same house. A new room gets its floor here first.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.paths import ROOT

PACKAGE = ROOT / "mabench_eval"
FLOORS = (
    ("_version", "taxonomy", "text", "types"),
    ("errors",),
    ("parsing", "stats"),
    ("packages", "runfiles"),
    ("catalogue", "journal", "tables", "video"),
    ("answers", "benchmark", "engines"),
    ("environments", "judging", "scoring"),
    ("leaderboard", "planning"),
    ("auditing", "execution", "runs"),
    ("evaluator", "pages", "plots"),
    ("construction",),
    ("reviewing",),
    ("training",),
    ("cli",),
    ("api",),
)
"""From the ground up. A room imports from lower floors and from itself; never from its own floor or from above."""
ROOT_MODULES = 6
"""At most, besides ``__init__`` and ``__main__``, which open the house from outside and import what they show."""
DOORS = ("__init__", "__main__")
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


class Import(NamedTuple):
    """One import of the package's own code."""

    file: Path
    line: int
    room: str
    """The room that is imported from; empty for the public face."""
    path: str
    """As written, dotted."""


def room_of(file: Path) -> str:
    """The room, or root module, that a file of the package belongs to."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(file: Path) -> Iterator[Import]:
    """All imports of the package in a file, those inside functions and for type checking too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        paths: list[str] = []
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            # `from mabench_eval import stats` imports a room; `from mabench_eval import evaluate` the public face.
            inner = [f"{node.module}.{a.name}" for a in node.names if is_module(f"{node.module}.{a.name}")]
            paths = inner if len(inner) == len(node.names) else [node.module, *inner]
        elif isinstance(node, ast.Import):
            paths = [alias.name for alias in node.names]
        for path in paths:
            assert isinstance(node, ast.Import | ast.ImportFrom)
            if path.split(".")[0] == "mabench_eval":
                yield Import(file, node.lineno, [*path.split("."), ""][1], path)


def is_module(path: str) -> bool:
    """Whether a dotted path names a file or folder of the package."""
    place = ROOT.joinpath(*path.split("."))
    return path.startswith("mabench_eval.") and (place.is_dir() or place.with_suffix(".py").is_file())


def package_files() -> list[Path]:
    return [file for file in sorted(PACKAGE.rglob("*.py")) if room_of(file) not in (*DOORS, "builtin")]


def test_every_room_has_a_floor_and_every_floor_its_rooms() -> None:
    assert {room_of(file) for file in package_files()} == set(FLOOR_OF)


def test_few_modules_stand_at_the_root() -> None:
    loose = [file.stem for file in PACKAGE.glob("*.py") if file.stem not in DOORS]
    assert len(loose) <= ROOT_MODULES, loose


def test_imports_run_down_the_floor_plan() -> None:
    climbing = [
        f"{found.file.relative_to(ROOT)}:{found.line} imports {found.path}"
        for file in package_files()
        for found in imports(file)
        if found.room != room_of(file)
        and (found.room not in FLOOR_OF or FLOOR_OF[found.room] >= FLOOR_OF[room_of(file)])
    ]
    assert not climbing


def test_nothing_reaches_past_a_face() -> None:
    """What others need stands in a folder's ``__init__``; which of its files holds it is the room's own matter."""
    past = [
        f"{found.file.relative_to(ROOT)}:{found.line} imports {found.path}"
        for file in package_files()
        for found in imports(file)
        if found.room != room_of(file)
        and found.path.count(".") > 1
        and not ROOT.joinpath(*found.path.split(".")).is_dir()
    ]
    assert not past


def test_every_face_says_what_its_room_is_for() -> None:
    faces = [file for file in sorted(PACKAGE.rglob("*.py")) if file.name == "__init__.py"]
    silent = [
        str(face.relative_to(ROOT)) for face in faces if not ast.get_docstring(ast.parse(face.read_text("utf-8")))
    ]
    assert not silent
    folders = {file.parent for file in PACKAGE.rglob("*.py")}
    assert not [str(folder) for folder in folders if not (folder / "__init__.py").exists()]


@pytest.mark.parametrize("folder", ["models", "judges", "trackers"])
def test_authors_import_from_the_public_face_alone(folder: str) -> None:
    """Their files are part of the keys of answers: a move inside the package must not touch them."""
    deep = [
        f"{found.file.relative_to(ROOT)}:{found.line} imports {found.path}"
        for file in sorted((ROOT / folder).rglob("*.py"))
        for found in imports(file)
        if found.path != "mabench_eval"
    ]
    assert not deep


def test_a_climbing_import_is_seen(tmp_path: Path) -> None:
    """The check itself: a lazy import and a type-checking one count as much as any."""
    file = tmp_path / "room.py"
    file.write_text("def f():\n    from mabench_eval.cli import main\n\nfrom mabench_eval import stats\nimport numpy\n")
    assert [(found.line, found.room) for found in imports(file)] == [(4, "stats"), (2, "cli")]
