"""What is shown of a clip: by hand, and through a run with a model that tells what it saw."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mabench_eval import compare, evaluate, register_model
from mabench_eval.errors import InputError
from mabench_eval.leaderboard import add_entry
from mabench_eval.runs.writing import Result
from mabench_eval.types import Clip, ClipWork, Frames, Response
from mabench_eval.video.input_modes import MODES, arranged, input_identity, other_clips
from mabench_eval.video.sampling import Sampling

SEEN: list[tuple[str, Frames | None]] = []


def frames(count: int = 8) -> Frames:
    """Frame i is filled with i."""
    pixels = np.stack([np.full((2, 3, 3), number, np.uint8) for number in range(count)])
    return Frames(pixels, tuple(range(0, 10 * count, 10)), tuple(i / 3 for i in range(count)), 30.0, 10 * count)


def numbers(seen: Frames) -> list[int]:
    return [int(frame[0, 0, 0]) for frame in seen.pixels]


def clip(name: str) -> Clip:
    return Clip(name, Path(f"{name}.mp4"), name * 8)


def test_orders_and_the_middle_by_hand() -> None:
    whole = frames()
    assert numbers(arranged(whole, "video", 0, clip("a"))) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert numbers(arranged(whole, "reversed", 0, clip("a"))) == [7, 6, 5, 4, 3, 2, 1, 0]
    assert arranged(whole, "reversed", 0, clip("a")).pixels.flags.c_contiguous
    middle = arranged(whole, "middle-frame", 0, clip("a"))
    assert (numbers(middle), middle.indices, middle.timestamps) == ([4], (40,), (4 / 3,))
    shuffled = arranged(whole, "shuffled", 0, clip("a"))
    assert sorted(numbers(shuffled)) == list(range(8)) != numbers(shuffled)
    assert (shuffled.indices, shuffled.timestamps) == (whole.indices, whole.timestamps)  # told as if in order


def test_a_shuffle_is_that_of_its_seed_and_clip() -> None:
    def order(seed: int, name: str) -> list[int]:
        return numbers(arranged(frames(), "shuffled", seed, clip(name)))

    assert order(0, "a") == order(0, "a")
    assert len({tuple(order(seed, name)) for seed in (0, 1) for name in "ab"}) == 4
    assert numbers(arranged(frames(2), "shuffled", 0, clip("a"))) == [1, 0]  # never as it was
    assert numbers(arranged(frames(1), "shuffled", 0, clip("a"))) == [0]


@pytest.mark.parametrize("count", [2, 3, 10])
def test_every_clip_is_shown_once_and_never_with_its_own_name(count: int) -> None:
    clips = {str(number): clip(str(number)) for number in range(count)}
    shown = other_clips(clips, clips, 0)
    assert shown.keys() == clips.keys()
    assert sorted(other.name for other in shown.values()) == sorted(clips)
    assert all(name != other.name for name, other in shown.items())


def test_a_clip_that_is_gone_changes_nothing_for_those_that_are_shown_others() -> None:
    clips = {str(number): clip(str(number)) for number in range(10)}
    shown = other_clips(clips, clips, 0)
    without = other_clips(clips, {name: clip for name, clip in clips.items() if name != "3"}, 0)
    assert without == {name: other for name, other in shown.items() if other.name != "3"}
    assert len(without) == 9


def test_the_identity_of_the_benchmarks_own_input_is_as_it_was() -> None:
    assert input_identity("video", Sampling()) == {"rule": "uniform", "frames": 8}
    assert input_identity("reversed", Sampling()) == {"rule": "uniform", "frames": 8, "input": "reversed"}
    assert input_identity("text-only", None) == {"input": "text-only"}
    assert input_identity("video", None) is None


@pytest.fixture
def seer() -> Iterator[str]:
    """A model that answers Yes, and keeps what it saw in ``SEEN``."""
    SEEN.clear()

    @register_model("seer")
    class Seer:
        def __init__(self, settings: Any, seed: int) -> None:
            """Nothing to set."""

        def generate(self, work: Iterator[ClipWork]) -> Iterator[Response]:
            for item in work:
                SEEN.append((item.clip.name, item.frames))
                yield from (Response(request.key, text="Yes") for request in item.requests)

    yield "seer"
    SEEN.clear()


def run(model: str, mode: Any, output: Path, **choices: Any) -> Result:
    result: Result = evaluate(
        model, tasks="SAD,MAD", data="demo", limit=3, judge="none", input=mode, output=output, **choices
    )
    return result


def test_every_mode_is_a_run_of_its_own(seer: str, tmp_path: Path) -> None:
    results = {mode: run(seer, mode, tmp_path) for mode in MODES}
    assert len({result.folder for result in results.values()}) == len(MODES)
    shown = dict(zip(MODES, [SEEN[place : place + 3] for place in range(0, 18, 3)], strict=True))
    whole = {name: seen.pixels for name, seen in shown["video"] if seen}
    assert len(whole) == 3
    assert [seen for _, seen in shown["text-only"]] == [None] * 3
    for name, seen in shown["reversed"]:
        assert seen is not None
        assert (seen.pixels == whole[name][::-1]).all()
    for name, seen in shown["middle-frame"]:
        assert seen is not None
        assert (seen.pixels == whole[name][4:5]).all()
    for (_, other), name in zip(shown["other-clip"], whole, strict=True):  # in the order of the questions' clips
        assert other is not None
        assert not (other.pixels == whole[name]).all()
    assert results["reversed"].scores.input == "reversed"
    assert results["reversed"].record.identity["sampling"]["input"] == "reversed"
    assert "--input reversed" in results["reversed"].record.command
    assert "Input: reversed" in (results["reversed"].folder / "scores.md").read_text()


def test_the_text_alone_opens_no_clip(seer: str, tmp_path: Path) -> None:
    result = run(seer, "text-only", tmp_path, clips=tmp_path / "none")
    assert result.complete
    assert result.record.decoder is None


def test_compare_tells_what_the_video_and_its_order_are_worth(seer: str, tmp_path: Path) -> None:
    video, text, backwards, other = (
        run(seer, mode, tmp_path) for mode in ("video", "text-only", "reversed", "other-clip")
    )
    found = {(pair.first, pair.second): pair for pair in compare([r.folder for r in (text, video, backwards, other)])}
    assert found["seer (text-only)", "seer"].gain == "second - first is the visual gain"
    assert found["seer", "seer (reversed)"].gain == "first - second is the temporal gain"
    assert found["seer", "seer (other-clip)"].gain == "first - second is the gain of the video over other-clip"
    assert found["seer (text-only)", "seer (reversed)"].gain is None
    assert not any(pair.warnings for pair in found.values())


def test_no_row_of_the_leaderboard_and_other_bad_input(seer: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no row of a leaderboard"):
        add_entry(run(seer, "shuffled", tmp_path).folder, tmp_path)
    with pytest.raises(InputError, match="--input backwards: one of video"):
        run(seer, "backwards", tmp_path)
    with pytest.raises(InputError) as caught:
        run("random", "reversed", tmp_path)
    assert "does not look" in caught.value.problems[0]
    with pytest.raises(InputError) as caught:
        evaluate(seer, data="demo", limit=1, judge="none", input="other-clip", output=tmp_path)
    assert "one clip alone" in caught.value.problems[0]
