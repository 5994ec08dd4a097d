"""Decoding: plain clips keep their pixels, damage is a typed error, memory and opens are bounded."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import threading
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mabench_eval.errors import ClipError, InputError
from mabench_eval.types import Clip, Frames
from mabench_eval.video import decode, decode_content, decoder_name, frames_identity
from mabench_eval.video.decoding import check_decoder
from mabench_eval.video.prefetch import prepare_ahead
from mabench_eval.video.sampling import RULES, Sampling
from mabench_eval.video.timeline import Timeline
from tests.support.benchmarks import write_clip
from tests.support.clips import film, numbers, place
from tests.support.paths import SHARED

needs_decord = pytest.mark.skipif(not importlib.util.find_spec("decord"), reason="decord has no wheel for this machine")


def by_decord(path: Path, sampling: Sampling) -> Frames:
    """The sampled frames as earlier versions took them."""
    import decord

    reader = decord.VideoReader(str(path), num_threads=1)
    total, fps = len(reader), float(reader.get_avg_fps())
    indices = sampling.indices(Timeline.constant(total, Fraction(fps)))
    pixels = reader.get_batch(list(indices)).asnumpy()
    return Frames(pixels, indices, tuple(index / fps for index in indices), fps, total)


def same(a: Frames, b: Frames) -> bool:
    return np.array_equal(a.pixels, b.pixels) and (a.indices, a.timestamps, a.fps, a.total) == (
        b.indices,
        b.timestamps,
        b.fps,
        b.total,
    )


@needs_decord
@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("frames", [1, 5, 45, 90])
def test_plain_clips_have_the_frames_of_earlier_versions(tmp_path: Path, rule: str, frames: int) -> None:
    """Their keys are as they were, so their pixels must be."""
    clip = place(write_clip(tmp_path / "a.mp4", frames))
    assert clip.frames is None
    now = decode(clip, Sampling(rule, 8))
    assert same(now, by_decord(tmp_path / "a.mp4", Sampling(rule, 8)))
    assert (now.total, now.fps) == (frames, 30.0)


@needs_decord
@pytest.mark.parametrize("colour_range", [0, 1, 2])
@pytest.mark.parametrize("matrix", [1, 2, 5, 6, 7, 9])
@pytest.mark.parametrize("size", [(64, 48), (66, 50), (190, 46)])
def test_so_they_have_in_all_colours_and_sizes(
    tmp_path: Path, colour_range: int, matrix: int, size: tuple[int, int]
) -> None:
    width, height = size
    noise = np.random.default_rng(0).integers(0, 256, (height // 2, width // 2, 3), np.uint8).repeat(2, 0).repeat(2, 1)
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.color_range, stream.codec_context.colorspace = colour_range, matrix
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="rgb24")))
        container.mux(stream.encode())
    clip = place(tmp_path / "a.mp4")
    assert clip.frames is None
    assert same(decode(clip, Sampling()), by_decord(tmp_path / "a.mp4", Sampling()))


@needs_decord
@pytest.mark.skipif(not SHARED.is_dir(), reason="real clips are not part of the repository")
def test_so_they_have_in_real_clips() -> None:
    for file in sorted((SHARED / "clips").glob("*.mp4")):
        clip = place(file)
        assert clip.frames is None
        assert same(decode(clip, Sampling()), by_decord(file, Sampling()))


def test_frames_are_rgb_read_only_with_times(tmp_path: Path) -> None:
    frames = decode(place(write_clip(tmp_path / "a.mp4", 60)), Sampling("uniform", 4))
    assert frames.pixels.shape == (4, 48, 64, 3)
    assert frames.pixels.dtype == np.uint8
    # middles of segments of 15 frames: 7.5, 22.5, ... rounded down; 30 frames a second
    assert frames.indices == frames.places == (7, 22, 37, 52)
    assert frames.timestamps == (7 / 30, 22 / 30, 37 / 30, 52 / 30)
    with pytest.raises(ValueError, match="read-only"):
        frames.pixels[0, 0, 0, 0] = 1


def test_places_give_the_times_back_whatever_the_rate() -> None:
    """Programs that are told numbers and a rate divide the one by the other."""
    pixels = np.zeros((3, 2, 2, 3), np.uint8)
    frames = Frames(pixels, (0, 3, 5), (0.0, 0.5, 0.54), 8.0, 8)
    assert frames.places == (0, 4.0, 0.54 * 8)
    assert all(type(place) is int for place in Frames(pixels, (0, 3, 5), (0.0, 0.1, 5 / 30), 30.0, 8).places)


@pytest.mark.parametrize("damage", ["page", "cut", "zeroed", "gone"])
def test_a_broken_clip_is_a_clip_error_that_does_not_vary(tmp_path: Path, damage: str) -> None:
    clip = write_clip(tmp_path / "a.mp4", 40)
    whole = clip.read_bytes()
    box = int.from_bytes(whole[:4], "big")
    broken = {
        "page": b"<html>" * 100,
        "cut": whole[: len(whole) // 2],
        "zeroed": whole[: box + 60] + bytes(len(whole) // 2) + whole[box + 60 + len(whole) // 2 :],
    }
    clip.unlink() if damage == "gone" else clip.write_bytes(broken[damage])
    with pytest.raises(ClipError, match=r"^a\.mp4 cannot be (decoded|read): ") as caught:
        decode(Clip("a", clip), Sampling())
    with pytest.raises(ClipError) as again:
        decode(Clip("a", clip), Sampling())
    assert str(caught.value) == str(again.value)  # it stands in samples.jsonl


def test_without_pyav_there_is_no_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    check_decoder()
    assert decoder_name().startswith(f"PyAV {av.__version__} (libavformat ")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match="is not installed"):
        check_decoder()


@pytest.mark.parametrize("path", ["a.mp4", "a.mkv", "a.webm", "a.avi", "a.gif"])
def test_a_clip_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    codecs = {"a.webm": "libvpx", "a.avi": "mpeg4", "a.gif": "gif"}
    codec = codecs.get(path, "libx264")
    clip = place(film(tmp_path / path, codec=codec, pix_fmt="rgb8" if codec == "gif" else "yuv420p"))
    opened = count_opens(monkeypatch)
    decode(clip, Sampling())
    assert opened.total() == 1


def test_where_packets_promise_other_frames_a_second_look_takes_the_right_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames 2 and 3 of a film in VP8 are hidden, by a bit of their first byte: 18 frames are left to be shown."""
    clip = film(tmp_path / "a.webm", codec="libvpx")
    with av.open(str(clip)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0)]
    content, at = bytearray(clip.read_bytes()), 0
    for number, packet in enumerate(packets[:-1]):
        at = content.index(packet, at)
        content[at] &= 0xEF if number in (2, 3) else 0xFF
        at += len(packet)
    clip.write_bytes(content)
    shown = [0, 1, *range(4, 20)]

    opened = count_opens(monkeypatch)
    frames = decode(place(clip), Sampling("uniform", 18))
    assert numbers(frames) == tuple(shown[index] for index in frames.indices)
    assert frames.total == 18
    assert frames.timestamps == pytest.approx([shown[index] / 30 for index in frames.indices], abs=0.001)
    assert opened.total() == 1 + 2  # found, decoded, decoded again


