"""Files that are whole or not there: written beside their place, synced, and moved into it. The user's cache folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import jsonlines


def user_cache() -> Path:
    """Where this library keeps what serves many runs; it may not exist. Raises RuntimeError without a home folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "mabench_eval"


def write_text(path: Path, text: str) -> None:
    """Replace a file's text. A crash leaves the old file or the new one, never a half.

    A lone surrogate, which models write, becomes its backslash escape; in JSON that means the same. Raises OSError.
    """
    with _replacing(path) as stream:
        stream.write(text)


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file's bytes; see ``write_text``."""
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file, indented for reading."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_json_lines(path: Path, rows: Iterable[Any]) -> None:
    """Replace a file of JSON lines."""
    with _replacing(path) as stream:
        jsonlines.Writer(stream).write_all(rows)


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """A stream whose file takes the place of ``path`` when all is written and on the disk; see ``write_text``."""
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
