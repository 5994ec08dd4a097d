"""Tokens and money: as counted, as priced, as limited and as foretold."""

from __future__ import annotations

import json
import random
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.journal import MODEL, Records, Silent, read_journal
from mabench_eval.journal.costs import Budget, Price
from mabench_eval.planning import RunConfig, prepare
from mabench_eval.runs.rejudging import judge_run
from mabench_eval.runs.status import read_status
from tests.support.benchmarks import write_benchmark

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from tests.support.scripted_model import run
from tests.support.scripted_server import Fault, Raw, Reply, ScriptedServer, completion, raw

pytestmark = pytest.mark.usefixtures("openai_key")


def test_tokens_price_and_another_model_are_told(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)
    reply = Reply("B", model="m-cheaper", prompt_tokens=1000, completion_tokens=10, cached_tokens=400)
    prices = {"price_input": 2.0, "price_cached": 0.5, "price_output": 10.0}
    with ScriptedServer(lambda body, before: reply) as server:
        result = run(server, data, tmp_path / "results", settings=prices)
    totals = json.loads((result.folder / "run.json").read_text())["totals"]
    assert (totals["prompt_tokens"], totals["output_tokens"], totals["cached_tokens"]) == (12_000, 120, 4_800)
    # (600 x 2 + 400 x 0.5 + 10 x 10) / 1e6 = 0.0015 an answer
    assert totals["cost_usd"] == pytest.approx(12 * 0.0015)
    assert totals["served_by"] == {"m-cheaper": 12}


def test_tokens_and_another_model_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)
    with ScriptedServer(
        lambda body, before: Reply("B", model="other", prompt_tokens=50, completion_tokens=2)
    ) as server:
        words = ["--model", "m", "--engine", "openai", "--base-url", server.base_url, "--data", str(data)]
        assert main([*words, "--judge", "none", "--output", str(tmp_path / "results")]) == 0
    err = capsys.readouterr().err
    assert "Tokens: 600 prompt (0 cached), 24 answer" in err
    assert "ATTENTION: 12 answers came from 'other'; asked for was 'm'." in err


def test_price_by_hand() -> None:
    record = {"prompt_tokens": 1_000_000, "cached_tokens": 250_000, "output_tokens": 100_000}
    # 0.75 x 2 + 0.25 x 1 + 0.1 x 10
    assert Price(2.0, 1.0, 10.0).of(record) == pytest.approx(1.5 + 0.25 + 1.0)


def test_what_was_estimated_comes_on_top_and_odd_cached_tokens_never_pay_back() -> None:
    assert Price(2.0, 1.0, 10.0).of({"output_tokens": 100_000, "unmetered_usd": 0.5}) == pytest.approx(1.5)
    # more cached than there were: 1,000 x 2 + 4,000 x 1
    assert Price(2.0, 1.0, 10.0).of({"prompt_tokens": 1000, "cached_tokens": 4000}) == pytest.approx(0.006)


def test_tokens_of_a_batch_cost_their_share() -> None:
    """Half of 1 x 2 + 0.1 x 10; what was estimated is in dollars already. Failures add up by the price of each."""
    record = {"prompt_tokens": 1_000_000, "output_tokens": 100_000, "price_factor": 0.5}
    price = Price(2.0, 1.0, 10.0)
    assert price.of(record) == pytest.approx(1.5)
    assert price.of({**record, "unmetered_usd": 0.25}) == pytest.approx(1.75)
    assert price.of({**record, "price_factor": 0.0}) == 0.0

    records = Records()
    for number, factor in enumerate((0.5, None, 0.5)):
        costs = {name: value for name, value in {**record, "price_factor": factor}.items() if value is not None}
        records.add({"kind": "error", "key": str(number), "at": 0.0, "error": "cut", **costs})
    assert price.of(records.failed[MODEL]) == pytest.approx(1.5 + 3.0 + 1.5)


def test_max_cost_stops_cleanly_and_the_run_goes_on_later(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=12, videos=True)
    settings = {"price_input": 1000.0, "price_output": 0.0, "concurrency": 1, "image_tokens": 100}
    lines: list[str] = []

    class Notes(Silent):
        def note(self, line: str) -> None:
            lines.append(line)

    with ScriptedServer(lambda body, before: Reply("B", prompt_tokens=1000)) as server:  # one dollar an answer
        choices: dict[str, Any] = {"settings": settings, "max_cost": 12.0}
        result = run(server, data, tmp_path / "results", **choices, progress=Notes())
        assert not result.complete
        first = server.received
        assert 6 <= first <= 12  # the last ones could have cost more than what was left
        assert result.record.totals.cost_usd == pytest.approx(first)
        (line,) = lines
        assert line.startswith(f"stopped by --max-cost 12: ${first} is spent, and the next call may cost $")

        # The same command asks nothing more: what was spent counts.
        run(server, data, tmp_path / "results", **choices)
        assert server.received == first
        whole = run(server, data, tmp_path / "results", settings=settings)
        assert (whole.complete, server.received) == (True, 144)


