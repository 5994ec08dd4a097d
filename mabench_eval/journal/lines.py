"""A line of a journal: a record as a JSON object, behind the checksum of all that follows it.

    {"crc32": "1f0e9a4c", "kind": "answer", "key": "52920d...", "text": "B", ...}

The checksum is for accidents, not against forgers: CRC-32 finds every single flipped bit and every damage of up to 32
bits in a row for sure, any other but once in four billion. It stands first, as bytes that are always the same but for
its eight digits, so that no flipped bit makes a line look like one without. Lines of earlier versions have none and
begin with their kind; those versions read lines that have one, and pass over it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from mabench_eval.journal.kinds import record_problem
from mabench_eval.parsing import ContentError, json_value

CHECKSUM = "crc32"
_BEFORE, _BEHIND = b'{"crc32": "', b'", '
_DIGITS = 8
_UNSEALED = b'{"kind": '
"""How every line begins that was written without a checksum."""


class DamagedLineError(Exception):
    """A line is no record; the text says why, as the end of a sentence."""


def line_of(record: Mapping[str, Any]) -> bytes:
    """The line of a record, its end included. Raises ValueError and TypeError for what JSON cannot hold."""
    body = json.dumps({name: value for name, value in record.items() if name != CHECKSUM}, allow_nan=False)
    return _sealed(body.encode("ascii")[1:]) + b"\n"


def read_line(line: bytes, *, again: bool = False) -> dict[str, Any]:
    """The record of a line, every field that is known of the right type and in its range. Raises DamagedLineError.

    ``again``: it was read before, so that its checksum says enough.
    """
    if not line.endswith(b"\n"):
        raise DamagedLineError("it is incomplete")
    content = line.rstrip(b"\r\n")  # an editor or git may have changed the ends of lines
    unsealed = content.startswith(_UNSEALED)
    if not unsealed and content != _sealed(content[len(_BEFORE) + _DIGITS + len(_BEHIND) :]):
        raise DamagedLineError("its checksum does not fit")

    if again and not unsealed:
        return _without_checksum(json.loads(content))
    try:
        record = json_value(content.decode(), halves=True)
    except (ContentError, UnicodeDecodeError) as error:
        raise DamagedLineError("it is no JSON that we write") from error
    if problem := record_problem(record):
        raise DamagedLineError(problem)
    return _without_checksum(record)


def _without_checksum(record: dict[str, Any]) -> dict[str, Any]:
    record.pop(CHECKSUM, None)
    return record


def _sealed(body: bytes) -> bytes:
    """A line without its end, of the object's text behind its opening brace."""
    return b"%s%08x%s%s" % (_BEFORE, crc32(body), _BEHIND, body)
