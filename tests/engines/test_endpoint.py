"""The wire of the engine ``openai``: statuses, redirects, proxies and keys, on real sockets."""

from __future__ import annotations

import asyncio
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from aiohttp import ClientConnectorCertificateError
from aiohttp.client_reqrep import ConnectionKey

from mabench_eval.engines.openai.endpoint import Endpoint
from mabench_eval.engines.openai.failures import Failure, NoAnswerError, StatusError, classify
from mabench_eval.engines.openai.failures import FailureKind as Kind
from mabench_eval.engines.openai.messages import Body

KEY = "sk-very-secret-0123456789"
PROXIES = [name for low in ("http_proxy", "https_proxy", "all_proxy", "no_proxy") for name in (low, low.upper())]


class Fixed(socketserver.ThreadingTCPServer):
    """Answers every request with the same bytes, and keeps the heads."""

    daemon_threads = True

    def __init__(self, status: str, content: bytes, *headers: str) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close", *headers, "", ""]
        self.response = "\r\n".join(lines).encode() + content
        self.heads: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Fixed:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(socketserver.StreamRequestHandler):
    server: Fixed

    def handle(self) -> None:
        lines = list(iter(lambda: self.rfile.readline().decode().strip(), ""))
        length = next((int(line.split(":")[1]) for line in lines if line.startswith("Content-Length")), 0)
        self.rfile.read(length)
        self.server.heads.append("\n".join(lines))
        self.wfile.write(self.server.response)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    yield


def complete(base_url: str, key: str | None = KEY, timeout: float = 5) -> Any:
    async def ask() -> Any:
        async with Endpoint(base_url, key, timeout) as endpoint:
            return await endpoint.complete(Body((b'{"model":', b'"m"}')))

    return asyncio.run(ask())


def failure(base_url: str, timeout: float = 5) -> Failure | None:
    with pytest.raises(Exception) as caught:
        complete(base_url, timeout=timeout)
    return classify(caught.value, str)


@pytest.mark.parametrize(
    ("status", "content", "kind", "message"),
    [
        ("401 Unauthorized", {"error": {"message": "wrong key"}}, Kind.PERMANENT, "HTTP 401: wrong key"),
        # Gemini's compatible endpoint wraps the error in a list, vLLM has had none, Ollama gives a text
        ("404 Not Found", [{"error": {"code": 404, "message": "no model x"}}], Kind.PERMANENT, "HTTP 404: no model x"),
        ("400 Bad Request", {"object": "error", "message": "too long"}, Kind.REQUEST, "HTTP 400: too long"),
        ("400 Bad Request", {"error": "bad image"}, Kind.REQUEST, "HTTP 400: bad image"),
        ("400 Bad Request", {"error": {"message": "no", "code": "content_filter"}}, Kind.REFUSED, "HTTP 400: no"),
        ("429 Too Many", {"error": {"message": "slow down"}}, Kind.RATE_LIMIT, "HTTP 429: slow down"),
        ("429 Too Many", {"error": {"message": "pay", "code": "insufficient_quota"}}, Kind.PERMANENT, "HTTP 429: pay"),
        ("503 Unavailable", ["busy"], Kind.TRANSIENT, "HTTP 503: busy"),
    ],
)
def test_what_a_status_means(status: str, content: object, kind: Kind, message: str) -> None:
    with Fixed(status, json.dumps(content).encode(), "Retry-After: 7") as server:
        found = failure(f"http://{server.address}/v1")
    waits = 7.0 if kind in (Kind.RATE_LIMIT, Kind.TRANSIENT) else None
    assert found == Failure(kind, message, waits)


def test_a_page_instead_of_json() -> None:
    with Fixed("502 Bad Gateway", b"<h1>Bad\n gateway \xff</h1>") as server:
        assert failure(f"http://{server.address}") == Failure(Kind.TRANSIENT, "HTTP 502: <h1>Bad gateway �</h1>")
    with Fixed("200 OK", b"\xff\xfe") as server, pytest.raises(NoAnswerError):
        complete(f"http://{server.address}")


def test_a_redirect_is_reported_and_the_key_goes_nowhere_else() -> None:
    with Fixed("200 OK", b"{}") as other, Fixed("308 Moved", b"", f"Location: http://{other.address}/") as server:
        assert failure(f"http://{server.address}/v1") == Failure(
            Kind.PERMANENT, f"HTTP 308: the endpoint is at http://{other.address}/"
        )
        assert other.heads == []


def test_nobody_there_no_address_no_host() -> None:
    with Fixed("200 OK", b"{}") as server:
        pass
    found = failure(f"http://{server.address}/v1")
    assert found
    assert found.kind is Kind.UNREACHABLE
    wrong = failure("no address/v1")
    assert wrong
    assert wrong.kind is Kind.PERMANENT


def test_tls_that_does_not_come_about() -> None:
    with Fixed("200 OK", b"{}") as server:  # speaks no TLS at all
        found = failure(f"https://{server.address}/v1")
    assert found
    assert found.kind is Kind.UNREACHABLE
    key = ConnectionKey("host", 443, True, True, None, None, None)
    wrong = classify(ClientConnectorCertificateError(key, ssl.SSLCertVerificationError("self-signed certificate")), str)
    assert wrong
    assert (wrong.kind, "self-signed certificate" in wrong.message) == (Kind.PERMANENT, True)


def test_key_length_and_path_are_sent() -> None:
    with Fixed("200 OK", b'{"choices": []}') as server:
        assert complete(f"http://{server.address}/v1/") == {"choices": []}
        complete(f"http://{server.address}/v1", key=None)
    with_key, without = server.heads
    assert with_key.startswith("POST /v1/chat/completions HTTP/1.1\n")
    assert f"Authorization: Bearer {KEY}" in with_key
    assert "Content-Length: 13" in with_key  # {"model":"m"}
    assert "Authorization" not in without


def test_the_key_is_cut_out_of_errors() -> None:
    with Fixed("401 Unauthorized", f'{{"error": {{"message": "Incorrect API key: {KEY}"}}}}'.encode()) as server:
        with pytest.raises(StatusError) as caught:
            complete(f"http://{server.address}/v1")
        assert KEY not in repr(caught.value) + str(caught.value)
        assert "Incorrect API key: [key]" in repr(caught.value)


def test_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    netrc = tmp_path / "netrc"  # logins there are for other programs
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with Fixed("200 OK", b"{}") as proxy, Fixed("200 OK", b"{}") as direct:
        monkeypatch.setenv("http_proxy", f"http://me:word@{proxy.address}")
        complete("http://far.example/v1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        complete(f"http://{direct.address}/v1")
    assert proxy.heads[0].startswith("POST http://far.example/v1/chat/completions HTTP/1.1\n")
    assert "Proxy-Authorization: Basic bWU6d29yZA==" in proxy.heads[0]  # base64 of me:word
    assert f"Authorization: Bearer {KEY}" in direct.heads[0]


def test_a_proxy_of_an_https_address_never_sees_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with Fixed("200 OK", b"") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:word@{proxy.address}")
        failure("https://far.example/v1")  # there is nobody behind this proxy
    assert proxy.heads[0].startswith("CONNECT far.example:443 HTTP/1.1\n")
    assert "Proxy-Authorization: Basic bWU6d29yZA==" in proxy.heads[0]
    assert KEY not in proxy.heads[0]
