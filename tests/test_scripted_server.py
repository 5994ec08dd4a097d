"""The scripted endpoint: what it says, how it fails, what it counts, and that it leaves nothing behind."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.scripted_server import TRANSIENT, Fault, Kind, Reply, Script, ScriptedServer, with_faults

JPEG = b"\xff\xd8 a picture \xff\xd9"
DIGEST = hashlib.sha256(JPEG).hexdigest()
LONG = 1_400_000


def asking(text: str = "Which?", **more: Any) -> dict[str, Any]:
    return {"model": "some-model", "messages": [{"role": "user", "content": text}], **more}


def connect(server: ScriptedServer, timeout: float = 10.0) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=timeout)


def port_of(server: ScriptedServer) -> int:
    return int(server.base_url.removeprefix("http://127.0.0.1:").removesuffix("/v1"))


def post(line: http.client.HTTPConnection, body: dict[str, Any]) -> tuple[int, http.client.HTTPMessage, bytes]:
    line.request("POST", "/v1/chat/completions", json.dumps(body), {"Authorization": "Bearer KEY", "X-Some": "1"})
    response = line.getresponse()
    return response.status, response.headers, response.read()


def ask(server: ScriptedServer, body: dict[str, Any]) -> tuple[int, http.client.HTTPMessage, bytes]:
    with closing(connect(server)) as line:
        return post(line, body)


def content_of(data: bytes) -> object:
    return json.loads(data)["choices"][0]["message"]["content"]


def wait_for(server: ScriptedServer, in_flight: int) -> None:
    end = time.monotonic() + 10
    while server.in_flight != in_flight and time.monotonic() < end:
        time.sleep(0.005)
    assert server.in_flight == in_flight


def test_a_reply_has_every_field_of_a_chat_completion() -> None:
    reply = Reply("A", "length", "no", "thought", "other-model", 7, 3, 2)
    with ScriptedServer(lambda body, before: reply) as server:
        status, headers, data = ask(server, asking())
    answer = json.loads(data)
    message = {"role": "assistant", "content": "A", "refusal": "no", "reasoning_content": "thought"}
    assert (status, headers["Content-Type"], answer["model"]) == (200, "application/json", "other-model")
    assert answer["choices"] == [{"index": 0, "message": message, "finish_reason": "length", "logprobs": None}]
    assert answer["usage"].pop("prompt_tokens_details") == {"cached_tokens": 2}
    assert answer["usage"] == {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}  # 7 + 3 = 10


def test_the_usual_reply_echoes_the_model_and_one_connection_serves_many_requests() -> None:
    with ScriptedServer() as server, closing(connect(server)) as line:
        answers = [json.loads(post(line, asking(f"{number % 2}"))[2]) for number in range(5)]
    assert [answer["model"] for answer in answers] == 5 * ["some-model"]
    assert len({answer["id"] for answer in answers}) == 5
    assert (server.received, sorted(server.served.values())) == (5, [2, 3])
    assert server.served[hashlib.sha256(json.dumps(asking("0")).encode()).hexdigest()] == 3
    assert (server.headers[0]["authorization"], server.headers[0]["x-some"]) == ("Bearer KEY", "1")
    assert [body["messages"][0]["content"] for body in server.bodies] == ["0", "1", "0", "1", "0"]


def test_the_script_sees_the_body_and_how_often_it_came() -> None:
    seen = []

    def script(body: dict[str, Any], before: int) -> Reply:
        seen.append((body["messages"][0]["content"], before))
        return Reply(body["messages"][0]["content"].upper())

    with ScriptedServer(script) as server:
        texts = [content_of(ask(server, asking(text))[2]) for text in "aba"]
    assert (texts, seen) == (["A", "B", "A"], [("a", 0), ("b", 0), ("a", 1)])


def test_images_are_counted_and_not_kept() -> None:
    url = {"url": "data:image/jpeg;base64," + base64.b64encode(JPEG).decode(), "detail": "high"}
    content = [{"type": "image_url", "image_url": url}, {"type": "text", "text": "data: none here"}]
    with ScriptedServer() as server:
        for text in ("one", "two"):
            ask(server, {"model": "m", "messages": [{"role": text, "content": content}]})
    kept = server.bodies[0]["messages"][0]["content"]
    assert kept[0]["image_url"] == {"url": f"data:image/jpeg;base64,{DIGEST}", "detail": "high"}
    assert kept[1] == content[1]
    assert server.images == {DIGEST: 2}


def test_without_parsing_the_model_is_found_and_the_rest_left_alone() -> None:
    seen: list[dict[str, Any]] = []

    def script(body: dict[str, Any], before: int) -> Reply:
        seen.append(body)
        return Reply()

    bodies = [asking("x" * LONG + ' "model": "none" '), dict(reversed(asking("x" * LONG).items()))]
    with ScriptedServer(script, parse=False) as server:
        models = [json.loads(ask(server, body)[2])["model"] for body in bodies]
    digests = [hashlib.sha256(json.dumps(body).encode()).hexdigest() for body in bodies]
    assert models == ["some-model", "some-model"]
    assert seen == [{"model": "some-model", "sha256": digest} for digest in digests]
    assert (server.bodies, server.images, list(server.served)) == ([], {}, digests)


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


@pytest.mark.parametrize("latency", [0.0, 60.0])
def test_closing_is_prompt_with_clients_hanging_and_leaves_no_thread(latency: float) -> None:
    threads = threading.active_count()
    lines = []
    with ScriptedServer(lambda body, before: Reply() if latency else Fault("hang"), latency=latency) as server:
        for number in range(20):
            lines.append(connect(server))
            lines[-1].request("POST", "/v1/chat/completions", json.dumps(asking(str(number))))
        idle = socket.create_connection(("127.0.0.1", port_of(server)))
        wait_for(server, 20)
        start = time.monotonic()
    assert time.monotonic() - start < 5
    assert (threading.active_count(), server.in_flight, server.most_in_flight) == (threads, 0, 20)
    idle.close()
    for line in lines:
        with pytest.raises(ConnectionError):
            line.getresponse()
        line.close()


def test_what_a_script_raises_is_raised_at_the_end() -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        raise AssertionError("not what was expected")

    with pytest.raises(AssertionError, match="not what was expected"), ScriptedServer(script) as server:
        assert ask(server, asking())[0] == 500
    nothing: Any = lambda body, before: None  # noqa: E731
    with pytest.raises(AttributeError), ScriptedServer(nothing) as server:
        assert ask(server, asking())[0] == 500


def test_other_requests_are_answered_and_not_counted() -> None:
    with ScriptedServer() as server, closing(connect(server)) as line:
        line.request("GET", "/v1/models?limit=1")
        models = json.loads(line.getresponse().read())
        line.request("POST", "/v1/embeddings", "{}")
        assert line.getresponse().status == 404
    assert [model["id"] for model in models["data"]] == ["scripted"]
    assert (server.received, server.most_in_flight) == (0, 0)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"url": "data:image/jpeg;base64,A"}', b""])
def test_what_is_no_request_object_is_a_bad_request(body: bytes) -> None:
    with ScriptedServer() as server, closing(connect(server)) as line:
        line.request("POST", "/v1/chat/completions", body)
        assert line.getresponse().status == 400
    assert (server.received, server.bodies) == (1, [])


def test_a_request_in_any_pieces_and_two_in_one() -> None:
    content = json.dumps(asking()).encode()
    request = b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n%s" % (len(content), content)
    closing = request.replace(b"content-length", b"Connection: close\r\ncontent-length")
    with ScriptedServer(latency=0.02) as server:
        with socket.create_connection(("127.0.0.1", port_of(server)), timeout=10) as raw:
            for place in range(0, len(request), 7):
                raw.sendall(request[place : place + 7])
            raw.sendall(request + closing)
            received = b"".join(iter(lambda: raw.recv(4096), b""))
        with socket.create_connection(("127.0.0.1", port_of(server)), timeout=10) as raw:
            raw.sendall(b"GET / HTTP/0.9\r\n\r\n")
            refused = b"".join(iter(lambda: raw.recv(4096), b""))
    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert (server.received, server.most_in_flight) == (3, 1)
    assert refused.startswith(b"HTTP/1.1 400 Bad Request")


def test_a_client_may_ask_before_it_sends_a_long_body() -> None:
    with ScriptedServer() as server, socket.create_connection(("127.0.0.1", port_of(server)), timeout=10) as raw:
        raw.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert raw.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.sendall(b"{}")
        assert raw.recv(4096).startswith(b"HTTP/1.1 200 OK")


def test_hundreds_of_long_bodies_at_a_time() -> None:
    async def one(port: int, content: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % LONG)
        writer.write(content)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer.split(b"\r\n")[0]

    async def all_of(port: int) -> list[bytes]:
        content = b'{"model": "m"}'.ljust(LONG)
        return await asyncio.gather(*(one(port, content) for _ in range(200)))

    with ScriptedServer(latency=0.2, parse=False) as server:
        answers = asyncio.run(all_of(port_of(server)))
    assert Counter(answers) == {b"HTTP/1.1 200 OK": 200}
    assert (server.received, len(server.served), server.in_flight) == (200, 1, 0)
    assert server.most_in_flight > 20  # 0.2 s is far longer than reading so many bodies takes


def outcomes(script: Script, bodies: int = 2000) -> list[list[Reply | Fault]]:
    """The attempts of each of so many requests, until the first reply."""
    attempts: list[list[Reply | Fault]] = []
    for number in range(bodies):
        attempts.append([])
        while not attempts[-1] or isinstance(attempts[-1][-1], Fault):
            attempts[-1].append(script({"number": number}, len(attempts[-1])))
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


def test_the_openai_library_gets_its_answers_at_once() -> None:
    openai = pytest.importorskip("openai", reason="the openai package is not installed")

    async def ask_all(base_url: str) -> None:
        async with openai.AsyncOpenAI(base_url=base_url, api_key="KEY") as client:
            calls = [client.chat.completions.create(**asking(str(number))) for number in range(40)]
            answers = await asyncio.gather(*calls)
            assert [model.id async for model in client.models.list()] == ["scripted"]
        assert {answer.choices[0].message.content for answer in answers} == {"B"}
        assert {answer.usage.total_tokens for answer in answers} == {105}
        assert {answer.choices[0].message.reasoning_content for answer in answers} == {"hm"}

    with ScriptedServer(lambda body, before: Reply(reasoning="hm"), latency=0.5) as server:
        asyncio.run(ask_all(server.base_url))
    assert (server.received, server.in_flight, server.most_in_flight > 10) == (40, 0, True)
    assert server.headers[0]["authorization"] == "Bearer KEY"


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


def always_a(body: dict[str, Any], before: int) -> Reply:
    """What the server of another process is told to say."""
    return Reply("A")


@pytest.mark.parametrize(("options", "text"), [([], "B"), (["--script", f"{__name__}:always_a"], "A")])
def test_in_a_process_of_its_own(tmp_path: Path, options: list[str], text: str) -> None:
    port_file, counts = tmp_path / "port", tmp_path / "counts.json"
    command = [sys.executable, "-m", "tests.scripted_server", "--latency", "0.01", "--port-file", str(port_file)]
    with subprocess.Popen(
        [*command, "--counts", str(counts), *options],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONWARNINGS": "error"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            while not port_file.exists():
                assert process.poll() is None, process.communicate()[0]
                time.sleep(0.02)
            for question in ("one", "two", "two"):
                with closing(http.client.HTTPConnection("127.0.0.1", int(port_file.read_text()), timeout=10)) as line:
                    assert content_of(post(line, asking(question))[2]) == text
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=10)[0] == b""
    assert process.returncode == 0
    assert json.loads(counts.read_text()) == {"received": 3, "distinct": 2, "most_repeated": 2}
