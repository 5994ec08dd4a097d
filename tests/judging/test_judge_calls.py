"""Which verdicts are asked for: each one once, and none that is known or follows from a rule."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate, register_judge, register_model
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.runs.rejudging import judge_run
from mabench_eval.types import ClipWork, JudgeRequest, Judgment, Response
from tests.support.benchmarks import read_files, write_benchmark

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from tests.support.scripted_judge import GOOD, run
from tests.support.scripted_server import Reply, ScriptedServer


def test_equal_answers_are_one_call(tmp_path: Path) -> None:
    @register_model("parrot", needs_frames=False)
    def parrot(frames: Any, prompt: str) -> str:
        return "The head nods." if "tell what you see" in prompt else "Yes"

    data = write_benchmark(tmp_path / "data", clips=5)
    with ScriptedServer(lambda body, before: Reply(GOOD)) as server:
        settings = {"base_url": server.base_url, "model_id": "j"}
        result = evaluate("parrot", data=str(data), judge="openai", judge_settings=settings, output=tmp_path)
        # five clips with the same reference and answer: one call a task, ten scores
        assert (server.received, result.scores.open_tasks["MADU"].judged) == (2, 5)


def test_empty_and_refused_answers_are_zero_by_rule_without_a_call(tmp_path: Path) -> None:
    @register_model("mute", needs_frames=False)
    def mute(frames: Any, prompt: str) -> str:
        if "MADU" in prompt:
            return ""
        return "I'm sorry, but I can't help with that." if "MARE: tell" in prompt else "Yes"

    data = write_benchmark(tmp_path / "data", clips=2)
    with ScriptedServer(lambda body, before: Reply(GOOD)) as server:
        settings = {"base_url": server.base_url, "model_id": "j"}
        result = evaluate("mute", data=str(data), judge="openai", judge_settings=settings, output=tmp_path)
        assert server.received == 0
    assert result.complete
    task = result.scores.open_tasks["MADU"]
    assert (task.levels["L1"], task.by_rule, task.judges["j"].histogram["L1"]) == (0, 2, (2, 0, 0, 0, 0, 0))
    assert {s.by_rule for s in result.samples if s.task in ("MADU", "MARE")} == {True}


def test_the_run_judges_while_it_answers(tmp_path: Path) -> None:
    """The model waits, before each clip but the first, for the judge to have seen the clip before."""
    seen: Counter[str] = Counter()
    data = write_benchmark(tmp_path / "data", clips=4)

    @register_judge("watching")
    def watching(request: JudgeRequest) -> Judgment:
        seen[request.answer] += 1
        return Judgment(request.key, dict.fromkeys(request.levels, 1))

    @register_model("waiting", needs_frames=False)
    class Waiting:
        def __init__(self, settings: Mapping[str, Any], seed: int) -> None:
            """Take nothing."""

        def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
            before = ""
            for item in work:
                deadline = 10_000
                while before and seen[before] < 1 and deadline:
                    deadline -= 1
                    time.sleep(0.001)
                assert deadline, f"nobody judged {before!r} while the model waited"
                for request in item.requests:
                    yield Response(request.key, text=f"On {item.clip.name} the head nods.")
                before = f"On {item.clip.name} the head nods."

    assert evaluate("waiting", tasks="open", data=str(data), judge="watching", output=tmp_path / "out").complete


def test_judging_again_needs_no_model_and_no_clip(data: Path) -> None:
    with ScriptedServer(lambda body, before: Reply(GOOD)) as server:
        lexical = run(data, server, "lexical")
        before = read_files(lexical.folder)
        settings = {"base_url": server.base_url, "model_id": "j"}
        panel = judge_run(lexical.folder, "lexical,openai", settings)
        assert server.received == 10  # lexical's scores were in the journal
        assert [judge.name for judge in panel.scores.judges] == ["lexical", "j"]
        judge_run(lexical.folder, "lexical")
        assert server.received == 10
    assert read_files(lexical.folder) == before  # as if nobody else had ever judged
    with pytest.raises(InputError, match="no folder of a finished run"):
        judge_run(data.parent, "lexical")


def test_a_wider_run_takes_the_judgments_of_a_narrower_one(data: Path) -> None:
    with ScriptedServer(lambda body, before: Reply(GOOD)) as server:
        run(data, server, limit=2)
        assert server.received == 4
        run(data, server)
        assert server.received == 10


def test_a_budget_holds_for_judges_too(data: Path) -> None:
    """A thousand prompt tokens at 1,000 dollars a million are one dollar a call; by its bytes it could be four."""
    card = data.parent / "judges"
    card.mkdir()
    reply = Reply(GOOD, prompt_tokens=1000, completion_tokens=0)
    with ScriptedServer(lambda body, before: reply, latency=0.05) as server:
        settings = {"base_url": server.base_url, "model_id": "j", "price_input": 1000, "price_output": 0}
        text = {"name": "dear", "engine": "openai", "description": "d", "settings": {**settings, "concurrency": 4}}
        (card / "dear.yaml").write_text(json.dumps(text))
        result = run(data, server, "dear", include=(data.parent,), max_cost=9.0)
        assert 3 <= server.received <= 9  # those in flight count
        assert result.record.judging["dear"].cost_usd == server.received
    assert not result.complete


@pytest.mark.slow
def test_an_interrupt_keeps_the_verdicts_that_are_on_their_way(tmp_path: Path) -> None:
    with ScriptedServer(lambda body, before: Reply(GOOD), latency=0.4) as server:
        words = [sys.executable, "-m", "mabench_eval", "--model", "constant", "--tasks", "open", "--limit", "12"]
        words += ["--judge", "openai", "--judge-base-url", server.base_url, "--judge-model", "j"]
        words += ["--judge-concurrency", "4", "--output", str(tmp_path)]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            while server.received < 4 and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
        assert (process.returncode, "Interrupted while answering and judging" in errors) == (130, True)
        assert server.received < 24
        done = subprocess.run(words, capture_output=True, check=False)
        assert (done.returncode, server.received) == (0, 24)  # no verdict was asked for twice


def test_a_prediction_file_is_judged_once(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedServer(lambda body, before: Reply(GOOD)) as server:
        result = run(data, server, "none")
        file = result.folder / "submission.json"
        words = ["score", str(file), "--data", str(data), "--judge", "openai", "--judge-model", "j", "--json"]
        for _ in range(2):
            assert main([*words, "--judge-base-url", server.base_url]) == 0
            assert json.loads(capsys.readouterr().out)["tasks"]["MADU"]["levels"]["L1"] == 4
        assert server.received == 10
