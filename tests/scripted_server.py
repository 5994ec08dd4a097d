"""A scripted OpenAI-compatible endpoint on 127.0.0.1: real sockets, no network, answers and faults as a test wants.

    with ScriptedServer(lambda body, before: Fault("server_error") if before == 0 else Reply("A")) as server:
        client = AsyncOpenAI(base_url=server.base_url, api_key="any")

It runs an event loop of its own in a daemon thread. Bodies are read straight into a buffer of their length and parsed
only on wish, so that it serves speed benchmarks too. ``python -m tests.scripted_server --help``: in another process.
"""

from __future__ import annotations

import argparse
import asyncio
import binascii
import hashlib
import json
import pkgutil
import re
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal, Self, get_args
from uuid import uuid4

Transient = Literal["rate_limit", "server_error", "cut", "empty_choices", "html", "slow"]
Kind = Transient | Literal["hang", "bad_key", "unknown_model", "bad_request", "content_filter_400"]
TRANSIENT: tuple[Kind, ...] = get_args(Transient)  # what asking again gets over; so is "hang", after a timeout

# Status, type, message and code of the faults that are an error JSON.
ERRORS: Mapping[Kind, tuple[int, str, str, str | None]] = {
    "rate_limit": (429, "requests", "Rate limit reached for requests.", "rate_limit_exceeded"),
    "server_error": (500, "server_error", "The server had an error while processing your request.", None),
    "bad_key": (401, "invalid_request_error", "Incorrect API key provided.", "invalid_api_key"),
    "unknown_model": (404, "invalid_request_error", "The model does not exist.", "model_not_found"),
    "bad_request": (400, "invalid_request_error", "Invalid value: 'messages'.", None),
    "content_filter_400": (400, "invalid_request_error", "The prompt triggered the content filter.", "content_filter"),
}

