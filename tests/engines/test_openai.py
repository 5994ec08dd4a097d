"""Models behind an OpenAI-compatible endpoint, against a scripted server on real sockets."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mabench_eval.catalogue import ModelCard, load_catalogue
from mabench_eval.cli import main
from mabench_eval.engines import open_engine
from mabench_eval.errors import InputError
from mabench_eval.journal.journal import read_journal
from mabench_eval.planning.config import RunConfig
from mabench_eval.planning.preflight import prepare
from mabench_eval.types import Clip
from mabench_eval.video import decode
from mabench_eval.video.sampling import Sampling
from tests.support.benchmarks import read_files, rows_of_clip, write_benchmark, write_clip, write_rows
from tests.support.paths import SHARED

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from tests.support.scripted_model import answer, run
from tests.support.scripted_server import Fault, ScriptedServer

pytestmark = pytest.mark.usefixtures("openai_key")


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
    frames = decode(Clip("clip", tmp_path / "videos" / "clip.mp4"), Sampling())
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
    wanted = decode(Clip(name, SHARED / "clips" / f"{name}.mp4"), Sampling("starter-kit")).pixels
    for part, pixels in zip(parts, wanted, strict=False):
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "JPEG", quality=95)
        assert part["image_url"]["url"].endswith(hashlib.sha256(stream.getvalue()).hexdigest())


def test_max_side_and_quality_change_the_pictures_and_the_key(tmp_path: Path) -> None:
    from mabench_eval.engines.openai import ApiSettings, encode_frames
    from mabench_eval.types import Frames

    pixels = np.random.default_rng(0).integers(0, 255, (1, 100, 60, 3), np.uint8)
    frames = Frames(pixels, (0,), (0.0,), 30.0, 1)
    small = encode_frames(frames, ApiSettings("m", jpeg_quality=50, max_side=50))
    parts = json.loads(b"[" + small.json[:-1] + b"]")
    picture = Image.open(io.BytesIO(base64.b64decode(parts[0]["image_url"]["url"].partition(",")[2])))
    assert picture.size == (30, 50)
    coarse, fine = (encode_frames(frames, ApiSettings("m", jpeg_quality=quality)) for quality in (50, 95))
    assert len(coarse.json) < len(fine.json)
    card = ModelCard("m", "openai", "", settings={"model_id": "m"})
    smaller = ModelCard("m", "openai", "", settings={"model_id": "m", "max_side": 50})
    assert open_engine(card, 0).identity != open_engine(smaller, 0).identity


def test_a_missing_key_is_found_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)
    with pytest.raises(InputError, match="set OPENAI_API_KEY"):
        prepare(RunConfig("gpt-4o", data=str(data), output=tmp_path))
    with ScriptedServer(answer) as server:  # a server of one's own needs none
        assert run(server, data, tmp_path / "results").complete


def test_no_key_in_any_file_or_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], openai_key: str) -> None:
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)
    echo = Fault("bad_key", message=f"Incorrect API key provided: {openai_key}")  # as some providers do
    with ScriptedServer(lambda body, before: echo) as server:
        words = ["--model", "m", "--engine", "openai", "--base-url", server.base_url, "--data", str(data)]
        assert main([*words, "--output", str(tmp_path / "results")]) == 3
    with ScriptedServer(answer) as server:
        words = ["--model", "m", "--engine", "openai", "--base-url", server.base_url, "--data", str(data)]
        assert main([*words, "--output", str(tmp_path / "results"), "--judge", "none"]) == 0
        assert server.headers[0]["authorization"] == f"Bearer {openai_key}"
    out, err = capsys.readouterr()
    assert openai_key not in out + err
    assert "Incorrect API key provided: [key]" in err
    for folder, _, files in os.walk(tmp_path):
        assert all(openai_key.encode() not in (Path(folder) / name).read_bytes() for name in files)


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
        "model",
        "messages",
        "max_completion_tokens",
        "reasoning_effort",
    }
    assert main([*words, "--set", "temperature"]) == 2


def test_repeats_are_drawn_with_seeds_of_their_own(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=1, videos=True)
    settings = {"temperature": 1.0, "send_seed": True}
    with ScriptedServer(answer) as server:
        result = run(server, data, tmp_path / "results", settings=settings, tasks="closed", seed=4, repeats=3)
    assert (server.received, result.scores.n) == (30, 30)  # ten closed questions
    assert Counter(body["seed"] for body in server.bodies) == {4: 10, 5: 10, 6: 10}


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
            "system",
            "user",
            "assistant",
            "user",
            "assistant",
            "user",
        ]
        assert [message["content"] for message in body["messages"][2:5:2]] == ["B", "B"]
        assert len(body["messages"][-1]["content"]) == 8 + 1


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
