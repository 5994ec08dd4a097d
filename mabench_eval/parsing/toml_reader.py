"""TOML, as the standard library reads it: strict by itself, keys that stand twice included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mabench_eval.errors import InputError
from mabench_eval.parsing.files import read_bytes


def read_toml(path: Path) -> dict[str, Any]:
    """The document of a TOML file. Raises OSError where it cannot be opened, and InputError with file and line."""
    import tomllib  # no list of cards needs it

    content = read_bytes(path)
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: not TOML: {error}") from error