def count_opens(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    opened: Counter[str] = Counter()
    real = av.open

    def counting(*arguments: Any, **options: Any) -> Any:
        opened["opens"] += 1
        return real(*arguments, **options)

    monkeypatch.setattr(av, "open", counting)
    return opened


# A clip that is replaced while the run goes on


def replace_in_place(clip: Path, other: bytes) -> None:
    clip.write_bytes(other)


def replace_unseen(clip: Path, other: bytes) -> None:
    """Of the same size, with the times of the file before: nothing but the bytes tells."""
    before = clip.stat()
    changed = bytearray(clip.read_bytes())
    changed[changed.index(b"isom") + 4] ^= 1  # the minor version: it decodes as before
    clip.write_bytes(changed)
    os.utime(clip, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (clip.stat().st_size, clip.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


@pytest.mark.parametrize("change", [replace_in_place, replace_unseen])
def test_a_clip_that_was_changed_is_never_decoded_under_its_old_hash(tmp_path: Path, change: Any) -> None:
    clip = place(film(tmp_path / "a.mp4"))
    change(tmp_path / "a.mp4", film(tmp_path / "b.mp4", 10).read_bytes())
    with pytest.raises(ClipError, match=r"^a\.mp4 was changed after the run began; run the same command again$"):
        decode(clip, Sampling())


def test_bytes_that_were_sent_are_checked_too(tmp_path: Path) -> None:
    clip = place(film(tmp_path / "a.mp4"))
    content = (tmp_path / "a.mp4").read_bytes()
    assert same(decode_content(content, clip, Sampling()), decode(clip, Sampling()))
    assert clip.sha256 == hashlib.sha256(content).hexdigest()
    with pytest.raises(ClipError, match="was changed"):
        decode_content(content[:-1], clip, Sampling())


def test_the_identity_of_frames_names_what_makes_them() -> None:
    assert frames_identity().startswith("2, libavformat ")
    assert "libswscale" in frames_identity()


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
