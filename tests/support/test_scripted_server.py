"""The scripted endpoint: what it says, what it counts, and that it leaves nothing behind."""

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

from tests.support.paths import ROOT
from tests.support.scripted_server import Fault, Reply, ScriptedServer
from tests.support.scripted_server.client import ask, asking, connect, content_of, port_of, post, wait_for

JPEG = b"\xff\xd8 a picture \xff\xd9"
DIGEST = hashlib.sha256(JPEG).hexdigest()
LONG = 1_400_000


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


def always_a(body: dict[str, Any], before: int) -> Reply:
    """What the server of another process is told to say."""
    return Reply("A")


@pytest.mark.parametrize(("options", "text"), [([], "B"), (["--script", f"{__name__}:always_a"], "A")])
def test_in_a_process_of_its_own(tmp_path: Path, options: list[str], text: str) -> None:
    port_file, counts = tmp_path / "port", tmp_path / "counts.json"
    command = [
        sys.executable,
        "-m",
        "tests.support.scripted_server",
        "--latency",
        "0.01",
        "--port-file",
        str(port_file),
    ]
    with subprocess.Popen(
        [*command, "--counts", str(counts), *options],
        cwd=ROOT,
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
