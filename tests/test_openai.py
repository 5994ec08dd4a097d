"""Models behind an OpenAI-compatible endpoint, against a scripted server on real sockets."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mabench_eval import evaluate
from mabench_eval.catalogue import ModelCard, load_catalogue
from mabench_eval.cli import main
from mabench_eval.config import RunConfig
from mabench_eval.costs import Price
from mabench_eval.engines import open_engine
from mabench_eval.errors import InputError, JournalError, ModelError
from mabench_eval.journal import read_journal
from mabench_eval.preflight import prepare
from mabench_eval.progress import Silent
from mabench_eval.results import Result
from mabench_eval.sampling import Sampling
from mabench_eval.types import ClipWork
from mabench_eval.video import DECODERS
from tests.conftest import SHARED, read_files, rows_of_clip, write_benchmark, write_clip, write_rows

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from tests.scripted_server import Fault, Reply, ScriptedServer, with_faults

KEY = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def answer(body: dict[str, Any], before: int) -> Reply:
    """B to a choice, Yes to a question about a head, else a sentence."""
    text = body["messages"][-1]["content"][-1]["text"]
    return Reply("B" if "\nA. " in text else "Yes" if "does the head" in text else "The head moves down, then up.")


def run(
    server: ScriptedServer, data: Path, output: Path, *, settings: dict[str, Any] | None = None, **choices: Any
) -> Result:
    """Evaluate the model `m` of a server."""
    given = {"base_url": server.base_url, "model_id": "m", **(settings or {})}
    return evaluate("m", data=str(data), engine="openai", settings=given, output=output, judge="none", **choices)


def test_every_question_is_asked_once_with_shared_images(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=3, videos=True)
    with ScriptedServer(answer) as server:
        result = run(server, data, tmp_path / "results")
        assert result.complete
        assert (server.received, set(server.served.values())) == (36, {1})
        # three clips, eight frames each: every picture encoded once, sent with each of the twelve questions
        assert len(server.images) == 3 * 8
        assert set(server.images.values()) == {12}
        run(server, data, tmp_path / "results")
        assert server.received == 36


def test_one_system_message_then_images_then_the_question(tmp_path: Path) -> None:
    write_clip(tmp_path / "videos" / "clip.mp4", frames=40)
    data = write_rows(tmp_path / "questions.json", rows_of_clip("clip")[:1])
    with ScriptedServer(answer) as server:
        run(server, data, tmp_path / "results")
    (body,) = server.bodies
    task = load_catalogue().tasks["CMAR"]
    system, user = body.pop("messages")
    assert system == {"role": "system", "content": task.system_prompt}
    assert user["role"] == "user"
    assert [part["type"] for part in user["content"]] == ["image_url"] * 8 + ["text"]
    question = rows_of_clip("clip")[0]["question"]
    assert user["content"][-1]["text"] == task.user_prompt.replace("{question}", question)
    assert body == {"model": "m", "max_tokens": task.max_tokens, "temperature": 0.0}
    frames = DECODERS["decord"](tmp_path / "videos" / "clip.mp4", Sampling())
    for part, pixels in zip(user["content"], frames.pixels, strict=False):
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "JPEG", quality=95)
        digest = hashlib.sha256(stream.getvalue()).hexdigest()
        assert part["image_url"]["url"] == f"data:image/jpeg;base64,{digest}"


@pytest.mark.skipif(not SHARED.is_dir(), reason="real clips are not part of the repository")
def test_the_starter_kit_protocol_on_a_real_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The official runner: frames 0, s, 2s, ..., s = max(1, min(round(fps / 3), total // 8)), JPEG quality 95."""
    name = "0019_02_0078"  # 50 frames at 30 a second: s = min(10, 6) = 6
    data = write_rows(tmp_path / "questions.json", rows_of_clip(name)[:1])
    monkeypatch.chdir(tmp_path)
    with ScriptedServer(answer) as server:
        words = ["--model", "m", "--engine", "openai", "--base-url", server.base_url, "--protocol", "starter-kit"]
        assert main([*words, "--data", str(data), "--clips", str(SHARED / "clips")]) == 0
    system, user = server.bodies[0]["messages"]
    assert "You see frames" in system["content"]
    assert "Decide which body part" in system["content"]  # all words of ours, one system message
    parts = user["content"]
    assert parts[-1] == {"type": "text", "text": rows_of_clip(name)[0]["question"]}  # the question as printed
    (journal,) = (tmp_path / "results" / "m").iterdir()
    (record,) = read_journal(journal).answers.values()
    assert record["frames"] == [0, 6, 12, 18, 24, 30, 36, 42]
    assert len(parts) == 8 + 1
    wanted = DECODERS["pyav"](SHARED / "clips" / f"{name}.mp4", Sampling("starter-kit")).pixels
    for part, pixels in zip(parts, wanted, strict=False):
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "JPEG", quality=95)
        assert part["image_url"]["url"].endswith(hashlib.sha256(stream.getvalue()).hexdigest())


