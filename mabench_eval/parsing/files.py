"""Bytes of a file that somebody hands in: a file and nothing else, of a bearable size; and their text, in UTF-8."""

from __future__ import annotations

import codecs
import errno
import os
import re
import stat
from pathlib import Path
from typing import BinaryIO

from mabench_eval.parsing.content import ContentError

LARGEST = 256 << 20
"""Bytes of a file that is read whole; the official question file has 4 MB."""
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""What other encodings of Unicode begin with; UTF-32 first, since UTF-16's mark is the beginning of its own."""

_LATIN = re.compile(rb"(?:[\t\n\r\x20-\x7e]|(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff]))*+")
"""Text whose foreign bytes stand alone, as accented letters of Western languages do; others come in pairs."""
_AROUND = 4096
"""Bytes on either side of one that is not UTF-8 that are looked at for what they are instead."""


def open_file(path: Path) -> BinaryIO:
    """A file opened for reading.

    Raises OSError, also for what is no file: a folder, and a pipe or device, which could wait forever or never end.
    """
    try:
        mode = path.stat().st_mode
    except ValueError as error:  # a NUL, or half a character
        raise OSError(errno.EINVAL, "not a name that a file can have") from error
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "a pipe or a device, not a file", str(path))
    return path.open("rb")


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises OSError as ``open_file`` does, and for one that is larger than ``LARGEST``."""
    with open_file(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        content = stream.read(LARGEST + 1) if size <= LARGEST else b""
    if max(size, len(content)) > LARGEST:
        raise OSError(errno.EFBIG, f"larger than {LARGEST >> 20} MB", str(path))
    return content


def decode(content: bytes) -> str:
    """The text of bytes in UTF-8. Raises ContentError, naming the encoding where it is plain."""
    if encoding := _unmarked(content[:4]):
        raise ContentError((1, f"the file is {encoding}, not UTF-8: save it as UTF-8"))
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)
        line = error.object.count(b"\n", 0, error.start) + 1
        what = f"the file is {encoding}" if encoding else f"byte 0x{error.object[error.start]:02x}"
        around = content[max(0, error.start - _AROUND) : error.start + _AROUND]
        guess = "" if encoding or not _LATIN.fullmatch(around) else "; it looks like Latin-1 or Windows-1252"
        raise ContentError((line, f"{what}, not UTF-8: save it as UTF-8{guess}")) from error


def _unmarked(beginning: bytes) -> str | None:
    """UTF-16 or UTF-32 without its mark: what is read here begins with characters of ASCII, and has no NUL."""
    zeros = [byte == 0 for byte in beginning]
    if zeros in ([False, True, True, True], [True, True, True, False]):
        return "UTF-32"
    return "UTF-16" if zeros in ([False, True, False, True], [True, False, True, False]) else None
