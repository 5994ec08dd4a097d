"""What comes from an endpoint is read once, strictly and bounded, and without the key."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import math
import tracemalloc
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from mabench_eval.engines.openai.endpoint import LARGEST_REPLY, Endpoint
from mabench_eval.engines.openai.failures import (
    LONGEST_WAIT_S,
    FailureKind,
    NoAnswerError,
    StatusError,
    UnfitReplyError,
    classify,
    retry_after,
)
from mabench_eval.engines.openai.messages import Body
from mabench_eval.engines.openai.redaction import Redaction, login_parts
from mabench_eval.engines.openai.replies import read_completion
from mabench_eval.runfiles import response_fields
from mabench_eval.types import Response
from tests.support.scripted_server import Raw, Reply, ScriptedServer, completion, raw

KEY = "sk-very-secret/0123+456=789"


def reply(**changes: Any) -> dict[str, Any]:
    """A chat completion; ``message``, ``choice`` and the rest change what is in it."""
    value = completion(Reply("B"), {"model": "m"})
    value["choices"][0]["message"] |= changes.pop("message", {})
    value["choices"][0] |= changes.pop("choice", {})
    return {**value, **changes}


def complete(answer: Raw, key: str | None = KEY, timeout: float = 5) -> Any:
    async def ask(base_url: str) -> Any:
        async with Endpoint(base_url, key, timeout) as endpoint:
            return await endpoint.complete(Body((b'{"model":"m"}',)))

    with ScriptedServer(lambda body, before: answer) as server:
        return asyncio.run(ask(server.base_url))


@pytest.mark.parametrize(
    ("message", "text", "reason", "reasoning"),
    [
        ({"content": "B"}, "B", "stop", None),
        (
            {"content": [{"type": "text", "text": "B, "}, {"type": "text", "text": "nodding"}]},
            "B, nodding",
            "stop",
            None,
        ),
        ({"content": [{"type": "refusal", "refusal": "No."}]}, "No.", "refusal", None),
        ({"content": None, "refusal": "No."}, "No.", "refusal", None),
        ({"content": "B", "refusal": ""}, "B", "stop", None),
        ({"content": None}, "", "empty", None),
        ({"content": []}, "", "empty", None),
        ({"content": "B", "reasoning_content": "It moves."}, "B", "stop", "It moves."),
        ({"content": "B", "reasoning": "It moves."}, "B", "stop", "It moves."),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
                    {"type": "text", "text": "B"},
                ]
            },
            "B",
            "stop",
            "Hm.",
        ),
        ({"content": "\ud83d"}, "\ud83d", "stop", None),  # half a character: models write such
        ({"content": "B", "tool_calls": [{"id": 1}], "annotations": {"x": []}, "role": 7}, "B", "stop", None),
    ],
)
def test_what_is_read(message: Any, text: str, reason: str, reasoning: str | None) -> None:
    found = read_completion("k", reply(message=message), 0.5)
    assert (found.text, found.stop_reason, found.reasoning) == (text, reason, reasoning)
    assert (found.served_by, found.prompt_tokens, found.output_tokens, found.cached_tokens) == ("m", 100, 5, 0)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": None},
        {"prompt_tokens_details": None},
        {"total": "many", "prompt_tokens_details": {}},
    ],
)
def test_tokens_that_are_not_told(usage: Any) -> None:
    found = read_completion("k", reply(usage=usage), 0.5)
    assert (found.prompt_tokens, found.output_tokens, found.cached_tokens) == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"message": {"content": 7}}, "content"),
        ({"message": {"content": True}}, "content"),
        ({"message": {"content": {"text": "B"}}}, "content"),
        ({"message": {"content": ["B"]}}, "content"),
        ({"message": {"content": [{"type": "image_url", "image_url": {}}]}}, "content"),
        ({"message": {"content": [{"type": "text", "text": None}]}}, "content"),
        ({"message": {"content": [{"type": "text"}]}}, "content"),
        ({"message": {"content": [[{"type": "text", "text": "B"}]]}}, "content"),
        ({"message": {"refusal": True}}, "refusal"),
        ({"message": {"refusal": ["No."]}}, "refusal"),
        ({"message": {"reasoning_content": {"a": 1}}}, "reasoning_content"),
        ({"message": {"reasoning": 3.5}}, "reasoning"),
        ({"choice": {"message": None}}, "message"),
        ({"choice": {"message": "B"}}, "message"),
        ({"choice": {"message": [{"content": "B"}]}}, "message"),
        ({"choice": {"finish_reason": 1}}, "finish_reason"),
        ({"choice": {"finish_reason": ["stop"]}}, "finish_reason"),
        ({"choices": [None]}, "choices"),
        ({"choices": ["B"]}, "choices"),
        ({"choices": {"0": {"message": {"content": "B"}}}}, "choices"),
        ({"choices": 1}, "choices"),
        ({"choices": [{"text": "B"}]}, "message"),
        ({"model": ["m"]}, "model"),
        ({"model": 4}, "model"),
        ({"model": "m" * 100_000}, "model"),
        ({"usage": "100"}, "usage"),
        ({"usage": [100, 5]}, "usage"),
        ({"usage": {"prompt_tokens": "100"}}, "prompt_tokens"),
        ({"usage": {"prompt_tokens": -1}}, "prompt_tokens"),
        ({"usage": {"prompt_tokens": 1.5}}, "prompt_tokens"),
        ({"usage": {"prompt_tokens": True}}, "prompt_tokens"),
        ({"usage": {"prompt_tokens": 10**99}}, "prompt_tokens"),
        ({"usage": {"completion_tokens": {"n": 5}}}, "completion_tokens"),
        ({"usage": {"completion_tokens": [5]}}, "completion_tokens"),
        ({"usage": {"prompt_tokens_details": 3}}, "prompt_tokens_details"),
        ({"usage": {"prompt_tokens_details": {"cached_tokens": "all"}}}, "cached_tokens"),
        ({"\ud800": 1}, "surrogate"),
    ],
)
def test_what_does_not_fit_is_an_error_that_names_it(changes: Mapping[str, Any], said: str) -> None:
    with pytest.raises(UnfitReplyError, match=said) as caught:
        read_completion("k", reply(**changes), 0.5)
    found = classify(caught.value, str)
    assert found is not None
    assert (found.kind, found.may_cost, len(found.message) < 350) == (FailureKind.UNFIT, True, True)


@pytest.mark.parametrize("value", [None, 7, "B", [], [reply()], {}, {"choices": []}, {"choices": None}, {"id": 1}])
def test_no_completion_at_all(value: Any) -> None:
    with pytest.raises(NoAnswerError):
        read_completion("k", value, 0.5)


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        ({"error": {"message": "busy", "code": 503}}, FailureKind.TRANSIENT, "HTTP 503: busy"),
        ({"error": {"message": "slow down", "code": 429}}, FailureKind.RATE_LIMIT, "HTTP 429: slow down"),
        ({"error": {"message": "bad key", "code": 401}}, FailureKind.PERMANENT, "HTTP 401: bad key"),
        ({"error": {"message": "no", "code": "invalid_api_key"}}, FailureKind.PERMANENT, "HTTP 200: no"),
        ({"error": {"message": "no", "code": 10**90}}, FailureKind.TRANSIENT, "HTTP 200: no"),
        ({"error": "busy"}, FailureKind.TRANSIENT, "HTTP 200: busy"),
        ({"error": True}, FailureKind.TRANSIENT, "HTTP 200: true"),
        ({"error": {"message": {"a": ["b"]}}}, FailureKind.TRANSIENT, 'HTTP 200: {"a": ["b"]}'),
        (reply(error={"message": "busy"}), FailureKind.TRANSIENT, "HTTP 200: busy"),
        (reply(choice={"error": {"message": "lost", "code": 502}}), FailureKind.TRANSIENT, "HTTP 502: lost"),
        (reply(choice={"finish_reason": "error"}), FailureKind.TRANSIENT, "HTTP 200: the answer ended by 'error'"),
        (reply(choice={"finish_reason": "abort"}), FailureKind.TRANSIENT, "HTTP 200: the answer ended by 'abort'"),
    ],
)
def test_an_error_under_status_200_is_no_answer(value: Any, kind: FailureKind, said: str) -> None:
    with pytest.raises(StatusError) as caught:
        read_completion("k", value, 0.5)
    found = classify(caught.value, str)
    assert found is not None
    assert (found.kind, found.message) == (kind, said)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["choices", "usage", "model", "error", "message", "choice", "content"]), json_values)
def test_whatever_stands_in_a_reply_it_is_a_response_that_fits_or_a_failure(place: str, value: Any) -> None:
    changes: dict[str, Any] = {place: value}
    if place in ("message", "choice"):
        changes = {place: value if isinstance(value, dict) else {}}
    if place == "content":
        changes = {"message": {"content": value}}
    try:
        found = read_completion("k", reply(**changes), 0.5)
    except (NoAnswerError, StatusError, UnfitReplyError) as error:
        assert classify(error, str)
    else:
        json.dumps(response_fields(found), allow_nan=False)


@pytest.mark.parametrize(
    ("content", "headers", "error", "said"),
    [
        (b"<html>Bad gateway</html>", ["Content-Type: text/html"], NoAnswerError, "<html>Bad gateway"),
        (b"", [], NoAnswerError, "it is empty"),
        (b"\xff\xfe\x00", [], NoAnswerError, "(?s)."),
        (
            json.dumps(reply()).encode("utf-16"),
            ["Content-Type: application/json; charset=utf-16"],
            NoAnswerError,
            "(?s).",
        ),
        (b'{"choices": [', [], NoAnswerError, "choices"),
        (b'{"a": 1, "a": 2}', [], UnfitReplyError, "twice"),
        (b'{"a": NaN}', [], UnfitReplyError, "NaN"),
        (b'{"a": -Infinity}', [], UnfitReplyError, "Infinity"),
        (b'{"a": 1e999}', [], UnfitReplyError, "1e999"),
        (b'{"a": ' + b"9" * 10_000 + b"}", [], UnfitReplyError, "10,000 digits"),
        (b'{"' + b"k" * 200_000 + b'": 1}', [], UnfitReplyError, "200,000 characters"),
        (b"[" * 100_000 + b"]" * 100_000, [], UnfitReplyError, "in one another"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, [], UnfitReplyError, "in one another"),
        (b'"' + b"x" * LARGEST_REPLY + b'"', [], UnfitReplyError, "more than 8 MB"),
        (b"{}", ["Content-Encoding: br"], NoAnswerError, "'br', which was not asked for"),
        (b"{}", ["Content-Encoding: zstd"], NoAnswerError, "'zstd', which was not asked for"),
        (b"{}", ["Content-Encoding: gzip, gzip"], NoAnswerError, "which was not asked for"),
        (b"{}", ["Content-Encoding: gzip"], NoAnswerError, "cannot be unpacked"),
        (gzip.compress(json.dumps(reply()).encode(), mtime=0)[:90], ["Content-Encoding: gzip"], NoAnswerError, "(?s)."),
    ],
    ids=lambda value: "body" if isinstance(value, bytes) else value[:30] if isinstance(value, str) else None,
)
def test_bodies_that_are_not_taken(content: bytes, headers: list[str], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        complete(raw(content, *headers))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (json.dumps(reply()).encode(), ["Content-Type: text/plain; charset=koi8-r"]),
        (b"\xef\xbb\xbf" + json.dumps(reply()).encode(), []),
        (gzip.compress(json.dumps(reply()).encode(), mtime=0), ["Content-Encoding: GZIP"]),
        (zlib.compress(json.dumps(reply()).encode()), ["Content-Encoding: deflate"]),
    ],
    ids=["charset", "byte order mark", "gzip", "deflate"],
)
def test_bodies_that_are_taken(content: bytes, headers: list[str]) -> None:
    assert read_completion("k", complete(raw(content, *headers)), 0.5).text == "B"


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
def test_a_body_that_grows_when_unpacked_is_not_unpacked_to_its_end(status: str) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(128)) + packer.flush()  # 128 MB in 128 kB
    tracemalloc.start()
    with pytest.raises((UnfitReplyError, StatusError)):
        complete(raw(bomb, "Content-Encoding: gzip", status=status))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 32 << 20


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
def test_a_body_without_an_end_is_left(status: str) -> None:
    head = f"HTTP/1.1 {status}\r\nConnection: close\r\n\r\n".encode()
    with pytest.raises((UnfitReplyError, StatusError)):
        complete(Raw(head, more=b"x" * (1 << 20), seconds=0.0))


def test_a_body_that_drips_ends_in_time() -> None:
    with pytest.raises(asyncio.TimeoutError):
        complete(Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", more=b" "), timeout=0.3)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("0", 0.0),
        ("-5", 0.0),
        ("-inf", 0.0),
        ("inf", LONGEST_WAIT_S),
        ("1e999", LONGEST_WAIT_S),
        ("9" * 5000, LONGEST_WAIT_S),
        ("86400", LONGEST_WAIT_S),
        ("nan", None),
        ("", None),
        (None, None),
        ("soon", None),
        ("1h", None),
        ("Fri, 99 Foo 2026 00:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT_S),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Thu, 01 Jan 1970 00:00:00 -0000", 0.0),  # no zone is known: taken for UTC
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_retry_after_a_date() -> None:
    found = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True))
    assert found is not None
    assert 55 < found <= 60


@given(st.text())
def test_retry_after_anything_is_bounded(header: str) -> None:
    found = retry_after(header)
    assert found is None or (math.isfinite(found) and 0 <= found <= LONGEST_WAIT_S)


def test_secrets_are_taken_out_in_every_form() -> None:
    redaction = Redaction([KEY])
    forms = {
        "plain": KEY,
        "address": quote(KEY, safe=""),
        "address, lower case": quote(KEY, safe="").replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d"),
        "json": KEY.replace("/", "\\/"),
        **{f"base64 {n}": base64.b64encode(b"u" * n + KEY.encode() + b"!").decode() for n in range(4)},
        "base64 of addresses": base64.urlsafe_b64encode(f"user:{KEY}".encode()).decode(),
    }
    for name, form in forms.items():
        shown = redaction.text(f"before {form} after")
        assert KEY[3:12] not in shown, name
        assert "[key]" in shown, name
        assert shown.startswith("before ") and shown.endswith(" after"), name
        assert len(shown) < 30, name
    assert redaction.value({KEY: [KEY, {"a": f"x{KEY}"}, 7, None]}) == {"[key]": ["[key]", {"a": "x[key]"}, 7, None]}


@pytest.mark.parametrize("word", ["", "x", "none", "EMPTY", "1234567", "anything", "whatever", "secret", None])
def test_words_that_local_servers_take_for_keys_stay(word: str | None) -> None:
    answer = f"The head moves; {word} moves."
    assert Redaction([word]).text(answer) == answer


@pytest.mark.parametrize("secret", ["12345678", "hunter2!", "abcdefghijklmnopqrst", "schlüssel-7", "a/b+c=d/"])
def test_short_secrets_with_more_than_letters_go(secret: str) -> None:
    assert Redaction([secret]).text(f"<{secret}>") == "<[key]>"


def test_a_basic_login_and_its_password_go() -> None:
    login = base64.b64encode(b"somebody:hunter2!").decode()
    redaction = Redaction(login_parts(f"Basic {login}"))
    assert redaction.text(f"Basic {login}, {login}, somebody:hunter2!, hunter2!") == "[key], [key], [key], [key]"


@pytest.mark.parametrize(
    "answer",
    [
        raw(reply(message={"content": f"B {KEY}", "reasoning_content": KEY}, model=KEY, choice={"stop_reason": KEY})),
        raw(reply(message={"content": KEY}, **{KEY: KEY})),
        raw(json.dumps(reply(message={"content": KEY})).replace("sk-", "\\u0073k-").encode()),
        raw({"error": {"message": f"your key {KEY}"}}),
        raw({"error": {"message": f"your key {KEY}", "code": KEY}}, status="401 Unauthorized"),
        raw(f"<p>{KEY}".encode(), status="502 Bad Gateway"),
        raw(f"<p>{KEY}".encode()),
        raw(("x" * 280 + f" {KEY} " + KEY * 9).encode(), status="400 Bad Request"),
        raw(f'{{"{KEY}": 1, "{KEY}": 2}}'.encode()),
        raw(reply(model=[KEY])),
        raw(reply(message={"content": {KEY: KEY}})),
        raw(b"", f"Location: https://elsewhere.example/?key={quote(KEY, safe='')}", status="302 Found"),
        raw(b"", f"Location: https://me:{KEY}@elsewhere.example/", status="307 Temporary Redirect"),
        raw(b"", f"Retry-After: {KEY}", status="429 Too Many Requests"),
        raw(b"{}", f"Content-Encoding: {KEY}"),
        raw(b"{}", f"X-Request-Id {KEY}\x01"),
        Raw(f"HTTP/1.1 2x0 {KEY}\r\n\r\n".encode()),
        Raw(f"{KEY}\r\n\r\n".encode()),
        Raw(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{KEY}\r\n".encode()),
        Raw(f"HTTP/1.1 200 OK\r\nX: {KEY * 2000}\r\n\r\n".encode()),
    ],
)
def test_no_reply_brings_the_key_in(answer: Raw) -> None:
    redacted = Endpoint("http://localhost/v1", KEY, 1).redaction.text
    try:
        said = repr(read_completion("k", complete(answer), 0.5))
    except Exception as error:  # noqa: BLE001 - as the request pool does
        failure = classify(error, redacted)
        assert failure
        said = repr(failure)
    assert not [part for part in (KEY, KEY[3:14], quote(KEY, safe="")) if part in said]


def test_responses_are_made_of_what_was_checked() -> None:
    assert read_completion("k", reply(), 0.5) == Response(
        "k", "B", stop_reason="stop", served_by="m", prompt_tokens=100, output_tokens=5, cached_tokens=0, seconds=0.5
    )
