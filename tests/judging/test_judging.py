"""Models as judges against a scripted endpoint: strict reading, one repair, no wrong number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate, register_model
from mabench_eval.catalogue import JudgeCard, load_catalogue
from mabench_eval.cli import main
from mabench_eval.cli.parser import parse
from mabench_eval.cli.shared_options import judge_settings
from mabench_eval.engines.local import LocalSettings
from mabench_eval.engines.local import engine as local
from mabench_eval.errors import InputError
from mabench_eval.journal.journal import read_journal
from mabench_eval.judging import open_judges
from mabench_eval.planning.config import RunConfig, judge_arguments
from mabench_eval.planning.preflight import prepare
from mabench_eval.runfiles import JudgingTotals
from mabench_eval.types import Request
from tests.support.benchmarks import REFERENCES, read_files
from tests.support.paths import ROOT

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from tests.support.scripted_judge import GOOD, LEVELS, Body, asked_about, run, verdict
from tests.support.scripted_server import Fault, Reply, ScriptedServer, with_faults


def test_one_call_an_answer_by_schema(data: Path) -> None:
    with ScriptedServer(lambda body, before: Reply(GOOD, prompt_tokens=800, completion_tokens=60)) as server:
        result = run(data, server)
        assert (server.received, len(server.served)) == (10, 10)
        body = server.bodies[0]
    assert result.complete
    assert result.scores.open_tasks["MADU"].levels == {"L1": 4, "L2": 3, "L3": 2}
    assert body["response_format"]["json_schema"]["schema"]["properties"]["L3"]["properties"]["score"]["enum"] == [
        0,
        1,
        2,
        3,
        4,
        5,
    ]
    system, user = body["messages"]
    assert "Core action semantics" in system["content"] or "Coarse label" in system["content"]
    assert [part["type"] for part in user["content"]] == ["text"]  # never the video
    assert result.record.judging["j"] == JudgingTotals(
        judgments=10,
        calls=10,
        prompt_tokens=8000,
        output_tokens=600,
        cached_tokens=0,
        cost_usd=None,
    )
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
    assert scores.open_tasks["MADU"].levels == {"L1": None, "L2": None, "L3": None}
    assert (scores.open_tasks["MADU"].judged, scores.open_avg, scores.complete) == (0, None, False)
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
    assert result.record.judging["j"].calls == 20


def test_some_cannot_be_scored_and_are_asked_again_next_time(data: Path) -> None:
    def script(body: Body, before: int) -> Reply:
        return Reply("no idea" if "clip3" in asked_about(body) and stubborn["now"] else GOOD)

    stubborn = {"now": True}
    with ScriptedServer(script) as server:
        result = run(data, server)
        # of five clips four are judged, each 4: the mean is over them, and the fifth is no 0
        assert (result.scores.open_tasks["MADU"].levels["L1"], result.scores.open_tasks["MADU"].judged) == (4, 4)
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
    assert result.scores.open_tasks["MARE"].levels == {"L1": 2, "L2": 1, "L3": 0}  # (0 + 1 + 2 + 3 + 4) / 5
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
    assert f"Judge the answers without a score: mabench-eval judge {folder} --judge openai" in err
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
    results = data.parent.parent / "results"
    words = ["--model", "teller", "--data", str(data), "--output", str(results), "--judge", "openai"]
    with ScriptedServer(lambda body, before: Fault("bad_key")) as server:
        assert main([*words, "--judge-base-url", server.base_url, "--judge-model", "j"]) == 3
    out, err = capsys.readouterr()
    (told,) = [line for line in (out + err).splitlines() if "HTTP 401" in line or "API key" in line]
    assert told.startswith("judge 'j' stopped: ")
    assert "10 open answers are not judged." in out
    assert "INCOMPLETE" not in out  # every question has its answer
    (folder,) = (results / "teller").iterdir()
    kept = read_journal(folder)
    # five clips with twelve questions each; a judge that stopped leaves its answers as they are, not in error
    assert (len(kept.answers), len(kept.judgments), len(kept.errors)) == (60, 0, 0)
    scores = json.loads((folder / "scores.json").read_text())
    assert (scores["outcomes"]["error"], scores["complete"]) == (0, False)


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
        ("gpt-4o", {"engine": "vllm"}, "--judge-engine goes with a judge that runs on this machine"),
        ("lexical", {"dtype": "float16"}, "--judge-set goes with a judge that is a model"),
        ("constant", {"dtype": "float16"}, "runs in Python and takes no setting dtype"),
        ("owner/name", {}, "On this machine: --judge hf:owner/name"),
        (str(ROOT / "tests"), {}, "the folder holds no checkpoint: it has no config.json"),
        ("hf:a/same,hf:b/same", {}, "2 of them would be called 'same'"),
        ("hf:a/b", {"no_such": 1}, "no_such"),
    ],
)
def test_judges_that_do_not_exist(data: Path, judge: str, settings: Mapping[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        prepare(RunConfig("teller", data=str(data), judge=judge, judge_settings=settings, output=data.parent))
    assert said in str(caught.value)


def test_any_model_of_the_catalogue_judges(data: Path) -> None:
    @register_model("solomon", needs_frames=False)
    def solomon(frames: Any, prompt: str) -> str:
        return verdict(5, 0, 1)

    result = evaluate("teller", data=str(data), judge="solomon", output=data.parent)
    assert result.scores.open_tasks["MARE"].levels == {"L1": 5, "L2": 0, "L3": 1}
    assert result.scores.judges[0].identity["engine"] == "model"


@pytest.mark.parametrize("engine", [None, "transformers", "vllm"])
@pytest.mark.parametrize("kind", ["folder", "hub", "card"])
def test_a_checkpoint_judges_by_either_engine(kind: str, engine: str | None, tmp_path: Path) -> None:
    """Without a card by transformers, unless told; and with the settings of the command line."""
    (tmp_path / "wise").mkdir()
    (tmp_path / "wise" / "config.json").write_text("{}")
    catalogue = load_catalogue()
    card = JudgeCard("wise", "vllm", "", settings={"repo": "owner/wise"})
    catalogue = replace(catalogue, judges={**catalogue.judges, **({"wise": card} if kind == "card" else {})})
    name = {"folder": str(tmp_path / "wise"), "hub": "hf:owner/wise", "card": "wise"}[kind]
    (judge,) = open_judges(name, catalogue, {"dtype": "float16", **({"engine": engine} if engine else {})})
    assert judge.name == "wise"
    own = "vllm" if kind == "card" else "transformers"
    identity = judge.identity["model"]
    assert (identity["engine"], identity["dtype"]) == (engine or own, "float16")
    assert not judge.alongside


def test_what_a_judge_could_not_read_is_told_before_the_first_answer(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is shown a request of each open task, with the longest reference and all of the rubric."""
    shown: list[Request] = []

    def problems(settings: LocalSettings, requests: Sequence[Request], **given: Any) -> list[str]:
        shown.extend(requests)
        return ["it has no chat template"]

    (data.parent / "wise").mkdir()
    (data.parent / "wise" / "config.json").write_text("{}")
    (data.parent / "wise" / "model.safetensors").write_bytes(b"")
    monkeypatch.setattr(local, "text_problems", problems)
    monkeypatch.setattr(local, "package_problems", lambda *given: [])
    with pytest.raises(InputError, match="nothing was run") as refused:
        evaluate("teller", data=str(data), judge=str(data.parent / "wise"), output=data.parent)
    assert refused.value.problems == ("judge 'wise': it has no chat template",)
    assert sorted(request.task for request in shown) == ["MADU", "MARE"]
    assert all(REFERENCES[request.task] in request.user_prompt for request in shown)
    assert not list(data.parent.rglob("journal.jsonl"))


def test_the_settings_of_judges_are_in_the_command() -> None:
    """What is no option of its own is given by --judge-set."""
    given = {"engine": "vllm", "dtype": "float16", "max_model_len": 4096}
    arguments = ["--judge-engine", "vllm", "--judge-set", 'dtype="float16"', "--judge-set", "max_model_len=4096"]
    assert judge_arguments(given) == arguments
    assert judge_settings(parse(["judge", "RUN", "--judge", "hf:a/b", *arguments])) == given


def test_no_key_of_a_judge_in_any_file(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_KEY", "sk-judge-secret")
    with ScriptedServer(lambda body, before: Reply(GOOD)) as server:
        settings = {"base_url": server.base_url, "model_id": "j", "key_env": "JUDGE_KEY"}
        result = run(data, server, judge_settings=settings)
        assert server.headers[0]["authorization"] == "Bearer sk-judge-secret"
    assert all(b"sk-judge-secret" not in path.read_bytes() for path in result.folder.iterdir())
