"""How many requests are in flight: all at once at a server of one's own, and few that a limit refuses elsewhere."""

from __future__ import annotations

import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.engines.openai.concurrency import ConcurrencyLimit
from mabench_eval.engines.openai.settings import is_own_server
from mabench_eval.types import Clip, Frames
from mabench_eval.video import decode
from tests.support.benchmarks import write_benchmark

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from tests.support.scripted_model import answer, run
from tests.support.scripted_server import Fault, Raw, Reply, ScriptedServer

pytestmark = pytest.mark.usefixtures("openai_key")
LATENCY = 0.05


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 questions on ten clips."""
    return write_benchmark(tmp_path_factory.mktemp("data"), clips=10, videos=True)


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://localhost:8000/v1", True),
        ("http://127.0.0.1:8000/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://192.168.1.7:8000/v1", True),
        ("http://10.0.0.3/v1", True),
        ("http://node12:8000/v1", True),
        ("https://gpu.cluster.internal/v1", True),
        ("https://api.openai.com/v1", False),
        ("https://8.8.8.8/v1", False),
        ("https://localhost.example.com/v1", False),
    ],
)
def test_which_server_is_of_ones_own(url: str, own: bool) -> None:
    assert is_own_server(url) is own


def test_a_burst_of_refusals_leaves_what_the_endpoint_took() -> None:
    limit = ConcurrencyLimit(None, 64, at_once=True)
    assert limit.limit == 64
    for _ in range(64 - 12):  # it takes twelve at once
        limit.decrease()
    assert limit.limit == 12
    # a round of twelve answers: a quarter of a place, and then half as much more each round: 0.25 + 0.375 + 0.5625 > 1
    for _ in range(2 * 12):
        limit.increase()
    assert limit.limit == 12
    for _ in range(12):
        limit.increase()
    assert limit.limit == 13


def test_it_doubles_until_the_first_refusal_and_stays_between_one_and_the_most() -> None:
    limit = ConcurrencyLimit(None, 20)
    for _ in range(8):
        limit.increase()
    assert limit.limit == 16
    for _ in range(8):
        limit.increase()
    assert limit.limit == 20
    for _ in range(30):
        limit.decrease()
    assert limit.limit == 1
    assert ConcurrencyLimit(None, 3).limit == 3


def test_a_number_that_is_given_is_kept() -> None:
    limit = ConcurrencyLimit(5, 64, at_once=True)
    limit.decrease(60.0)
    limit.increase()
    assert limit.limit == 5


def test_a_server_of_ones_own_gets_all_that_may_be_in_flight(data: Path, tmp_path: Path) -> None:
    with ScriptedServer(answer, latency=1.0) as server:
        assert run(server, data, tmp_path / "results").complete
    assert server.received == 120
    assert server.most_in_flight >= 48  # 64, but for a machine that is slow to encode ten clips


class Crowded:
    """An endpoint that answers so many requests at once, and refuses those beyond."""

    def __init__(self, most: int) -> None:
        self.most, self.refused = most, 0
        self._taken: deque[float] = deque()
        self._lock = threading.Lock()

    def __call__(self, asked: dict[str, Any], before: int) -> Reply | Fault | Raw:
        with self._lock:
            now = time.monotonic()
            while self._taken and self._taken[0] <= now - LATENCY:
                self._taken.popleft()
            if len(self._taken) >= self.most:
                self.refused += 1
                return Fault("rate_limit")
            self._taken.append(now)
        return answer(asked, before)


def test_an_endpoint_with_a_limit_refuses_few(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mabench_eval.engines.openai.request_pool.is_own_server", lambda url: False)
    crowded = Crowded(6)
    with ScriptedServer(crowded, latency=LATENCY) as server:
        assert run(server, data, tmp_path / "results").complete
    # the first eight are two too many, and as many again before those are back; then one in three rounds or so:
    # 120 / 6 / 3 = 7. Halved once a second, and rising by four a round, it was more than one for each question
    assert crowded.refused <= 40
    assert server.received == 120 + crowded.refused


def test_no_request_goes_out_while_the_endpoint_asks_not_to(data: Path, tmp_path: Path) -> None:
    came: list[float] = []

    def busy(asked: dict[str, Any], before: int) -> Reply | Fault | Raw:
        came.append(time.monotonic())
        return Fault("rate_limit", retry_after=1.0) if len(came) == 1 else answer(asked, before)

    with ScriptedServer(busy) as server:
        assert run(server, data, tmp_path / "results", limit=1, settings={"most_in_flight": 1}).complete
    assert server.received == 13
    assert min(came[1:]) - came[0] >= 0.9


def test_the_first_clip_is_asked_while_the_last_is_decoded(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, decoded = threading.Event(), []

    def slow(clip: Clip, *more: Any) -> Frames:
        decoded.append(clip.name)
        if len(decoded) == 10:
            assert asked.wait(20), "no question was asked before the last clip was decoded"
        return decode(clip, *more)

    def first(body: dict[str, Any], before: int) -> Reply | Fault | Raw:
        asked.set()
        return answer(body, before)

    monkeypatch.setattr("mabench_eval.execution.executor.decode", slow)
    with ScriptedServer(first) as server:
        assert run(server, data, tmp_path / "results").complete
    assert server.received == 120
