"""Requests by batches, against a scripted Batch API: what is sent, what comes back, what fails, killed processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.catalogue import ModelCard
from mabench_eval.engines import BatchPlace, ask_texts, open_engine
from mabench_eval.errors import JournalError, ModelError
from mabench_eval.journal import Budget, read_batches, read_requests
from mabench_eval.types import AnswerKind, Clip, Frames, Request, Response

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from mabench_eval.engines.openai import failures
from mabench_eval.engines.openai.batch import request_id, waiting
from mabench_eval.engines.openai.batch.endpoint import BatchEndpoint
from tests.support.scripted_server import BatchFate, Fault, Reply, ScriptedServer

KEY = "sk-very-secret/0123+456=789"
POLL = {"poll": 0.005}


@pytest.fixture(autouse=True)
def quick_and_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(failures, "MAX_BACKOFF_S", 0.01)


def requests(count: int, **fields: Any) -> list[Request]:
    first = Request("", "q", "T", AnswerKind.TEXT, {}, "System.", "", 8)
    return [replace(first, key=f"key {n}", user_prompt=f"Question {n}?", **fields) for n in range(count)]


def asked_number(body: dict[str, Any]) -> int:
    return int(body["messages"][-1]["content"][-1]["text"].removeprefix("Question ").removesuffix("?"))


def says_number(body: dict[str, Any], before: int) -> Reply:
    return Reply(f"answer {asked_number(body)}")


class Asker:
    """A model of a server, each time as if in a new process."""

    def __init__(self, server: ScriptedServer, folder: Path, **settings: Any) -> None:
        batch = {**POLL, **settings.pop("batch", {})}
        given = {"base_url": server.base_url, "model_id": "m", "max_retries": 3, **settings, "batch": batch}
        self.card = ModelCard("m", "openai", "", settings=given)
        self.folder = folder
        self.notes: list[str] = []
        self.budget = Budget(None)
        folder.mkdir(exist_ok=True)

    def ask(self, asked: Sequence[Request], *, submit: bool = True) -> dict[str, Response]:
        """Key -> response; each once."""
        engine = open_engine(self.card, 0)
        engine.budget, engine.batches = self.budget, BatchPlace(self.folder, "", submit)
        model = engine.load(self.notes.append, no_frames)
        responses = list(ask_texts(model, asked))
        found = {response.key: response for response in responses}
        assert len(found) == len(responses) == len(asked)
        return found

    def texts(self, asked: Sequence[Request], *, submit: bool = True) -> list[str | None]:
        found = self.ask(asked, submit=submit)
        return [found[request.key].text for request in asked]


def no_frames(clip: Clip) -> Frames:
    raise AssertionError("there are none")


def numbers(count: int) -> list[str]:
    return [f"answer {number}" for number in range(count)]


def test_files_hold_as_many_requests_as_a_provider_takes(tmp_path: Path) -> None:
    """Seven by threes: 3, 3 and 1; rows come in another order than they were sent."""
    with ScriptedServer(says_number) as server:
        asker = Asker(server, tmp_path / "run", batch={"requests": 3})
        assert asker.texts(requests(7)) == numbers(7)
    assert [len(lines) for lines in server.batches.sent] == [3, 3, 1]
    assert (server.received, server.batches.answered, set(server.served.values())) == (0, 7, {1})
    assert not [name for name in server.batches.files if name.startswith("file-")]  # they hold clips, and are deleted
    first = server.batches.sent[0][0]
    assert list(first) == ["custom_id", "method", "url", "body"]
    assert first["custom_id"] == request_id(requests(1)[0]) and len(first["custom_id"]) == 32
    assert first["body"] == {
        "model": "m",
        "max_tokens": 8,
        "temperature": 0.0,
        "messages": [
            {"role": "system", "content": "System."},
            {"role": "user", "content": [{"type": "text", "text": "Question 0?"}]},
        ],
    }
    records = read_batches(tmp_path / "run")
    assert [(record.total, record.answered, record.state, record.over) for record in records] == [
        (3, 3, "completed", True),
        (3, 3, "completed", True),
        (1, 1, "completed", True),
    ]
    assert [each.key for each in read_requests(tmp_path / "run", records[0].token)] == ["key 0", "key 1", "key 2"]


def test_files_are_no_larger_than_a_provider_takes(tmp_path: Path) -> None:
    """A file of 1,000 bytes has room for so many lines as fit, and none for a line that is longer by itself."""
    long = requests(9)[-1]
    asked = [*requests(8), replace(long, user_prompt="Question 8?" + 1000 * " ")]
    with ScriptedServer(says_number) as server:
        asker = Asker(server, tmp_path / "run", batch={"megabytes": 0.001})
        found = asker.ask(asked)
    sizes = server.batches.sizes
    lines = [json.dumps(line, separators=(",", ":")) + "\n" for sent in server.batches.sent for line in sent]
    assert sum(sizes) == sum(map(len, lines)) and max(sizes) <= 1000
    most = 1000 // len(lines[0])  # lines of the same length
    assert [len(sent) for sent in server.batches.sent] == [most] * (8 // most) + ([8 % most] if 8 % most else [])
    assert found["key 8"].error == "not asked: the request has 0.0 MB, and a file may have 0.001"


def test_tokens_cost_their_share(tmp_path: Path) -> None:
    """100 x 2 + 5 x 10 = 250 per million, at 0.4 of it: 0.0001; without usage, what it could have cost at most."""
    prices = {"price_input": 2.0, "price_output": 10.0}
    untold = {"response": {"status_code": 200, "body": {"choices": [{"message": {"content": "so"}}]}}, "error": None}
    with ScriptedServer(says_number) as server:
        server.batches.fate = lambda number: BatchFate(rows={1: untold})
        asker = Asker(server, tmp_path / "run", batch={"price_factor": 0.4}, **prices)
        told, without = asker.ask(requests(2)).values()
    assert (told.price_factor, told.unmetered_usd) == (0.4, None) if told.text != "so" else True
    told, without = (told, without) if told.text != "so" else (without, told)
    held = {each.key: each for each in read_requests(tmp_path / "run", read_batches(tmp_path / "run")[0].token)}
    most = held["key 1"].most_usd
    assert without.unmetered_usd == most > 0
    assert asker.budget.spent == pytest.approx(0.0001 + most)


def test_no_key_in_any_file_or_line(tmp_path: Path) -> None:
    echo = {"response": {"status_code": 400, "body": {"error": {"message": f"Your key {KEY} is odd"}}}, "error": None}
    with ScriptedServer(says_number) as server:
        server.batches.fate = lambda number: BatchFate(rows={0: echo})
        asker = Asker(server, tmp_path / "run")
        found = asker.ask(requests(2))
    assert found["key 0"].error == "HTTP 400: Your key [key] is odd"
    contents = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    contents += [*server.batches.files.values(), *(line.encode() for line in asker.notes)]
    assert KEY.encode() not in b"".join(content for content in contents if b"Your key" not in content)
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


# What is not answered


def test_what_expired_is_asked_again_and_what_was_answered_is_not(tmp_path: Path) -> None:
    with ScriptedServer(says_number) as server:
        server.batches.fate = lambda number: BatchFate("expired", answered=2) if number == 0 else BatchFate()
        asker = Asker(server, tmp_path / "run")
        assert asker.texts(requests(5)) == numbers(5)
        assert [len(lines) for lines in server.batches.sent] == [5, 3]
        assert set(server.served.values()) == {1}
        assert "batch batch_0 expired: 2 of 5 answered" in asker.notes


def test_it_is_asked_three_times_and_no_more(tmp_path: Path) -> None:
    with ScriptedServer(says_number) as server:
        server.batches.fate = lambda number: BatchFate("expired", answered=0)
        asker = Asker(server, tmp_path / "run")
        found = asker.ask(requests(2))
        assert len(server.batches.sent) == 3
        assert {each.error for each in found.values()} == {
            "the batch did not answer: This request could not be executed before the completion window expired."
        }
        server.batches.fate = lambda number: BatchFate()  # the next run asks once more
        assert asker.texts(requests(2)) == numbers(2)


def row(status: int, body: Any) -> dict[str, Any]:
    return {"response": {"status_code": status, "request_id": "r", "body": body}, "error": None}


@pytest.mark.parametrize(
    ("odd", "again"),
    [
        (row(500, {"error": {"message": "down"}}), True),
        (row(429, {"error": {"message": "slower"}}), True),
        (row(200, {"choices": []}), True),
        (row(200, {"error": {"message": "behind the router", "code": 502}}), True),
        (None, True),  # no line at all
        ({"response": None, "error": None}, True),
        ({"custom_id": "of nobody", **row(200, {})}, True),
        ({"custom_id": 7, **row(200, {})}, True),
        (row(400, {"error": {"message": "no"}}), False),
        (row(200, {"choices": [{"message": {"content": 7}}]}), False),
    ],
)
def test_rows_that_are_no_answers(tmp_path: Path, odd: Any, again: bool) -> None:
    """What may pass is asked again; what a retry of an ordinary call would not help either is an error."""
    with ScriptedServer(says_number) as server:
        server.batches.fate = lambda number: BatchFate(rows={1: odd}) if number == 0 else BatchFate()
        asker = Asker(server, tmp_path / "run")
        texts = asker.texts(requests(3))
        assert texts == (numbers(3) if again else ["answer 0", None, "answer 2"])
        assert [len(lines) for lines in server.batches.sent] == ([3, 1] if again else [3])


def test_a_refusal_by_the_providers_filter_is_an_answer(tmp_path: Path) -> None:
    with ScriptedServer(lambda body, before: Fault("content_filter_400")) as server:
        (response,) = Asker(server, tmp_path / "run").ask(requests(1)).values()
    assert (response.text, response.stop_reason, len(server.batches.sent)) == ("", "content_filter", 1)


def test_lines_that_are_none_are_passed_over_and_told(tmp_path: Path) -> None:
    with ScriptedServer(says_number) as server:
        server.batches.fate = lambda number: BatchFate(extra=b"<html>\n\n[1, 2]\n" + b"\xff\xfe\n")
        asker = Asker(server, tmp_path / "run")
        assert asker.texts(requests(2)) == numbers(2)
    assert asker.notes[-1] == "batch batch_0 completed: 2 of 2 answered; 3 lines of its files cannot be used"


def test_a_batch_that_a_user_cancels_is_not_made_again_at_once(tmp_path: Path) -> None:
    with ScriptedServer(says_number) as server:
        told = {"response": None, "error": {"code": "batch_cancelled", "message": "The batch was cancelled."}}
        server.batches.fate = lambda number: BatchFate("cancelled", answered=1, rows={1: told})
        asker = Asker(server, tmp_path / "run")
        assert asker.texts(requests(3)) == ["answer 0", None, None]
        assert "batch batch_0 cancelled: 1 of 3 answered" in asker.notes
        server.batches.fate = lambda number: BatchFate()
        assert asker.texts(requests(3)) == numbers(3)  # the next run makes a new one, of the other two
        assert [len(lines) for lines in server.batches.sent] == [3, 2]


def test_a_provider_that_refuses_batches_stops_the_run(tmp_path: Path) -> None:
    with ScriptedServer(says_number) as server:
        server.batches.fate = lambda number: BatchFate("failed", message="This model has no batches.")
        asker = Asker(server, tmp_path / "run")
        with pytest.raises(ModelError, match=r"refuses batches of model 'm': This model has no batches\."):
            asker.ask(requests(2))
        assert "batch batch_0 failed (This model has no batches.): 0 of 2 answered" in asker.notes
        assert asker.texts(requests(2), submit=False) == numbers(2)  # at the full price
        assert server.received == 2


def test_a_full_queue_is_waited_for_with_the_file_that_is_there(tmp_path: Path) -> None:
    """The second and third batch find no room until the first is over: the same files, no second upload."""
    full = BatchFate("failed", looks=0, code="token_limit_exceeded", message="Enqueued token limit reached.")
    with ScriptedServer(says_number) as server:
        server.batches.fate = lambda number: full if number in (1, 2, 3) else BatchFate(looks=3)
        asker = Asker(server, tmp_path / "run", batch={"requests": 2})
        assert asker.texts(requests(6)) == numbers(6)
        assert server.batches.requests.count("POST /v1/files") == 3
        assert (len(server.batches.batches), set(server.served.values())) == (6, {1})


def test_a_schema_that_is_not_taken_is_left_out(tmp_path: Path) -> None:
    def picky(body: dict[str, Any], before: int) -> Reply | Fault:
        return Fault("bad_request") if "response_format" in body else says_number(body, before)

    with ScriptedServer(picky) as server:
        asker = Asker(server, tmp_path / "run")
        assert asker.texts(requests(3, schema={"type": "object"})) == numbers(3)
        assert [len(lines) for lines in server.batches.sent] == [3, 3]
        assert f"{server.base_url} takes no JSON schema, it seems: asked again without one" in asker.notes


# One by one beside batches


class KilledError(Exception):
    """As if the process ended here."""


def killing(monkeypatch: pytest.MonkeyPatch, name: str, *, after: bool, number: int = 1) -> None:
    """End at a call of the endpoint: before it goes out, or when it is done and its reply is not read yet."""
    original: Callable[..., Any] = getattr(BatchEndpoint, name)
    calls = 0

    async def call(self: BatchEndpoint, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number and not after:
            raise KilledError
        value = await original(self, *arguments)
        if calls == number:
            raise KilledError
        return value

    monkeypatch.setattr(BatchEndpoint, name, call)


def leave_under_way(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask two requests, and end when their batch has been made."""
    with monkeypatch.context() as patched:
        killing(patched, "look", after=False)
        with pytest.raises(KilledError):
            asker.ask(requests(2))


