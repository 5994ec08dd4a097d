"""Library modules that built-in models and judges rest on: changed behaviour needs a new number.

An identity holds the code of a card, whole, and none of the library that it imports: else every edit of the library
would ask everything anew. So what answers rest on there is found here, by reading imports from the card's code on, and
its digest stands in a golden file beside the number that must be raised if answers can differ.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import mabench_eval
from mabench_eval.catalogue import code_beside, code_files, load_catalogue
from mabench_eval.engines.adapter import AdapterEngine
from tests.support.paths import GOLDEN, ROOT

PACKAGE = ROOT / "mabench_eval"
PLUMBING = (
    "_version.py",
    "benchmark/",
    "catalogue/",
    "engines/base.py",
    "engines/local/",
    "errors.py",
    "journal/",
    "packages/",
    "types.py",
)
"""What hands over, checks and records: what a model is given through it is in the keys themselves, or in the golden
files of the engines' protocols."""
EXPECTED = {
    "constant": {"taxonomy.py"},
    "lexical": {"answers/labels.py", "taxonomy.py"},
    "motion": {"construction/kinematics.py", "construction/sides.py", "taxonomy.py"},
    "random": {"taxonomy.py"},
    "text-probe": {"auditing/findings.py", "auditing/probe.py", "taxonomy.py"},
}
"""Card -> what its answers rest on."""
_TRACKS = {f"construction/{name}.py" for name in ("kinematics", "layouts", "parts", "sides", "tracks")} | {
    "construction/tracking/trackers.py"
}
_FLOW = {f"construction/{name}.py" for name in ("anatomy", "part_flow")}
TRACKERS = {
    "cotracker3": _TRACKS | _FLOW,
    "motion": _TRACKS,
    "pose-flow": _TRACKS | _FLOW,
    "rtmpose": _TRACKS | _FLOW,
    "skeleton": _TRACKS,
}
"""Tracker -> what its tracks rest on."""


def imports(file: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of all that a file imports from the library."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == "mabench_eval":
            yield from ((str(node.module), alias.name) for alias in node.names)


def defined_in(module: str, name: str) -> Path:
    """The file that defines a name, behind the faces that show it."""
    if module == "mabench_eval" and name in mabench_eval._HOMES:
        return defined_in(f"mabench_eval.{mabench_eval._HOMES[name]}", name)
    place = ROOT.joinpath(*module.split("."))
    for file in (place.with_suffix(".py"), place / f"{name}.py"):
        if file.is_file():
            return file
    face = place / "__init__.py"
    return next((defined_in(source, shown) for source, shown in imports(face) if shown == name), face)


def rests_on(code: Iterable[Path]) -> list[Path]:
    """The library's modules that some code needs, and that those need, without the plumbing."""
    found: set[Path] = set()
    unread = [file for file in code if file.suffix == ".py"]
    while unread:
        for module, name in imports(unread.pop()):
            file = defined_in(module, name)
            if file not in found and not file.relative_to(PACKAGE).as_posix().startswith(PLUMBING):
                found.add(file)
                unread.append(file)
    return sorted(found)


def digest(files: Iterable[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def known() -> list[str]:
    return (GOLDEN / "versions.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_code_and_version_change_together(name: str) -> None:
    """After a change: raise `version` in the card if answers can differ, then write the line this test asks for."""
    catalogue = load_catalogue()
    card = catalogue.models.get(name) or catalogue.judges[name]
    code = code_beside(card.source) if card.source else None
    assert code
    files = rests_on(code_files(code) if code.is_dir() else [code])
    assert {file.relative_to(PACKAGE).as_posix() for file in files} == EXPECTED[name]
    assert f"{name} version {card.version}: {digest(files)}" in known()


def test_every_built_in_card_of_python_is_here() -> None:
    catalogue = load_catalogue()
    models = {card.name for card in catalogue.models.values() if card.engine == "python"}
    judges = {card.name for card in catalogue.judges.values() if card.engine == "python"}
    assert models | judges == set(EXPECTED)


def test_adapters_and_protocol_change_together() -> None:
    """After a change: raise the engine's `protocol` if answers can differ, then write the line this test asks for."""
    files = rests_on((ROOT / "models" / "adapters").glob("*.py"))
    assert {file.relative_to(PACKAGE).as_posix() for file in files} == {
        "engines/adapter/checkpoint.py",
        "engines/adapter/frames.py",
        "engines/family_prompts.py",
    }
    assert f"engine adapter protocol {AdapterEngine.protocol}: {digest(files)}" in known()


@pytest.mark.parametrize("name", sorted(TRACKERS))
def test_trackers_and_version_change_together(name: str) -> None:
    """After a change: raise `version` in the card if tracks can differ, then write the line this test asks for."""
    card = load_catalogue().tracker(name)
    code = code_beside(card.source) if card.source else None
    assert code
    files = rests_on(code_files(code) if code.is_dir() else [code])
    assert {file.relative_to(PACKAGE).as_posix() for file in files} == TRACKERS[name]
    assert f"tracker {name} version {card.version}: {digest(files)}" in known()


def test_every_built_in_tracker_is_here() -> None:
    built_in = {path.stem.replace("_", "-") for path in (ROOT / "trackers").glob("*.yaml")}
    assert built_in == TRACKERS.keys() <= load_catalogue().trackers.keys()
