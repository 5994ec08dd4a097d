"""How a clip travels to an endpoint: as images, as one video with its times, or as its own file."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mabench_eval.catalogue import ModelCard
from mabench_eval.cli import main
from mabench_eval.engines import open_engine
from mabench_eval.engines.openai import ApiSettings, encode_frames
from mabench_eval.errors import InputError
from mabench_eval.evaluator import execute
from mabench_eval.journal import Silent
from mabench_eval.journal.journal import read_journal
from mabench_eval.pages import report_page
from mabench_eval.planning import RunConfig, prepare
from mabench_eval.runs import command, read_run
from mabench_eval.types import AnswerKind, Clip, Frames, Request
from mabench_eval.video import arranged, decode
from mabench_eval.video.sampling import Sampling
from tests.support.benchmarks import rows_of_clip, write_clip, write_rows
from tests.support.paths import ROOT

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from tests.support.scripted_model import answer, run
from tests.support.scripted_server import Fault, Raw, Reply, ScriptedServer, raw

pytestmark = pytest.mark.usefixtures("openai_key")

Script = Callable[[dict[str, Any], int], Reply | Fault | Raw]
EIGHT = [2, 7, 12, 17, 22, 27, 32, 37]
"""floor((i + 1/2) * 40 / 8), i = 0..7: the frames of a clip of 40."""
PROBE = "Answer with one word: what is shown?"
UNTRUSTED = "Per-request media_io_kwargs are disabled by default because they can change resource usage."
"""As vLLM's server says it, which was not started with --trust-request-mm-kwargs."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One clip of 40 frames, thirty a second, with two questions."""
    folder = tmp_path_factory.mktemp("data")
    write_clip(folder / "videos" / "clip.mp4", frames=40)
    return write_rows(folder / "questions.json", rows_of_clip("clip")[:2])


def refused(message: str, status: int = 400) -> Raw:
    return raw({"error": {"message": message, "code": status}}, status=f"{status} No", last=False)


def vllm(body: dict[str, Any], before: int) -> Reply | Raw:
    """What vLLM's server does with the times of a video that do not fit."""
    (video,) = [part["video_url"]["url"] for part in body["messages"][-1]["content"] if part["type"] == "video_url"]
    times = body.get("media_io_kwargs", {}).get("video", {})
    frames, total = len(video.partition(";base64,")[2].split(",")), times.get("total_num_frames", 1000)
    if len(times.get("frames_indices", video.split(","))) not in (frames, frames + 1) or total < frames:
        return refused("total_num_frames must be >= number of frames sent")
    if "frames_indices" in times and len(times["frames_indices"]) != frames:
        return refused("frames_indices length must match number of frames sent")
    return answer(body, before)


def asked(server: ScriptedServer) -> list[dict[str, Any]]:
    """The bodies of the run's questions, without those of the preflight."""
    return [body for body in server.bodies if body["messages"][-1]["content"][-1]["text"] != PROBE]


def digest(pixels: Any) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=95)
    return hashlib.sha256(stream.getvalue()).hexdigest()


def test_frames_are_one_video_with_their_times(tmp_path: Path, data: Path) -> None:
    with ScriptedServer(vllm) as server:
        result = run(server, data, tmp_path / "results", settings={"send": "frames"})
    assert result.complete
    bodies = asked(server)
    assert len(bodies) == 2
    frames = decode(Clip("clip", data.parent / "videos" / "clip.mp4"), Sampling())
    for body in bodies:
        video, question = body["messages"][-1]["content"]
        assert video["video_url"]["url"] == "data:video/jpeg;base64," + ",".join(map(digest, frames.pixels))
        assert question["type"] == "text"
        assert body["media_io_kwargs"] == {
            "video": {
                "fps": 30.0,
                "frames_indices": EIGHT,
                "total_num_frames": 40,
                "duration": pytest.approx(40 / 30),
                "num_frames": 8,
                "do_sample_frames": False,
            }
        }
    assert server.images[digest(frames.pixels[0])] == 2
    records = read_journal(result.folder).answers.values()
    assert [record["frames"] for record in records] == [EIGHT] * 2  # they are known as those of images are


