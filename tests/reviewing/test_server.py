"""The server as a client sees it that is no browser: who gets in, what is served, and what is refused."""

from __future__ import annotations

import html
import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.construction import BuildFolder
from mabench_eval.construction.decisions import read_reviews, review_report
from mabench_eval.construction.folder import CLIPS, QUESTIONS, write_rows
from mabench_eval.construction.questions import BuiltQuestion
from mabench_eval.errors import InputError
from mabench_eval.reviewing import ReviewMaterial, ReviewServer, ReviewSession
from mabench_eval.runfiles import read_lines
from tests.support.reviews import review_build

ATTACK = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u202e"


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class Client:
    """Speaks to a server as anything could."""

    def __init__(self, address: str) -> None:
        self.port, self.token = int(address.split(":")[2].split("/")[0]), address.split("/")[3]

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, /, **headers: str) -> Reply:
        """``path`` as it is sent, or from the token on where it does not begin with a slash."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            whole = path if path.startswith("/") else f"/{self.token}/{path}"
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.putrequest(method, whole, skip_host="Host" in sent, skip_accept_encoding=True)
            if body is not None and "Content-Length" not in sent:
                sent["Content-Length"] = str(len(body))
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            reply = connection.getresponse()
            return Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())

    def send(self, path: str, value: Any, **headers: str) -> Reply:
        headers = {"Content_Type": "application/json", **headers}
        return self.ask(path, "POST", json.dumps(value).encode(), **headers)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> BuildFolder:
    return review_build(tmp_path_factory.mktemp("reviewed") / "mine", clips=2)


@pytest.fixture
def opened(build: BuildFolder, tmp_path: Path) -> Iterator[tuple[BuildFolder, Client, Client]]:
    """Two reviewers of a copy of the build, whose questions of one clip hold an attack."""
    folder = BuildFolder(tmp_path, build.settings)
    for file in ("clips.jsonl", "questions.jsonl"):
        (tmp_path / file).write_bytes((build.path / file).read_bytes())
    (tmp_path / "tracks").symlink_to(build.path / "tracks")
    questions = read_lines(BuiltQuestion, tmp_path / QUESTIONS, "")
    attacked = [
        replace(each, text=ATTACK, evidence={ATTACK: ATTACK}) if each.task == "MADU" else each for each in questions
    ]
    write_rows(tmp_path / QUESTIONS, attacked)
    with ExitStack() as stack:
        material = ReviewMaterial(folder, load_catalogue().check().tasks)
        sessions = [stack.enter_context(closing(ReviewSession(material, name))) for name in ("anna", "ben")]
        server = stack.enter_context(ReviewServer(sessions))
        yield folder, Client(server.addresses["anna"]), Client(server.addresses["ben"])


@pytest.fixture
def client(opened: tuple[BuildFolder, Client, Client]) -> Client:
    return opened[1]


# -- who gets in -------------------------------------------------------------------------------------------


def test_nothing_without_the_token(client: Client) -> None:
    wrong = client.token[:-1] + ("a" if client.token[-1] != "a" else "b")
    for path in ("/", "/state", f"/{wrong}/", f"/{wrong}/state", f"/{wrong}/clip/0", "//state", f"/x/{client.token}/"):
        reply = client.ask(path)
        assert reply.status == 403 and b"token" in reply.content, path
    assert client.ask("").status == client.ask("state").status == 200
    assert client.ask("/favicon.ico").status == 403


def test_tokens_are_long_and_each_reviewers_own(opened: tuple[BuildFolder, Client, Client]) -> None:
    _, anna, ben = opened
    assert anna.token != ben.token and len(anna.token) >= 32
    assert [each.ask("state").json["name"] for each in (anna, ben)] == ["anna", "ben"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},  # a name that was made to lead here
        {"Host": "evil.example:80"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},  # another server of this machine
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_nothing_for_other_pages(client: Client, headers: dict[str, str]) -> None:
    assert client.ask("state", "GET", None, **headers).status == 403
    assert client.send("blind/0", {"answer": "Yes"}, **headers).status == 403


def test_a_forwarded_port_is_fine(client: Client) -> None:
    for host in ("127.0.0.1:9999", "localhost:9999", f"localhost:{client.port}"):
        assert client.ask("state", Host=host).status == 200
        assert client.send("blind/0", {"answer": "Yes"}, Host=host, Origin=f"http://{host}").status == 200


def test_it_listens_on_this_machine_alone(opened: tuple[BuildFolder, Client, Client]) -> None:
    material = ReviewMaterial(opened[0], load_catalogue().check().tasks)
    with closing(ReviewSession(material, "eva")) as session, ReviewServer([session]) as server:
        assert server._server.server_address[0] == "127.0.0.1"
        with pytest.raises(InputError, match="cannot be used"):
            ReviewServer([session], server.port)
    with pytest.raises(InputError, match="cannot be used"):
        ReviewServer([], 99_999)


# -- what is served ----------------------------------------------------------------------------------------


def test_every_reply_has_its_headers(client: Client) -> None:
    for path in ("", "state", "question/0", "clip/0", "nothing"):
        headers = client.ask(path).headers
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin" and headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert not any(name.startswith("access-control") for name in headers)
        assert "server" not in headers or "Python" not in headers["server"]
    page = html.unescape(client.ask("").content.decode())
    assert "default-src 'none'; script-src 'sha256-" in page and "connect-src 'self'; media-src 'self'" in page


def test_clips_by_piece(client: Client, build: BuildFolder) -> None:
    whole = build.file_of(build.clips()[0]).read_bytes()
    reply = client.ask("clip/0")
    assert (reply.status, reply.content, reply.headers["accept-ranges"]) == (200, whole, "bytes")
    assert reply.headers["content-type"] == "video/mp4"
    size = len(whole)
    for asked, first, last in (
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, size - 1),
        ("bytes=-10", size - 10, size - 1),
        (f"bytes=5-{size + 9}", 5, size - 1),
        (f"bytes=-{size + 9}", 0, size - 1),
    ):
        reply = client.ask("clip/0", Range=asked)
        assert (reply.status, reply.headers["content-range"]) == (206, f"bytes {first}-{last}/{size}")
        assert reply.content == whole[first : last + 1]
    for asked in (f"bytes={size}-", "bytes=-0"):
        reply = client.ask("clip/0", Range=asked)
        assert (reply.status, reply.headers["content-range"], reply.content) == (416, f"bytes */{size}", b"")
    for asked in ("bytes=9-5", "bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=a-b", "bytes=1e3-"):
        assert client.ask("clip/0", Range=asked).status == 200  # as if it were not there
    head = client.ask("clip/0", "HEAD", Range="bytes=0-99")
    assert (head.status, head.headers["content-length"], head.content) == (206, "100", b"")


@pytest.mark.parametrize(
    "path",
    [
        "clip/2",
        "clip/999999999",
        "clip/-1",
        "clip/../../../../etc/passwd",
        "clip/%2e%2e%2fbuild.yaml",
        "clip/demo_01.mp4",
        "clip//etc/passwd",
        "clip",
        "clip/0/",
        "clip/0?x=1",
        "question/99",
        "question",
        "state/1",
        "build.yaml",
        "../build.yaml",
    ],
)
def test_no_request_names_a_file(client: Client, path: str) -> None:
    reply = client.ask(path)
    assert reply.status in (403, 404) and set(reply.json) == {"error"}


@pytest.mark.parametrize("file", ["../secret.mp4", "/etc/secret.mp4", "a/../../secret.mp4", "C:\\secret.mp4", "passwd"])
def test_clips_lie_in_their_folder(opened: tuple[BuildFolder, Client, Client], file: str) -> None:
    folder = opened[0]
    write_rows(folder.path / CLIPS, [replace(folder.clips()[0], file=file), *folder.clips()[1:]])
    with pytest.raises(InputError, match="no clip inside the clip folder"):
        ReviewMaterial(folder, {})


def test_other_methods_and_ways(client: Client) -> None:
    assert client.ask("state", "POST", b"{}", Content_Type="application/json").status == 404
    assert client.ask("blind/0").status == 404
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE"):
        assert client.ask("state", method).status == 501


# -- what is taken -----------------------------------------------------------------------------------------


def test_blind_first(opened: tuple[BuildFolder, Client, Client]) -> None:
    folder, client, ben = opened
    before = client.ask("question/0")
    asked = before.json
    assert asked["shown"] is None and asked["blind"] is None and asked["answers"] == ["Yes", "No"]
    found = {each.qid: each for each in read_lines(BuiltQuestion, folder.path / QUESTIONS, "")}[asked["qid"]]
    assert str(found.statement).encode() not in before.content and b"evidence" not in before.content
    assert client.ask("tracks/0").status == 409
    refused = client.send("decision/0", {"act": "accept"})
    assert refused.status == 409 and "blind first" in refused.json["error"]
    assert read_reviews(folder.path).decisions == ()

    shown = client.send("blind/0", {"answer": None, "seconds": 2.5}).json["shown"]
    assert shown["answer"] == found.answer and ["statement", found.statement] in shown["evidence"]
    assert client.send("blind/0", {"answer": None}).status == 200  # sent again: the reply was lost
    assert client.send("blind/0", {"answer": found.answer}).status == 409  # it was shown
    tracks = client.ask("tracks/0").json
    assert tracks["named"] == [found.statement.split("/")[2]] if found.statement else False
    assert (
        len(tracks["times"]) == len(tracks["sources"][1]["positions"])
        and len(tracks["sources"][0]["positions"][0]) == 28
    )
    (blind,) = read_reviews(folder.path).blinds
    assert (blind.reviewer, blind.answer, blind.seconds) == ("anna", None, 2.5)
    assert [ben.ask(f"question/{number}").json["shown"] is None for number in range(4)] == [True] * 4


def test_decisions_are_checked_and_kept_at_once(opened: tuple[BuildFolder, Client, Client]) -> None:
    folder, client, _ = opened
    answer = client.send("blind/0", {"answer": "Yes"}).json["shown"]["answer"]
    other = "No" if answer == "Yes" else "Yes"
    for wrong in (
        {"act": "drop"},
        {"act": "correct", "answer": answer, "reason": "other"},
        {"act": "keep"},
        {"act": "accept", "seconds": -1},
        {"act": "drop", "reason": "other", "note": "x" * 20_001},
        ["accept"],
        {},
    ):
        reply = client.send("decision/0", wrong)
        assert reply.status == 400 and reply.json["error"], wrong
    assert read_reviews(folder.path).decisions == ()
    assert client.send("decision/0", {"act": "correct", "answer": other, "reason": "wrong answer"}).status == 200
    assert client.send("decision/0", {"act": "accept", "seconds": 9}).json["shown"]["decision"]["act"] == "accept"
    (kept,) = read_reviews(folder.path).decisions
    assert (kept.act, kept.blind, kept.seconds, kept.shown) == ("accept", "Yes", 9.0, answer)
    assert [row[2] for row in client.ask("state").json["questions"]].count(True) == 1
    assert review_report(folder).reviewed == 1


def test_open_tasks_are_decided_on_without_a_blind_answer(client: Client) -> None:
    rows = client.ask("state").json["questions"]
    place = next(place for place, row in enumerate(rows) if row[1] == "MADU")
    assert client.ask(f"question/{place}").json["shown"]["answer"] == "The head leads."
    assert client.send(f"blind/{place}", {"answer": "x"}).status == 400
    corrected = {"act": "correct", "answer": "The left hand leads.", "reason": "wrong answer"}
    assert client.send(f"decision/{place}", corrected).status == 200


@pytest.mark.parametrize(
    "body", [b"", b"no", b"[1", b'{"answer": NaN}', b'{"answer": "\xff"}', b'{"a": 1, "a": 2}', b"1" * 70_000]
)
def test_bodies_that_are_none_of_ours(client: Client, body: bytes) -> None:
    assert client.ask("blind/0", "POST", body, Content_Type="application/json").status == 400


def test_bodies_have_a_length_and_a_type(client: Client) -> None:
    good = b'{"answer": "Yes"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        assert client.ask("blind/0", "POST", good, Content_Type=kind).status == 400
    for length in ("-1", "x", "99999999", "1e2"):
        assert client.ask("blind/0", "POST", good, Content_Type="application/json", Content_Length=length).status == 400
    assert client.ask("blind/0", "POST", good, Content_Type="Application/JSON; charset=utf-8").status == 200


def test_what_models_wrote_is_data(client: Client) -> None:
    """In JSON alone, as ASCII: the page makes text of it (tests/browser)."""
    rows = client.ask("state").json["questions"]
    place = next(place for place, row in enumerate(rows) if row[1] == "MADU")
    reply = client.ask(f"question/{place}")
    assert reply.json["stem"] == ATTACK and reply.content.isascii()
    assert reply.headers["content-type"] == "application/json"
    assert b"onerror" not in client.ask("").content


def test_a_clip_that_is_another_is_told(opened: tuple[BuildFolder, Client, Client]) -> None:
    folder, client, _ = opened
    assert client.ask("question/0").json["problem"] is None
    rows = folder.clips()
    write_rows(folder.path / CLIPS, [replace(each, sha256="0" * 64) for each in rows])
    material = ReviewMaterial(folder, load_catalogue().check().tasks)
    with closing(ReviewSession(material, "eva")) as session:
        assert "another than the one" in str(session.question(0)["problem"])
