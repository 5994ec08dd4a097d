"""Traps: code that leaves a mark when it is run, and a watch over what this process compiles, imports and starts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any

_WATCHED: list[Path] = []
_SEEN: list[str] = []
_EVENTS = frozenset(
    ("compile", "exec", "import", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "ctypes.dlopen")
)
_hooked = False


@contextmanager
def nothing_runs(folder: Path) -> Iterator[None]:
    """Within it nothing that lies in ``folder`` may be compiled, imported, run or started: AssertionError after it."""
    global _hooked
    if not _hooked:
        sys.addaudithook(_hear)  # for good, and idle outside of this context
        _hooked = True
    _SEEN.clear()
    _WATCHED.append(folder)
    try:
        yield
    finally:
        _WATCHED.pop()
    assert not _SEEN, f"run, though it is data: {_SEEN[:3]}"
    assert str(folder) not in "\n".join(sys.path)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _WATCHED or event not in _EVENTS:
        return
    named = " ".join(each.co_filename if isinstance(each, CodeType) else str(each)[:4000] for each in arguments[:3])
    if any(str(folder) in named for folder in _WATCHED):
        _SEEN.append(f"{event}: {named[:200]}")


def set_trap(folder: Path) -> Path:
    """A folder of everything that might be run, all of it leaving ``folder/SPRUNG``; returns that mark."""
    mark = folder / "SPRUNG"
    code = f"import pathlib\npathlib.Path({str(mark)!r}).write_text('sprung')\n"
    for name in (
        "evil.py",
        "evil/__init__.py",
        "own/models/evil.py",
        "own/judges/evil.py",
        "own/judges/evil/__init__.py",
        "own/tasks/evil.py",
        "own/environments/evil.py",
        "weights/modeling_evil.py",
        "sitecustomize.py",
        "conftest.py",
        "matplotlib.py",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(code)
    (folder / "weights" / "config.json").write_text('{"auto_map": {"AutoModel": "modeling_evil.Evil"}}')
    (folder / "own" / "models" / "evil.yaml").write_text("name: evil\nengine: python\ndescription: a trap\n")
    (folder / "own" / "judges" / "evil.yaml").write_text("name: evil\nengine: python\ndescription: a trap\n")
    (folder / "prompts.yaml").write_text(f"SAD: !!python/object/apply:os.system ['touch {mark}']\n")
    program = folder / "bin" / "python"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    return mark
