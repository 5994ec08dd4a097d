"""A client of the endpoint in plain HTTP: it sees what the openai package would hide."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import closing
from typing import Any

from tests.support.scripted_server import ScriptedServer


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
