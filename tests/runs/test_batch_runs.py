"""Runs by batches: the same files as without, begun and gone on with in either way; judges, status, Ctrl-C, prices."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mabench_eval import evaluate, register_model
from mabench_eval.cli import main
from mabench_eval.errors import InputError, ModelError
from mabench_eval.journal import Silent, read_batches, read_journal
from mabench_eval.judging import stage
from mabench_eval.planning import RunConfig, forecast_run, prepare
from mabench_eval.runs.rejudging import judge_run
from mabench_eval.runs.status import read_status
from tests.support.benchmarks import read_files, write_benchmark

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from mabench_eval.engines.openai.batch import waiting
from mabench_eval.engines.openai.batch.endpoint import BatchEndpoint
from tests.support.scripted_judge import GOOD, Teller, asked_about
from tests.support.scripted_model import answer, run
from tests.support.scripted_server import BatchFate, Fault, Reply, ScriptedServer

pytestmark = pytest.mark.usefixtures("openai_key")

BATCH = {"poll": 0.005}
PRICES = {"price_input": 2.0, "price_output": 10.0, "image_tokens": 100}


class Notes(Silent):
    """What a run says."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_benchmark(tmp_path_factory.mktemp("batches") / "data", clips=2, videos=True)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(answer) as running:
        yield running


def command(server: ScriptedServer, data: Path) -> list[str]:
    return ["--model", "m", "--engine", "openai", "--base-url", server.base_url, "--data", str(data)]


def interrupted(monkeypatch: pytest.MonkeyPatch, server: ScriptedServer, look: int = 1) -> None:
    """Ctrl-C at the look-th look at a batch, once."""
    original, looks = BatchEndpoint.look, 0

    async def looked(self: BatchEndpoint, batch: str) -> Any:
        nonlocal looks
        looks += 1
        if looks == look:
            raise CutError
        return await original(self, batch)

    monkeypatch.setattr(BatchEndpoint, "look", looked)


class CutError(Exception):
    """As if the process ended here."""


def test_the_same_files_and_requests_as_without_at_half_the_price(
    server: ScriptedServer, data: Path, tmp_path: Path
) -> None:
    """24 answers of 100 x 2 + 5 x 10 = 250 per million: $0.006, and $0.003 by batches."""
    plain = run(server, data, tmp_path / "plain", settings=PRICES)
    bodies, server.bodies = server.bodies, []
    settings = {**PRICES, "batch": {**BATCH, "requests": 20}}
    batched = run(server, data, tmp_path / "batched", settings=settings, batch=True)

    def keys(records: Any) -> set[str]:
        return set(records.answers)

    assert plain.folder.name == batched.folder.name  # the same run
    assert read_files(plain.folder) == read_files(batched.folder)
    assert keys(read_journal(plain.folder)) == keys(read_journal(batched.folder))
    assert Counter(map(json.dumps, bodies)) == Counter(
        json.dumps(line["body"]) for sent in server.batches.sent for line in sent
    )
    assert [len(sent) for sent in server.batches.sent] == [20, 4] and server.received == 24
    frames = [record["frames"] for record in read_journal(batched.folder).answers.values()]
    assert len(frames) == 24 and all(len(each) == 8 for each in frames)
    costs = [result.record.totals.cost_usd for result in (plain, batched)]
    assert costs == pytest.approx([0.006, 0.003])
    assert read_status(batched.folder)[0].cost_usd == pytest.approx(0.003)
    assert batched.record.command.split("--base-url")[0].endswith("--batch ")


def test_clips_are_not_decoded_again_for_what_is_under_way(
    server: ScriptedServer, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"batch": BATCH}
    whole = read_files(run(server, data, tmp_path / "plain").folder)
    server.served.clear()
    with monkeypatch.context() as patched:
        interrupted(patched, server)
        with pytest.raises(CutError):
            run(server, data, tmp_path / "out", settings=settings, batch=True)
    opened: list[str] = []
    with monkeypatch.context() as patched:
        decode = "mabench_eval.execution.executor.decode"
        patched.setattr(decode, lambda clip, *rest: opened.append(clip.name))
        result = run(server, data, tmp_path / "out", settings=settings, batch=True)
    assert result.complete and not opened
    assert read_files(result.folder) == whole  # numbers of the frames too
    assert (len(server.served), set(server.served.values())) == (24, {1})