def killing_while_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """End behind the first line of the first file of answers."""
    original = BatchEndpoint.rows

    async def rows(self: BatchEndpoint, file: str) -> Any:
        async for value in original(self, file):
            yield value
            raise KilledError

    monkeypatch.setattr(BatchEndpoint, "rows", rows)


STEPS = [
    ("upload", False, 1),
    ("upload", True, 1),
    ("upload", False, 2),
    ("create", False, 1),
    ("create", True, 1),
    ("create", True, 2),
    ("look", False, 1),
    ("look", True, 2),
    ("rows", False, 1),
]


@pytest.mark.parametrize(("name", "after", "number"), STEPS)
@pytest.mark.parametrize("submit", [True, False], ids=["batch", "one by one"])
def test_killed_at_any_step_nothing_is_paid_for_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, after: bool, number: int, submit: bool
) -> None:
    """Five questions in files of three. The next process asks the same, by batches again or one by one."""
    with ScriptedServer(says_number) as server:
        asker = Asker(server, tmp_path / "run", batch={"requests": 3})
        with monkeypatch.context() as patched:
            if name == "rows":
                killing_while_reading(patched)
            else:
                killing(patched, name, after=after, number=number)
            with pytest.raises(KilledError):
                asker.ask(requests(5))
        assert asker.texts(requests(5), submit=submit) == numbers(5)
        assert (len(server.served), set(server.served.values())) == (5, {1})
        began = sum(len(lines) for lines in server.batches.sent)
        assert began + server.received == 5 and (submit is False or server.received == 0)


