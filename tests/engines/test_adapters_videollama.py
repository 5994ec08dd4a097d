"""Adapters of VideoLLaMA2, which a package runs, and VideoLLaMA3."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mabench_eval.errors import ModelError
from mabench_eval.types import Clip, ClipWork, Frames, Shot
from tests.support import standins
from tests.support.standins import further
from tests.support.standins.asking import QUESTION, SYSTEM, ask, engine_of, frames, one, request

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # transformers' own
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
]
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
TOWERS = {
    "videollama2-7b": "openai/clip-vit-large-patch14-336",
    "videollama2.1-7b": "google/siglip-so400m-patch14-384",
}
BOTH = pytest.mark.parametrize("model", ["videollama2-7b", "videollama2.1-7b"])


@pytest.fixture(scope="module")
def repo3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("standins") / "videollama3"
    return standins.build("videollama3", folder, special=("<image>", "<|im_start|>"))


@pytest.fixture(scope="module")
def built2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return standins.build("videollama2", tmp_path_factory.mktemp("standins") / "videollama2")


@pytest.fixture
def repo2(built2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The repository, with what its code loads; that is the package ``videollama2`` while the test runs."""
    monkeypatch.syspath_prepend(built2)
    assert "videollama2" not in sys.modules
    for model in TOWERS:
        further.put_into_cache(model, tmp_path / "hub", monkeypatch)
    yield with_tower(built2, TOWERS["videollama2-7b"])
    sys.modules.pop("videollama2", None)


def with_tower(repo: Path, name: str) -> Path:
    """The repository, whose configuration names that vision tower."""
    config = json.loads((repo / "config.json").read_text(encoding="utf-8"))
    (repo / "config.json").write_text(json.dumps({**config, "mm_vision_tower": name}), encoding="utf-8")
    return repo


def told(text: str) -> list[float]:
    """The means that a stand-in says it saw, frame by frame."""
    found = re.search(r"I saw ([-\d. ]*\d)", text)
    assert found
    return [float(value) for value in found[1].split()]


