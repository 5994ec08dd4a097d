"""Models as judges against a scripted endpoint: strict reading, one repair, no wrong number, no call twice."""

from __future__ import annotations

import json
import re
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
from mabench_eval.config import RunConfig
from mabench_eval.errors import InputError
from mabench_eval.journal import read_journal
from mabench_eval.preflight import prepare
from mabench_eval.rejudge import judge_run
from mabench_eval.results import Result
from mabench_eval.types import ClipWork, JudgeRequest, Judgment, Response
from tests.conftest import read_files, write_benchmark

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from tests.scripted_server import Fault, Reply, ScriptedServer, with_faults

LEVELS = ("L1", "L2", "L3")
Body = dict[str, Any]


def verdict(l1: Any = 4, l2: Any = 3, l3: Any = 2) -> str:
    """The JSON of a verdict."""
    given = zip(LEVELS, (l1, l2, l3), strict=True)
    return json.dumps({level: {"reason": f"about {level}", "score": score} for level, score in given})


GOOD = verdict()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five clips, so ten open questions; a model that tells something else about each."""

    @register_model("teller", needs_frames=False)
    class Teller:
        def __init__(self, settings: Mapping[str, Any], seed: int) -> None:
            """Take nothing."""

        def generate(self, work: Iterable[ClipWork]) -> Iterator[Response]:
            for item in work:
                for request in item.requests:
                    choice = "B" if "\nA. " in request.user_prompt else "Yes"
                    open_ = "tell what you see" in request.user_prompt
                    yield Response(request.key, text=f"On {item.clip.name} the head nods." if open_ else choice)

    return write_benchmark(tmp_path / "data", clips=5)


def run(data: Path, server: ScriptedServer, judge: str = "openai", **choices: Any) -> Result:
    """Evaluate the teller with the judge of a scripted endpoint."""
    settings = {"base_url": server.base_url, "model_id": "j"} if "openai" in judge else {}
    given = {"output": data.parent.parent / "results", "judge_settings": settings, **choices}
    return evaluate("teller", data=str(data), judge=judge, **given)


def asked_about(body: Body) -> str:
    """The answer under judgment in a request to the judge."""
    first = next(m for m in body["messages"] if m["role"] == "user")["content"][-1]["text"]
    found = re.search(r"<<<<< ANSWER (\w+)\n(.*)\n>>>>> ANSWER \1", first, re.DOTALL)
    assert found
    return found[2]


def test_one_call_an_answer_by_schema(data: Path) -> None:
    with ScriptedServer(lambda body, before: Reply(GOOD, prompt_tokens=800, completion_tokens=60)) as server:
        result = run(data, server)
        assert (server.received, len(server.served)) == (10, 10)
        body = server.bodies[0]
    assert result.complete
    assert result.scores["tasks"]["MADU"]["levels"] == {"L1": 4, "L2": 3, "L3": 2}
    assert body["response_format"]["json_schema"]["schema"]["properties"]["L3"]["properties"]["score"]["enum"] == [
        0, 1, 2, 3, 4, 5,
    ]  # fmt: skip
    system, user = body["messages"]
    assert "Core action semantics" in system["content"] or "Coarse label" in system["content"]
    assert [part["type"] for part in user["content"]] == ["text"]  # never the video
    record = result.record["judging"]["j"]
    assert record == {
        "judgments": 10, "calls": 10, "prompt_tokens": 8000, "output_tokens": 600, "cached_tokens": 0, "cost_usd": None,
    }  # fmt: skip
    (sample,) = [s for s in result.samples if s.qid == "MADU_00010"]
    assert sample.judgments == {
        "j": {"levels": {"L1": 4, "L2": 3, "L3": 2}, "reasons": {level: f"about {level}" for level in LEVELS}}
    }


def test_an_endpoint_without_schemas_is_asked_without(data: Path) -> None:
    def script(body: Body, before: int) -> Reply | Fault:
        return Fault("bad_request") if "response_format" in body else Reply(GOOD)

    with ScriptedServer(script) as server:
        result = run(data, server, judge_settings={"base_url": server.base_url, "model_id": "j", "concurrency": 1})
        assert server.received == 11  # the first one twice
    assert result.complete


# -- judges that misbehave -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        Reply("I would say that this is a 4."),
        Reply(verdict("5", "5", "5")),
        Reply(verdict(7, 7, 7)),
        Reply(verdict(3.5, 3.5, 3.5)),
        Reply(None),
        Reply(""),
        Reply(GOOD[:40], finish_reason="length"),
        Reply(GOOD + GOOD),
        Reply(None, refusal="I cannot judge this."),
    ],
)
def test_an_unreadable_judge_gives_no_number(data: Path, reply: Reply) -> None:
    with ScriptedServer(lambda body, before: reply) as server:
        result = run(data, server)
        refused = reply.refusal is not None
        assert server.received == (10 if refused else 20)  # asked once more, but not for a refusal
    scores = result.scores
    assert scores["tasks"]["MADU"]["levels"] == {"L1": None, "L2": None, "L3": None}
    assert (scores["tasks"]["MADU"]["judged"], scores["open_avg"], scores["complete"]) == (0, None, False)
    assert all("no score from j: no verdict" in str(s.error) for s in result.samples if s.task in ("MADU", "MARE"))
    assert "10 open answers are not judged" in (result.folder / "scores.md").read_text()


def test_one_repair_by_its_own_words(data: Path) -> None:
    def script(body: Body, before: int) -> Reply:
        return Reply(GOOD if len(body["messages"]) == 4 else "Four, three, two.")

    with ScriptedServer(script) as server:
        result = run(data, server)
        repaired = [body["messages"] for body in server.bodies if len(body["messages"]) == 4]
    assert result.complete
    assert len(repaired) == 10
    _, _, reply, complaint = repaired[0]
    assert reply == {"role": "assistant", "content": "Four, three, two."}
    assert "not one JSON object" in complaint["content"][-1]["text"]
    assert result.record["judging"]["j"]["calls"] == 20


def test_some_cannot_be_scored_and_are_asked_again_next_time(data: Path) -> None:
    def script(body: Body, before: int) -> Reply:
        return Reply("no idea" if "clip3" in asked_about(body) and stubborn["now"] else GOOD)

    stubborn = {"now": True}
    with ScriptedServer(script) as server:
        result = run(data, server)
        # of five clips four are judged, each 4: the mean is over them, and the fifth is no 0
        assert (result.scores["tasks"]["MADU"]["levels"]["L1"], result.scores["tasks"]["MADU"]["judged"]) == (4, 4)
        assert not result.complete
        first, stubborn["now"] = server.received, False
        again = run(data, server)
        assert (first, server.received) == (12, 14)  # 8 + 2 x 2; then the two alone
    assert again.complete


def test_thirty_percent_faults_change_nothing(data: Path) -> None:
    def script(body: Body, before: int) -> Reply:
        return Reply(verdict(int(asked_about(body)[7]), 1, 0))  # "On clip3": the clip's number

    with ScriptedServer(script) as server:
        whole = read_files(run(data, server).folder)
    with ScriptedServer(with_faults(script, seconds=0)) as server:
        result = run(data, server, output=data.parent.parent / "faulty")
        assert server.received > 10
    assert result.scores["tasks"]["MARE"]["levels"] == {"L1": 2, "L2": 1, "L3": 0}  # (0 + 1 + 2 + 3 + 4) / 5
    assert read_files(result.folder) == whole


def test_a_dead_judge_costs_its_scores_alone(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data.parent.parent)
    with ScriptedServer() as server:
        pass  # nobody listens there any more
    words = ["--model", "teller", "--data", str(data), "--judge", "openai", "--judge-base-url", server.base_url]
    assert main([*words, "--judge-model", "j"]) == 3
    out, err = capsys.readouterr()
    assert "judge 'j' stopped: " in err
    folder = next(Path("results/teller").iterdir())
    assert f"Judge what is not judged: mabench-eval judge {folder} --judge openai" in err
    assert "10 open answers are not judged" in out
    assert len(read_journal(folder).answers) == 60
    with ScriptedServer(lambda body, before: Reply(GOOD)) as server:
        again = ["judge", str(folder), "--judge", "openai", "--judge-base-url", server.base_url, "--judge-model", "j"]
        assert main(again) == 0
        assert server.received == 10
        assert main(again) == 0
        assert server.received == 10  # all in the journal
    scores = json.loads((folder / "scores.json").read_text())
    assert (scores["complete"], scores["tasks"]["MADU"]["levels"]["L1"]) == (True, 4)
    assert "--judge openai --judge-base-url" in json.loads((folder / "run.json").read_text())["command"]


def test_a_wrong_key_is_one_message_and_the_answers_stay(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedServer(lambda body, before: Fault("bad_key")) as server:
        result = run(data, server)
    assert result.scores["outcomes"]["error"] == 0
    assert not result.complete


def test_a_missing_key_is_found_before_anything_is_asked(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(InputError) as caught:
        prepare(RunConfig("teller", data=str(data), judge="gpt-4o", output=data.parent))
    assert "judge 'gpt-4o': no key for https://api.openai.com/v1: set OPENAI_API_KEY" in str(caught.value)


@pytest.mark.parametrize(
    ("judge", "settings", "said"),
    [
        ("gpt-4", {}, "did you mean 'gpt-4o'?"),
        ("lexical,lexical", {}, "expected different names"),
        ("openai", {}, "--judge openai needs --judge-model ID"),
        ("lexical", {"base_url": "http://localhost"}, "go with --judge openai"),
    ],
)
def test_judges_that_do_not_exist(data: Path, judge: str, settings: Mapping[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        prepare(RunConfig("teller", data=str(data), judge=judge, judge_settings=settings, output=data.parent))
    assert said in str(caught.value)


# -- once, and only once -------------------------------------------------------------------------------------


def test_equal_answers_are_one_call(tmp_path: Path) -> None:
    @register_model("parrot", needs_frames=False)
    def parrot(frames: Any, prompt: str) -> str:
        return "The head nods." if "tell what you see" in prompt else "Yes"

    data = write_benchmark(tmp_path / "data", clips=5)
    with ScriptedServer(lambda body, before: Reply(GOOD)) as server:
        settings = {"base_url": server.base_url, "model_id": "j"}
        result = evaluate("parrot", data=str(data), judge="openai", judge_settings=settings, output=tmp_path)
        # five clips with the same reference and answer: one call a task, ten scores
        assert (server.received, result.scores["tasks"]["MADU"]["judged"]) == (2, 5)


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
    task = result.scores["tasks"]["MADU"]
    assert (task["levels"]["L1"], task["by_rule"], task["judges"]["j"]["histogram"]["L1"]) == (0, 2, [2, 0, 0, 0, 0, 0])
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
        assert [judge["name"] for judge in panel.scores["judges"]] == ["lexical", "j"]
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
    """A thousand prompt tokens at 1,000 dollars a million are one dollar a call."""
    card = data.parent / "judges"
    card.mkdir()
    reply = Reply(GOOD, prompt_tokens=1000, completion_tokens=0)
    with ScriptedServer(lambda body, before: reply, latency=0.05) as server:
        settings = {"base_url": server.base_url, "model_id": "j", "price_input": 1000, "price_output": 0}
        text = {"name": "dear", "engine": "openai", "description": "d", "settings": {**settings, "concurrency": 1}}
        (card / "dear.yaml").write_text(json.dumps(text))
        result = run(data, server, "dear", include=(data.parent,), max_cost=3.0)
        assert 3 <= server.received <= 5  # the third, and what was drawn while it was under way
        assert result.record["judging"]["dear"]["cost_usd"] == server.received
    assert not result.complete


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


# -- panels --------------------------------------------------------------------------------------------------


def test_a_panel_gives_mean_median_and_agreement(data: Path) -> None:
    """By clip 0-4 judge a gives 0 1 2 3 4, b always one more, c 5 throughout, on L1; the same elsewhere."""
    for name, score in {"a": lambda n: n, "b": lambda n: n + 1, "c": lambda n: 5}.items():

        @register_judge(name)
        def judge(request: JudgeRequest, score: Any = score) -> Judgment:
            return Judgment(request.key, dict.fromkeys(request.levels, score(int(request.answer[7]))))

    result = evaluate("teller", data=str(data), judge="a,b,c", output=data.parent)
    task = result.scores["tasks"]["MADU"]
    assert {name: given["levels"]["L1"] for name, given in task["judges"].items()} == {"a": 2, "b": 3, "c": 5}
    assert task["levels"]["L1"] == pytest.approx(10 / 3)
    assert task["panel"]["median"]["L1"] == 3  # the middle one is b's
    pairs = {tuple(pair["judges"]): pair for pair in task["panel"]["agreement"]["L1"]["pairs"]}
    assert pairs["a", "b"]["exact"]["value"] == 0
    assert pairs["a", "b"]["within_one"]["value"] == 100
    # quadratic kappa of a and b: all differ by 1, so the mean squared difference is 1; by chance it is
    # var a + var b + (difference of means)^2 = 2 + 2 + 1 = 5; kappa = 1 - 1 / 5
    assert pairs["a", "b"]["kappa"]["value"] == pytest.approx(0.8)
    assert task["judges"]["a"]["histogram"]["L1"] == [1, 1, 1, 1, 1, 0]
    assert task["judges"]["a"]["high"]["L1"] == 20  # one of five is at least 4
    text = (result.folder / "scores.md").read_text()
    assert re.search(r"MADU L1 \| a / b +\| +5 \| +- \| +0.80 ", text)
    assert "a panel; levels are means over its judges" in text
    (sample,) = [s for s in result.samples if s.qid == "MADU_00110"]  # clip 1: 1, 2, 5
    assert sample.levels == pytest.approx(dict.fromkeys(LEVELS, 8 / 3))


def test_a_sample_that_a_judge_left_out_has_no_mean(data: Path) -> None:
    @register_judge("sure")
    def sure(request: JudgeRequest) -> Judgment:
        return Judgment(request.key, dict.fromkeys(request.levels, 5))

    @register_judge("shy")
    def shy(request: JudgeRequest) -> Judgment:
        if "clip2" in request.answer:
            raise ValueError("too hard")
        return Judgment(request.key, dict.fromkeys(request.levels, 1))

    task = evaluate("teller", data=str(data), judge="sure,shy", output=data.parent).scores["tasks"]["MADU"]
    assert (task["judged"], task["levels"]["L1"]) == (4, 3)
    assert {name: given["judged"] for name, given in task["judges"].items()} == {"sure": 5, "shy": 4}


def test_any_model_of_the_catalogue_judges(data: Path) -> None:
    @register_model("solomon", needs_frames=False)
    def solomon(frames: Any, prompt: str) -> str:
        return verdict(5, 0, 1)

    result = evaluate("teller", data=str(data), judge="solomon", output=data.parent)
    assert result.scores["tasks"]["MARE"]["levels"] == {"L1": 5, "L2": 0, "L3": 1}
    assert result.scores["judges"][0]["identity"]["engine"] == "model"


def test_no_key_of_a_judge_in_any_file(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_KEY", "sk-judge-secret")
    with ScriptedServer(lambda body, before: Reply(GOOD)) as server:
        settings = {"base_url": server.base_url, "model_id": "j", "key_env": "JUDGE_KEY"}
        result = run(data, server, judge_settings=settings)
        assert server.headers[0]["authorization"] == "Bearer sk-judge-secret"
    assert all(b"sk-judge-secret" not in path.read_bytes() for path in result.folder.iterdir())


def test_a_prediction_file_is_judged_once(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedServer(lambda body, before: Reply(GOOD)) as server:
        result = run(data, server, "none")
        file = result.folder / "submission.json"
        words = ["score", str(file), "--data", str(data), "--judge", "openai", "--judge-model", "j", "--json"]
        for _ in range(2):
            assert main([*words, "--judge-base-url", server.base_url]) == 0
            assert json.loads(capsys.readouterr().out)["tasks"]["MADU"]["levels"]["L1"] == 4
        assert server.received == 10
