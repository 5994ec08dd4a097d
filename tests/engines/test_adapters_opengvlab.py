"""Adapters of InternVideo2-Chat, VideoChat-Flash and H2OVL Mississippi, which is built as InternVL is."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mabench_eval.cli import main
from mabench_eval.errors import ModelError
from mabench_eval.types import Clip, ClipWork, Frames, Request, Shot
from tests.support import standins
from tests.support.standins import further
from tests.support.standins.asking import IMAGENET, QUESTION, SYSTEM, ask, engine_of, frames, means, one, request

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # transformers' own
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
]
FAMILIES = {
    "h2ovl-mississippi-2b": "h2ovl",
    "internvideo2-chat-8b": "internvideo2",
    "videochat-flash-qwen2-7b": "videochat_flash",
}
OWN = {"dtype": "auto"}
"""The number format that the family's code asks for, half of float32: a third is then 0.3340 or 0.3333."""


@pytest.fixture(autouse=True, scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What InternVideo2-Chat's code loads by name."""
    with pytest.MonkeyPatch.context() as patch:
        further.put_into_cache("internvideo2-chat-8b", tmp_path_factory.mktemp("hub"), patch)
        yield


@pytest.fixture(scope="module")
def repos(tmp_path_factory: pytest.TempPathFactory, hub: None) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("standins")
    return {model: standins.build(family, folder / family) for model, family in FAMILIES.items()}


def told(text: str) -> list[float]:
    """The means that a stand-in says it saw, frame by frame."""
    found = re.search(r"I saw ([-\d. ]*\d)", text)
    assert found
    return [float(value) for value in found[1].split()]


def close(values: list[float]) -> object:
    """Within what 16-bit numbers lose; the colours of two frames are 18 / 255 / 0.226 = 0.31 apart."""
    return pytest.approx(values, abs=0.02)


def test_h2ovl_reads_every_frame_from_a_file_as_one_tile(repos: dict[str, Path]) -> None:
    seen, repo = frames(), repos["h2ovl-mississippi-2b"]
    text = one("h2ovl-mississippi-2b", repo, seen, **OWN)
    assert told(text) == close(means(seen, 448, *IMAGENET))
    tags = "".join(f"Image-{number}: <image>\n" for number in range(1, 9))
    assert text.endswith(f"I was asked: <|prompt|>{tags}{SYSTEM}\n\n{QUESTION}<|end|><|answer|>")


def test_h2ovl_sees_what_its_own_resizing_would_show_it(repos: dict[str, Path]) -> None:
    """Stripes of one pixel, black and white, shrunk to half: grey, unless pixels are left out."""
    stripes = np.zeros((8, 448, 896, 3), np.uint8)
    stripes[:, :, 1::2] = np.arange(8).reshape(8, 1, 1, 1) * 30 + 40
    seen = replace(frames(), pixels=stripes)
    text = one("h2ovl-mississippi-2b", repos["h2ovl-mississippi-2b"], seen, **OWN)
    assert told(text) == close(means(seen, 448, *IMAGENET))


def test_h2ovl_reads_one_frame_without_a_number(repos: dict[str, Path]) -> None:
    text = one("h2ovl-mississippi-2b", repos["h2ovl-mississippi-2b"], frames(1), **OWN)
    assert text.endswith(f"I was asked: <|prompt|><image>\n{SYSTEM}\n\n{QUESTION}<|end|><|answer|>")


def test_internvideo2_sees_one_video_and_each_question_alone(repos: dict[str, Path]) -> None:
    """The second answer would hold the first question if the history were kept, and chance if it were sampled."""
    model, seen = "internvideo2-chat-8b", frames()
    work = ClipWork(Clip("c"), seen, (request("Up?"), request("Down?"), request("Down?")))
    first, second, again = (str(response.text) for response in ask(model, repos[model], work, **OWN))
    assert told(first) == close(means(seen, 224, *IMAGENET))  # of noise: the middle is like the whole
    assert second.endswith(f": [INST] <Video>[<VID_PLH>]</Video>[/INST] [INST] {SYSTEM}\n\nDown? [/INST]")
    assert second == again
    assert "Up?" in first


def test_internvideo2_loads_what_its_card_pins(repos: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """On the cache's ``main`` is another commit of both: taken where no revision is named, and told in no case."""
    model = "internvideo2-chat-8b"
    assert "I saw" in one(model, repos[model], frames(), **OWN)
    names = ("bert-base-uncased", "mistralai/Mistral-7B-Instruct-v0.3")
    unpinned = [{"repo": name, "files": ["config.json"]} for name in names]
    (response,) = ask(model, repos[model], ClipWork(Clip("c"), frames(), (request(),)), also_loads=unpinned)
    assert "Mistral-7B-Instruct-v0.3 of another revision: its states are 5120 wide" in str(response.error)
    assert "at no known revision" not in capsys.readouterr().out


def test_internvideo2_of_other_counts_calls_for_a_gpu(repos: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where torch has none that is an error of each question; the run's frames are therefore looked at before."""
    model = "internvideo2-chat-8b"
    works = [ClipWork(Clip(str(count)), frames(count), (request(str(count)),)) for count in (1, 6, 8)]
    found = {response.key: response for response in ask(model, repos[model], *works, **OWN)}
    assert [key for key, response in found.items() if response.error] == ["6"]
    engine = engine_of(model, repos[model])
    for engine.frames, refused in ((None, False), (0, False), (1, False), (6, True), (8, False)):
        assert ("for 6 frames, as its code then calls .cuda()" in "".join(engine.problems())) is refused

    monkeypatch.setattr("torch.Tensor.cuda", lambda tensor: tensor)
    assert len(told(one(model, repos[model], frames(6), **OWN))) == 6


def test_internvideo2_samples_where_a_temperature_is_set(repos: dict[str, Path]) -> None:
    model = "internvideo2-chat-8b"
    assert " at 0.5. I saw" in one(model, repos[model], frames(), **OWN, temperature=0.5)


def test_a_sampled_answer_is_that_of_its_question_whatever_came_before(repos: dict[str, Path]) -> None:
    """The stand-in tells what it drew: the same in another order and after a restart, another for a repeat's key."""
    model, seen = "internvideo2-chat-8b", frames()
    asked = (request("Up?"), replace(request("Up?"), key="Up? again", repeat=1), request("Down?"))

    def drawn(*requests: Request) -> dict[str, str]:
        work = ClipWork(Clip("c"), seen, requests)
        found = ask(model, repos[model], work, **OWN, temperature=0.5)
        return {response.key: str(re.findall(r"by ([\d.]+) at", str(response.text))) for response in found}

    first = drawn(*asked)
    assert len(set(first.values())) == 3
    assert drawn(*reversed(asked)) == first
    assert drawn(asked[1]) == {"Up? again": first["Up? again"]}


@pytest.mark.parametrize("size", [(90, 120), (131, 97), (448, 224)])
def test_internvideo2_sees_the_middle_of_a_frame(repos: dict[str, Path], size: tuple[int, int]) -> None:
    """Of (90, 120): resized to (224, 298), 298 = int(224 x 120 / 90); cut off are 37 pixels on each side."""
    high, wide = size
    slope = np.linspace(0, 15.9, high)[:, None] ** 2 * np.linspace(0, 1, wide) ** 2
    pixels = np.stack([np.repeat(slope[..., None] * (number + 1) / 8, 3, axis=2) for number in range(8)])
    seen = replace(frames(size=size), pixels=pixels.astype(np.uint8))
    tall, broad = (int(224 * length / min(size)) for length in size)
    top, left = round((tall - 224) / 2), round((broad - 224) / 2)
    squares = []
    for picture in map(Image.fromarray, seen.pixels):
        whole = np.asarray(picture.resize((broad, tall), Image.Resampling.BICUBIC))
        squares.append(whole[top : top + 224, left : left + 224])
    expected = means(replace(seen, pixels=np.stack(squares)), 224, *IMAGENET)
    model = "internvideo2-chat-8b"
    assert told(one(model, repos[model], seen)) == pytest.approx(expected, abs=0.001)
    assert told(one(model, repos[model], seen)) != pytest.approx(means(seen, 224, *IMAGENET), abs=0.02)


def test_videochat_flash_sees_the_runs_frames_and_the_clips_length(repos: dict[str, Path]) -> None:
    """60 frames at 30 a second: 2 seconds."""
    model, seen = "videochat-flash-qwen2-7b", frames()
    text = one(model, repos[model], seen, **OWN)
    assert told(text) == close(means(seen, 448, *IMAGENET))
    words = "The video lasts for 2.00 seconds, and 8 frames are uniformly sampled from it."
    assert text.endswith(f"of [(90, 120)]. I was asked: <image>\n{words} {SYSTEM}\n\n{QUESTION}")


def test_videochat_flash_reads_frames_by_fours(repos: dict[str, Path]) -> None:
    model = "videochat-flash-qwen2-7b"
    works = [ClipWork(Clip(str(count)), frames(count), (request(str(count)),)) for count in (6, 4, 12)]
    six, *others = ask(model, repos[model], *works, **OWN)
    assert "reads frames by 4s, and these are 6" in str(six.error)
    assert [len(told(str(response.text))) for response in others] == [4, 12]


@pytest.mark.parametrize("settings", [{}, {"temperature": -1.0}])
def test_what_videochat_flash_prints_is_taken_away(
    settings: dict[str, float], repos: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    """Of a question that fails it is in the error; the clip's frames are said in a few words."""
    model = "videochat-flash-qwen2-7b"
    work = ClipWork(Clip("c"), frames(), (request(),))
    (response,) = ask(model, repos[model], work, **OWN, **settings)
    assert capfd.readouterr().out == ""
    if settings:
        assert "colder than 0" in str(response.error)
        assert str(response.error).endswith("; printed before: decoded by C")
        assert "\nvideo_path: 8 frames of 120x90\n" in str(response.traceback)
    else:
        assert response.error is None


def test_one_json_document_is_on_stdout_whatever_the_code_prints(
    repos: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = "videochat-flash-qwen2-7b"
    settings = {"repo": repos[model], "needs_cuda": "false", "device": "cpu"}
    given = [f"--set={name}={value}" for name, value in settings.items()]
    command = ["--model", model, *given, "--trust-remote-code", "--data", "demo", "--limit", "1", "--tasks", "SAD"]
    assert main([*command, "--judge", "none", "--output", str(tmp_path), "--json"]) == 0
    shown = capfd.readouterr()
    assert json.loads(shown.out)["outcomes"]["error"] == 0
    assert "video_path" not in shown.out + shown.err


def test_a_videochat_flash_that_loads_videos_otherwise_is_one_clear_error(
    repos: dict[str, Path], tmp_path: Path
) -> None:
    import shutil

    other = Path(shutil.copytree(repos["videochat-flash-qwen2-7b"], tmp_path / "other"))
    code = other / "modeling_videochat_flash.py"
    code.write_text(code.read_text().replace("load_video", "read_video"))
    (other / "mm_utils.py").write_text((other / "mm_utils.py").read_text().replace("load_video", "read_video"))
    with pytest.raises(ModelError, match="no load_video"):
        ask("videochat-flash-qwen2-7b", other, ClipWork(Clip("c"), frames(), (request(),)), **OWN)


def test_code_that_names_flash_attn_loads_without_it(repos: dict[str, Path], tmp_path: Path) -> None:
    import shutil

    model = "internvideo2-chat-8b"
    other = Path(shutil.copytree(repos[model], tmp_path / "naming"))
    with (other / "modeling_videochat2.py").open("a") as code:
        code.write("\n\ndef fast(*args):\n    import flash_attn\n\n    return flash_attn.flash_attn_func(*args)\n")
    assert one(model, other) == one(model, repos[model])


@pytest.mark.parametrize("model", FAMILIES)
def test_another_order_of_frames_is_another_input(model: str, repos: dict[str, Path]) -> None:
    seen = frames()
    backwards: Frames = replace(seen, pixels=seen.pixels[::-1])
    forth, back = (told(one(model, repos[model], given, **OWN)) for given in (seen, backwards))
    assert back == list(reversed(forth))
    assert back != close(forth)


@pytest.mark.parametrize("model", FAMILIES)
def test_examples_stand_between_the_task_and_the_question(model: str, repos: dict[str, Path]) -> None:
    asked = replace(request(), shots=(Shot("Does it nod?", "Yes"),))
    (response,) = ask(model, repos[model], ClipWork(Clip("c"), frames(), (asked,)), **OWN)
    assert f"{SYSTEM}\n\nDoes it nod?\nAnswer: Yes\n\n{QUESTION}" in str(response.text)
