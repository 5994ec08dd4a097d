"""All frames of a clip, one at a time; and what is said of clips that cannot be decoded to their end."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

from mabench_eval.errors import ClipError
from mabench_eval.video import clip_facts, each_frame
from tests.support.benchmarks import write_clip
from tests.support.paths import DEMO


@pytest.mark.parametrize("frames", [1, 2, 30])
def test_every_frame_comes_once_with_its_time(tmp_path: Path, frames: int) -> None:
    clip = write_clip(tmp_path / "a.mp4", frames=frames)
    seen = list(each_frame(clip))
    assert [round(time * 30, 6) for time, _ in seen] == list(range(frames))
    assert {picture.shape for _, picture in seen} == {(48, 64, 3)}
    assert all(picture.dtype == np.uint8 for _, picture in seen)
    # The bright square goes right, a pixel a frame.
    lefts = [int(np.argwhere(picture[15].min(axis=1) > 200).min()) for _, picture in seen]
    assert lefts == pytest.approx(range(frames), abs=1)
    facts = clip_facts(clip)
    assert (facts.frames, facts.fps, facts.width, facts.height) == (frames, 30.0, 64, 48)
    assert facts.seconds == pytest.approx(frames / 30, abs=1e-4)


def test_facts_and_frames_agree_on_the_demo() -> None:
    for clip in sorted((DEMO / "videos").glob("*.mp4"))[:3]:
        assert clip_facts(clip).frames == sum(1 for _ in each_frame(clip))


def turned(clip: Path, matrix: tuple[int, int, int, int]) -> Path:
    """The clip with another display matrix in its track header (ISO/IEC 14496-12, 8.3.2)."""
    content = bytearray(clip.read_bytes())
    at = content.index(b"tkhd") + 4 + 40
    a, b, c, d = (value.to_bytes(4, "big", signed=True) for value in matrix)
    nothing, one = bytes(4), (1 << 30).to_bytes(4, "big")
    content[at : at + 36] = a + b + nothing + c + d + nothing + nothing + nothing + one
    turned = clip.with_name("turned.mp4")
    turned.write_bytes(content)
    return turned


ONE = 1 << 16
TURNS = {
    "as it is": ((ONE, 0, 0, ONE), lambda picture: picture),
    "a quarter": ((0, ONE, -ONE, 0), lambda picture: np.rot90(picture, -1)),
    "half": ((-ONE, 0, 0, -ONE), lambda picture: np.rot90(picture, 2)),
    "three quarters": ((0, -ONE, ONE, 0), np.rot90),
    "mirrored": ((-ONE, 0, 0, ONE), np.fliplr),
}


@pytest.mark.parametrize(("matrix", "expected"), TURNS.values(), ids=TURNS.keys())
def test_frames_are_turned_as_the_file_says(
    tmp_path: Path, matrix: tuple[int, int, int, int], expected: object
) -> None:
    clip = write_clip(tmp_path / "a.mp4", frames=2)
    before = [picture for _, picture in each_frame(clip)]
    after = [picture for _, picture in each_frame(turned(clip, matrix))]
    assert callable(expected)
    assert all(np.array_equal(expected(one), other) for one, other in zip(before, after, strict=True))
    height, width = after[0].shape[:2]
    facts = clip_facts(tmp_path / "turned.mp4")
    assert (facts.width, facts.height) == (width, height)


def test_a_clip_that_is_to_be_shown_askew_is_told(tmp_path: Path) -> None:
    clip = turned(write_clip(tmp_path / "a.mp4", frames=2), (ONE, ONE, -ONE, ONE))
    with pytest.raises(ClipError, match="askew"):
        list(each_frame(clip))


def overwritten(clip: Path) -> None:
    """The middle of its pictures is gone."""
    content = bytearray(clip.read_bytes())
    start, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    middle = (start + end) // 2
    content[middle - 300 : middle + 300] = bytes(600)
    clip.write_bytes(content)


def shortened(clip: Path) -> None:
    clip.write_bytes(clip.read_bytes()[:-300])


def foreign(clip: Path) -> None:
    clip.write_text("<html>not found</html>")


@pytest.mark.parametrize("damage", [overwritten, shortened, foreign, lambda clip: clip.write_bytes(b""), Path.unlink])
def test_damage_is_one_line(tmp_path: Path, damage: object) -> None:
    clip = write_clip(tmp_path / "a.mp4", frames=60)
    assert callable(damage)
    damage(clip)
    with pytest.raises(ClipError, match=r"^a\.mp4 cannot be (decoded|read): [^\n]*$"):
        list(each_frame(clip))


def test_no_frame_is_left_to_the_collector(tmp_path: Path) -> None:
    """It counts objects and not bytes: of 20,000 clips it left gigabytes."""
    clip = write_clip(tmp_path / "a.mp4", frames=5)
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        clip_facts(clip)
        assert len(list(each_frame(clip))) == 5
        gc.collect()
        left = [type(thing) for thing in gc.garbage if type(thing).__module__.startswith("av.")]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert left == []
