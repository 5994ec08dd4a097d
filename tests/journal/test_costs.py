"""Tokens and money: as counted, as priced, as limited and as foretold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mabench_eval.cli import main
from mabench_eval.journal.costs import Price
from tests.support.benchmarks import write_benchmark

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from tests.support.scripted_model import run
from tests.support.scripted_server import Reply, ScriptedServer

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


def test_max_cost_stops_cleanly_and_the_run_goes_on_later(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=12, videos=True)
    settings = {"price_input": 1000.0, "price_output": 0.0, "concurrency": 1}
    with ScriptedServer(lambda body, before: Reply("B", prompt_tokens=1000)) as server:
        result = run(server, data, tmp_path / "results", settings=settings, max_cost=12.0)  # one dollar an answer
        assert not result.complete
        assert 12 <= server.received < 144
        first = server.received
        whole = run(server, data, tmp_path / "results", settings=settings)
        assert (whole.complete, server.received) == (True, 144)
    assert first < 144


def test_the_forecast_knows_tokens_and_price(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_benchmark(tmp_path / "data", clips=2, videos=True)
    assert main(["--model", "gpt-4o", "--data", str(data), "--output", str(tmp_path / "results"), "--dry-run"]) == 0
    out, err = capsys.readouterr()
    # 24 requests of 8 frames at 765 tokens: 146,880, and the prompts
    assert "192 images, about 14" in out
    assert "at most $" in out
    assert "warning: model 'gpt-4o' is deprecated" in err
