"""Byte ranges of a file (RFC 9110, section 14): players can seek in a clip only where they get pieces of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class UnsatisfiableError(ValueError):
    """The range begins beyond the file's end."""


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes of a file, first and last included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many there are."""
        return self.last - self.first + 1


def read_range(header: str | None, size: int) -> Range | None:
    """The range that a request's header names; None for the whole file.

    Several ranges, other units and what makes no sense are passed over, as the RFC allows: the whole file is sent.
    Raises UnsatisfiableError.
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":  # the last so many bytes
        length = min(int(found[2]), size)
        if not length:
            raise UnsatisfiableError
        return Range(size - length, size - 1)
    first = int(found[1])
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    if found[2] and int(found[2]) < first:
        return None
    if first >= size:
        raise UnsatisfiableError
    return Range(first, last)