def test_frames_without_times(tmp_path: Path, data: Path) -> None:
    with ScriptedServer(vllm) as server:
        settings = {"send": "frames", "frame_times": False}
        assert run(server, data, tmp_path / "results", settings=settings).complete
        with pytest.raises(InputError, match="64 images a question"):  # of which the server would read 32
            run(server, data, tmp_path / "results", settings=settings, frames=64)
    assert not any("media_io_kwargs" in body for body in server.bodies)


def times_of(frames: Frames) -> dict[str, Any]:
    fields = encode_frames(frames, ApiSettings("m", send="frames")).fields
    return dict(fields["media_io_kwargs"]["video"])


PIXELS = np.zeros((3, 8, 8, 3), np.uint8)


def test_times_of_uneven_frames_are_milliseconds() -> None:
    """Three frames of four in 0.8 s, on screen from 0.1, 0.35 and 0.6 s: no whole numbers at 5 frames a second."""
    found = times_of(Frames(PIXELS, (0, 1, 3), (0.1, 0.35, 0.6), 5.0, 4))
    assert (found["fps"], found["frames_indices"], found["total_num_frames"]) == (1000.0, [100, 350, 600], 800)
    assert found["duration"] == pytest.approx(0.8)


def test_a_clip_with_fewer_frames_than_are_shown() -> None:
    """Two frames in 0.2 s, one of them twice: a server refuses a clip of two of which it gets three."""
    found = times_of(Frames(PIXELS, (0, 0, 1), (0.0, 0.0, 0.1), 10.0, 2))
    assert (found["frames_indices"], found["total_num_frames"], found["num_frames"]) == ([0, 0, 1], 3, 3)
    assert found["duration"] == pytest.approx(0.2)


def test_times_may_stand_as_text_before_images(tmp_path: Path, data: Path) -> None:
    with ScriptedServer(answer) as server:
        plain = run(server, data, tmp_path / "results")
        told = run(server, data, tmp_path / "results", settings={"frame_times": True})
    assert plain.folder != told.folder
    assert len(server.bodies) == 4  # images are taken everywhere: nothing is tried before
    content = server.bodies[-1]["messages"][-1]["content"]
    assert [part["type"] for part in content] == ["text", "image_url"] * 8 + ["text"]
    assert [part["text"] for part in content[:4:2]] == ["Frame at 0.07 s:", "Frame at 0.23 s:"]  # 2 / 30, 7 / 30


def test_the_text_of_times_is_not_taken_for_an_image() -> None:
    """Under ``--max-cost`` a byte of text is a token at most, and a frame takes ``image_tokens``."""
    frames = Frames(PIXELS, (0, 1, 2), (0.0, 0.1, 0.2), 10.0, 3)
    plain, told = (encode_frames(frames, ApiSettings("m", frame_times=times)) for times in (False, True))
    assert plain.media_bytes == len(plain.json) == told.media_bytes
    part = len('{"type":"text","text":"Frame at 0.00 s:"},')
    assert len(told.json) - told.media_bytes == 3 * part


def test_a_clip_is_sent_as_it_is(tmp_path: Path, data: Path) -> None:
    with ScriptedServer(answer) as server:
        result = run(server, data, tmp_path / "results", settings={"send": "clip"})
        assert result.complete
        file = data.parent / "videos" / "clip.mp4"
        for body in asked(server):
            video, question = body["messages"][-1]["content"]
            whole = hashlib.sha256(file.read_bytes()).hexdigest()
            assert video == {"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{whole}"}}
            assert question["type"] == "text"
    assert result.record.identity["sampling"] == {"rule": "whole-clip"}
    assert "clips sent whole" in (result.folder / "scores.md").read_text()
    assert "the endpoint&#x27;s choice of each clip" in report_page(result.folder)
    assert {sample.frames for sample in result.samples} == {None}  # which they were is not known
    assert read_run(result.folder).record.frames == {"rule": "whole-clip"}


def test_a_clip_that_is_changed_in_mid_run_is_not_sent(tmp_path: Path) -> None:
    write_clip(tmp_path / "videos" / "clip.mp4", frames=8)
    data = write_rows(tmp_path / "questions.json", rows_of_clip("clip")[:1])
    with ScriptedServer(answer) as server:
        prepared = prepare(config(data, tmp_path, server.base_url, send="clip"))
        (tmp_path / "videos" / "clip.mp4").write_bytes(b"another")
        (sample,) = execute(prepared, Silent()).samples
    assert sample.error == "clip.mp4 was changed after the run began; run the same command again"


