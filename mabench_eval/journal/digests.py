"""sha256 of files, whole. Those of large files are remembered, so that weights are read once.

A large file is known again by path, size, modification time and inode. What is remembered lies in the user's cache
folder; where that cannot be read or written the file is hashed again, which costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonlines

from mabench_eval.journal.files import open_appending, user_cache
from mabench_eval.types import Json

LARGE = 16 << 20
"""Bytes from which on a digest is remembered: hashing so many takes tens of milliseconds."""
SETTLED_NS = 2_000_000_000
"""Age of a file's last change, in ns, from which on its digest is remembered. A change within one tick of the file
system's clock, two seconds on the coarsest, leaves the modification time as it was."""
MEMORY = "digests.jsonl"
"""In the user's cache folder."""


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes, hexadecimal, read in chunks. Raises OSError."""
    state = _state(path)
    if state["size"] < LARGE:
        return _hashed(path)
    if known := _remembered(state):
        return known

    settled = time.time_ns() - state["mtime_ns"] >= SETTLED_NS
    digest = _hashed(path)
    if settled and _state(path) == state:
        _remember(state, digest)
    return digest


def _state(path: Path) -> dict[str, Any]:
    """What a file is known again by."""
    stat = path.stat()
    return {"path": str(path.resolve()), "size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "inode": stat.st_ino}


def _hashed(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _remembered(state: Json) -> str | None:
    """The digest of a file in that state; None where it is not known. Damaged lines are passed over."""
    try:
        with (user_cache() / MEMORY).open("rb") as stream:
            rows = list(jsonlines.Reader(stream, loads=json.loads).iter(type=dict, skip_invalid=True))
    except (OSError, RuntimeError):  # RuntimeError: no home folder
        return None
    known = [str(row.get("sha256")) for row in rows if state.items() <= row.items()]
    return known[-1] if known and re.fullmatch("[0-9a-f]{64}", known[-1]) else None


def _remember(state: Json, digest: str) -> None:
    """Add a line. Several processes may do so at once: a short line at the end of a file is one write.

    In ASCII: a path may hold bytes that are no UTF-8.
    """
    with suppress(OSError, RuntimeError):
        user_cache().mkdir(parents=True, exist_ok=True)
        with open_appending(user_cache() / MEMORY) as stream:
            stream.write(json.dumps({**state, "sha256": digest}).encode("ascii") + b"\n")
