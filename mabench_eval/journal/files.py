"""Files that are whole or not there: written beside their place, synced, and moved into it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def write_text(path: Path, text: str) -> None:
    """Replace a file's text. A crash leaves the old file or the new one, never a half.

    A lone surrogate (models write such) becomes its backslash escape, which in JSON means the same.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("wb") as stream:
            stream.write(text.encode("utf-8", errors="backslashreplace"))
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file, indented for reading."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json_lines(path: Path) -> list[Any]:
    """The values of a file of JSON lines; a line separator inside a text ends no line. Raises OSError, ValueError."""
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line.strip()]


def write_json_lines(path: Path, rows: Iterable[Any]) -> None:
    """Replace a file of JSON lines."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