def card(**settings: Any) -> ModelCard:
    return ModelCard("m", "openai", "", settings={"model_id": "m", **settings})


def config(data: Path, output: Path, base_url: str, send: str, **choices: Any) -> RunConfig:
    settings = {"base_url": base_url, "model_id": "m", "send": send}
    return RunConfig("m", data=str(data), engine="openai", settings=settings, output=output, judge="none", **choices)


def test_the_way_of_sending_is_in_the_key_and_images_are_as_before() -> None:
    identities = [
        open_engine(card(**settings), 0).identity
        for settings in ({}, {"send": "images", "frame_times": False}, {"send": "frames"}, {"send": "clip"})
    ]
    assert identities[0] == identities[1]
    assert not {"send", "frame_times"} & identities[0].keys()
    more = [{name: value for name, value in each.items() if name not in identities[0]} for each in identities[2:]]
    assert more == [{"send": "frames", "frame_times": True}, {"send": "clip"}]


def test_a_card_chooses_and_the_command_line_overrides(tmp_path: Path, data: Path) -> None:
    """The card is that of docs/endpoints.md."""
    (block,) = re.findall(r"```yaml\n# (\S+)\n(.*?)```", (ROOT / "docs" / "endpoints.md").read_text(), re.DOTALL)
    (tmp_path / block[0]).parent.mkdir(parents=True)
    (tmp_path / block[0]).write_text(block[1])
    chosen = prepare(RunConfig("my-server", data=str(data), include=(tmp_path / "mine",)), asks=False)
    assert chosen.engine.send == "frames"
    given = RunConfig("my-server", data=str(data), include=(tmp_path / "mine",), settings={"send": "images"})
    assert prepare(given, asks=False).engine.send == "images"


@pytest.mark.parametrize("mode", ["shuffled", "reversed", "middle-frame"])
def test_input_modes_keep_their_sense_in_a_video(mode: str) -> None:
    pixels = np.arange(8, dtype=np.uint8).repeat(8 * 8 * 3).reshape(8, 8, 8, 3) * 30
    times = tuple(index / 30 for index in EIGHT)
    shown = arranged(Frames(pixels, tuple(EIGHT), times, 30.0, 40), mode, 0, Clip("clip", sha256="a" * 64))
    settings = ApiSettings("m", send="frames")
    encoded = encode_frames(shown, settings)
    (part,) = json.loads(b"[" + encoded.json[:-1] + b"]")
    sent = part["video_url"]["url"].removeprefix("data:video/jpeg;base64,").split(",")
    one_by_one = json.loads(b"[" + encode_frames(shown, replace(settings, send="images")).json[:-1] + b"]")
    images = [image["image_url"]["url"].partition(",")[2] for image in one_by_one]
    if mode == "middle-frame":  # the fifth of eight, with its own time; a video has two frames and more
        assert (sent, encoded.count, times_of(shown)["frames_indices"]) == (images * 2, 2, [22, 22])
    else:  # with the times of the right order
        assert (sent, encoded.count, times_of(shown)["frames_indices"]) == (images, 8, EIGHT)


def test_text_alone_and_one_frame(tmp_path: Path, data: Path) -> None:
    """A question that shows nothing has no times; one frame is tried before the run as it will be sent."""
    with ScriptedServer(answer) as server:
        assert run(server, data, tmp_path / "results", settings={"send": "frames"}, input="text-only").complete
        assert [set(body) for body in server.bodies] == [{"model", "max_tokens", "temperature", "messages"}] * 2
    with ScriptedServer(vllm) as server:
        assert run(server, data, tmp_path / "results", settings={"send": "frames"}, input="middle-frame").complete
        indices = [body["media_io_kwargs"]["video"]["frames_indices"] for body in server.bodies]
    assert indices == [[0, 0], [0, 0, 0], [22, 22], [22, 22]]


