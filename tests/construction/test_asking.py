"""Texts asked of a model by a build: paid once, read strictly, asked once more, and what is missing is told."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import register_model
from mabench_eval.catalogue import ModelCard, load_catalogue
from mabench_eval.construction.asking import (
    Ask,
    TextModel,
    Told,
    UnreadableError,
    open_budget,
    read_as,
    role_costs,
)
from mabench_eval.errors import InputError, ModelError
from mabench_eval.journal import Budget, Journal, read_journal
from mabench_eval.types import Clip, ClipWork, Response
from tests.support.benchmarks import write_clip

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from tests.support.scripted_server import Fault, Reply, ScriptedServer, with_faults

Notes = list[str]


@dataclass(frozen=True)
class _Answer:
    answer: str


def number(reply: str) -> int:
    """What the asks of these tests want: a number and nothing else."""
    if not reply.isdecimal():
        raise UnreadableError("it is no number")
    return int(reply)


def asks(count: int, clip: Clip | None = None) -> list[Ask[int]]:
    return [Ask(f"item {i}", "Count.", f"How much is {i} + 1?", number, 10, clip=clip) for i in range(count)]


def sum_of(body: Mapping[str, Any]) -> str:
    """The right reply to the first question of a conversation."""
    question = next(m for m in body["messages"] if m["role"] == "user")["content"][-1]["text"]
    return str(int(question.split()[3]) + 1)


def endpoint(server: ScriptedServer, **settings: Any) -> TextModel:
    given = {"model_id": "m", "base_url": server.base_url, "max_retries": 0, **settings}
    return TextModel(ModelCard("m", "openai", "scripted", settings=given), "writer")


def tell(
    model: TextModel, folder: Path, wanted: Iterable[Ask[int]], budget: Budget | None = None, notes: Notes | None = None
) -> dict[str, Told[int]]:
    with Journal(folder) as journal:
        told = list(model.ask(wanted, journal, budget or Budget(None), (notes if notes is not None else []).append))
    assert len({each.ask.about for each in told}) == len(told)
    return {each.ask.about: each for each in told}


def values(told: Mapping[str, Told[int]]) -> list[int | None]:
    return [told[about].value for about in sorted(told, key=lambda about: int(about.split()[1]))]


def test_each_is_asked_once_and_what_the_journal_holds_is_not(tmp_path: Path) -> None:
    with ScriptedServer(lambda body, before: Reply(sum_of(body))) as server:
        assert values(tell(endpoint(server), tmp_path, asks(5))) == [1, 2, 3, 4, 5]
        assert values(tell(endpoint(server), tmp_path, asks(8))) == [1, 2, 3, 4, 5, 6, 7, 8]
        assert server.received == 8
        # A generator may be given too, though it can be gone through once alone.
        assert values(tell(endpoint(server), tmp_path, iter(asks(9)))) == list(range(1, 10))
        assert server.received == 9


def test_a_reply_that_cannot_be_read_is_asked_for_once_more_and_never_again(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def script(body: dict[str, Any], before: int) -> Reply:
        words = [m["content"] if isinstance(m["content"], str) else m["content"][-1]["text"] for m in body["messages"]]
        seen.append(words)
        mended = len(words) > 2 and "How much is 0" in words[1]
        return Reply(sum_of(body) if mended or "How much is 2" in words[1] else "Well, let me see.")

    with ScriptedServer(script) as server:
        told = tell(endpoint(server), tmp_path, asks(3))
        assert values(told) == [1, None, 3]
        assert told["item 1"].problem == "it is no number"
        assert server.received == 3 + 2
        again = next(words for words in seen if len(words) > 2 and "How much is 0" in words[1])
        assert again[2] == "Well, let me see."
        assert again[3].startswith("Your reply could not be used: it is no number.")
        assert values(tell(endpoint(server), tmp_path, asks(3))) == [1, None, 3]
        assert server.received == 5


def test_equal_asks_are_one_call(tmp_path: Path) -> None:
    """A hundred, while the replies come: none is asked twice, and none is lost, whenever it is drawn."""
    wanted = [Ask(f"item {i}", "Count.", f"How much is {i % 4} + 1?", number, 10) for i in range(100)]
    with ScriptedServer(lambda body, before: Reply(sum_of(body))) as server:
        told = tell(endpoint(server, concurrency=2), tmp_path, wanted)
        assert server.received == 4
    assert values(told) == [i % 4 + 1 for i in range(100)]


def test_an_error_is_no_reply_and_is_asked_again_by_the_next_run(tmp_path: Path) -> None:
    def failing(body: dict[str, Any], before: int) -> Reply | Fault:
        return Fault("server_error") if sum_of(body) == "2" and before == 0 else Reply(sum_of(body))

    with ScriptedServer(failing) as server:
        told = tell(endpoint(server), tmp_path, asks(3))
        assert values(told) == [1, None, 3]
        assert "500" in str(told["item 1"].error)
        assert len(read_journal(tmp_path).errors) == 1
        assert values(tell(endpoint(server), tmp_path, asks(3))) == [1, 2, 3]
        assert (server.received, len(read_journal(tmp_path).errors)) == (4, 0)


def test_of_thirty_percent_faults_and_cut_off_runs_nothing_is_paid_twice(tmp_path: Path) -> None:
    """Cut off after every seventh reply: each is in the journal before it is handed on, and never asked for again."""
    good: Counter[str] = Counter()

    def script(body: dict[str, Any], before: int) -> Reply:
        return Reply(sum_of(body) if len(body["messages"]) > 2 or int(sum_of(body)) % 5 else "Hm.")

    faulty = with_faults(script, 0.3, kinds=("rate_limit", "server_error", "cut", "html", "empty_choices"))

    def counted(body: dict[str, Any], before: int) -> Any:
        answer = faulty(body, before)
        if isinstance(answer, Reply):
            good[json.dumps(body)] += 1
        return answer

    expected = list(range(1, 41))
    with ScriptedServer(counted) as server:
        model = endpoint(server, max_retries=3, concurrency=1)
        for _ in range(6):
            with Journal(tmp_path) as journal:
                running = model.ask(asks(40), journal, Budget(None), print)
                for _, _ in zip(range(7 + len(journal.records.answers)), running, strict=False):
                    pass
                running.close()
        assert values(tell(model, tmp_path, asks(40))) == expected
        # One call at a time: at each of the six cuts the one in flight is lost, and no other is asked for twice.
        assert sum(good.values()) <= 40 + 8 + 6
        before = server.received
        assert values(tell(model, tmp_path, asks(40))) == expected
        assert server.received == before


def test_what_no_money_is_left_for_is_told_and_what_is_known_still_read(tmp_path: Path) -> None:
    """By their bytes a call costs at most about 0.25 dollars at 1,000 dollars a million, and really 0.1."""

    def script(body: dict[str, Any], before: int) -> Reply:
        return Reply(sum_of(body), prompt_tokens=100, completion_tokens=0)

    with ScriptedServer(script, latency=0.02) as server:
        model = endpoint(server, price_input=1000, price_output=0, concurrency=4)
        told = tell(model, tmp_path, asks(20), Budget(1.0))
        asked = [each for each in told.values() if each.value is not None]
        assert len(told) == 20
        assert len(asked) == server.received
        assert 3 <= server.received <= 10  # 10 x 0.1 is the limit, those in flight included
        assert all("not asked: stopped by --max-cost 1" in str(each.error) for each in told.values() if each.error)

        # The next run with the same limit counts what was paid, and reads what is known.
        budget = open_budget(1.0, ("writer",), read_journal(tmp_path))
        assert budget.spent == pytest.approx(0.1 * server.received)
        again = tell(model, tmp_path, asks(20), budget)
        assert {about for about, each in again.items() if each.value is not None} >= {each.ask.about for each in asked}
        assert server.received * 0.1 <= 1.0 + 1e-9
        more = tell(model, tmp_path, asks(20), Budget(None))
        assert values(more) == list(range(1, 21))
        assert server.received == 20


def test_what_a_role_has_cost_is_in_the_journal(tmp_path: Path) -> None:
    """Three replies of 100 + 10 tokens at 2 and 30 dollars a million: 3 x (0.0002 + 0.0003)."""

    def script(body: dict[str, Any], before: int) -> Reply:
        return Reply(sum_of(body), prompt_tokens=100, completion_tokens=10)

    with ScriptedServer(script) as server:
        tell(endpoint(server, price_input=2.0, price_output=30.0), tmp_path, asks(3))
    cost = role_costs(read_journal(tmp_path))["writer"]
    assert (cost.replies, cost.prompt_tokens, cost.output_tokens) == (3, 300, 30)
    assert cost.usd == pytest.approx(0.0015)

    with ScriptedServer(lambda body, before: Reply(sum_of(body))) as server:
        tell(endpoint(server), tmp_path / "other", asks(1))
    assert role_costs(read_journal(tmp_path / "other"))["writer"].usd is None


def test_forecast_counts_what_is_missing_second_tries_among_it(tmp_path: Path) -> None:
    """Five of which two are equal: 4 calls. Two are read, one can never be: no call is left of these."""

    def script(body: dict[str, Any], before: int) -> Reply | Fault:
        if sum_of(body) == "4":
            return Fault("server_error")
        if sum_of(body) == "3" and len(body["messages"]) > 2 and before == 0:
            return Fault("server_error")
        return Reply("Hm." if sum_of(body) in "23" else sum_of(body))

    wanted = [*asks(4), Ask("item 4", "Count.", "How much is 0 + 1?", number, 10)]
    with ScriptedServer(script) as server:
        model = endpoint(server, price_input=1, price_output=1)
        assert model.forecast(wanted, read_journal(tmp_path)).calls == 4
        most = model.forecast(wanted, read_journal(tmp_path)).most_usd
        assert most is not None
        assert 4 * 10 / 1e6 < most < 4 * 1000 / 1e6
        tell(model, tmp_path, wanted)
        # items 0 and 4: read; 1: two bad replies; 2: its second try failed; 3: its first did
        assert model.forecast(wanted, read_journal(tmp_path)).calls == 2
        unpriced = endpoint(server)
        assert unpriced.forecast(asks(9), read_journal(tmp_path)).most_usd is None


def test_a_model_that_fails_at_everything_is_given_up(tmp_path: Path) -> None:
    def failing(body: dict[str, Any], before: int) -> Fault:
        return Fault("server_error")

    with ScriptedServer(failing) as server, pytest.raises(ModelError, match="failed on its first 60 texts; the last"):
        tell(endpoint(server, concurrency=4), tmp_path, asks(500))
    assert 60 <= server.received < 100

    with ScriptedServer(lambda body, before: Fault("bad_key")) as server, pytest.raises(ModelError) as raised:
        tell(endpoint(server), tmp_path, asks(5))
    assert "--writer-base-url, --writer-model" in raised.value.hint


def test_the_model_is_loaded_only_if_something_is_open_and_once(tmp_path: Path) -> None:
    loads = []

    @register_model("adder", needs_frames=False)
    class Adder:
        def __init__(self, settings: Mapping[str, Any], seed: int) -> None:
            loads.append(seed)

        def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
            for item in work:
                for request in item.requests:
                    again = request.user_prompt.startswith("Your reply could not be used")
                    said = request.shots[0].question if again else request.user_prompt
                    total = int(said.split()[3]) + 1
                    yield Response(request.key, text=str(total) if again or total % 2 else "odd")

    model = TextModel(load_catalogue().model("adder"), "writer")
    assert values(tell(model, tmp_path, asks(6))) == [1, 2, 3, 4, 5, 6]
    assert values(tell(model, tmp_path, asks(6))) == [1, 2, 3, 4, 5, 6]
    assert len(loads) == 1
    assert model.forecast(asks(7), read_journal(tmp_path)).most_usd == 0.0


def test_a_model_that_gives_no_response_or_breaks_off(tmp_path: Path) -> None:
    @register_model("silent", needs_frames=False)
    class Silent:
        def __init__(self, settings: Mapping[str, Any], seed: int) -> None:
            """Take nothing."""

        def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
            for item in list(work)[:2]:
                yield Response(item.requests[0].key, text="1")

    told = tell(TextModel(load_catalogue().model("silent"), "writer"), tmp_path, asks(4))
    assert [told[f"item {i}"].error for i in (2, 3)] == ["the model gave no response"] * 2

    @register_model("ended", needs_frames=False)
    class Ended:
        def __init__(self, settings: Mapping[str, Any], seed: int) -> None:
            """Take nothing."""

        def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
            yield Response(next(iter(work)).requests[0].key, text="1")

    told = tell(TextModel(load_catalogue().model("ended"), "writer"), tmp_path / "2", asks(9))
    assert sum(each.value is not None for each in told.values()) == 1
    assert len(told) == 9
    assert "not asked: model 'ended' ended before" in {str(each.error) for each in told.values()}

    @register_model("broken", needs_frames=False)
    def broken(frames: Any, prompt: str) -> str:
        raise RuntimeError("no weights")

    with pytest.raises(ModelError, match="model 'broken' failed on its first 60 texts"):
        tell(TextModel(load_catalogue().model("broken"), "writer"), tmp_path / "3", asks(100))


def test_frames_are_decoded_once_a_clip_and_part_of_the_key(tmp_path: Path) -> None:
    clips = []
    for name in ("a", "b"):
        write_clip(tmp_path / f"{name}.mp4", frames=16, seed=ord(name))
        clips.append(Clip(name, tmp_path / f"{name}.mp4"))
    seen: list[tuple[str, Sequence[int], int]] = []

    @register_model("seeing")
    class Seeing:
        def __init__(self, settings: Mapping[str, Any], seed: int) -> None:
            """Take nothing."""

        def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
            for item in work:
                assert item.frames is not None
                seen.append((item.clip.name, item.frames.indices, len(item.requests)))
                for request in item.requests:
                    yield Response(request.key, text=str(int(request.user_prompt.split()[3]) + 1))

    wanted = [
        Ask(f"item {3 * n + i}", "Look.", f"How much is {3 * n + i} + 1?", number, 10, clip=clip)
        for n, clip in enumerate(clips)
        for i in range(3)
    ]
    model = TextModel(load_catalogue().model("seeing"), "see")
    assert values(tell(model, tmp_path, wanted)) == [1, 2, 3, 4, 5, 6]
    # floor((i + 1/2) 16 / 8)
    assert seen == [(name, (1, 3, 5, 7, 9, 11, 13, 15), 3) for name in ("a", "b")]
    records = read_journal(tmp_path).answers.values()
    assert {tuple(record["frames"]) for record in records} == {(1, 3, 5, 7, 9, 11, 13, 15)}

    one = Clip("a", clips[0].path, "ab" * 32)
    keys = {model.key(Ask("x", "s", "u", number, 1, clip=clip)) for clip in (one, Clip("a", one.path, "cd" * 32), None)}
    assert len(keys) == 3

    (tmp_path / "a.mp4").write_bytes(b"no clip")
    told = tell(model, tmp_path / "again", wanted)
    assert [told[f"item {i}"].value for i in range(6)] == [None, None, None, 4, 5, 6]
    assert "a.mp4 cannot be decoded" in str(told["item 0"].error)


def test_a_model_that_sees_nothing_cannot_be_shown_frames(tmp_path: Path) -> None:
    register_model("deaf", needs_frames=False)(lambda frames, prompt: "1")
    model = TextModel(load_catalogue().model("deaf"), "see")
    assert model.problems(Budget(None), looks=True) == [
        "--see deaf: it looks at no frames: take a model that does (see `list models`)"
    ]
    assert model.problems(Budget(None)) == []


def test_what_is_missing_is_told_in_the_words_of_the_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    model = TextModel(ModelCard("gpt", "openai", "d", settings={"model_id": "gpt"}), "writer")
    key, price = model.problems(Budget(1.0))
    assert key.startswith("--writer gpt: no key for https://api.openai.com/v1: set OPENAI_API_KEY")
    assert key.endswith("--writer-api-key-env VAR")
    assert "--max-cost: the price of this model is not known: --writer-set price_input=USD" in price


def test_interrupted_it_keeps_what_came_back(tmp_path: Path) -> None:
    """The consumer breaks off while a reply is being handed on: it is in the journal all the same."""
    with ScriptedServer(lambda body, before: Reply(sum_of(body))) as server, Journal(tmp_path) as journal:
        told = endpoint(server, concurrency=1).ask(asks(10), journal, Budget(None), print)
        for _ in range(3):
            next(told)
        del told
        assert len(journal.records.answers) == 3
    assert not [thread for thread in threading.enumerate() if thread.name == "openai"]


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("Sure! {}", "it is not one JSON object"),
        ('{"answer": "Yes"', "it is not one JSON object"),
        ('{"answer": 3}', "answer: Expected"),
        ("{}", "answer: missing"),
        ("[]", "Expected `object`"),
        ('{"answer": "Yes", "answer": "No"}', "stands twice"),
    ],
)
def test_json_replies_are_read_strictly(reply: str, problem: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        read_as(_Answer, reply)
    assert problem in str(raised.value)


def test_json_in_a_fence_behind_its_reasoning_is_read() -> None:
    assert read_as(_Answer, '<think>{"answer": "No"}</think>\n```json\n{"answer": "Yes"}\n```').answer == "Yes"


def test_a_limit_that_is_no_money() -> None:
    with pytest.raises(InputError, match="--max-cost must be"):
        open_budget(-1.0, ("writer",), read_journal(Path("nowhere")))
