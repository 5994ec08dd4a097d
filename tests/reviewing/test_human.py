"""People answer any benchmark: nothing of the answers is shown, everything is kept, and read as answers."""

from __future__ import annotations

import _thread
import json
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from mabench_eval.answers import read_choice, read_yes_no
from mabench_eval.benchmark import Benchmark, load_benchmark
from mabench_eval.catalogue import TaskCard, load_catalogue
from mabench_eval.errors import InputError
from mabench_eval.reviewing import CANNOT_TELL, HumanSession, ReviewServer, blind_answers, collect_answers
from mabench_eval.reviewing.sessions import GivenBlind, GivenDecision, TooEarlyError
from mabench_eval.types import AnswerKind
from tests.reviewing.test_server import Client
from tests.support.benchmarks import write_benchmark


@pytest.fixture(scope="module")
def tasks() -> dict[str, TaskCard]:
    return dict(load_catalogue().check().tasks)


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory: pytest.TempPathFactory, tasks: dict[str, TaskCard]) -> Benchmark:
    return load_benchmark(str(write_benchmark(tmp_path_factory.mktemp("data"), clips=2, videos=True)), tasks)


def test_answers_are_kept_and_nothing_is_shown(
    benchmark: Benchmark, tasks: dict[str, TaskCard], tmp_path: Path
) -> None:
    answers = {question.qid: str(question.answer) for question in benchmark.questions}
    with closing(HumanSession(benchmark, tasks, "anna", tmp_path)) as session:
        rows = session.state()["questions"]
        assert {row[0] for row in rows} == set(answers) and session.collected().answered == 0
        kinds = [tasks[row[1]].answer for row in rows]
        assert kinds == sorted(kinds, key=[AnswerKind.YES_NO, AnswerKind.CHOICE, AnswerKind.TEXT].index)
        with ReviewServer([session]) as server:
            client = Client(server.addresses["anna"])
            for number, (qid, _, _) in enumerate(rows):
                asked = client.ask(f"question/{number}")
                assert asked.json["shown"] is None and (
                    asked.json["kind"] != "text" or answers[qid] not in str(asked.json)
                )
                assert client.ask(f"tracks/{number}").status == 409
                assert client.send(f"decision/{number}", {"act": "accept"}).status == 400
                assert client.send(f"blind/{number}", {"answer": answers[qid]}).json["shown"] is None
            assert client.send("blind/0", {"answer": "Perhaps"}).status == 400
            assert client.ask("clip/1").headers["content-type"] == "video/mp4"
            assert client.send("blind/0", {"answer": None}).status == 200  # nothing was shown: it may be changed
        assert session.collected().answered == len(rows) == 24
    given = blind_answers(tmp_path, benchmark.questions)
    assert given == {**answers, rows[0][0]: CANNOT_TELL}


def test_cannot_tell_is_read_as_no_answer() -> None:
    """So that it is wrong, and not missing."""
    assert read_yes_no(CANNOT_TELL) is None
    assert read_choice(CANNOT_TELL, {"A": "Head", "B": "Body", "C": "Upper limb"}) is None


def test_answers_hang_on_the_words(benchmark: Benchmark, tasks: dict[str, TaskCard], tmp_path: Path) -> None:
    with closing(HumanSession(benchmark, tasks, "anna", tmp_path)) as session:
        session.answer(0, GivenBlind("Yes"))
        qid = session.state()["questions"][0][0]
        with pytest.raises(InputError, match="not decided"):
            session.decide(0, GivenDecision("accept"))
        with pytest.raises(TooEarlyError):
            session.tracks(0)
    assert blind_answers(tmp_path, benchmark.questions) == {qid: "Yes"}
    others = [replace(each, text=f"{each.text} ") for each in benchmark.questions]
    assert blind_answers(tmp_path, others) == {}
    renamed = [replace(each, qid=f"x{each.qid}") for each in benchmark.questions]
    assert blind_answers(tmp_path, renamed) == {f"x{qid}": "Yes"}


def test_orders_differ_and_stay(benchmark: Benchmark, tasks: dict[str, TaskCard], tmp_path: Path) -> None:
    orders = []
    for name in ("anna", "ben", "anna"):
        with closing(HumanSession(benchmark, tasks, name, tmp_path / name)) as session:
            orders.append([row[0] for row in session.state()["questions"]])
    assert orders[0] == orders[2] != orders[1]


def test_it_ends_by_an_interrupt_and_goes_on(benchmark: Benchmark, tasks: dict[str, TaskCard], tmp_path: Path) -> None:
    def answer_one(address: str) -> None:
        client = Client(address)

        def work() -> None:
            number = next(place for place, row in enumerate(client.ask("state").json["questions"]) if not row[2])
            client.send(f"blind/{number}", {"answer": "No"})
            _thread.interrupt_main()

        threading.Thread(target=work).start()

    found = [collect_answers(benchmark, tasks, "anna", tmp_path, ready=answer_one) for _ in range(2)]
    assert [(each.answered, each.total) for each in found] == [(1, 24), (2, 24)]
    assert all(json.loads(line)["kind"] == "blind" for line in (tmp_path / "journal.jsonl").read_text().splitlines())


def test_clips_must_be_there(benchmark: Benchmark, tasks: dict[str, TaskCard], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not there"):
        HumanSession(replace(benchmark, clip_folder=tmp_path / "none"), tasks, "anna", tmp_path)
    with pytest.raises(InputError, match="no name of a reviewer"):
        HumanSession(benchmark, tasks, "../anna", tmp_path)