MODELS = {"object": "list", "data": [{"id": "scripted", "object": "model", "created": 0, "owned_by": "tests"}]}
DATA_URL = re.compile("data:[^,]*;base64,")
MODEL_ID = re.compile(rb'"model"\s*:\s*("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True)
class Reply:
    """A chat completion."""

    text: str | None = "B"  # the message's content
    finish_reason: str = "stop"  # stop, length, content_filter
    refusal: str | None = None  # the message's refusal
    reasoning: str | None = None  # the message's reasoning_content; None leaves it out
    model: str | None = None  # the model id in the answer; None echoes the one asked for
    prompt_tokens: int = 100
    completion_tokens: int = 5
    cached_tokens: int = 0  # of the prompt's


@dataclass(frozen=True)
class Fault:
    """Something other than a chat completion."""

    kind: Kind
    retry_after: float | None = None  # seconds, the Retry-After header of an error; None leaves it out
    seconds: float = 0.0  # how much longer than the server's latency it takes; a hang never ends
    reply: Reply = Reply()  # what a slow answer says after all
    message: str | None = None  # of an error, instead of the usual one


Script = Callable[[dict[str, Any], int], Reply | Fault]
"""(parsed request body, how often this very body was sent before) -> what to do. Runs in the server's thread."""


def with_faults(
    script: Script | None = None,
    share: float = 0.3,
    seed: int = 0,
    kinds: Sequence[Kind] = TRANSIENT,
    most: int = 3,
    *,
    retry_after: float | None = 0.05,
    seconds: float = 0.2,
) -> Script:
    """``script``, but each attempt fails with probability ``share``, and no body more than ``most`` times.

    Which attempts fail, and how, is a hash of seed, body and attempt: the same in every process and every order.
    ``retry_after`` goes with every rate limit, ``seconds`` is how long a slow answer takes.
    """

    def faulty(body: dict[str, Any], before: int) -> Reply | Fault:
        answer = Reply() if script is None else script(body, before)
        digest = hashlib.sha256(f"{seed} {before} {json.dumps(body)}".encode()).digest()
        if before >= most or int.from_bytes(digest[:8]) >= share * 2**64 or isinstance(answer, Fault):
            return answer
        kind = kinds[int.from_bytes(digest[8:16]) % len(kinds)]
        return Fault(kind, retry_after if kind == "rate_limit" else None, seconds if kind == "slow" else 0.0, answer)

    return faulty


class ScriptedServer:
    """The endpoint, as a context manager; what it counts can be read at any time, also after it closed.

    ``script`` None answers every request with ``Reply()``. ``latency`` is the time in seconds between the arrival of a
    body and its answer, faults included. With ``parse`` False a body is hashed but not parsed, and the script sees
    ``{"model": ..., "sha256": of the body}``. What a script raises is raised again at the end of the ``with``.
    """

    base_url: str  # http://127.0.0.1:PORT/v1, from __enter__ on

    def __init__(self, script: Script | None = None, *, latency: float = 0.0, parse: bool = True) -> None:
        self.script, self.latency, self.parse = script, latency, parse
        self.received = 0  # chat completion requests whose body arrived
        self.served: Counter[str] = Counter()  # sha256 of a request body -> how often it was received
        self.in_flight = 0  # received and not yet answered; hung ones as long as their client waits
        self.most_in_flight = 0
        self.headers: list[dict[str, str]] = []  # of the last 1,000 chat completion requests, names in lower case
        self.bodies: list[dict[str, Any]] = []  # in order of arrival; sha256 in place of the data in data URLs
        self.images: Counter[str] = Counter()  # sha256 of the bytes of a data URL -> times received
        self.failures: list[Exception] = []  # what the script raised
        self.connections, self.scratch = set[_Connection](), bytearray(1 << 14)

    def __enter__(self) -> Self:
        listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(listening, ready)), daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if error is None and self.failures:
            raise self.failures[0]

    async def _serve(self, listening: socket.socket, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(lambda: _Connection(self), sock=listening, backlog=1024)
        ready.set()
        await self._stop.wait()
        server.close()
        await asyncio.sleep(0)  # what was just accepted has its task; when that ends, it is a connection
        if accepting := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(accepting, timeout=5)
        while self.connections:
            for connection in self.connections:
                connection.transport.abort()
            await asyncio.sleep(0)

    def answer(self, headers: dict[str, str], body: bytearray) -> _Answer:
        """Count a request and ask the script what to say."""
        digest = hashlib.sha256(body).hexdigest()
        before = self.served[digest]
        self.received += 1
        self.served[digest] += 1
        self.headers.append(headers)
        del self.headers[:-1000]
        if not self.parse:
            return self._scripted({"model": _model_id(body), "sha256": digest}, before)
        try:
            content = json.loads(body)
            if not isinstance(content, dict):
                raise ValueError("no object")
            self.bodies.append(_without_images(content, self.images))
        except ValueError:
            return _Answer(_error("bad_request"), self.latency)
        return self._scripted(content, before)

    def _scripted(self, content: dict[str, Any], before: int) -> _Answer:
        try:
            choice = Reply() if self.script is None else self.script(content, before)
            if isinstance(choice, Reply):
                return _Answer(_completion(choice, content), self.latency)
            return _faulty(choice, content, before, self.latency)
        except Exception as error:  # noqa: BLE001  # a test's failed assertion: its place is in the test
            self.failures.append(error)
            return _Answer(_error("server_error"))


@dataclass(frozen=True)
class _Answer:
    """What goes over the wire (None: nothing), after how many seconds, and whether the connection then closes."""

    data: bytes | None
    delay: float = 0.0
    last: bool = False


class _Connection(asyncio.BufferedProtocol):
    """One client's connection: requests one after another, bodies read into a buffer of just their size."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self.pending = bytearray()  # read, and not yet known to be of which request
        self.route, self.headers = "", dict[str, str]()
        self.body: bytearray | None = None
        self.filled = 0
        self.busy = False
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport: asyncio.Transport = transport
        self.server.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.server.connections.discard(self)
        if self.timer is not None:
            self.timer.cancel()
        self._done()

    def get_buffer(self, sizehint: int) -> memoryview | bytearray:
        return self.server.scratch if self.body is None else memoryview(self.body)[self.filled :]

    def buffer_updated(self, count: int) -> None:
        if self.body is None:
            self.pending += memoryview(self.server.scratch)[:count]
            self._begin()
            return
        self.filled += count
        if self.filled == len(self.body):
            self._arrived(self.body)

    def _begin(self) -> None:
        """Start the next request, if its head is here and the request before it is answered."""
        end = self.pending.find(b"\r\n\r\n")
        if self.busy or self.transport.is_closing() or (end < 0 and len(self.pending) < 1 << 16):
            return
        try:
            self.route, self.headers, length = _parse_head(self.pending[: max(end, 0)])
        except ValueError:
            self._send(_Answer(_error("bad_request"), last=True))
            return
        if self.headers.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.filled = min(length, len(self.pending) - end - 4)
        self.body = bytearray(length)
        self.body[: self.filled] = self.pending[end + 4 : end + 4 + self.filled]
        del self.pending[: end + 4 + self.filled]
        if self.filled == length:
            self._arrived(self.body)

    def _arrived(self, body: bytearray) -> None:
        self.body = None
        if self.route != "POST /v1/chat/completions":
            known = self.route == "GET /v1/models"
            self._send(_Answer(_response(200, MODELS) if known else _response(404, {})))
            return
        self.busy = True
        self.server.in_flight += 1
        self.server.most_in_flight = max(self.server.most_in_flight, self.server.in_flight)
        answer = self.server.answer(self.headers, body)
        if answer.data is None:
            return
        if answer.delay > 0:
            self.timer = asyncio.get_running_loop().call_later(answer.delay, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: _Answer) -> None:
        self._done()
        self.transport.write(answer.data or b"")
        if answer.last or self.headers.get("connection", "").lower() == "close":
            self.transport.close()
        elif self.pending:
            self._begin()

    def _done(self) -> None:
        self.server.in_flight -= self.busy
        self.busy = False


def _parse_head(head: bytearray) -> tuple[str, dict[str, str], int]:
    """Method and path, headers, the body's length. Raises ValueError for what is no such head, and chunked bodies."""
    line, *fields = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    length = int(headers.get("content-length", "0"))
    if not line.endswith(" HTTP/1.1") or length < 0 or "transfer-encoding" in headers:
        raise ValueError(line)
    return line.removesuffix(" HTTP/1.1").partition("?")[0], headers, length


def _model_id(body: bytearray) -> str | None:
    """The model asked for, looked up at the ends of the body (images are in the middle)."""
    ends = memoryview(body)
    found = MODEL_ID.search(ends[-4096:]) or MODEL_ID.search(ends[:4096])
    return str(json.loads(found[1])) if found else None


def _without_images(value: Any, images: Counter[str]) -> Any:
    """A copy of a JSON value with the data of each data URL replaced by its sha256, which is counted in ``images``."""
    if isinstance(value, dict):
        return {name: _without_images(item, images) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_images(item, images) for item in value]
    found = DATA_URL.match(value) if isinstance(value, str) else None
    if found is None:
        return value
    digest = hashlib.sha256(binascii.a2b_base64(value[found.end() :])).hexdigest()
    images[digest] += 1
    return found[0] + digest


def _completion(reply: Reply, asked: Mapping[str, Any], *, empty: bool = False) -> bytes:
    message = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
    if reply.reasoning is not None:
        message["reasoning_content"] = reply.reasoning
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason, "logprobs": None}
    content = {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": reply.model or asked.get("model") or "scripted",
        "choices": [] if empty else [choice],
        "usage": {
            "prompt_tokens": reply.prompt_tokens,
            "completion_tokens": reply.completion_tokens,
            "total_tokens": reply.prompt_tokens + reply.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": reply.cached_tokens},
        },
    }
    return _response(200, content)