@pytest.mark.parametrize("route", ["POST /v1/files", "POST /v1/batches", "GET /v1/batches"])
def test_a_reply_that_is_lost_makes_no_second_batch(tmp_path: Path, route: str) -> None:
    """It is looked for among the batches, page by page: three others were made meanwhile, and a page has two."""
    with ScriptedServer(says_number) as server:
        server.batches.page = 2
        server.batches.lose = {route, "POST /v1/batches"}
        asker = Asker(server, tmp_path / "run", batch={"requests": 1})
        assert asker.texts(requests(4)) == numbers(4)
        assert (len(server.batches.batches), set(server.served.values())) == (4, {1})
        assert server.batches.requests.count("GET /v1/batches") >= 1


def test_a_file_of_answers_that_is_late_is_waited_for(tmp_path: Path) -> None:
    with ScriptedServer(says_number) as server:
        server.batches.late["output-batch_0"] = 3
        assert Asker(server, tmp_path / "run").texts(requests(2)) == numbers(2)
        assert len(server.batches.sent) == 1


def test_a_server_that_is_down_for_a_while(tmp_path: Path) -> None:
    with ScriptedServer(says_number) as server:
        server.batches.lose = {"GET /v1/batches/batch_0", "GET /v1/files/output-batch_0/content"}
        asker = Asker(server, tmp_path / "run")
        assert asker.texts(requests(2)) == numbers(2)
        assert set(server.served.values()) == {1}


