"""Frames are as many as the model's code can take here, or the run does not start."""

from __future__ import annotations

from pathlib import Path

import pytest

from mabench_eval.errors import InputError
from mabench_eval.planning import RunConfig, prepare
from tests.support.paths import DEMO

WORDS = "reads frames by 4s, and {} is no multiple of 4: --frames {}"


def problems(model: str, tmp_path: Path, **choices: object) -> str:
    """What stands in the way of a run, which is not started: its packages among it."""
    with pytest.raises(InputError) as caught:
        prepare(RunConfig(model, data=str(DEMO), output=tmp_path, judge="none", **choices))  # type: ignore[arg-type]
    return "\n".join([str(caught.value), *caught.value.problems])


@pytest.mark.parametrize("model", ["internvideo2.5-chat-8b", "videochat-flash-qwen2-7b"])
@pytest.mark.parametrize(("count", "nearest"), [(6, "4 or 8"), (3, "4"), (9, "8 or 12")])
def test_the_nearest_counts_are_named(model: str, count: int, nearest: str, tmp_path: Path) -> None:
    assert f"{model} {WORDS.format(count, nearest)}" in problems(model, tmp_path, frames=count)


@pytest.mark.parametrize("count", [4, 8, 16])
def test_a_multiple_is_no_problem(count: int, tmp_path: Path) -> None:
    assert "reads frames by" not in problems("internvideo2.5-chat-8b", tmp_path, frames=count)


def test_the_middle_frame_alone_is_no_multiple(tmp_path: Path) -> None:
    told = problems("internvideo2.5-chat-8b", tmp_path, frames=8, input="middle-frame")
    assert "reads frames by 4s, and --input middle-frame shows one" in told


@pytest.mark.parametrize(("count", "refused"), [(8, False), (6, True), (16, True)])
def test_a_count_at_which_the_code_wants_a_gpu(count: int, refused: bool, tmp_path: Path) -> None:
    """InternVideo2-Chat fits its positions to any number of frames but 8, and calls ``.cuda()`` as it does."""
    told = problems("internvideo2-chat-8b", tmp_path, frames=count, settings={"device": "cpu"})
    said = f"needs an NVIDIA GPU for {count} frames, as its code then calls .cuda(): --frames 1 or 8, or run it on a"
    assert (said in told) is refused


def test_the_middle_frame_is_a_picture_with_positions_of_its_own(tmp_path: Path) -> None:
    told = problems("internvideo2-chat-8b", tmp_path, frames=6, input="middle-frame", settings={"device": "cpu"})
    assert "NVIDIA" not in told