# Text alone: the body of a request has 500 to 1,000 bytes, so that a call is reserved at 12 to 25 cents, and costs 10.
DEAR = {"price_input": 250.0, "price_output": 0.0}
METERED = Reply("B", prompt_tokens=400)


@pytest.mark.parametrize("concurrency", [1, 7, 64])
def test_what_is_in_flight_never_passes_the_limit(tmp_path: Path, concurrency: int) -> None:
    data = write_benchmark(tmp_path / "data", clips=12)
    settings = {**DEAR, "concurrency": concurrency}
    with ScriptedServer(lambda body, before: METERED, latency=0.02) as server:
        result = run(server, data, tmp_path / "results", settings=settings, input="text-only", max_cost=3.0)
        assert 20 <= server.received <= 30
        if concurrency == 64:
            assert server.most_in_flight > 7
    assert result.record.totals.cost_usd == pytest.approx(0.1 * server.received)
    assert result.scores.outcomes["answered"] + result.scores.outcomes["unparsable"] == server.received


USAGES: dict[str, Any] = {
    "none": {"usage": None},
    "empty": {"usage": {}},
    "without the prompt": {"usage": {"completion_tokens": 5}},
    "null": {"usage": {"prompt_tokens": None, "completion_tokens": None}},
}


@pytest.mark.parametrize("usage", USAGES)
def test_tokens_that_are_not_told_are_estimated_from_above(tmp_path: Path, usage: str) -> None:
    data = write_benchmark(tmp_path / "data", clips=12)
    choices: dict[str, Any] = {"settings": DEAR, "input": "text-only", "max_cost": 3.0}

    def script(body: dict[str, Any], before: int) -> Raw:
        return raw({**completion(Reply("B"), body), **USAGES[usage]}, last=False)

    with ScriptedServer(script) as server:
        result = run(server, data, tmp_path / "results", **choices)
        sizes = [len(json.dumps(body, separators=(",", ":"))) for body in server.bodies]
        assert 0 < server.received < 30
        assert result.record.totals.cost_usd == pytest.approx(sum(sizes) * 250 / 1e6)
        assert 2.5 < (result.record.totals.cost_usd or 0) <= 3.0
        (status,) = read_status(tmp_path / "results")
        assert status.cost_usd == pytest.approx(result.record.totals.cost_usd)
        run(server, data, tmp_path / "results", **choices)
        assert server.received == len(sizes)  # the estimate is in the journal, and counts


LOST: dict[str, Raw | Fault] = {
    "cut": Fault("cut"),
    "hang": Fault("hang"),
    "html": Fault("html"),
    "no choices": Fault("empty_choices"),
    "unfit": raw({"choices": [{"message": {"content": 7}}]}),
    "usage is a text": raw({"choices": [{"message": {"content": "B"}}], "usage": {"prompt_tokens": "1000"}}),
    "usage is NaN": raw({"choices": [{"message": {"content": "B"}}], "usage": {"prompt_tokens": float("nan")}}),
    "usage is negative": raw({"choices": [{"message": {"content": "B"}}], "usage": {"prompt_tokens": -(10**9)}}),
    "an error of status 200": raw({"error": "busy"}),
}


@pytest.mark.parametrize("loss", LOST)
def test_replies_that_are_lost_may_have_been_paid_for(tmp_path: Path, loss: str) -> None:
    data = write_benchmark(tmp_path / "data", clips=12)
    settings = {**DEAR, "max_retries": 2, "request_timeout": 0.2}
    choices: dict[str, Any] = {"settings": settings, "input": "text-only", "max_cost": 2.0}
    with ScriptedServer(lambda body, before: LOST[loss]) as server:
        result = run(server, data, tmp_path / "results", **choices)
        first = server.received
        assert 0 < first <= 20
        assert result.scores.outcomes["error"] == 144
        assert result.record.totals.cost_usd is not None
        assert 1.5 < result.record.totals.cost_usd <= 2.0
        run(server, data, tmp_path / "results", **choices)
        assert server.received == first
    with ScriptedServer(
        lambda body, before: METERED
    ) as server:  # without the limit it goes on, and what was lost stays in the sum
        patient = {**settings, "request_timeout": 60}
        again = run(server, data, tmp_path / "results", settings=patient, input="text-only")
    assert again.complete
    assert again.record.totals.cost_usd == pytest.approx(result.record.totals.cost_usd + 144 * 0.1)


def test_what_an_endpoint_refuses_costs_nothing(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=4)

    def script(body: dict[str, Any], before: int) -> Reply | Fault:
        return Fault("rate_limit", retry_after=0.01) if before == 0 else Reply("B", prompt_tokens=1)

    with ScriptedServer(script) as server:
        result = run(server, data, tmp_path / "results", settings=DEAR, input="text-only", max_cost=10.0)
    assert result.complete
    assert result.record.totals.cost_usd == pytest.approx(48 * 250 / 1e6)