def test_a_request_has_one_answer_however_often_its_line_comes(tmp_path: Path) -> None:
    """A file that breaks off is read once more; of two lines of one request the first counts."""
    twice = {"custom_id": request_id(requests(1)[0]), **row(200, {"choices": [{"message": {"content": "first"}}]})}
    with ScriptedServer(says_number) as server:
        server.batches.fate = lambda number: BatchFate(extra=json.dumps(twice).encode() + b"\n")
        server.batches.cut = {"GET /v1/files/output-batch_0/content"}
        asker = Asker(server, tmp_path / "run", price_input=2.0, price_output=10.0)
        assert asker.texts(requests(4)) == ["first", *numbers(4)[1:]]
        assert server.batches.requests.count("GET /v1/files/output-batch_0/content") == 2
        (record,) = read_batches(tmp_path / "run")
        (first, *_) = read_requests(tmp_path / "run", record.token)
        assert asker.budget.spent == pytest.approx(3 * 0.000125 + first.most_usd)  # (100 x 2 + 5 x 10) / 1e6, half


def test_answers_are_read_again_where_the_journal_lost_them(tmp_path: Path) -> None:
    """A batch that is over still has its file of answers; without it they are asked for again."""
    with ScriptedServer(says_number) as server:
        asker = Asker(server, tmp_path / "run")
        asker.ask(requests(2))
        assert asker.texts(requests(2)) == numbers(2)
        assert (len(server.batches.sent), server.received) == (1, 0)
        del server.batches.files["output-batch_0"]
        assert asker.texts(requests(2)) == numbers(2)
        assert [len(lines) for lines in server.batches.sent] == [2, 2]


