"""Models behind an endpoint that fails: what is asked again, what is an error, and what ends the run."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate
from mabench_eval.catalogue import ModelCard
from mabench_eval.cli.progress import RunProgress
from mabench_eval.engines import open_engine
from mabench_eval.errors import JournalError, ModelError
from mabench_eval.journal.journal import read_journal
from mabench_eval.journal.progress import Silent
from mabench_eval.runs import read_status
from mabench_eval.tables import usage
from mabench_eval.types import Clip, ClipWork
from mabench_eval.video import decode
from tests.support.benchmarks import rows_of_clip, write_benchmark, write_clip, write_rows

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from tests.support.scripted_model import answer, run
from tests.support.scripted_server import Fault, Reply, ScriptedServer, with_faults

pytestmark = pytest.mark.usefixtures("openai_key")


def test_thirty_percent_of_failures_of_all_kinds_lose_nothing(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=8, videos=True)
    with ScriptedServer(answer) as server:
        reference = run(server, data, tmp_path / "whole")
    kinds = ("rate_limit", "server_error", "cut", "hang", "empty_choices", "html")
    script = with_faults(answer, share=0.3, seed=1, kinds=kinds, most=3)  # type: ignore[arg-type]
    with ScriptedServer(script) as server:
        result = run(server, data, tmp_path / "faulty", settings={"request_timeout": 0.5})
        assert result.complete
        assert max(server.served.values()) <= 1 + 3  # none asked more often than it failed
        assert len(server.served) == 96
    assert [sample.response for sample in result.samples] == [sample.response for sample in reference.samples]


def test_a_request_that_fails_for_good_is_an_error_and_is_asked_again(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=2, videos=True)

    def stubborn(body: dict[str, Any], before: int) -> Reply | Fault:
        return Fault("server_error") if "SAD: does the head of clip1 move up" in str(body) else answer(body, before)

    with ScriptedServer(stubborn) as server:
        result = run(server, data, tmp_path / "results", settings={"max_retries": 1})
        assert (result.complete, result.scores.outcomes["error"]) == (False, 1)
        assert max(server.served.values()) == 2
    (failed,) = (sample for sample in result.samples if sample.outcome == "error")
    assert "HTTP 500" in str(failed.error) or "HTTP 503" in str(failed.error)
    with ScriptedServer(answer) as server:
        again = run(server, data, tmp_path / "results")
        assert (again.complete, again.folder, server.received) == (True, result.folder, 1)


@pytest.mark.parametrize(
    ("fault", "said"), [("bad_key", "HTTP 401"), ("unknown_model", "HTTP 404"), ("bad_request", "HTTP 400")]
)
def test_what_no_retry_helps_stops_the_run_with_one_message(tmp_path: Path, fault: Any, said: str) -> None:
    data = write_benchmark(tmp_path / "data", clips=20, videos=True)
    with ScriptedServer(lambda body, before: Fault(fault)) as server:
        with pytest.raises(ModelError, match=said):
            run(server, data, tmp_path / "results")
        assert server.received <= 24  # those in flight, not all 240
    (folder,) = (tmp_path / "results" / "m").iterdir()
    assert read_journal(folder).answers == {}


def test_a_dead_server_ends_within_its_retries(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=20, videos=True)
    with ScriptedServer(answer) as server:
        gone = server.base_url
    settings = {"base_url": gone, "max_retries": 1, "model_id": "m"}
    with pytest.raises(ModelError, match="cannot be asked for model 'm': no connection"):
        evaluate("m", data=str(data), engine="openai", settings=settings, output=tmp_path / "results", judge="none")


def test_retries_are_counted_in_the_bar_the_journal_status_and_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each question fails twice; one of them fails for good at its third try: 12 questions, 24 retries."""
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)

    def script(body: dict[str, Any], before: int) -> Reply | Fault:
        last = "PPR: does the head of clip0 move up" in str(body["messages"][-1]["content"][-1])
        return Fault("server_error") if before < 2 or last else answer(body, before)

    progress = RunProgress()
    with ScriptedServer(script) as server:
        result = run(server, data, tmp_path / "results", settings={"max_retries": 2}, progress=progress)
    assert result.scores.outcomes["error"] == 1
    assert result.record.totals.retries == 24
    assert progress.stages["answering"].trouble == "1 error, 24 retries"
    assert "answering: 11/12, 1 error, 24 retries" in capsys.readouterr().err
    (status,) = read_status(tmp_path / "results")
    assert (status.retries, status.errors) == (24, 1)
    assert "Retries: 24 tries failed and were made again" in usage(result.record.totals, None)