def test_answers_of_earlier_versions_without_usage_count(tmp_path: Path) -> None:
    """They noted nothing in place of it."""
    data = write_benchmark(tmp_path / "data", clips=12)
    with ScriptedServer(lambda body, before: raw({**completion(Reply("B"), body), "usage": None})) as server:
        result = run(server, data, tmp_path / "results", input="text-only", limit=3)  # no price: nothing estimated
        assert all("unmetered_usd" not in record for record in read_journal(result.folder).answers.values())
        first = server.received
        choices: dict[str, Any] = {"settings": DEAR, "input": "text-only", "max_cost": 1.0}
        run(server, data, tmp_path / "results", limit=3, **choices)
        run(server, data, tmp_path / "results", limit=4, **choices)
        assert server.received == first == 36


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "--max-cost: the price of this model is not known: --set price_input=USD"),
        ({"price_input": 1.0}, "--max-cost: the price of this model is not known"),
        ({"price_input": 1.0, "price_output": 1.0}, "--max-cost: how many tokens a frame takes is not known"),
    ],
)
def test_a_limit_that_cannot_be_kept_is_refused_before_anything_runs(
    tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)
    config = RunConfig("m", data=str(data), engine="openai", settings=settings, output=tmp_path, max_cost=1.0)
    with pytest.raises(InputError, match=said):
        prepare(config)
    free = {**settings, "price_input": 0, "price_output": 0}
    prepare(replace(config, settings=free))
    prepare(replace(config, settings={**free, "price_input": 1.0}, input="text-only"))


def test_judges_without_a_price_are_refused_under_a_limit(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=1)
    choices: dict[str, Any] = {
        "judge": "openai",
        "judge_settings": {"model_id": "j", "base_url": "http://localhost/v1"},
    }
    with pytest.raises(InputError, match="--max-cost: judge 'j': the price of this model is not known"):
        prepare(RunConfig("constant", data=str(data), output=tmp_path, max_cost=1.0, **choices))
    folder = evaluate("constant", data=str(data), output=tmp_path).folder
    with pytest.raises(InputError, match="--max-cost: judge 'j': the price of this model is not known"):
        judge_run(folder, "openai", choices["judge_settings"], max_cost=1.0)
    for limit in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="--max-cost must be a number of US dollars above 0"):
            judge_run(folder, "lexical", max_cost=limit)


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "-inf", "1e999"])
def test_what_is_no_amount_of_money_is_no_limit(capsys: pytest.CaptureFixture[str], limit: str) -> None:
    assert main(["--model", "constant", f"--max-cost={limit}"]) == 2
    assert "--max-cost must be a number of US dollars above 0, got" in capsys.readouterr().err


@pytest.mark.parametrize("price", ["-1", ".nan", ".inf", "-.inf", "1e999", "1e999999999", "true", "[1]", "free"])
@pytest.mark.parametrize("name", ["price_input", "price_cached", "price_output"])
def test_prices_that_are_none(name: str, price: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "m", "--engine", "openai", "--set", f"{name}={price}"]) == 2
    error = capsys.readouterr().err
    assert name in error
    assert "expected" in error or "finite" in error


def test_an_endpoint_whose_prompts_are_longer_than_ours_is_reserved_for(tmp_path: Path) -> None:
    """It bills 4,000 tokens for 500 to 1,000 bytes: a dollar a call."""
    data = write_benchmark(tmp_path / "data", clips=12)
    settings = {**DEAR, "concurrency": 1}
    with ScriptedServer(lambda body, before: Reply("B", prompt_tokens=4000)) as server:
        run(server, data, tmp_path / "results", settings=settings, input="text-only", max_cost=10.0)
        assert 5 <= server.received <= 10


def test_many_threads_and_one_limit() -> None:
    budget, cost = Budget(100.0), 0.0
    lock = threading.Lock()

    def spend(seed: int) -> None:
        nonlocal cost
        chance = random.Random(seed)
        while not budget.reached:
            most = chance.uniform(0, 3)
            if not budget.reserve(most):
                continue
            spent = most * chance.random()
            with lock:
                cost += spent
            budget.settle(most, spent)

    threads = [threading.Thread(target=spend, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 97 < cost <= 100
    assert budget.spent == pytest.approx(cost)


def test_the_forecast_knows_tokens_and_price(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_benchmark(tmp_path / "data", clips=2, videos=True)
    assert main(["--model", "gpt-4o", "--data", str(data), "--output", str(tmp_path / "results"), "--dry-run"]) == 0
    out, err = capsys.readouterr()
    # 24 requests of 8 frames at 765 tokens: 146,880, and the prompts
    assert "192 images, about 14" in out
    assert "at most $" in out
    assert "warning: model 'gpt-4o' is deprecated" in err