def test_a_batch_that_the_endpoint_does_not_know_is_not_paid_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(says_number) as server:
        asker = Asker(server, tmp_path / "run")
        leave_under_way(asker, monkeypatch)
        server.batches.batches.clear()  # as another account sees it
        with pytest.raises(ModelError, match="does not know batch batch_0, which may have been paid for") as caught:
            asker.ask(requests(2))
        (record,) = read_batches(tmp_path / "run")
        assert f"remove batches/{record.token}.json" in caught.value.hint
        (tmp_path / "run" / "batches" / f"{record.token}.json").unlink()
        assert asker.texts(requests(2)) == numbers(2)


def test_a_batch_at_another_address_is_not_paid_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(says_number) as server, ScriptedServer(says_number) as other:
        leave_under_way(Asker(server, tmp_path / "run"), monkeypatch)
        with pytest.raises(
            ModelError, match=f"are in a batch at {server.base_url}, and --base-url is {other.base_url}"
        ):
            Asker(other, tmp_path / "run").ask(requests(2))
        assert not other.batches.requests


def test_what_is_under_way_is_waited_for_by_a_card_that_knows_of_no_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "FIRST_LOOK_S", 0.005)
    with ScriptedServer(says_number) as server:
        asker = Asker(server, tmp_path / "run")
        leave_under_way(asker, monkeypatch)
        asker.card = replace(asker.card, settings={**asker.card.settings, "batch": None})
        assert asker.texts(requests(3)) == numbers(3)
        assert (set(server.served.values()), server.received, len(server.batches.sent)) == ({1}, 1, 1)


@pytest.mark.parametrize("name", ["../../etc/passwd", "batch/../x", "", "a b", "x" * 300, "batch?x=1", "-\n"])
def test_names_that_are_none_become_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with ScriptedServer(says_number) as server:
        begin = server.batches._begin
        monkeypatch.setattr(server.batches, "_begin", lambda asked: {**begin(asked), "id": name})
        with pytest.raises(ModelError, match="it is a batch without a name that could be one"):
            Asker(server, tmp_path / "run").ask(requests(1))
    assert {route.split("/")[-1] for route in server.batches.requests} == {"files", "batches"}


# What is noted


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not valid JSON"),
        ('{"schema": 2}', "schema"),
        ('{"schema": 1}', "missing"),
        (
            '{"schema": 1, "token": "T", "endpoint": "E", "model_id": "m", "made": 1, "total": 1, "batch": "../x"}',
            "batch",
        ),
        ("[]", "Expected `object`"),
    ],
)
def test_notes_that_are_damaged_stop_the_run_before_anything_is_paid_twice(
    tmp_path: Path, content: str, said: str
) -> None:
    with ScriptedServer(says_number) as server:
        asker = Asker(server, tmp_path / "run")
        asker.ask(requests(1))
        (record,) = read_batches(tmp_path / "run")
        file = tmp_path / "run" / "batches" / f"{record.token}.json"
        file.write_text(content)
        with pytest.raises(JournalError) as caught:
            asker.ask(requests(1))
        assert str(file) in caught.value.message and said in str(caught.value)
        assert "remove it to have them asked again" in caught.value.hint
        file.unlink()
        (file.parent / f"{record.token}.requests.json").write_text("{}")
        assert asker.texts(requests(1)) == numbers(1)


def test_a_link_in_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "batches").symlink_to(tmp_path / "elsewhere")
    with ScriptedServer(says_number) as server, pytest.raises(JournalError, match="is a link"):
        Asker(server, tmp_path / "run").ask(requests(1))
    assert not list((tmp_path / "elsewhere").iterdir())


def test_no_more_is_sent_than_the_budget_allows(tmp_path: Path) -> None:
    """Each costs 100 x 2 per million at half price: $0.0001. The bound of one is its bytes: $0.0002 or so."""
    prices = {"price_input": 2.0, "price_output": 0.0}
    with ScriptedServer(says_number) as server:
        asker = Asker(server, tmp_path / "run", **prices)
        asker.budget = Budget(0.00075)
        found = asker.ask(requests(12))
        answered = [response for response in found.values() if response.text is not None]
        assert asker.budget.spent == pytest.approx(0.0001 * len(answered)) and asker.budget.spent <= 0.00075
        assert 4 <= len(answered) < 12 and server.batches.answered == len(answered)
        assert len(server.batches.sent) > 1  # what the first one left over went into another
        assert all("stopped by --max-cost" in (each.error or "") for each in found.values() if each.text is None)
