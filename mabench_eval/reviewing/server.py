"""A server on this machine alone: a page, a list of questions and clips for each person who has a token.

It listens on 127.0.0.1. Every address begins with a token that is drawn anew each time; a request without one, with
another host's name (a page elsewhere whose name leads here) or from another page gets nothing. Clips are served by
their place in a list: no request names a file.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
import threading
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, BinaryIO, ClassVar, Self, TypeVar

from mabench_eval.errors import InputError, MabenchError
from mabench_eval.parsing import ContentError, json_value, open_file
from mabench_eval.reviewing.ranges import UnsatisfiableError, read_range
from mabench_eval.reviewing.sessions import GivenBlind, GivenDecision, Session, TooEarlyError
from mabench_eval.runfiles import from_json

HOST = "127.0.0.1"
LARGEST_BODY = 64 << 10
"""Bytes of what a page may send at once."""
IDLE_S = 60.0
"""Seconds after which a connection on which nothing comes is closed."""
CLIP_TYPES: Mapping[str, str] = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".avi": "video/x-msvideo",
}
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
"""Policy of all that is no page."""
_ADDRESS = re.compile(r"/(?P<token>[A-Za-z0-9_-]{1,100})/(?P<what>[a-z]{0,20})(?:/(?P<number>\d{1,9}))?")
_HOST = re.compile(r"(?:127\.0\.0\.1|localhost)(?::\d{1,5})?")
Given = TypeVar("Given", GivenBlind, GivenDecision)


class ReviewServer:
    """Serves sessions until it is closed, from threads of its own."""

    def __init__(self, sessions: Sequence[Session], port: int = 0) -> None:
        """``port``: 0 for one that is free. Raises InputError for one that is not."""
        self._sessions = {secrets.token_urlsafe(24): session for session in sessions}
        handler = type("Handler", (_Handler,), {"sessions": self._sessions})
        try:
            self._server = _Server((HOST, port), handler)
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "a port is a number from 1 to 65535"
            raise InputError(f"port {port} of {HOST} cannot be used: {reason}", hint="Try another --port.") from error
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def addresses(self) -> dict[str, str]:
        """Name -> the address of their page."""
        return {session.name: f"http://{HOST}:{self.port}/{token}/" for token, session in self._sessions.items()}

    def wait(self) -> None:
        """Wait until somebody interrupts."""
        while self._thread.is_alive():
            self._thread.join(0.2)

    def close(self) -> None:
        """Stop serving; sessions are closed by who opened them."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close."""
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: browsers close connections in the middle of a clip."""


class _Handler(BaseHTTPRequestHandler):
    sessions: ClassVar[Mapping[str, Session]] = {}
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "mabench_eval", ""
    timeout = IDLE_S

    def do_GET(self) -> None:
        self._serve(
            {
                "": self._page,
                "state": self._state,
                "question": self._question,
                "tracks": self._tracks,
                "clip": self._clip,
            }
        )

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:
        self._serve({"blind": self._blind, "decision": self._decision})

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the command line alone prints."""

    def _serve(self, ways: Mapping[str, Any]) -> None:
        """Check who asks, and for what; then do it."""
        found = _ADDRESS.fullmatch(self.path)
        session = self._session(found["token"]) if found else None
        if session is None or not self._is_own_page():
            return self._refuse(HTTPStatus.FORBIDDEN, "this address needs the token that the command printed")
        assert found
        way = ways.get(found["what"])
        if way is None or (found["number"] is None) != (found["what"] in ("", "state")):
            return self._refuse(HTTPStatus.NOT_FOUND, "there is nothing at this address")
        try:
            way(session, int(found["number"] or 0))
        except IndexError:
            self._refuse(HTTPStatus.NOT_FOUND, "there is no question of this number")
        except TooEarlyError as error:
            self._refuse(HTTPStatus.CONFLICT, str(error))
        except InputError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
        except MabenchError as error:
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
        return None

    def _session(self, token: str) -> Session | None:
        """The session of a token; all tokens are compared, each in the same time."""
        fitting = [session for known, session in self.sessions.items() if hmac.compare_digest(known, token)]
        return fitting[0] if fitting else None

    def _is_own_page(self) -> bool:
        """Whether the request is meant for this server, and comes from its page or from nowhere."""
        host = self.headers.get("Host", "")
        origin = self.headers.get("Origin")
        site = self.headers.get("Sec-Fetch-Site", "none")
        return bool(_HOST.fullmatch(host)) and origin in (None, f"http://{host}") and site in ("same-origin", "none")

    # -- what is served ------------------------------------------------------------------------------------

    def _page(self, session: Session, _: int) -> None:
        policy = "frame-ancestors 'none'"  # the rest stands in the page, by the hashes of what is in it
        self._send("text/html; charset=utf-8", session.page().encode("utf-8", "backslashreplace"), policy=policy)

    def _state(self, session: Session, _: int) -> None:
        self._send_json(session.state())

    def _question(self, session: Session, number: int) -> None:
        self._send_json(session.question(number))

    def _tracks(self, session: Session, number: int) -> None:
        self._send_json(session.tracks(number))

    def _blind(self, session: Session, number: int) -> None:
        self._send_json(session.answer(number, self._body(GivenBlind)))

    def _decision(self, session: Session, number: int) -> None:
        self._send_json(session.decide(number, self._body(GivenDecision)))

    def _clip(self, session: Session, number: int) -> None:
        path = session.clips[number]
        try:
            with open_file(path) as stream:
                size = os.fstat(stream.fileno()).st_size
                found = read_range(self.headers.get("Range"), size)
                length = found.length if found else size
                self.send_response(HTTPStatus.PARTIAL_CONTENT if found else HTTPStatus.OK)
                if found:
                    self.send_header("Content-Range", f"bytes {found.first}-{found.last}/{size}")
                    stream.seek(found.first)
                kind = CLIP_TYPES.get(path.suffix.casefold(), "application/octet-stream")
                self._send_headers(kind, length, NOTHING, cache="private, max-age=600")
                if self.command != "HEAD":
                    self._send_piece(stream, length)
        except UnsatisfiableError:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{path.stat().st_size}")
            self._send_headers("text/plain", 0, NOTHING)
        except ConnectionError:
            self.close_connection = True
        except OSError as error:
            self._refuse(HTTPStatus.NOT_FOUND, f"{path.name} cannot be read: {error.strerror or error}")

    def _send_piece(self, stream: BinaryIO, left: int) -> None:
        while left > 0 and (content := stream.read(min(left, 1 << 18))):
            self.wfile.write(content)
            left -= len(content)

    # -- in and out ----------------------------------------------------------------------------------------

    def _body(self, kind: type[Given]) -> Given:
        """What a page sends. Raises InputError for anything else than the JSON that ours send."""
        kind_sent = self.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > LARGEST_BODY:
            self.close_connection = True
            raise InputError(f"a page sends {LARGEST_BODY >> 10} KB at most, and says how many")
        content = self.rfile.read(int(length))
        if kind_sent != "application/json":
            raise InputError("a page sends JSON")
        try:
            return from_json(kind, json_value(content.decode()), "what the page sent")
        except (ContentError, UnicodeDecodeError) as error:
            raise InputError(f"what the page sent is no JSON: {error}") from error

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        if self.command == "POST" and status is not HTTPStatus.CONFLICT:
            self.close_connection = True  # its body may not have been read
        self._send_json({"error": why}, status)

    def _send_json(self, value: Any, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send("application/json", json.dumps(value, allow_nan=False).encode("ascii"), status)

    def _send(self, kind: str, content: bytes, status: HTTPStatus = HTTPStatus.OK, policy: str = NOTHING) -> None:
        self.send_response(status)
        self._send_headers(kind, len(content), policy)
        if self.command != "HEAD":
            self.wfile.write(content)

    def _send_headers(self, kind: str, length: int, policy: str, cache: str = "no-store") -> None:
        own = {
            "Content-Type": kind,
            "Content-Length": str(length),
            "Content-Security-Policy": policy,
            "Cache-Control": cache,
            "Accept-Ranges": "bytes",
            **({"Connection": "close"} if self.close_connection else {}),
        }
        for name, value in {**own, **HEADERS}.items():
            self.send_header(name, value)
        self.end_headers()
