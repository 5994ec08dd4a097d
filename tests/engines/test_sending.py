"""How a clip travels to an endpoint: as images, as one video with its times, or as its own file."""

from __future__ import annotations

import hashlib
import io
import json
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
from mabench_eval.errors import InputError, ModelError
from mabench_eval.evaluator import execute
from mabench_eval.journal import Silent
from mabench_eval.journal.journal import read_journal
from mabench_eval.pages import report_page
from mabench_eval.planning import RunConfig, prepare
from mabench_eval.runs import read_run
from mabench_eval.types import AnswerKind, Clip, Frames, Outcome, Request
from mabench_eval.video import decode
from mabench_eval.video.sampling import Sampling
from tests.support.benchmarks import rows_of_clip, write_benchmark, write_clip, write_rows

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


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One clip of 40 frames, thirty a second, with its twelve questions."""
    write_clip(tmp_path / "videos" / "clip.mp4", frames=40)
    return write_rows(tmp_path / "questions.json", rows_of_clip("clip"))


def refused(message: str, status: int = 400) -> Raw:
    return raw({"error": {"message": message, "code": status}}, status=f"{status} No")


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
    assert len(bodies) == 12
    frames = decode(Clip("clip", tmp_path / "videos" / "clip.mp4"), Sampling())
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
    assert server.images[digest(frames.pixels[0])] == 12
    records = read_journal(result.folder).answers.values()
    assert [record["frames"] for record in records] == [EIGHT] * 12  # they are known as those of images are


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
    assert len(server.bodies) == 24  # images are taken everywhere: nothing is tried before
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
        file = tmp_path / "videos" / "clip.mp4"
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
    data = write_benchmark(tmp_path / "data", clips=2, videos=True)
    prepared = prepare(config(data, tmp_path, "http://127.0.0.1:9", send="clip"))
    (tmp_path / "data" / "videos" / "clip1.mp4").write_bytes(b"another")
    with ScriptedServer(answer) as server:
        engine = open_engine(card(base_url=server.base_url, send="clip"), 0)
        result = execute(replace(prepared, engine=engine), Silent())
        errors = {sample.error for sample in result.samples if sample.clip == "clip1"}
    assert {sample.outcome for sample in result.samples if sample.clip == "clip0"} == {Outcome.ANSWERED}
    assert errors == {"clip1.mp4 was changed after the run began; run the same command again"}


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
    models = tmp_path / "mine" / "models"
    models.mkdir(parents=True)
    (models / "served.yaml").write_text(
        "name: served\nengine: openai\ndescription: On a server of mine.\nsettings: {model_id: q, send: frames}\n"
    )
    chosen = prepare(RunConfig("served", data=str(data), include=(tmp_path / "mine",)), asks=False)
    assert chosen.engine.send == "frames"
    given = RunConfig("served", data=str(data), include=(tmp_path / "mine",), settings={"send": "images"})
    assert prepare(given, asks=False).engine.send == "images"


@pytest.mark.parametrize(
    ("mode", "shown"), [("shuffled", 8), ("reversed", 8), ("middle-frame", 2), ("other-clip", 8), ("text-only", 0)]
)
def test_input_modes_keep_their_sense_in_a_video(mode: Any, shown: int, tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=2, videos=True)
    with ScriptedServer(vllm if shown else answer) as server:
        assert run(server, data, tmp_path / "results", settings={"send": "frames"}, input=mode).complete
    frames = {
        name: decode(Clip(name, tmp_path / "data" / "videos" / f"{name}.mp4"), Sampling())
        for name in ("clip0", "clip1")
    }
    for body in asked(server):
        *media, question = body["messages"][-1]["content"]
        assert (len(media), "media_io_kwargs" in body) == ((1, True) if shown else (0, False))
        if not shown:
            continue
        name = next(name for name in frames if name in question["text"]) if "clip" in question["text"] else None
        url = media[0]["video_url"]["url"].partition(";base64,")[2]
        sent, times = url.split(","), body["media_io_kwargs"]["video"]["frames_indices"]
        assert len(sent) == len(times) == shown
        if name is None:
            continue
        right = [digest(pixels) for pixels in frames[name].pixels]
        other = [digest(pixels) for each in frames if each != name for pixels in frames[each].pixels]
        if mode == "shuffled":  # with the times of the right order
            assert (sorted(sent) == sorted(right), sent == right) == (True, False)
        wanted = {"reversed": right[::-1], "middle-frame": [right[4]] * 2, "other-clip": other}
        assert sent == wanted.get(mode, sent)
        # 30 frames: floor((i + 1/2) * 30 / 8) = 1, 5, 9, 13, 16, 20, 24, 28; the middle one, twice, has its own time
        assert times == ([16, 16] if mode == "middle-frame" else [1, 5, 9, 13, 16, 20, 24, 28])


def test_a_clip_honours_what_a_file_can(tmp_path: Path) -> None:
    data = write_benchmark(tmp_path / "data", clips=2, videos=True)
    folder = tmp_path / "data" / "videos"
    files = {name: hashlib.sha256((folder / f"{name}.mp4").read_bytes()).hexdigest() for name in ("clip0", "clip1")}
    with ScriptedServer(answer) as server:
        assert run(server, data, tmp_path / "results", settings={"send": "clip"}, input="other-clip").complete
        for body in asked(server):
            video, question = body["messages"][-1]["content"]
            for name in files:
                if name in question["text"]:
                    assert video["video_url"]["url"].endswith(files["clip1" if name == "clip0" else "clip0"])
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
def test_an_endpoint_that_refuses_is_one_error_before_the_run(
    send: str, reply: Raw, said: str, tmp_path: Path, data: Path
) -> None:
    with ScriptedServer(lambda body, before: reply) as server:
        with pytest.raises(InputError, match="nothing was run") as caught:
            run(server, data, tmp_path / "results", settings={"send": send})
        assert asked(server) == []
    (problem,) = caught.value.problems
    assert said in problem
    assert not (tmp_path / "results").exists()


def test_an_endpoint_that_passes_over_times_is_found(tmp_path: Path, data: Path) -> None:
    """It answers to nine times of eight frames: the model would be told none, and nobody would know."""
    with ScriptedServer(answer) as server:
        with pytest.raises(InputError) as caught:
            run(server, data, tmp_path / "results", settings={"send": "frames"})
        first, second = (body["media_io_kwargs"]["video"] for body in server.bodies)
    assert (len(first["frames_indices"]), len(second["frames_indices"])) == (8, 9)
    assert "passes over their times" in caught.value.problems[0]


def test_what_may_pass_and_who_is_not_there_are_left_to_the_run(tmp_path: Path, data: Path) -> None:
    def busy_at_first(body: dict[str, Any], before: int) -> Reply | Raw | Fault:
        is_probe = body["messages"][-1]["content"][-1]["text"] == PROBE
        return Fault("rate_limit", 0.01) if is_probe else vllm(body, before)

    with ScriptedServer(busy_at_first) as server:
        assert run(server, data, tmp_path / "results", settings={"send": "frames"}).complete
    with pytest.raises(ModelError, match="cannot be asked"):  # its address, and nobody there
        run(server, data, tmp_path / "others", settings={"send": "frames", "max_retries": 0})


def test_a_hiccup_is_no_refusal(tmp_path: Path, data: Path) -> None:
    def once(body: dict[str, Any], before: int) -> Reply | Raw:
        is_probe = body["messages"][-1]["content"][-1]["text"] == PROBE
        return refused("oops", 500) if is_probe and not before else vllm(body, before)

    with ScriptedServer(once) as server:
        assert run(server, data, tmp_path / "results", settings={"send": "frames"}).complete


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

        assert main([*words, "--send", "frames"]) == 0
        capsys.readouterr()
        (folder,) = (tmp_path / "results" / "m").iterdir()
        command = json.loads((folder / "run.json").read_text())["command"]
        assert "--send frames" in command


def test_show_says_how_clips_travel(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "gpt-4o"]) == 0
    assert "clips are sent as: images\n" in capsys.readouterr().out


def test_a_clip_costs_its_own_tokens(tmp_path: Path, data: Path) -> None:
    """``image_tokens`` is of the whole clip then: 12 questions, 1,000 tokens each besides their words."""
    priced = {"image_tokens": 1000, "price_input": 1.0, "price_output": 0.0}
    engine = open_engine(card(send="clip", **priced), 0)
    asked = Request("k", "q", "t", AnswerKind.TEXT, {}, "", "What?", 1)
    assert engine.most_usd(asked, 1) - engine.most_usd(asked, 0) == pytest.approx(1000 / 1e6)
