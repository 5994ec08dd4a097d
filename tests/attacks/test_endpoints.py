"""Endpoints that misbehave, in bulk: each request has a defined outcome, and a healthy endpoint completes the run.

All odd replies of a kind are met in one run, a question each, so that one reply could also disturb its neighbours: they
share connections. No file and no line may hold the key.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from mabench_eval import Result, evaluate
from mabench_eval.cli import main
from mabench_eval.journal import read_journal
from mabench_eval.parsing import json_value
from mabench_eval.runs.reading import read_run
from tests.support.benchmarks import Row, write_rows

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from mabench_eval.engines.openai import failures
from tests.support.scripted_judge import GOOD
from tests.support.scripted_server import Fault, Raw, Reply, ScriptedServer, completion, raw

KEY = "sk-very-secret/0123+456=789"
BROKEN = None
"""What is expected of a reply that is an error of its request."""

Body = Mapping[str, Any]
Odd = Callable[[str], Raw | Fault | Reply]
"""What the endpoint sends in place of a right answer, which is given."""


def changed(change: Callable[[dict[str, Any]], Any], *headers: str) -> Odd:
    """A chat completion in which something is changed."""

    def odd(answer: str) -> Raw:
        value = completion(Reply(answer), {"model": "m"})
        change(value)
        return raw(value, *headers, last=False)

    return odd


def message(**fields: Any) -> Odd:
    return changed(lambda value: value["choices"][0]["message"].update(fields))


def choice(**fields: Any) -> Odd:
    return changed(lambda value: value["choices"][0].update(fields))


def top(**fields: Any) -> Odd:
    return changed(lambda value: value.update(fields))


def usage(**fields: Any) -> Odd:
    return changed(lambda value: value["usage"].update(fields))


def text(form: str) -> Odd:
    """A chat completion as JSON text, with ``%`` in place of the answer."""
    return lambda answer: raw(form.replace("%", answer).encode(), last=False)


def packed(pack: Callable[[bytes], bytes], encoding: str) -> Odd:
    return lambda answer: raw(pack(whole(answer)), f"Content-Encoding: {encoding}")


def whole(answer: str) -> bytes:
    return json.dumps(completion(Reply(answer), {"model": "m"})).encode()


def status(line: str, content: object = b"", *headers: str) -> Odd:
    return lambda answer: raw(content, *headers, status=line)


BOMB = zlib.compress(bytes(64 << 20))
OK = "HTTP/1.1 200 OK\r\n"
RIGHT = "%"
"""Expected where the answer is read in spite of all."""
COMPLETION = '{"choices": [{"message": {"content": "%"}}]'

BEHAVIOURS: dict[str, tuple[str | None, Odd]] = {
    # contents
    "content of parts": (RIGHT, lambda answer: message(content=[{"type": "text", "text": answer}])(answer)),
    "content of two parts": (
        RIGHT,
        lambda answer: message(content=[{"type": "text", "text": part} for part in (answer[:1], answer[1:])])(answer),
    ),
    "content of thoughts and parts": (
        RIGHT,
        lambda answer: message(content=[{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": answer}])(
            answer
        ),
    ),
    "content of pictures": (BROKEN, message(content=[{"type": "image_url", "image_url": {"url": "x"}}])),
    "content of bare texts": (BROKEN, message(content=["Yes"])),
    "content a number": (BROKEN, message(content=1)),
    "content true": (BROKEN, message(content=True)),
    "content an object": (BROKEN, message(content={"text": "Yes"})),
    "content null": ("", message(content=None)),
    "content left out": ("", changed(lambda value: value["choices"][0]["message"].pop("content"))),
    "content half a character": ("\ud83d", message(content="\ud83d")),
    "content NUL and escapes": ("\0\x1b[2J", message(content="\0\x1b[2J")),
    "refusal true": (BROKEN, message(refusal=True)),
    "refusal a list": (BROKEN, message(refusal=["No."])),
    "refusal empty": (RIGHT, message(refusal="")),
    "reasoning": (RIGHT, message(reasoning_content="It moves.")),
    "reasoning an object": (BROKEN, message(reasoning_content={"why": "so"})),
    "message null": (BROKEN, choice(message=None)),
    "message a text": (BROKEN, choice(message="Yes")),
    "message a list": (BROKEN, choice(message=[{"content": "Yes"}])),
    "delta in place of message": (BROKEN, top(choices=[{"delta": {"content": "Yes"}}])),
    "finish_reason a number": (BROKEN, choice(finish_reason=7)),
    "finish_reason unknown": (RIGHT, choice(finish_reason="eos")),
    "finish_reason error": (BROKEN, choice(finish_reason="error")),
    "an error within the choice": (BROKEN, choice(error={"code": 502, "message": "lost"})),
    "choices empty": (BROKEN, top(choices=[])),
    "choices null": (BROKEN, top(choices=None)),
    "choices an object": (BROKEN, top(choices={"0": {}})),
    "choices of null": (BROKEN, top(choices=[None])),
    "choices a number": (BROKEN, top(choices=3)),
    "model a list": (BROKEN, top(model=["m"])),
    "model of 100,000 letters": (BROKEN, top(model="m" * 100_000)),
    "model null": (RIGHT, top(model=None)),
    # tokens
    "usage null": (RIGHT, top(usage=None)),
    "usage empty": (RIGHT, top(usage={})),
    "usage with more": (RIGHT, usage(cost="dear", prompt_tokens_details={"audio_tokens": "x"})),
    "usage a text": (BROKEN, top(usage="100")),
    "tokens a text": (BROKEN, usage(prompt_tokens="100")),
    "tokens negative": (BROKEN, usage(completion_tokens=-5)),
    "tokens true": (BROKEN, usage(completion_tokens=True)),
    "tokens a fraction": (BROKEN, usage(completion_tokens=1.5)),
    "tokens NaN": (BROKEN, usage(prompt_tokens=float("nan"))),
    "tokens infinite": (BROKEN, usage(prompt_tokens=float("inf"))),
    "tokens of 99 digits": (BROKEN, usage(prompt_tokens=10**98)),
    "tokens of 10,000 digits": (BROKEN, text(COMPLETION + ', "usage": {"prompt_tokens": ' + "9" * 10_000 + "}}")),
    "tokens 1e999": (BROKEN, text(COMPLETION + ', "usage": {"prompt_tokens": 1e999}}')),
    "cached tokens a list": (BROKEN, usage(prompt_tokens_details={"cached_tokens": [1]})),
    "details a number": (BROKEN, usage(prompt_tokens_details=1)),
    # JSON
    "no JSON": (BROKEN, text("Yes")),
    "empty body": (BROKEN, text("")),
    "null": (BROKEN, text("null")),
    "a list": (BROKEN, text("[]")),
    "an error under 200": (BROKEN, text('{"error": {"message": "busy", "code": 503}}')),
    "an error in words under 200": (BROKEN, text('{"error": "busy"}')),
    "a filter under 200": ("", text('{"error": {"message": "no", "code": "content_filter"}}')),
    "a key twice": (BROKEN, text(COMPLETION + ', "id": 1, "id": 2}')),
    "lists 100,000 deep": (BROKEN, text("[" * 100_000)),
    "objects 100,000 deep": (BROKEN, text(COMPLETION + ', "x": ' + '{"x":' * 100_000 + "1" + "}" * 100_001)),
    "a key of half a character": (BROKEN, text(COMPLETION + ', "\\ud800": 1}')),
    "a key of 200,000 letters": (BROKEN, text(COMPLETION + ', "' + "x" * 200_000 + '": 1}')),
    "bytes that are no UTF-8": (BROKEN, lambda answer: raw(b'{"choices": "\xff\xfe"}')),
    "UTF-16": (BROKEN, lambda answer: raw(whole(answer).decode().encode("utf-16"))),
    "byte order mark": (RIGHT, lambda answer: raw(b"\xef\xbb\xbf" + whole(answer))),
    "wrong charset": (RIGHT, lambda answer: raw(whole(answer), "Content-Type: text/html; charset=utf-7")),
    "a page": (BROKEN, lambda answer: raw(b"<html>Sign in</html>", "Content-Type: text/html")),
    "server-sent events": (BROKEN, lambda answer: raw(b'data: {"choices": []}\n\ndata: [DONE]\n\n')),
    # bodies
    "gzip": (RIGHT, packed(gzip.compress, "gzip")),
    "deflate": (RIGHT, packed(zlib.compress, "deflate")),
    "gzip cut short": (BROKEN, packed(lambda content: gzip.compress(content)[:40], "gzip")),
    "gzip that is none": (BROKEN, packed(bytes, "gzip")),
    "br": (BROKEN, packed(bytes, "br")),
    "zstd": (BROKEN, packed(bytes, "zstd")),
    "a bomb": (BROKEN, packed(lambda content: BOMB, "deflate")),
    "9 MB": (BROKEN, text('{"x": "' + "x" * (9 << 20) + '"}')),
    "no end": (BROKEN, lambda answer: Raw(f"{OK}\r\n".encode(), more=b"x" * (1 << 20), seconds=0.0)),
    "drips": (BROKEN, lambda answer: Raw(f"{OK}Content-Length: 9999\r\n\r\n".encode(), more=b" ", seconds=0.05)),
    "cut short": (BROKEN, lambda answer: raw(whole(answer)[:50], length=400)),
    "Content-Length too small": (BROKEN, lambda answer: raw(whole(answer), length=20, last=False)),
    "Content-Length too large": (BROKEN, lambda answer: raw(whole(answer), length=100_000)),
    "Content-Length a word": (BROKEN, lambda answer: raw(whole(answer), "Content-Length: many", length=-1)),
    "Content-Length negative": (BROKEN, lambda answer: raw(whole(answer), "Content-Length: -1", length=-1)),
    "no Content-Length": (RIGHT, lambda answer: raw(whole(answer), "Connection: close", length=-1)),
    "two replies at once": (RIGHT, lambda answer: Raw(raw(whole(answer)).data * 2, last=False)),
    "chunks that are none": (BROKEN, lambda answer: raw(b"zz\r\n{}", "Transfer-Encoding: chunked", length=-1)),
    "chunks that break off": (BROKEN, lambda answer: raw(b"ffff\r\n{}", "Transfer-Encoding: chunked", length=-1)),
    # heads
    "no HTTP": (BROKEN, lambda answer: Raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")),
    "a status of letters": (BROKEN, lambda answer: Raw(b"HTTP/1.1 abc\r\n\r\n")),
    "only continues": (BROKEN, lambda answer: Raw(b"", more=b"HTTP/1.1 100 Continue\r\n\r\n")),
    "a header of 100 kB": (BROKEN, lambda answer: raw(whole(answer), "X-Long: " + "x" * 100_000)),
    "5,000 headers": (BROKEN, lambda answer: raw(whole(answer), *(f"X-{n}: {n}" for n in range(5000)))),
    "a cookie": (RIGHT, lambda answer: raw(whole(answer), "Set-Cookie: a=b")),
    "closes": (BROKEN, lambda answer: Raw(b"")),
    "hangs": (BROKEN, lambda answer: Fault("hang")),
    # statuses
    "204": (BROKEN, status("204 No Content")),
    "206": (BROKEN, status("206 Partial Content", {"choices": []})),
    "408": (BROKEN, status("408 Request Timeout")),
    "500 and deep": (BROKEN, status("500 Internal Server Error", b"[" * 60_000)),
    "500 and 9 MB": (BROKEN, status("500 Internal Server Error", b"x" * (9 << 20))),
    "500 and no end": (
        BROKEN,
        lambda answer: Raw(b"HTTP/1.1 500 Oh\r\n\r\n", more=b"x" * (1 << 20), seconds=0.0),
    ),
    "500 and a bomb": (BROKEN, status("500 Oh", BOMB, "Content-Encoding: deflate")),
    "500 and br": (BROKEN, status("500 Oh", b"xxxx", "Content-Encoding: br")),
    "500 and an odd error": (BROKEN, status("500 Oh", {"error": {"message": {"a": [1]}, "code": [2]}})),
    "500 and NaN": (BROKEN, status("500 Oh", {"error": {"message": float("nan"), "code": float("inf")}})),
    "599": (BROKEN, status("599 Odd")),
    "999": (BROKEN, status("999 Odder")),
    "429 inf": (BROKEN, status("429 Too Many Requests", b"", "Retry-After: inf")),
    "429 nan": (BROKEN, status("429 Too Many Requests", b"", "Retry-After: nan")),
    "429 negative": (BROKEN, status("429 Too Many Requests", b"", "Retry-After: -7")),
    "429 a year": (BROKEN, status("429 Too Many Requests", b"", "Retry-After: 31536000")),
    "429 a date": (BROKEN, status("429 Too Many Requests", b"", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT")),
    "429 garbage": (BROKEN, status("429 Too Many Requests", b"", "Retry-After: " + "9" * 5000)),
    "503 inf": (BROKEN, status("503 Busy", b"", "Retry-After: inf")),
    "400": (BROKEN, status("400 Bad Request", {"error": {"message": "no"}})),
    "a filter": ("", status("400 Bad Request", {"error": {"message": "no", "code": "content_filter"}})),
    # the key
    "the key as an answer": ("[key]", message(content=KEY)),
    "the key in an answer": ("Say [key]!", message(content=f"Say {KEY}!")),
    "the key in addresses": ("?k=[key]", message(content="?k=" + quote(KEY, safe=""))),
    "the key in base64": ("[key]", message(content=base64.b64encode(KEY.encode()).decode().rstrip("="))),
    "the key as thoughts": (RIGHT, message(reasoning_content=f"It is {KEY}.")),
    "the key as model": (RIGHT, top(model=KEY)),
    "the key as a name": (RIGHT, top(**{KEY: KEY})),
    "the key in escapes": (
        "[key]",
        lambda answer: raw(whole("#").replace(b"#", "".join(f"\\u{ord(c):04x}" for c in KEY).encode())),
    ),
    "the key in parts": ("[key]", message(content=[{"type": "text", "text": KEY}])),
    "the key in what does not fit": (BROKEN, message(content=[KEY])),
    "the key twice": (BROKEN, text(f'{{"{KEY}": 1, "{KEY}": 2}}')),
    "the key in a page": (BROKEN, text(f"<p>{KEY}")),
    "the key in an error": (BROKEN, status("500 Oh", {"error": {"message": f"x {KEY}", "code": KEY}})),
    "the key at the cut": (BROKEN, status("500 Oh", (" " * 290 + "x" * 290 + KEY * 3).encode())),
    "the key in a header": (RIGHT, lambda answer: raw(whole(answer), f"X-Request-Id: {KEY}")),
    "the key in a broken header": (BROKEN, lambda answer: raw(b"{}", f"X: {KEY}\0{KEY}")),
    "the key in a long header": (BROKEN, lambda answer: raw(b"{}", f"X: {KEY * 1000}")),
    "the key as a status": (BROKEN, lambda answer: Raw(f"HTTP/1.1 {KEY}\r\n\r\n".encode())),
    "the key as a reason": (BROKEN, lambda answer: raw(b"", status=f"500 {KEY}")),
    "the key as a chunk": (BROKEN, lambda answer: raw(f"{KEY}\r\n".encode(), "Transfer-Encoding: chunked", length=-1)),
    "the key as an encoding": (BROKEN, lambda answer: raw(b"{}", f"Content-Encoding: {KEY}")),
    "the key as a time": (BROKEN, status("429 Too Many Requests", b"", f"Retry-After: {KEY}")),
}

STOPS: dict[str, tuple[str, Odd]] = {
    "401": ("HTTP 401: key [key] is wrong", status("401 No", {"error": {"message": f"key {KEY} is wrong"}})),
    "401 under 200": ("HTTP 401: no", text('{"error": {"message": "no", "code": 401}}')),
    "403 and a page": ("HTTP 403: <p>[key]", status("403 No", f"<p>{KEY}".encode())),
    "404": ("HTTP 404", status("404 No")),
    "no credit": ("HTTP 429: pay", status("429 No", {"error": {"message": "pay", "code": "insufficient_quota"}})),
    "a redirect": (
        "HTTP 302: the endpoint is at https://elsewhere.example/?key=[key]",
        status("302 Found", b"", f"Location: https://elsewhere.example/?key={quote(KEY, safe='')}"),
    ),
    "a redirect with a login": (
        "HTTP 308: the endpoint is at https://me:[key]@elsewhere.example/",
        status("308 Moved", b"", f"Location: https://me:{KEY}@elsewhere.example/"),
    ),
    "a redirect to nowhere": ("HTTP 301: the endpoint is at", status("301 Moved")),
    "400 at once": ("HTTP 400: bad", status("400 No", {"error": {"message": "bad"}})),
    "an upgrade": ("HTTP", status("101 Switching Protocols", b"", "Upgrade: x", "Connection: upgrade")),
    "418": ("HTTP 418", status("418 Teapot")),
}

ENDLESS = {"hangs", "drips", "only continues"}
"""Those that end by a time-out, which must be short for them, and is long for the others."""


@pytest.fixture(autouse=True)
def quick_and_secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The key in the environment, and no long pauses."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(failures, "MAX_BACKOFF_S", 0.02)
    monkeypatch.setattr(failures, "LONGEST_WAIT_S", 0.05)
    yield


def questions(folder: Path, count: int) -> Path:
    """A question file with one question a clip, whose right answer is Yes or No by turns."""
    rows: list[Row] = [
        {
            "video": f"c{n}.mp4",
            "task": "SAD",
            "qid": f"SAD_{n:04d}",
            "question": f"Does c{n}: move?",
            "answer": right(n),
        }
        for n in range(count)
    ]
    folder.mkdir()
    return write_rows(folder / "questions.json", rows)


def right(number: int) -> str:
    return "No" if number % 2 else "Yes"


def number_of(body: Body) -> int:
    found = re.search(r"Does c(\d+): move\?", body["messages"][-1]["content"][-1]["text"])
    assert found
    return int(found[1])


def run(server: ScriptedServer, data: Path, output: Path, timeout: float = 60, retries: int = 4) -> Result:
    """Some odd replies close the connection that the next request was to use: a few retries, for the neighbours."""
    settings = {"base_url": server.base_url, "model_id": "m", "max_retries": retries, "request_timeout": timeout}
    choices: dict[str, Any] = {"input": "text-only", "judge": "none", "output": output}
    result: Result = evaluate("m", data=str(data), engine="openai", settings={**settings, "concurrency": 64}, **choices)
    return result


def healthy(body: Body, before: int) -> Reply:
    return Reply(right(number_of(body)))


def check_files(folder: Path) -> None:
    """The journal is whole, strict JSON, and no file holds the key or a good part of it."""
    assert read_journal(folder).warnings == []
    for line in (folder / "journal.jsonl").read_text().splitlines():
        json_value(line, halves=True)
    for file in folder.iterdir():
        content = file.read_bytes()
        for part in (
            KEY.encode(),
            KEY[:14].encode(),
            quote(KEY, safe="").encode(),
            base64.b64encode(KEY.encode())[:24],
        ):
            assert part not in content, f"{part!r} in {file.name}"
    assert read_run(folder).record.run_id == folder.name


@pytest.mark.parametrize("endless", [False, True])
def test_every_odd_reply_has_its_outcome_and_a_healthy_endpoint_completes_the_run(
    tmp_path: Path, endless: bool
) -> None:
    names = [name for name in BEHAVIOURS if (name in ENDLESS) is endless]
    data = questions(tmp_path / "data", 2 * len(names))  # every second question is answered as it should be

    def script(body: Body, before: int) -> Reply | Fault | Raw:
        number = number_of(body)
        return Reply(right(number)) if number % 2 else BEHAVIOURS[names[number // 2]][1](right(number))

    with ScriptedServer(script) as server:
        odd = run(server, data, tmp_path / "results", timeout=0.8 if endless else 60, retries=1 if endless else 4)
        check_files(odd.folder)
    expected = {f"SAD_{n:04d}": right(n) if n % 2 else BEHAVIOURS[names[n // 2]][0] for n in range(2 * len(names))}
    expected = {qid: right(int(qid[4:])) if text == RIGHT else text for qid, text in expected.items()}
    names_of = {f"SAD_{2 * n:04d}": name for n, name in enumerate(names)}
    wrong = [(names_of.get(s.qid), expected[s.qid], s) for s in odd.samples if s.response != expected[s.qid]]
    assert not wrong
    errors = {names_of[s.qid]: s.error for s in odd.samples if s.response is None}
    assert all(error and "\n" not in error and len(error) < 400 for error in errors.values()), errors

    with ScriptedServer(healthy) as server:
        whole = run(server, data, tmp_path / "results")
        assert server.received == len(errors)
        assert (whole.complete, whole.folder) == (True, odd.folder)
        check_files(whole.folder)
        reference = run(server, data, tmp_path / "reference")
    kept = {qid for qid, text in expected.items() if text is not BROKEN and text != right(int(qid[4:]))}
    pairs = zip(whole.samples, reference.samples, strict=True)
    assert [one for one, other in pairs if one != other and one.qid not in kept] == []


@pytest.mark.parametrize("name", STOPS)
def test_what_stops_a_run_says_why_without_the_key(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said, odd = STOPS[name]
    data = questions(tmp_path / "data", 3)
    words = ["--model", "m", "--engine", "openai", "--data", str(data), "--input", "text-only", "--judge", "none"]
    words += ["--output", str(tmp_path / "results"), "--base-url"]
    with ScriptedServer(lambda body, before: odd("Yes")) as server:
        assert main([*words, server.base_url, "--max-retries", "1"]) == 3
    output = "".join(capsys.readouterr())
    assert said in output
    assert KEY[:14] not in output
    assert "Traceback" not in output
    with ScriptedServer(healthy) as server:
        assert main([*words, server.base_url]) == 0
    (folder,) = (tmp_path / "results" / "m").iterdir()
    check_files(folder)


def test_bodies_damaged_at_random(tmp_path: Path) -> None:
    """Bytes flipped, cut out, doubled; values put in place of others. What still is a completion may say anything."""
    count = 400
    data = questions(tmp_path / "data", count)

    def script(body: Body, before: int) -> Raw | Reply:
        number = number_of(body)
        content = damaged(whole(right(number)), random.Random(number))
        return Reply(right(number)) if number % 20 == 0 else raw(content, last=number % 3 == 0)

    with ScriptedServer(script) as server:
        odd = run(server, data, tmp_path / "results")
    check_files(odd.folder)
    lost = {sample.qid for sample in odd.samples if sample.response is None}
    assert 100 < len(lost) < count
    assert not lost & {f"SAD_{n:04d}" for n in range(0, count, 20)}
    with ScriptedServer(healthy) as server:
        assert run(server, data, tmp_path / "results").complete
        assert server.received == len(lost)


def damaged(content: bytes, chance: random.Random) -> bytes:
    value: Any = json.loads(content)
    way, place = chance.randrange(5), chance.randrange(len(content))
    if way == 0:
        return content[:place] + bytes([chance.randrange(256)]) + content[place + 1 :]
    if way == 1:
        return content[:place] + content[place + chance.randrange(1, 40) :]
    if way == 2:
        return content[:place] + content[place - 20 :]
    values: list[Any] = [None, True, -1, 1.5, 10**30, "x", "", [], {}, [{}], float("nan"), "\ud800", KEY]
    inner: Any = value
    while isinstance(inner, dict | list) and inner:
        key = chance.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
        if not isinstance(inner[key], dict | list) or chance.random() < 0.3:
            inner[key] = chance.choice(values)
            break
        inner = inner[key]
    return json.dumps(value).encode()


def test_judges_behind_odd_endpoints(tmp_path: Path) -> None:
    """The same replies in place of a verdict: a score or none, and the key nowhere."""
    names = [name for name, (_, odd) in BEHAVIOURS.items() if name not in ENDLESS]
    rows: list[Row] = [
        {"video": f"c{n}.mp4", "task": "MADU", "qid": f"MADU_{n:04d}", "question": "Tell.", "answer": f"It moves {n}."}
        for n in range(len(names))
    ]
    (tmp_path / "data").mkdir()
    data = write_rows(tmp_path / "data" / "questions.json", rows)

    def script(body: Body, before: int) -> Reply | Fault | Raw:
        found = re.search(r"It moves (\d+)\.", json.dumps(body["messages"]))
        assert found
        return BEHAVIOURS[names[int(found[1])]][1](GOOD)

    def judge(server: ScriptedServer) -> Result:
        settings = {"base_url": server.base_url, "model_id": "j", "concurrency": 64}
        choices: dict[str, Any] = {"tasks": "MADU", "output": tmp_path / "results"}
        result: Result = evaluate("constant", data=str(data), judge="openai", judge_settings=settings, **choices)
        return result

    with ScriptedServer(script) as server:
        odd = judge(server)
    check_files(odd.folder)
    assert not odd.complete
    scored = {names[int(s.qid[5:])] for s in odd.samples if s.levels is not None}
    assert {"gzip", "usage null", "no Content-Length"} <= scored
    assert not {name for name in scored if BEHAVIOURS[name][0] != RIGHT}
    with ScriptedServer(lambda body, before: Reply(GOOD)) as server:
        whole = judge(server)
    assert whole.complete
    check_files(whole.folder)
