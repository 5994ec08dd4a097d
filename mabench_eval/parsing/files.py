"""Bytes of a file that somebody hands in: a file and nothing else, of a bearable size; and their text, in UTF-8."""

from __future__ import annotations

import codecs
import errno
import os
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
    """The text of bytes in UTF-8. Raises ContentError."""
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)
        line = error.object.count(b"\n", 0, error.start) + 1
        what = f"the file is {encoding}" if encoding else f"byte 0x{error.object[error.start]:02x}"
        raise ContentError((line, f"{what}, not UTF-8: save it as UTF-8")) from error
