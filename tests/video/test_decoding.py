"""Decoding: both decoders give the same pixels, damage is a typed error, memory and opens are bounded."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest

from mabench_eval.errors import ClipError, InputError
from mabench_eval.types import Frames
from mabench_eval.video.decoding import DECODERS, pick_decoder
from mabench_eval.video.prefetch import prepare_ahead
from mabench_eval.video.sampling import RULES, Sampling
from tests.support.benchmarks import write_clip
from tests.support.paths import SHARED

pytest.importorskip("decord", reason="decord has no wheel for this machine")


def same(a: Frames, b: Frames) -> bool:
    return np.array_equal(a.pixels, b.pixels) and (a.indices, a.timestamps, a.fps, a.total) == (
        b.indices,
        b.timestamps,
        b.fps,
        b.total,
    )


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("frames", [1, 5, 45, 90])
def test_both_decoders_give_the_same_frames(tmp_path: Path, rule: str, frames: int) -> None:
    clip = write_clip(tmp_path / "a.mp4", frames)
    by_decord, by_pyav = (decode(clip, Sampling(rule, 8)) for decode in DECODERS.values())
    assert same(by_decord, by_pyav)
    assert (by_decord.total, by_decord.fps) == (frames, 30.0)


@pytest.mark.skipif(not SHARED.is_dir(), reason="real clips are not part of the repository")
def test_both_decoders_give_the_same_frames_of_real_clips() -> None:
    for clip in sorted((SHARED / "clips").glob("*.mp4")):
        assert same(*(decode(clip, Sampling()) for decode in DECODERS.values()))


@pytest.mark.parametrize("decoder", sorted(DECODERS))
def test_frames_are_rgb_read_only_with_times(tmp_path: Path, decoder: str) -> None:
    frames = DECODERS[decoder](write_clip(tmp_path / "a.mp4", 60), Sampling("uniform", 4))
    assert frames.pixels.shape == (4, 48, 64, 3)
    assert frames.pixels.dtype == np.uint8
    # middles of segments of 15 frames: 7.5, 22.5, ... rounded down; 30 frames a second
    assert frames.indices == (7, 22, 37, 52)
    assert frames.timestamps == (7 / 30, 22 / 30, 37 / 30, 52 / 30)
    with pytest.raises(ValueError, match="read-only"):
        frames.pixels[0, 0, 0, 0] = 1


@pytest.mark.parametrize("decoder", sorted(DECODERS))
@pytest.mark.parametrize("damage", ["page", "cut", "zeroed", "gone"])
def test_a_broken_clip_is_a_clip_error_without_clock_times(tmp_path: Path, decoder: str, damage: str) -> None:
    clip = write_clip(tmp_path / "a.mp4", 40)
    whole = clip.read_bytes()
    box = int.from_bytes(whole[:4], "big")
    broken = {
        "page": b"<html>" * 100,
        "cut": whole[: len(whole) // 2],
        "zeroed": whole[: box + 60] + bytes(len(whole) // 2) + whole[box + 60 + len(whole) // 2 :],
    }
    clip.unlink() if damage == "gone" else clip.write_bytes(broken[damage])
    with pytest.raises(ClipError, match=r"a\.mp4 cannot be decoded") as caught:
        DECODERS[decoder](clip, Sampling())
    with pytest.raises(ClipError) as again:
        DECODERS[decoder](clip, Sampling())
    assert str(caught.value) == str(again.value)  # it stands in samples.jsonl, which must not vary


def test_decord_is_the_default_and_pyav_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pick_decoder() == "decord"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "decord" else object())
    assert pick_decoder() == "pyav"
    with pytest.raises(InputError, match="decoder decord is not installed"):
        pick_decoder("decord")


def test_decoding_ahead_keeps_order_and_bounds_what_is_under_way() -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def decode(item: int) -> int:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        return item * item

    results = []
    for item, get in prepare_ahead(range(50), decode, workers=3):
        results.append((item, get()))
        with lock:
            under_way -= 1
    assert results == [(item, item * item) for item in range(50)]
    assert most <= 3 + 1 + 1  # workers + 1 under way or waiting, and the one the caller holds


def test_a_failure_is_raised_at_its_own_item() -> None:
    def decode(item: int) -> int:
        if item == 1:
            raise ClipError("broken")
        return item

    got: list[object] = []
    for _, get in prepare_ahead(range(3), decode, workers=2):
        try:
            got.append(get())
        except ClipError as error:
            got.append(error.message)
    assert got == [0, "broken", 2]


def test_stopping_early_stops_decoding() -> None:
    started: list[int] = []
    ahead = prepare_ahead(range(1000), started.append, workers=2)
    next(ahead)
    ahead.close()
    assert len(started) <= 2 + 1 + 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("prepare")]


def test_one_thread_a_core_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    started: list[int] = []
    ahead = prepare_ahead(range(1000), started.append)
    next(ahead)
    assert len(started) <= 2 + 1
    ahead.close()
