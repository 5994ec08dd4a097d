"""HTTP as bytes: heads and bodies of requests as they are read, responses as they are sent."""

from __future__ import annotations

import binascii
import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from tests.support.scripted_server.script import Fault, Kind, Raw, Reply

# Status, type, message and code of the faults that are an error JSON.
ERRORS: Mapping[Kind, tuple[int, str, str, str | None]] = {
    "rate_limit": (429, "requests", "Rate limit reached for requests.", "rate_limit_exceeded"),
    "server_error": (500, "server_error", "The server had an error while processing your request.", None),
    "bad_key": (401, "invalid_request_error", "Incorrect API key provided.", "invalid_api_key"),
    "unknown_model": (404, "invalid_request_error", "The model does not exist.", "model_not_found"),
    "bad_request": (400, "invalid_request_error", "Invalid value: 'messages'.", None),
    "content_filter_400": (400, "invalid_request_error", "The prompt triggered the content filter.", "content_filter"),
}

DATA_URL = re.compile("data:[^,]*;base64,")
MODEL_ID = re.compile(rb'"model"\s*:\s*("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True)
class Answer:
    """What goes over the wire (None: nothing), after how many seconds, and whether the connection then closes."""

    data: bytes | None
    delay: float = 0.0
    last: bool = False
    more: bytes = b""  # what follows every ``seconds``, without an end
    seconds: float = 0.0


def parse_head(head: bytearray) -> tuple[str, dict[str, str], int]:
    """Method and path, headers, the body's length. Raises ValueError for what is no such head, and chunked bodies."""
    line, *fields = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    length = int(headers.get("content-length", "0"))
    if not line.endswith(" HTTP/1.1") or length < 0 or "transfer-encoding" in headers:
        raise ValueError(line)
    route, _, query = line.removesuffix(" HTTP/1.1").partition("?")
    return route, {**headers, ":query": query}, length


def model_id(body: bytearray) -> str | None:
    """The model asked for, looked up at the ends of the body (images are in the middle)."""
    ends = memoryview(body)
    found = MODEL_ID.search(ends[-4096:]) or MODEL_ID.search(ends[:4096])
    return str(json.loads(found[1])) if found else None


def without_images(value: Any, images: Counter[str]) -> Any:
    """A copy of a JSON value with the data of each data URL replaced by its sha256, which is counted in ``images``.

    Several, with a comma between, are the frames of one video.
    """
    if isinstance(value, dict):
        return {name: without_images(item, images) for name, item in value.items()}
    if isinstance(value, list):
        return [without_images(item, images) for item in value]
    found = DATA_URL.match(value) if isinstance(value, str) else None
    if found is None:
        return value
    pieces = value[found.end() :].split(",")
    digests = [hashlib.sha256(binascii.a2b_base64(piece)).hexdigest() for piece in pieces]
    images.update(digests)
    return found[0] + ",".join(digests)


def completion(reply: Reply, asked: Mapping[str, Any], *, empty: bool = False) -> dict[str, Any]:
    """The JSON of a chat completion, for tests that change it."""
    message = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
    if reply.reasoning is not None:
        message["reasoning_content"] = reply.reasoning
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason, "logprobs": None}
    return {
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


def completion_response(reply: Reply, asked: Mapping[str, Any], *, empty: bool = False) -> bytes:
    return response(200, completion(reply, asked, empty=empty))


def raw(content: object, *headers: str, status: str = "200 OK", length: int | None = None, last: bool = True) -> Raw:
    """A response as it goes over the wire. ``content``: bytes, or what becomes JSON (NaN and halves of characters too).

    ``length``: what Content-Length says, in place of the truth; below 0 it says nothing.
    """
    body = content if isinstance(content, bytes) else json.dumps(content).encode("ascii")
    length = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", *([f"Content-Length: {length}"] if length >= 0 else []), *headers, "", ""]
    return Raw("\r\n".join(lines).encode("latin-1") + body, last=last)


def fault_answer(fault: Fault, asked: Mapping[str, Any], before: int, latency: float) -> Answer:
    delay = latency + fault.seconds
    if fault.kind == "hang":
        return Answer(None)
    if fault.kind == "empty_choices":
        return Answer(completion_response(fault.reply, asked, empty=True), delay)
    if fault.kind == "html":
        return Answer(response(200, b"<html><body><h1>Bad gateway</h1></body></html>"), delay)
    if fault.kind in ERRORS:
        status = 503 if fault.kind == "server_error" and before % 2 else None
        return Answer(error_response(fault.kind, status, fault.retry_after, fault.message), delay)
    whole = completion_response(fault.reply, asked)
    if fault.kind == "slow":
        return Answer(whole, delay)
    head = whole.index(b"\r\n\r\n") + 4
    end = head // 2 if before % 2 else (head + len(whole)) // 2  # by turns within the body and within the head
    return Answer(whole[:end], delay, last=True)


def error_content(kind: Kind, message: str | None = None) -> dict[str, Any]:
    """The JSON of an error."""
    _, category, usual_message, code = ERRORS[kind]
    return {"error": {"message": message or usual_message, "type": category, "param": None, "code": code}}


def error_response(
    kind: Kind, status: int | None = None, retry_after: float | None = None, message: str | None = None
) -> bytes:
    usual = ERRORS[kind][0]
    extra = "" if retry_after is None else f"Retry-After: {retry_after:g}\r\n"
    return response(status or usual, error_content(kind, message), extra)


def response(status: int, content: object, extra: str = "") -> bytes:
    """The bytes of an HTTP response: JSON, or HTML where the content is bytes."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    media = "text/html" if isinstance(content, bytes) else "application/json"
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {media}\r\n{extra}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
