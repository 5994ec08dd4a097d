"""Stdout belongs to the run's results, and repositories' code prints: while it runs, what it writes is taken away.

VideoChat-Flash's prints some 300 lines a question. The end of it is kept, since an error's cause may stand there alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from mabench_eval.errors import note_printed

KEPT = 4_000
"""Characters, or bytes, that are kept of what was written last."""
STDOUT = 1
"""The file descriptor that C code and child processes write to."""


@contextlib.contextmanager
def stdout_taken() -> Iterator[None]:
    """Take away what code within writes to stdout; an error that leaves it carries the end of that as a note.

    Taken are the prints of this thread and of threads that are started meanwhile, and all that goes to the file
    descriptor 1 past Python, by C code or child processes. Prints of other threads come out as ever.
    """
    stdout, tail = _process_stdout(), _Tail()
    stdout.enter(tail)
    try:
        yield
    except (Exception, SystemExit) as error:
        note_printed(error, stdout.written(tail))
        raise
    finally:
        stdout.leave(tail)


class _Tail:
    """The end of a text that is written piece by piece; one for each piece of code whose output is taken."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.text = ""

    def write(self, text: str) -> None:
        self.text = (self.text + text)[-KEPT:]


class _ProcessStdout:
    """The stdout of this process, which several threads may take at once: the first diverts, the last puts it back."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._tails: list[_Tail] = []
        self._before: set[int | None] = set()
        """Threads that ran when it was diverted, whose prints are not the repository's."""
        self._python: TextIO = sys.stdout
        self._in_place = _Stdout(self, self._python)
        self._saved: int | None = None
        """Where descriptor 1 led; None where there is none, as in a process without a terminal."""
        self._file: int | None = None
        """Where it leads meanwhile. A file and no pipe: who writes to a full pipe waits, and may hold what we need."""

    def enter(self, tail: _Tail) -> None:
        with self.lock:
            if not self._tails:
                self._divert()
            self._tails.append(tail)

    def leave(self, tail: _Tail) -> None:
        with self.lock:
            self._tails.remove(tail)
            if not self._tails:
                self._put_back()

    def written(self, tail: _Tail) -> str:
        """The end of what was printed, and of what went to the descriptor since stdout was diverted."""
        with self.lock:
            if self._file is None:
                return tail.text
            _flush(self._python)
            size = os.fstat(self._file).st_size
            raw = os.pread(self._file, KEPT, max(0, size - KEPT))
            return tail.text + raw.decode(errors="replace")

    def tail_of(self, thread: int) -> _Tail | None:
        """What takes a thread's prints: its own, the newest one for a thread started meanwhile, or none."""
        with self.lock:
            own = [tail for tail in self._tails if tail.thread == thread]
            others = self._tails if thread not in self._before else []
            return next(iter([*reversed(own), *reversed(others)]), None)

    def _divert(self) -> None:
        self._before = {thread.ident for thread in threading.enumerate()}
        self._python = sys.stdout
        self._in_place = _Stdout(self, self._python)
        _flush(self._python)
        with contextlib.suppress(OSError):  # no descriptor 1
            self._saved = os.dup(STDOUT)
            if self._file is None:  # without a name, and gone with the process
                self._file, path = tempfile.mkstemp(prefix="mabench-stdout-")
                Path(path).unlink()
            if _descriptor(self._python) == STDOUT:
                form = self._python.encoding, self._python.errors
                self._in_place.real = os.fdopen(os.dup(STDOUT), "w", 1, *form)
            os.dup2(self._file, STDOUT)
        sys.stdout = self._in_place

    def _put_back(self) -> None:
        _flush(self._python)
        sys.stdout = self._python
        if self._saved is not None and self._file is not None:
            os.dup2(self._saved, STDOUT)
            os.close(self._saved)
            self._saved = None
            os.lseek(self._file, 0, os.SEEK_SET)  # of whoever else holds it, too: they share one place in the file
            os.ftruncate(self._file, 0)

        # Whoever has kept hold of the stand-in, a logger for one, goes on writing to what it stood for.
        real, self._in_place.real = self._in_place.real, self._python
        if real is not self._python:
            real.close()


class _Stdout(io.TextIOBase):
    """In place of ``sys.stdout``: each thread's prints go where they belong."""

    def __init__(self, process: _ProcessStdout, real: TextIO) -> None:
        self._process = process
        self.real = real
        """Where prints go that are not taken."""

    def write(self, text: str) -> int:
        with self._process.lock:  # else it might be put back between the look and the write
            tail = self._tail()
            if tail is None:
                return self.real.write(text)
            tail.write(text)
            return len(text)

    def flush(self) -> None:
        if self._tail() is None:
            self.real.flush()

    def fileno(self) -> int:
        return self.real.fileno() if self._tail() is None else STDOUT

    def isatty(self) -> bool:
        return self._tail() is None and self.real.isatty()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.real.encoding

    @property
    def buffer(self) -> Any:
        tail = self._tail()
        return self.real.buffer if tail is None else _Bytes(tail)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def _tail(self) -> _Tail | None:
        return self._process.tail_of(threading.get_ident())


class _Bytes(io.RawIOBase):
    """The ``buffer`` of a stdout that is taken."""

    def __init__(self, tail: _Tail) -> None:
        self._tail = tail

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._tail.write(bytes(data).decode(errors="replace"))
        return len(data)


@cache
def _process_stdout() -> _ProcessStdout:
    return _ProcessStdout()


@cache
def _c_library() -> Any:
    return ctypes.CDLL(None)


def _descriptor(stream: TextIO) -> int | None:
    """The file descriptor of a stream; None for one without, as in notebooks."""
    try:
        return stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None


def _flush(stream: TextIO) -> None:
    """Write out what Python and the C library still hold: it must not come out after stdout has been put back."""
    for each in (stream, sys.__stdout__):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # nobody reads it any more, or it is closed
            each.flush()  # type: ignore[union-attr]
    with contextlib.suppress(OSError, TypeError, AttributeError):  # there is no such library on Windows
        _c_library().fflush(None)
