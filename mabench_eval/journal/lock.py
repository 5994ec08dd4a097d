"""The lock of a run folder, as seen by a process that does not write there."""

from __future__ import annotations

import os
from pathlib import Path

LOCK = "lock"
"""File beside the journal; locked by the process that writes."""
LOCK_TABLE = Path("/proc/locks")
"""Where Linux lists all locks that are held, whoever holds them."""


def is_written(folder: Path) -> bool | None:
    """Whether a process of this machine has the folder's journal open for writing; None where that cannot be seen.

    Never takes the lock, not even for a moment: a run that starts right then would be refused its folder.
    """
    try:
        lines, lock = LOCK_TABLE.read_text(encoding="ascii").splitlines(), (folder / LOCK).stat()
    except FileNotFoundError:
        return False if LOCK_TABLE.exists() else None
    except OSError:
        return None
    return any(_is_lock_on(lock, line.split()) for line in lines)


def _is_lock_on(file: os.stat_result, fields: list[str]) -> bool:
    """Whether a line of ``/proc/locks`` (``1: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE START END``) is of the file.

    File systems without a device of their own (major 0: overlay, btrfs) have another number there than in ``stat``.
    """
    if len(fields) < 6 or fields[1] != "FLOCK":  # POSIX locks are others; `->` waits for one
        return False
    major, minor, inode = fields[5].split(":")
    listed, device = (int(major, 16), int(minor, 16)), (os.major(file.st_dev), os.minor(file.st_dev))
    return int(inode) == file.st_ino and (listed == device or listed[0] == device[0] == 0)