def test_a_bad_request_among_good_ones_costs_its_own_question(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=4, videos=True)

    def picky(body: dict[str, Any], before: int) -> Reply | Fault:
        text = str(body["messages"][-1]["content"][-1])
        if "MAS: does the head of clip3 move up" in text:
            time.sleep(0.3)  # when others have long been answered
            return Fault("bad_request")
        return Fault("content_filter_400") if "PPR: does the head of clip3 move up" in text else answer(body, before)

    with ScriptedServer(picky) as server:
        result = run(server, data, tmp_path / "results")
    assert result.scores.outcomes == {"answered": 46, "unparsable": 0, "refused": 1, "error": 1}


def test_empty_refused_filtered_and_cut_off_answers_are_told_apart(tmp_path: Path) -> None:
    replies = {
        "CMAR": Reply(None, finish_reason="stop"),
        "FMAR": Reply(None, refusal="I will not look at people."),
        "SAD": Reply("", finish_reason="content_filter"),
        "MAD": Reply("The answer might", finish_reason="length"),
        "MAS": Reply("<think>left, right</think>\nNo"),
        "PPR": Reply("Yes", reasoning="It comes closer."),
    }

    def script(body: dict[str, Any], before: int) -> Reply:
        text = body["messages"][-1]["content"][-1]["text"].partition("\n\n")[2]  # behind the words of the task
        known = {"Which body part?": "CMAR", "Which micro-action?": "FMAR"}
        return replies[known.get(text.splitlines()[0], text[:4].rstrip(":"))]

    write_clip(tmp_path / "videos" / "a.mp4")
    data = write_rows(tmp_path / "questions.json", rows_of_clip("a"))
    with ScriptedServer(script) as server:
        result = run(server, data, tmp_path / "results", tasks="closed")
    seen = {sample.task: (sample.outcome.value, sample.stop_reason, sample.prediction) for sample in result.samples}
    assert seen == {
        "CMAR": ("unparsable", "empty", None),
        "FMAR": ("refused", "refusal", None),
        "SAD": ("refused", "content_filter", None),
        "MAD": ("unparsable", "length", None),
        "MAS": ("answered", "stop", "No"),
        "PPR": ("answered", "stop", "Yes"),
    }
    thoughts = {r.get("reasoning") for r in read_journal(result.folder).answers.values() if r["task"] == "PPR"}
    assert thoughts == {"It comes closer."}
    assert "think" not in (result.folder / "submission.json").read_text()


def test_the_watchdog_tells_of_late_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mabench_eval.engines.openai import request_pool

    lines: list[str] = []

    class Notes(Silent):
        def note(self, line: str) -> None:
            lines.append(line)

    monkeypatch.setattr(request_pool, "SLOW_REQUEST_S", 0.2)
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)
    with ScriptedServer(answer, latency=0.6) as server:
        run(server, data, tmp_path / "results", tasks="cmar", progress=Notes())
    assert any("1 requests have waited over 0 s; longest CMAR_00000" in line for line in lines)


def test_an_interrupt_while_an_answer_is_taken_ends_the_asking_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clips are drawn on another thread: they may be closed only when that has ended."""

    def slow(clip: Clip, *how: Any) -> Any:
        time.sleep(0.3)  # an answer comes while the next clip is being drawn
        return decode(clip, *how)

    monkeypatch.setattr("mabench_eval.execution.executor.decode", slow)

    class Interrupting(Silent):
        def advance(self, stage: str, error: str | None = None) -> None:
            raise KeyboardInterrupt

    data = write_benchmark(tmp_path / "data", clips=12, videos=True)
    with ScriptedServer(answer, latency=0.01) as server, pytest.raises(KeyboardInterrupt):
        run(server, data, tmp_path / "results", progress=Interrupting())
    assert "openai" not in {thread.name for thread in threading.enumerate()}


def test_what_drawing_a_clip_raises_comes_through_as_itself() -> None:
    """A full disk is found while a clip that cannot be decoded is noted; its message must reach the user."""

    def clips() -> Iterator[ClipWork]:
        raise JournalError("cannot write")
        yield

    with ScriptedServer(answer) as server:
        card = ModelCard("m", "openai", "", settings={"base_url": server.base_url, "model_id": "m"})
        model = open_engine(card, 0).load(print, lambda clip: pytest.fail("no example is shown"))
        with pytest.raises(JournalError, match="cannot write"):
            list(model.generate(clips()))
