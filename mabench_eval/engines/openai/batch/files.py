"""Files of requests: lines of JSON, as many as a provider takes in one file, by their number and their bytes."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from mabench_eval.engines.openai.messages import Body
from mabench_eval.engines.openai.settings import BatchTerms
from mabench_eval.journal import BatchRequest, fingerprint
from mabench_eval.types import Request

PIECE_BYTES = 1 << 16
"""Bytes from which on a piece goes over the wire by itself; smaller ones are put together: each is a system call."""


def request_id(request: Request) -> str:
    """Names a request in files of a provider: 32 hexadecimal digits.

    Not the key alone: a judge that is asked once more about one answer is asked in other words, under the same key.
    """
    return fingerprint([request.key, request.system_prompt, request.user_prompt])[:32]


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A request as a line of a file."""

    request: Request
    about: BatchRequest
    body: Body
    head: bytes
    """What stands before the body."""

    @property
    def length(self) -> int:
        """Bytes, the line end included."""
        return len(self.head) + self.body.length + 2


def batch_line(request: Request, body: Body, about: BatchRequest, terms: BatchTerms) -> BatchLine:
    """The line of a request, whose id and url need no escapes."""
    head = f'{{"custom_id":"{about.id}","method":"POST","url":"{terms.url}","body":'
    return BatchLine(request, about, body, head.encode("ascii"))


@dataclass(slots=True)
class BatchFile:
    """The lines of a file that is being made. The frames of a clip are in memory once, however often they are sent."""

    terms: BatchTerms
    lines: list[BatchLine] = field(default_factory=list)
    length: int = 0
    """Bytes."""

    def takes(self, line: BatchLine) -> bool:
        """Whether there is room for a line; always in an empty file that may be as long as it."""
        most = self.terms.megabytes * 1e6
        return len(self.lines) < self.terms.requests and self.length + line.length <= most

    def add(self, line: BatchLine) -> None:
        """Add a line."""
        self.lines.append(line)
        self.length += line.length

    def pieces(self) -> Iterator[bytes]:
        """The file piece by piece; encoded frames are not copied."""
        together: list[bytes] = []
        length = 0
        for line in self.lines:
            for piece in (line.head, *line.body.pieces, b"}\n"):
                if length + len(piece) >= PIECE_BYTES:
                    yield b"".join(together)
                    together, length = [], 0
                if len(piece) >= PIECE_BYTES:
                    yield piece
                else:
                    together.append(piece)
                    length += len(piece)
        yield b"".join(together)


class UploadForm:
    """A file as a form that goes up, piece by piece; can be sent repeatedly."""

    def __init__(self, file: BatchFile, name: str) -> None:
        boundary = secrets.token_hex(16)
        field = f"--{boundary}\r\nContent-Disposition: form-data; name="
        head = f'{field}"purpose"\r\n\r\nbatch\r\n{field}"file"; filename="{name}"\r\n'
        self._head = f"{head}Content-Type: application/jsonl\r\n\r\n".encode("ascii")
        self._file, self._tail = file, f"\r\n--{boundary}--\r\n".encode("ascii")
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(self._head) + file.length + len(self._tail)),
        }

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces in order."""
        yield self._head
        for piece in self._file.pieces():
            yield piece
        yield self._tail