def test_a_clip_honours_what_a_file_can(tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    for name in "ab":
        write_clip(videos / f"{name}.mp4", 8, seed=ord(name))
    files = [hashlib.sha256((videos / f"{name}.mp4").read_bytes()).hexdigest() for name in "ab"]
    data = write_rows(tmp_path / "questions.json", [rows_of_clip(name, n)[2] for n, name in enumerate("ab")])
    with ScriptedServer(answer) as server:
        assert run(server, data, tmp_path / "results", settings={"send": "clip"}, input="other-clip").complete
        shown = {
            question["text"]: video["video_url"]["url"].rpartition(",")[2]
            for body in asked(server)
            for video, question in [body["messages"][-1]["content"]]
        }
        assert [next(file for text, file in shown.items() if f"head of {name}" in text) for name in "ab"] == files[::-1]
        assert run(server, data, tmp_path / "results", settings={"send": "clip"}, input="text-only").complete
        assert len(server.bodies[-1]["messages"][-1]["content"]) == 1


@pytest.mark.parametrize(
    ("send", "choices", "said"),
    [
        ("clip", {"frames": 16}, "--frames 16: with --send clip the endpoint takes frames of the file by its own rule"),
        ("clip", {"sampling": "uniform"}, "--sampling uniform: with --send clip"),
        ("clip", {"input": "shuffled"}, "--input shuffled: with --send clip"),
        ("clip", {"input": "middle-frame"}, "--input middle-frame: with --send clip"),
        ("clip", {"decoder": "decord"}, "--decoder decord: with --send clip nothing is decoded here"),
        ("clip", {"shots": 1, "shots_data": "demo", "shots_frames": True}, "a request holds one video"),
        ("frames", {"shots": 1, "shots_data": "demo", "shots_frames": True}, "a request holds one video"),
    ],
)
def test_what_a_way_of_sending_cannot_honour_is_refused(
    send: str, choices: dict[str, Any], said: str, tmp_path: Path, data: Path
) -> None:
    with pytest.raises(InputError) as caught:
        prepare(config(data, tmp_path, "http://127.0.0.1:9/v1", send, **choices), asks=False)
    assert [problem for problem in caught.value.problems if said in problem]


@pytest.mark.parametrize("setting", [{"frame_times": True}, {"jpeg_quality": 80}, {"max_side": 448}])
def test_a_file_has_its_own_times_and_pictures(setting: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="send: clip sends the file as it is"):
        open_engine(card(send="clip", **setting), 0)


@pytest.mark.parametrize(
    ("send", "reply", "said"),
    [
        (
            "frames",
            refused("unknown part video_url"),
            "8 frames as one video (HTTP 400: unknown part video_url): --send",
        ),
        ("frames", refused("", 500), "8 frames as one video (HTTP 500"),
        ("frames", refused(UNTRUSTED), "start vLLM's server with --trust-request-mm-kwargs, or send no times: --set"),
        (
            "clip",
            refused("cannot open", 422),
            "a clip's own file (HTTP 422: cannot open): --send frames or --send images",
        ),
    ],
)
def test_a_refusal_says_what_to_do(send: str, reply: Raw, said: str, data: Path) -> None:
    with ScriptedServer(lambda body, before: reply) as server:
        (problem,) = tried(server.base_url, data, send=send)
    assert said in problem


def test_fields_of_ones_own_that_are_refused(data: Path) -> None:
    with ScriptedServer(lambda body, before: refused(UNTRUSTED)) as server:
        (problem,) = tried(server.base_url, data, send="clip", extra_body={"media_io_kwargs": {"video": {}}})
    assert problem.endswith("or leave media_io_kwargs out of extra_body")


def tried(base_url: str, data: Path, **settings: Any) -> list[str]:
    """What the preflight hears of an endpoint."""
    engine = open_engine(card(base_url=base_url, **settings), 0)
    return engine.probe_problems(8, Clip("clip", data.parent / "videos" / "clip.mp4"))


def test_an_endpoint_that_refuses_is_one_error_before_the_run(tmp_path: Path, data: Path) -> None:
    with ScriptedServer(lambda body, before: refused("no video")) as server:
        with pytest.raises(InputError, match="nothing was run") as caught:
            run(server, data, tmp_path / "results", settings={"send": "frames"})
        assert asked(server) == []
    assert len(caught.value.problems) == 1
    assert not (tmp_path / "results").exists()


def test_nothing_is_tried_beside_a_limit_of_costs(tmp_path: Path, data: Path) -> None:
    """The first question shows it as well, and is counted; a server of one's own, which is free, is tried."""
    prices = {"price_input": 1.0, "price_output": 1.0, "image_tokens": 100}
    with ScriptedServer(vllm) as server:
        paid = config(data, tmp_path, server.base_url, "frames", max_cost=1.0)
        prepare(replace(paid, settings={**paid.settings, **prices}))
        assert server.received == 0
        prepare(replace(paid, settings={**paid.settings, **prices, "price_input": 0, "price_output": 0}))
        assert server.received == 2


def test_an_endpoint_that_passes_over_times_is_found(data: Path) -> None:
    """It answers to nine times of eight frames: the model would be told none, and nobody would know."""
    with ScriptedServer(answer) as server:
        (problem,) = tried(server.base_url, data, send="frames")
        first, second = (body["media_io_kwargs"]["video"] for body in server.bodies)
        assert tried(server.base_url, data, send="frames", frame_times=False) == []
        own = {"media_io_kwargs": {"video": {"fps": 4}}}  # of which only its author knows what is right
        assert tried(server.base_url, data, send="frames", extra_body=own) == []
    assert (len(first["frames_indices"]), len(second["frames_indices"])) == (8, 9)
    assert "passes over their times" in problem


def test_what_may_pass_and_who_is_not_there_are_left_to_the_run(data: Path) -> None:
    with ScriptedServer(lambda body, before: Fault("rate_limit", 0.01)) as server:
        assert tried(server.base_url, data, send="frames") == []
    assert tried(server.base_url, data, send="frames") == []  # nobody there now


def test_a_hiccup_is_no_refusal(data: Path) -> None:
    def once(body: dict[str, Any], before: int) -> Reply | Raw:
        return vllm(body, before) if before else refused("oops", 500)

    with ScriptedServer(once) as server:
        assert tried(server.base_url, data, send="frames") == []
        assert server.received == 4  # the right times, and those that do not fit, twice each


def test_nothing_is_tried_for_a_dry_run_and_it_says_how_clips_travel(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ScriptedServer(vllm) as server:
        words = ["--model", "m", "--engine", "openai", "--base-url", server.base_url, "--data", str(data)]
        words += ["--output", str(tmp_path / "results"), "--judge", "none"]
        for given, said in (
            ([], "1 clips to open; sent as images\n"),
            (["--frame-times"], "sent as images, each after its time\n"),
            (["--send", "frames"], "sent as one video of the frames, with their times\n"),
            (["--send", "clip"], "sent as the clip's own file, of which the endpoint takes frames by its own rule\n"),
        ):
            assert main([*words, *given, "--dry-run"]) == 0
            assert said in capsys.readouterr().out
        assert server.received == 0

    config = RunConfig("m", settings={"send": "frames", "frame_times": False})
    assert command(config).endswith("--send frames --set frame_times=false")


def test_the_official_runner_sends_images(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--model", "m", "--engine", "openai", "--base-url", "http://127.0.0.1:9/v1", "--data", str(data)]
    assert main([*words, "--protocol", "starter-kit", "--send", "frames"]) == 2
    assert "--protocol starter-kit sends --send images; leave out --send frames" in capsys.readouterr().err


def test_show_says_how_clips_travel(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "gpt-4o"]) == 0
    assert "clips are sent as: images\n" in capsys.readouterr().out


def test_a_clip_costs_its_own_tokens(tmp_path: Path, data: Path) -> None:
    """``image_tokens`` is of the whole clip then: 12 questions, 1,000 tokens each besides their words."""
    priced = {"image_tokens": 1000, "price_input": 1.0, "price_output": 0.0}
    engine = open_engine(card(send="clip", **priced), 0)
    asked = Request("k", "q", "t", AnswerKind.TEXT, {}, "", "What?", 1)
    assert engine.most_usd(asked, 1) - engine.most_usd(asked, 0) == pytest.approx(1000 / 1e6)