def _faulty(fault: Fault, asked: Mapping[str, Any], before: int, latency: float) -> _Answer:
    delay = latency + fault.seconds
    if fault.kind == "hang":
        return _Answer(None)
    if fault.kind == "empty_choices":
        return _Answer(_completion(fault.reply, asked, empty=True), delay)
    if fault.kind == "html":
        return _Answer(_response(200, b"<html><body><h1>Bad gateway</h1></body></html>"), delay)
    if fault.kind in ERRORS:
        status = 503 if fault.kind == "server_error" and before % 2 else None
        return _Answer(_error(fault.kind, status, fault.retry_after, fault.message), delay)
    whole = _completion(fault.reply, asked)
    if fault.kind == "slow":
        return _Answer(whole, delay)
    head = whole.index(b"\r\n\r\n") + 4
    end = head // 2 if before % 2 else (head + len(whole)) // 2  # by turns within the body and within the head
    return _Answer(whole[:end], delay, last=True)


def _error(
    kind: Kind, status: int | None = None, retry_after: float | None = None, message: str | None = None
) -> bytes:
    usual, category, usual_message, code = ERRORS[kind]
    error = {"message": message or usual_message, "type": category, "param": None, "code": code}
    extra = "" if retry_after is None else f"Retry-After: {retry_after:g}\r\n"
    return _response(status or usual, {"error": error}, extra)


def _response(status: int, content: object, extra: str = "") -> bytes:
    """The bytes of an HTTP response: JSON, or HTML where the content is bytes."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    media = "text/html" if isinstance(content, bytes) else "application/json"
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {media}\r\n{extra}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _write(path: Path, text: str) -> None:
    """Write a file at once, so that no reader sees half of it."""
    partial = path.with_name(path.name + ".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _write_counts(server: ScriptedServer, path: Path) -> None:
    most = max(server.served.values(), default=0)
    _write(path, json.dumps({"received": server.received, "distinct": len(server.served), "most_repeated": most}))


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; the counts are written every second and at the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.scripted_server", description="An endpoint for benchmarks.")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds from a request's body to its answer")
    parser.add_argument("--port-file", type=Path, required=True, help="where to write the port")
    parser.add_argument("--counts", type=Path, help="where to write received, distinct and most_repeated as JSON")
    parser.add_argument("--script", metavar="MODULE:NAME", help="a Script to import; without it bodies are not parsed")
    chosen = parser.parse_args(arguments)
    script = pkgutil.resolve_name(chosen.script) if chosen.script else None
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    with ScriptedServer(script, latency=chosen.latency, parse=script is not None) as server:
        _write(chosen.port_file, server.base_url.split(":")[-1].removesuffix("/v1"))
        stopped = False
        while not stopped:
            stopped = stop.wait(1.0)
            if chosen.counts:
                _write_counts(server, chosen.counts)


if __name__ == "__main__":  # not as __main__: a script's Reply must be the server's
    pkgutil.resolve_name("tests.scripted_server:main")()
