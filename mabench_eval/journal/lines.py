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

from mabench_eval.errors import InputError
from mabench_eval.journal.kinds import KINDS
from mabench_eval.parsing import ContentError, json_value
from mabench_eval.runfiles import from_json

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


def read_line(line: bytes) -> dict[str, Any]:
    """The record of a line, every field that is known of the right type and in its range. Raises DamagedLineError."""
    if not line.endswith(b"\n"):
        raise DamagedLineError("it is incomplete")
    content = line.rstrip(b"\r\n")  # an editor or git may have changed the ends of lines
    if not content.startswith(_UNSEALED) and content != _sealed(content[len(_BEFORE) + _DIGITS + len(_BEHIND) :]):
        raise DamagedLineError("its checksum does not fit")

    try:
        record = json_value(content.decode(), halves=True)
    except (ContentError, UnicodeDecodeError) as error:
        raise DamagedLineError("it is no JSON that we write") from error
    if problem := record_problem(record):
        raise DamagedLineError(problem)
    record.pop(CHECKSUM, None)
    return dict(record)


def record_problem(record: Any) -> str | None:
    """What does not fit in a record: a kind that is not known, a field of another type or out of its range."""
    kind = record.get("kind") if isinstance(record, dict) else None
    known = KINDS.get(kind) if isinstance(kind, str) else None
    if known is None:
        return "it is of no kind that this version knows"
    try:
        from_json(known, record, "it does not fit")
    except InputError as error:
        return ": ".join([error.message, *error.problems[:1]])
    except ValueError:  # half a character where a name stands
        return "it does not fit: a name holds half a character"
    return None


def _sealed(body: bytes) -> bytes:
    """A line without its end, of the object's text behind its opening brace."""
    return b"%s%08x%s%s" % (_BEFORE, crc32(body), _BEHIND, body)