def test_max_side_and_quality_change_the_pictures_and_the_key(tmp_path: Path) -> None:
    from mabench_eval.engines.openai.messages import encode_frames
    from mabench_eval.types import Frames

    pixels = np.random.default_rng(0).integers(0, 255, (1, 100, 60, 3), np.uint8)
    frames = Frames(pixels, (0,), (0.0,), 30.0, 1)
    parts = json.loads(b"[" + encode_frames(frames, 50, 50)[:-1] + b"]")
    picture = Image.open(io.BytesIO(base64.b64decode(parts[0]["image_url"]["url"].partition(",")[2])))
    assert picture.size == (30, 50)
    assert len(encode_frames(frames, 50, None)) < len(encode_frames(frames, 95, None))
    card = ModelCard("m", "openai", "", settings={"model_id": "m"})
    smaller = ModelCard("m", "openai", "", settings={"model_id": "m", "max_side": 50})
    assert open_engine(card, 0).identity != open_engine(smaller, 0).identity


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
        assert (result.complete, result.scores["outcomes"]["error"]) == (False, 1)
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
    assert result.scores["outcomes"] == {"answered": 46, "unparsable": 0, "refused": 1, "error": 1}


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


def test_a_missing_key_is_found_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)
    with pytest.raises(InputError, match="set OPENAI_API_KEY"):
        prepare(RunConfig("gpt-4o", data=str(data), output=tmp_path))
    with ScriptedServer(answer) as server:  # a server of one's own needs none
        assert run(server, data, tmp_path / "results").complete