def resized(seen: Frames, width: int, height: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """(T, height, width, 3), 0-1."""
    sized = [Image.fromarray(each).resize((width, height), Image.Resampling.BICUBIC) for each in seen.pixels]
    return np.stack([np.asarray(each) for each in sized]) / 255


def middles(seen: Frames) -> list[float]:
    """Of 120x90: 448x336, of which the columns 56 to 391 are the middle; of each frame the mean, as CLIP normalises."""
    cut = resized(seen, 448, 336)[:, :, 56:392]
    return [float(((frame - CLIP[0]) / CLIP[1]).mean()) for frame in cut]


@BOTH
def test_videollama2_sees_the_runs_frames_and_no_black_ones(model: str, repo2: Path) -> None:
    """The checkpoint's own number of frames is 16."""
    seen, repo2 = frames(), with_tower(repo2, TOWERS[model])
    text = one(model, repo2, seen, dtype="auto")
    assert told(text) == pytest.approx(middles(seen), abs=0.004)  # as float16
    assert text.endswith(f"I was asked: <video>\n{SYSTEM}\n\n{QUESTION}")
    assert "Of at most 8 tokens." in text
    backwards = one(model, repo2, replace(seen, pixels=seen.pixels[::-1]), dtype="auto")
    assert told(backwards) == told(text)[::-1] != told(text)


def test_videollama2_of_another_vision_tower_is_told(repo2: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A checkpoint with a configuration of its own: the card does not name what its code loads."""
    other = with_tower(repo2, TOWERS["videollama2.1-7b"])
    with pytest.raises(ModelError, match="of another revision: its weights are"):
        one("videollama2-7b", other, dtype="auto")
    assert f"loads {TOWERS['videollama2.1-7b']} too, at no known revision" in capsys.readouterr().out
    named = [{"repo": TOWERS["videollama2.1-7b"], "revision": "9fdffc58afc957d1a03a25b10dba0329ab15c2a3"}]
    assert "I was asked" in one("videollama2-7b", other, dtype="auto", also_loads=named)
    assert "at no known revision" not in capsys.readouterr().out


def test_videollama2_without_its_vision_tower_is_refused_before_it_is_loaded(repo2: Path, tmp_path: Path) -> None:
    import shutil

    (older,) = tmp_path.glob("hub/models--openai--*/snapshots/ce19*")
    shutil.rmtree(older)  # another revision is still there, which is not taken instead
    (problem,) = engine_of("videollama2-7b", repo2).problems()
    assert "openai/clip-vit-large-patch14-336, which the model's code loads too, is not in" in problem


def test_videollama2_is_asked_for_more_frames_than_it_takes(repo2: Path) -> None:
    (response,) = ask("videollama2-7b", repo2, ClipWork(Clip("c"), frames(33), (request(),)), dtype="auto")
    assert "32 frames at most, not 33" in str(response.error)


def test_videollama2_at_a_temperature(repo2: Path) -> None:
    assert "I was asked" in one("videollama2-7b", repo2, dtype="auto", temperature=0.5)


def test_videollama2_of_one_revision_is_a_folder_of_it(repo2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(repo: str, *, revision: str) -> str:
        asked.append((repo, revision))
        return str(repo2)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)
    assert "I was asked" in one("videollama2-7b", Path("owner/name"), dtype="auto", revision="abc")
    assert asked == [("owner/name", "abc")]
    assert "I was asked" in one("videollama2-7b", repo2, dtype="auto", revision="abc")
    assert len(asked) == 1


def test_videollama2_knows_one_number_format(repo2: Path) -> None:
    with pytest.raises(ModelError, match="float16 alone"):
        one("videollama2-7b", repo2, dtype="bfloat16")


def test_videollama2_without_its_package_names_the_way_on(built2: Path) -> None:
    with pytest.raises(ModelError, match="No module named 'videollama2'") as caught:
        one("videollama2-7b", built2, dtype="auto")
    assert "--env auto" in caught.value.hint


@pytest.mark.parametrize("model", ["videollama3-2b", "videollama3-7b"])
@pytest.mark.parametrize("dtype", ["float32", "auto"])
def test_videollama3_sees_one_video_with_times(model: str, dtype: str, repo3: Path) -> None:
    """90x120 -> 84x112: 6x8 patches of 14 px, which every frame shares; 3x4 image tokens after merging 2x2."""
    seen = frames()
    text = one(model, repo3, seen, dtype=dtype)
    means = [float(((frame - 0.5) / 0.5).mean()) for frame in resized(seen, 112, 84)]
    assert told(text) == pytest.approx(means, abs=0.002 if dtype == "float32" else 0.02)  # auto is bfloat16
    # frames 3, 10, 17, ... of 30 a second
    times = ("0.1", "0.3", "0.6", "0.8", "1.0", "1.3", "1.5", "1.7")
    video = ",".join(f"Time {time}s:[frame]" for time in times)
    turns = f"{{im_start}}system\n{SYSTEM}{{im_end}}\n{{im_start}}user\n{video}\n{QUESTION}{{im_end}}\n"
    assert text.endswith(f"of 6x8. I was asked: {turns}{{im_start}}assistant")
    backwards = one(model, repo3, replace(seen, pixels=seen.pixels[::-1]), dtype=dtype)
    assert told(backwards) == told(text)[::-1] != told(text)


def test_videollama3_reads_examples_as_turns_before_the_video(repo3: Path) -> None:
    asked = replace(request(), shots=(Shot("First?", "Yes"), Shot("Second?", "No")))
    (response,) = ask("videollama3-2b", repo3, ClipWork(Clip("c"), frames(), (asked,)))
    turns = "".join(
        f"{{im_start}}user\n{question}{{im_end}}\n{{im_start}}assistant\n{answer}{{im_end}}\n"
        for question, answer in (("First?", "Yes"), ("Second?", "No"))
    )
    assert f"{SYSTEM}{{im_end}}\n{turns}{{im_start}}user\nTime 0.1s:[frame],Time" in str(response.text)


def test_videollama3_at_a_temperature_and_of_another_count(repo3: Path) -> None:
    text = one("videollama3-2b", repo3, frames(3), temperature=0.5)
    assert text.count("[frame]") == len(told(text)) == 3