def test_begun_one_by_one_and_gone_on_with_by_batches_and_the_other_way_round(
    server: ScriptedServer, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(body: dict[str, Any], before: int) -> Reply | Fault:
        return Fault("bad_key") if server.received > 5 else answer(body, before)  # which ends the run

    settings = {"batch": {**BATCH, "requests": 10}, "concurrency": 1}
    server.script = down
    with pytest.raises(ModelError):
        run(server, data, tmp_path / "one", settings=settings)
    server.script, before = answer, server.received
    result = run(server, data, tmp_path / "one", settings=settings, batch=True)
    assert result.complete and server.received == before
    assert sum(map(len, server.batches.sent)) == 24 - 5

    # The other way round, and in a wider run: 10 or all 12 of the narrow one were sent before it was cut off.
    server.served.clear()
    server.batches.sent.clear()
    before = server.received
    with monkeypatch.context() as patched:
        interrupted(patched, server)
        with pytest.raises(CutError):
            run(server, data, tmp_path / "other", settings=settings, batch=True, limit=1)
    notes = Notes()
    result = run(server, data, tmp_path / "other", settings=settings, progress=notes)
    sent = sum(map(len, server.batches.sent))
    assert result.complete and set(server.served.values()) == {1}
    assert sent in (10, 12) and sent + server.received - before == 24
    assert any(f"{sent} questions are in batches of" in line for line in notes.lines)


def test_what_expired_is_decoded_and_asked_again(server: ScriptedServer, data: Path, tmp_path: Path) -> None:
    """15 of 24 are answered by the first batch; the other nine have one retry each."""
    server.batches.fate = lambda number: BatchFate("expired", answered=15) if number == 0 else BatchFate()
    result = run(server, data, tmp_path / "out", settings={"batch": BATCH}, batch=True)
    assert result.complete and [len(sent) for sent in server.batches.sent] == [24, 9]
    assert result.record.totals.retries == 9
    assert server.batches.sent[1] == [line for line in server.batches.sent[0] if line in server.batches.sent[1]]


def test_everything_anew_waits_for_no_earlier_batch(
    server: ScriptedServer, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"batch": BATCH}
    with monkeypatch.context() as patched:
        interrupted(patched, server)
        with pytest.raises(CutError):
            run(server, data, tmp_path / "out", settings=settings, batch=True)
    notes = Notes()
    result = run(server, data, tmp_path / "out", settings=settings, batch=True, fresh=True, progress=notes)
    assert result.complete and len(server.batches.sent) == 2
    kept = result.folder / "batches.1"
    said = f"earlier batches under way, 1, are not waited for any more: {kept} says which"
    assert said in notes.lines and len(read_batches(result.folder, "batches.1")) == 1


def judged(server: ScriptedServer, data: Path, output: Path, **choices: Any) -> Any:
    """The teller, whose open answers are judged at the server."""
    at = {"base_url": server.base_url, "model_id": "j"}
    return evaluate("teller", data=str(data), judge="openai", judge_settings=at, output=output, **choices)


def test_judges_by_batches(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two open answers on each of two clips: verdicts on one cannot be read, and are asked for once more in a batch of
    their own. Killed between the two, the first replies are read again from the first batch, and not asked for."""

    def verdicts(body: dict[str, Any], before: int) -> Reply:
        first = len(body["messages"]) == 2
        return Reply("so good" if first and "clip0" in asked_about(body) else GOOD)

    register_model("teller")(Teller)
    with ScriptedServer(verdicts) as server:
        monkeypatch.setattr("mabench_eval.engines.openai.settings.OPENAI", server.base_url)  # which needs no card
        monkeypatch.setattr(waiting, "FIRST_LOOK_S", 0.005)
        plain = judged(server, data, tmp_path / "plain")
        answers, served = server.received, len(server.served)
        server.served.clear()
        with monkeypatch.context() as patched:
            interrupted(patched, server, look=2)
            with pytest.raises(CutError):
                judged(server, data, tmp_path / "out", batch=True)
        assert [len(sent) for sent in server.batches.sent] == [4, 2]
        result = judged(server, data, tmp_path / "out", batch=True)
        assert result.complete and read_files(result.folder) == read_files(plain.folder)
        assert (len(server.served), set(server.served.values()), server.received) == (served, {1}, answers)
        assert {record.role for record in read_batches(result.folder)} == {"j"}
        again = judge_run(result.folder, "openai", {"base_url": server.base_url, "model_id": "j"}, batch=True)
        assert again.complete and set(server.served.values()) == {1}


def test_ctrl_c_leaves_the_batches_of_judges_too(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge lets go at once: waiting for it would take the time that judges get to hand in what is in flight."""
    register_model("teller")(Teller)
    monkeypatch.setattr(stage, "SHUTDOWN_GRACE_S", 1000.0)

    class Interrupting(Silent):
        def note(self, line: str) -> None:
            if line.startswith("under way"):
                os.kill(os.getpid(), signal.SIGINT)

    with ScriptedServer(lambda body, before: Reply(GOOD)) as server:
        monkeypatch.setattr("mabench_eval.engines.openai.settings.OPENAI", server.base_url)
        monkeypatch.setattr(waiting, "FIRST_LOOK_S", 0.005)
        server.batches.fate = lambda number: BatchFate(looks=10_000)
        with pytest.raises(KeyboardInterrupt):
            judged(server, data, tmp_path / "out", batch=True, progress=Interrupting())
        server.batches._looks["batch_0"] = 1
        result = judged(server, data, tmp_path / "out", batch=True)
    assert result.complete and set(server.served.values()) == {1} and len(server.batches.sent) == 1


def test_status_shows_what_is_under_way(
    server: ScriptedServer,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with monkeypatch.context() as patched:
        interrupted(patched, server, look=3)
        server.batches.fate = lambda number: BatchFate(looks=10)
        with pytest.raises(CutError):
            run(server, data, tmp_path / "out", settings={"batch": BATCH}, batch=True)
    at = {"base_url": server.base_url, "model_id": "m", "batch": BATCH}
    choices = RunConfig("m", data=str(data), engine="openai", settings=at, output=tmp_path / "out", judge="none")
    assert forecast_run(prepare(choices)).under_way == 24
    (status,) = read_status(tmp_path / "out")
    (batch,) = status.batches
    assert (batch.batch, batch.role, batch.state, batch.answered, batch.total) == ("batch_0", "", "in_progress", 0, 24)
    assert abs(batch.made - time.time()) < 60
    capsys.readouterr()
    assert main(["status", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert re.search(r"batch_0 +m +in_progress +0/24 +0", out), out
    assert main(["status", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["batches"][0]["batch"] == "batch_0"

    (tmp_path / "out" / "m" / status.run_id / "batches" / "0123456789abcdef.json").write_text("{")
    assert main(["status", str(tmp_path / "out")]) == 0  # damage is told, and hides no run
    assert "0123456789abcdef.json:1: not valid JSON" in capsys.readouterr().err


def test_ctrl_c_leaves_batches_and_says_how_to_go_on(
    server: ScriptedServer,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [*command(server, data), "--judge", "none"]
    words += ["--batch", "--set", "batch={poll: 0.005}", "--output", str(tmp_path / "out")]
    server.batches.fate = lambda number: BatchFate(looks=1000)

    class Interrupting(Silent):
        stages: ClassVar[dict[str, Any]] = {}

        def __enter__(self) -> Interrupting:
            return self

        def __exit__(self, *exception: object) -> None:
            """Nothing."""

        def note(self, line: str) -> None:
            if line.startswith("under way"):
                os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr("mabench_eval.cli.progress.make_progress", Interrupting)
        assert main(words) == 130
    err = capsys.readouterr().err
    assert "Batches go on and are paid for: batch_0. The command below fetches what they answer." in err
    assert "--batch" in err.split("Continue with: ")[1]
    server.batches._looks["batch_0"] = 1
    assert main(words) == 0
    assert set(server.served.values()) == {1} and len(server.served) == 24


def test_dry_run_compares_the_prices(
    server: ScriptedServer, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A third of $... for the same tokens; the 24 requests by ten are three files."""
    words = [*command(server, data), "--judge", "none"]
    words += [word for name, value in PRICES.items() for word in ("--set", f"{name}={value}")]
    words += ["--set", "batch={price_factor: 0.25, requests: 10}", "--output", str(tmp_path / "out"), "--dry-run"]
    assert main([*words, "--json"]) == 0
    forecast = json.loads(capsys.readouterr().out)
    assert forecast["batches"] == {"cost_usd": pytest.approx(forecast["cost_usd"] / 4), "files": 3}
    assert main(words) == 0
    out = capsys.readouterr().out
    assert re.search(r"\n  with --batch: at most \$0\.\d\d, in about 3 files, within a day as a rule\n", out)
    assert not server.batches.requests and not server.received


def test_as_many_files_are_foretold_as_are_sent(server: ScriptedServer, data: Path, tmp_path: Path) -> None:
    """By bytes: all clips of a test have frames of about one size."""
    settings = {"base_url": server.base_url, "model_id": "m", "batch": {**BATCH, "megabytes": 0.5}}
    choices: dict[str, Any] = {"data": str(data), "engine": "openai", "output": tmp_path / "out", "judge": "none"}
    foretold = forecast_run(prepare(RunConfig("m", settings=settings, **choices))).batches
    result = evaluate("m", settings=settings, batch=True, **choices)
    assert result.complete and foretold is not None and foretold.files == len(server.batches.sent) > 1
    assert max(server.batches.sizes) <= 500_000


def test_who_has_no_batches_is_told_before_anything_is_asked(
    server: ScriptedServer, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match="neither the model nor a judge is behind an endpoint whose batches are known"):
        run(server, data, tmp_path / "out", batch=True)
    assert (
        main([*command(server, data), "--dry-run", "--batch", "--judge", "gpt-4o", "--output", str(tmp_path / "out")])
        == 0
    )
    assert "warning: --batch: model 'm' is asked one by one: no batches of its endpoint are known" in (
        capsys.readouterr().err
    )
    assert not server.received