def test_no_key_in_any_file_or_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)
    echo = Fault("bad_key", message=f"Incorrect API key provided: {KEY}")  # as some providers do
    with ScriptedServer(lambda body, before: echo) as server:
        words = ["--model", "m", "--engine", "openai", "--base-url", server.base_url, "--data", str(data)]
        assert main([*words, "--output", str(tmp_path / "results")]) == 3
    with ScriptedServer(answer) as server:
        words = ["--model", "m", "--engine", "openai", "--base-url", server.base_url, "--data", str(data)]
        assert main([*words, "--output", str(tmp_path / "results"), "--judge", "none"]) == 0
        assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    out, err = capsys.readouterr()
    assert KEY not in out + err
    assert "Incorrect API key provided: [key]" in err
    for folder, _, files in os.walk(tmp_path):
        assert all(KEY.encode() not in (Path(folder) / name).read_bytes() for name in files)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"concurency": 3}, "unknown setting 'concurency'; did you mean 'concurrency'?"),
        ({"jpeg_quality": "high"}, "jpeg_quality: expected int"),
    ],
)
def test_settings_that_do_not_fit(tmp_path: Path, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        prepare(RunConfig("m", engine="openai", settings=settings, output=tmp_path))
    assert said in str(caught.value)


def test_any_setting_of_a_card_on_the_command_line(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)
    with ScriptedServer(answer) as server:
        words = ["--model", "m", "--engine", "openai", "--base-url", server.base_url, "--data", str(data)]
        words += ["--set", "token_limit=max_completion_tokens", "--set", "extra_body={reasoning_effort: none}"]
        assert main([*words, "--set", "temperature=null", "--judge", "none", "--output", str(tmp_path / "out")]) == 0
    assert {key for body in server.bodies for key in body} == {
        "model", "messages", "max_completion_tokens", "reasoning_effort"
    }  # fmt: skip
    assert main([*words, "--set", "temperature"]) == 2


def test_a_python_model_takes_no_endpoint(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'random' runs in Python and takes no setting base_url"):
        prepare(RunConfig("random", settings={"base_url": "http://localhost"}, output=tmp_path))


def test_concurrency_is_kept(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=3, videos=True)
    with ScriptedServer(answer, latency=0.02) as server:
        run(server, data, tmp_path / "fixed", settings={"concurrency": 3})
        assert server.most_in_flight == 3


def test_files_are_the_same_whatever_the_order_of_answers(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=4, videos=True)
    with ScriptedServer(answer, latency=0.01) as server:
        one = read_files(run(server, data, tmp_path / "one", settings={"concurrency": 1}).folder)
        many = read_files(run(server, data, tmp_path / "many", settings={"concurrency": 32}).folder)
    assert one == many


def test_examples_are_turns_before_the_frames(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=3, videos=True)
    with ScriptedServer(answer) as server:
        run(server, data, tmp_path / "results", tasks="cmar", shots=2, shots_data=str(data))
    for body in server.bodies:
        assert [message["role"] for message in body["messages"]] == [
            "system", "user", "assistant", "user", "assistant", "user"
        ]  # fmt: skip
        assert [message["content"] for message in body["messages"][2:5:2]] == ["B", "B"]
        assert len(body["messages"][-1]["content"]) == 8 + 1


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


def test_examples_with_frames_come_from_other_clips_and_are_encoded_once(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=3, videos=True)
    with ScriptedServer(answer) as server:
        choices: dict[str, Any] = {"tasks": "cmar", "shots": 1, "shots_data": str(data), "shots_frames": True}
        result = run(server, data, tmp_path / "results", **choices)
        text = run(server, data, tmp_path / "results", **{**choices, "shots_frames": False})
    assert result.folder != text.folder  # pictures make another question
    for body in server.bodies[:3]:
        example, question = body["messages"][1]["content"], body["messages"][3]["content"]
        assert [len(example), len(question)] == [8 + 1, 8 + 1]
        pictures = [part["image_url"]["url"] for part in example[:8]]
        assert not set(pictures) & {part["image_url"]["url"] for part in question[:8]}
    assert len(server.images) == 3 * 8
    with pytest.raises(InputError, match="takes examples as text alone"):
        prepare(RunConfig("random", data=str(data), output=tmp_path, shots=1, shots_data=str(data), shots_frames=True))


def test_the_watchdog_tells_of_late_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mabench_eval.engines.openai import asking

    lines: list[str] = []

    class Notes(Silent):
        def note(self, line: str) -> None:
            lines.append(line)

    monkeypatch.setattr(asking, "LATE", 0.2)
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)
    with ScriptedServer(answer, latency=0.6) as server:
        run(server, data, tmp_path / "results", tasks="cmar", progress=Notes())
    assert any("1 requests have waited over 0 s; longest CMAR_00000" in line for line in lines)


def test_an_interrupt_while_an_answer_is_taken_ends_the_asking_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clips are drawn on another thread: they may be closed only when that has ended."""
    real = DECODERS["decord"]

    def slow(path: Path, sampling: Sampling) -> Any:
        time.sleep(0.3)  # an answer comes while the next clip is being drawn
        return real(path, sampling)

    monkeypatch.setattr("mabench_eval.run.DECODERS", {"decord": slow})

    class Interrupting(Silent):
        def advance(self, stage: str, error: str | None = None) -> None:
            raise KeyboardInterrupt

    data = write_benchmark(tmp_path / "data", clips=12, videos=True)
    with ScriptedServer(answer, latency=0.01) as server, pytest.raises(KeyboardInterrupt):
        run(server, data, tmp_path / "results", decoder="decord", progress=Interrupting())
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
