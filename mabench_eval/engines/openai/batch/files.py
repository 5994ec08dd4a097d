"""Files of requests: lines of JSON, as many as a provider takes in one file, by their number and their bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mabench_eval.engines.openai.messages import Body
from mabench_eval.engines.openai.settings import BatchTerms
from mabench_eval.journal import BatchRequest, fingerprint
from mabench_eval.types import Request

PIECE_BYTES = 1 << 16
"""Least bytes that go over the wire at once: each piece is a call of the system."""


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
        """The file, in pieces of at least ``PIECE_BYTES``."""
        together: list[bytes] = []
        length = 0
        for line in self.lines:
            for piece in (line.head, *line.body.pieces, b"}\n"):
                together.append(piece)
                length += len(piece)
                if length >= PIECE_BYTES:
                    yield b"".join(together)
                    together, length = [], 0
        yield b"".join(together)
