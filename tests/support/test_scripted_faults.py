"""The faults of the scripted endpoint: what each looks like to a client, and which requests ``with_faults`` hits."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import time
from collections import Counter
from contextlib import closing

import pytest

from tests.support.scripted_server import TRANSIENT, Fault, Kind, Reply, Script, ScriptedServer, with_faults
from tests.support.scripted_server.client import ask, asking, connect, content_of, port_of, post, wait_for


@pytest.mark.parametrize(
    ("kind", "statuses", "code"),
    [
        ("rate_limit", (429, 429), "rate_limit_exceeded"),
        ("server_error", (500, 503), None),
        ("bad_key", (401, 401), "invalid_api_key"),
        ("unknown_model", (404, 404), "model_not_found"),
        ("bad_request", (400, 400), None),
        ("content_filter_400", (400, 400), "content_filter"),
    ],
)
def test_errors_are_what_the_api_sends(kind: Kind, statuses: tuple[int, int], code: str | None) -> None:
    with ScriptedServer(lambda body, before: Fault(kind, retry_after=0.5 if before else None)) as server:
        answers = [ask(server, asking()) for _ in range(2)]
    assert tuple(status for status, _, _ in answers) == statuses
    assert [headers["Retry-After"] for _, headers, _ in answers] == [None, "0.5"]
    error = json.loads(answers[0][2])["error"]
    assert error["code"] == code
    assert error["message"]


def test_empty_choices_html_and_slow_answers() -> None:
    faults = [Fault("empty_choices"), Fault("html"), Fault("slow", seconds=0.15, reply=Reply("late"))]
    with ScriptedServer(lambda body, before: faults[before]) as server:
        empty, html = ask(server, asking()), ask(server, asking())
        start = time.monotonic()
        slow = ask(server, asking())
    assert time.monotonic() - start >= 0.15
    assert json.loads(empty[2])["choices"] == []
    assert (html[0], html[1]["Content-Type"], html[2][:6]) == (200, "text/html", b"<html>")
    assert content_of(slow[2]) == "late"


def test_a_cut_comes_within_the_body_then_within_the_head() -> None:
    with ScriptedServer(lambda body, before: Fault("cut")) as server:
        with pytest.raises(http.client.IncompleteRead) as error:
            ask(server, asking())
        with socket.create_connection(("127.0.0.1", port_of(server)), timeout=10) as raw:
            content = json.dumps(asking()).encode()
            raw.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {len(content)}\r\n\r\n".encode())
            raw.sendall(content)
            received = b"".join(iter(lambda: raw.recv(4096), b""))
    assert len(error.value.partial) == pytest.approx(error.value.expected or 0, abs=1)  # half is there, half expected
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\n\r\n" not in received


def test_a_hang_ends_when_the_client_gives_up() -> None:
    with ScriptedServer(lambda body, before: Reply() if before else Fault("hang")) as server:
        with closing(connect(server, timeout=0.1)) as line:
            with pytest.raises(TimeoutError):
                post(line, asking())
            wait_for(server, 1)
        wait_for(server, 0)
        assert ask(server, asking())[0] == 200
    assert (server.received, server.most_in_flight) == (2, 1)


def outcomes(script: Script, bodies: int = 2000) -> list[list[Reply | Fault]]:
    """The attempts of each of so many requests, until the first reply."""
    attempts: list[list[Reply | Fault]] = []
    for number in range(bodies):
        attempts.append([])
        while not attempts[-1] or isinstance(attempts[-1][-1], Fault):
            answer = script({"number": number}, len(attempts[-1]))
            assert isinstance(answer, Reply | Fault)
            attempts[-1].append(answer)
    return attempts


def test_faults_hit_their_share_of_attempts_in_every_way() -> None:
    attempts = outcomes(with_faults(share=0.3))
    first = [request[0] for request in attempts]
    kinds = Counter(answer.kind for answer in first if isinstance(answer, Fault))
    assert 518 < kinds.total() < 682  # 2000 * 0.3 = 600, and 4 * sqrt(2000 * 0.3 * 0.7) = 82
    assert set(kinds) == set(TRANSIENT)
    assert min(kinds.values()) > 60  # 600 / 6 = 100, and 4 * sqrt(100) = 40
    assert max(map(len, attempts)) == 4  # three faults, then the reply
    assert attempts == outcomes(with_faults(share=0.3))
    assert attempts != outcomes(with_faults(share=0.3, seed=1))


def test_faults_at_their_limits() -> None:
    assert {len(request) for request in outcomes(with_faults(share=0.0), 100)} == {1}
    assert {len(request) for request in outcomes(with_faults(share=1.0, most=2), 100)} == {3}
    limits = with_faults(lambda body, before: Reply("A"), 1.0, kinds=["rate_limit"], retry_after=0.3)
    assert limits({}, 0) == Fault("rate_limit", retry_after=0.3, reply=Reply("A"))
    assert limits({}, 3) == Reply("A")
    slow = with_faults(lambda body, before: Reply("A"), 1.0, kinds=["slow"], seconds=0.4)
    assert slow({}, 0) == Fault("slow", seconds=0.4, reply=Reply("A"))
    assert with_faults(lambda body, before: Fault("bad_key"), 1.0)({}, 0) == Fault("bad_key")


NAMES: dict[Kind, str] = {
    "rate_limit": "RateLimitError",
    "server_error": "InternalServerError",
    "cut": "APIConnectionError",
    "hang": "APITimeoutError",
    "bad_key": "AuthenticationError",
    "unknown_model": "NotFoundError",
    "bad_request": "BadRequestError",
    "content_filter_400": "BadRequestError",
}


@pytest.mark.parametrize(("kind", "name"), NAMES.items())
def test_the_openai_library_raises_as_for_the_real_thing(kind: Kind, name: str) -> None:
    openai = pytest.importorskip("openai", reason="the openai package is not installed")
    with ScriptedServer(lambda body, before: Fault(kind)) as server:
        options = {"max_retries": 0, "timeout": 0.5 if kind == "hang" else 10}
        with openai.OpenAI(base_url=server.base_url, api_key="KEY", **options) as client:
            for _ in range(2):
                with pytest.raises(getattr(openai, name)):
                    client.chat.completions.create(**asking())
    assert server.received == 2


def test_the_openai_library_gets_over_faults() -> None:
    openai = pytest.importorskip("openai", reason="the openai package is not installed")
    script = with_faults(share=0.5, kinds=["rate_limit", "server_error", "cut"], retry_after=0.01)

    async def ask_all(base_url: str) -> None:
        async with openai.AsyncOpenAI(base_url=base_url, api_key="KEY", max_retries=3) as client:
            calls = [client.chat.completions.create(**asking(str(number))) for number in range(20)]
            assert {answer.choices[0].message.content for answer in await asyncio.gather(*calls)} == {"B"}

    with ScriptedServer(script) as server:
        asyncio.run(ask_all(server.base_url))
    assert len(server.served) == 20
    assert server.received > 20
    assert max(server.served.values()) <= 4
