"""The endpoint and its connections."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import threading
from collections import Counter
from typing import Any, Self

from tests.support.scripted_server.batches import ScriptedBatches
from tests.support.scripted_server.script import Fault, Raw, Reply, Script
from tests.support.scripted_server.wire import (
    ERRORS,
    Answer,
    completion,
    completion_response,
    error_content,
    error_response,
    fault_answer,
    model_id,
    parse_head,
    response,
    without_images,
)

MODELS = {"object": "list", "data": [{"id": "scripted", "object": "model", "created": 0, "owned_by": "tests"}]}


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
        self.batches = ScriptedBatches(self._answer_line)
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
        self._loop.remove_reader(listening)  # accept no more: a closed server leaves open what it had just accepted
        if accepting := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(accepting, timeout=5)  # each ends as a connection
        server.close()
        while self.connections:
            for connection in self.connections:
                connection.transport.abort()
            await asyncio.sleep(0)

    def answer(self, headers: dict[str, str], body: bytearray) -> Answer:
        """Count a request and ask the script what to say."""
        digest = hashlib.sha256(body).hexdigest()
        before = self.served[digest]
        self.received += 1
        self.served[digest] += 1
        self.headers.append(headers)
        del self.headers[:-1000]
        if not self.parse:
            return self._scripted({"model": model_id(body), "sha256": digest}, before)
        try:
            content = json.loads(body)
            if not isinstance(content, dict):
                raise ValueError("no object")
            self.bodies.append(without_images(content, self.images))
        except ValueError:
            return Answer(error_response("bad_request"), self.latency)
        return self._scripted(content, before)

    def _answer_line(self, content: dict[str, Any]) -> tuple[int, Any]:
        """Status and JSON for a line of a batch; it counts as served, as if it had come by itself."""
        digest = hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()
        before = self.served[digest]
        self.served[digest] += 1
        choice = Reply() if self.script is None else self.script(content, before)
        if isinstance(choice, Reply):
            return 200, completion(choice, content)
        assert isinstance(choice, Fault), "a line has no connection of its own"
        if choice.kind == "empty_choices":
            return 200, completion(choice.reply, content, empty=True)
        return ERRORS[choice.kind][0], error_content(choice.kind, choice.message)

    def _scripted(self, content: dict[str, Any], before: int) -> Answer:
        try:
            choice = Reply() if self.script is None else self.script(content, before)
            if isinstance(choice, Reply):
                return Answer(completion_response(choice, content), self.latency)
            if isinstance(choice, Raw):
                return Answer(choice.data, self.latency, choice.last, choice.more, choice.seconds)
            return fault_answer(choice, content, before, self.latency)
        except Exception as error:  # noqa: BLE001  # a test's failed assertion: its place is in the test
            self.failures.append(error)
            return Answer(error_response("server_error"))


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
            self.route, self.headers, length = parse_head(self.pending[: max(end, 0)])
        except ValueError:
            self._send(Answer(error_response("bad_request"), last=True))
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
            self._send(self._other(body))
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

    def _other(self, body: bytearray) -> Answer:
        """What is no chat completion."""
        if self.route == "GET /v1/models":
            return Answer(response(200, MODELS))
        try:
            return self.server.batches.handle(self.route, self.headers, bytes(body)) or Answer(response(404, {}))
        except Exception as error:  # noqa: BLE001  # a failed assertion
            self.server.failures.append(error)
            return Answer(error_response("server_error"))

    def _send(self, answer: Answer) -> None:
        if answer.more:
            self.transport.write(answer.data or b"")
            self._go_on(answer)
            return
        self._done()
        self.transport.write(answer.data or b"")
        if answer.last or self.headers.get("connection", "").lower() == "close":
            self.transport.close()
        elif self.pending:
            self._begin()

    def _go_on(self, answer: Answer) -> None:
        """Send more, as long as there is somebody to read it and he keeps up."""
        if self.transport.get_write_buffer_size() < 1 << 20:
            self.transport.write(answer.more)
        self.timer = asyncio.get_running_loop().call_later(answer.seconds, self._go_on, answer)

    def _done(self) -> None:
        self.server.in_flight -= self.busy
        self.busy = False
