"""Damaged and odd clips by the hundred: each ends as frames, or as an error that names it; nothing else happens."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from mabench_eval.benchmark import usable_clips
from mabench_eval.errors import ClipError
from mabench_eval.types import Clip
from mabench_eval.video import Sampling, decode
from tests.support.benchmarks import write_clip
from tests.support.clips import film, patch

Damage = Callable[[random.Random, bytes], bytes]
ROUNDS = 12
"""Of each damage to each kind of clip."""


def flip_bits(rng: random.Random, whole: bytes) -> bytes:
    damaged = bytearray(whole)
    for _ in range(rng.randint(1, 20)):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def garble_header(rng: random.Random, whole: bytes) -> bytes:
    """Bytes of the index of an MP4 file, of the first kilobyte of others."""
    start = max(0, whole.find(b"moov"))
    damaged = bytearray(whole)
    for _ in range(rng.randint(1, 6)):
        damaged[rng.randrange(start, min(len(whole), start + 1000))] = rng.choice([0, 1, 127, 255, rng.randrange(256)])
    return bytes(damaged)


def cut_off(rng: random.Random, whole: bytes) -> bytes:
    return whole[: rng.randrange(len(whole))]


def blank(rng: random.Random, whole: bytes) -> bytes:
    start, length = rng.randrange(len(whole)), rng.randint(1, 400)
    return whole[:start] + bytes(len(whole[start : start + length])) + whole[start + length :]


def end_in_noise(rng: random.Random, whole: bytes) -> bytes:
    start = rng.randrange(len(whole))
    return whole[:start] + rng.randbytes(len(whole) - start)


def leave_out(rng: random.Random, whole: bytes) -> bytes:
    start = rng.randrange(len(whole))
    return whole[:start] + whole[start + rng.randint(1, 300) :]


def repeat(rng: random.Random, whole: bytes) -> bytes:
    start = rng.randrange(len(whole))
    return whole[:start] + whole[max(0, start - rng.randint(1, 300)) :]


DAMAGES: tuple[Damage, ...] = (flip_bits, garble_header, cut_off, blank, end_in_noise, leave_out, repeat)


def make_clips(folder: Path) -> list[Path]:
    fragments = {"movflags": "frag_keyframe+empty_moov"}
    return [
        write_clip(folder / "plain.mp4", 12),
        film(folder / "fragments.mp4", 12, container_options=fragments, options={"g": "4"}),
        film(folder / "deep.mp4", 12, pix_fmt="yuv420p10le"),
        film(folder / "uneven.mkv", 8, times_ms=[0, 30, 60, 500, 510, 520, 900, 999]),
        film(folder / "vp8.webm", 12, codec="libvpx"),
        film(folder / "mpeg4.avi", 12, codec="mpeg4"),
        film(folder / "jpeg.avi", 8, codec="mjpeg", pix_fmt="yuvj420p"),
        film(folder / "picture.gif", 8, codec="gif", pix_fmt="rgb8"),
        film(folder / "stream.ts", 8),
    ]


def end_of(path: Path) -> str:
    """What becomes of a file. Raises whatever is no clear end."""
    clips, problems = usable_clips([path.name], path.parent)
    if problems:
        assert problems[0].startswith(f"{path.name}: ") and "\n" not in problems[0], problems
        return "refused"
    try:
        frames = decode(clips[path.name], Sampling())
    except ClipError as error:
        assert error.message.startswith(f"{path.name} cannot be decoded: ") and "\n" not in error.message, error
        return "error"
    count, height, width, channels = frames.pixels.shape
    assert (count, channels, len(frames.timestamps)) == (8, 3, 8)
    assert 0 < height * width <= 1 << 26
    assert 0 <= frames.indices[0] <= frames.indices[-1] < frames.total
    assert list(frames.timestamps) == sorted(frames.timestamps)
    assert 0 < frames.fps < float("inf")
    return "frames"


def test_damaged_clips(tmp_path: Path) -> None:
    rng, ends = random.Random(17), Counter[str]()
    for clip in make_clips(tmp_path / "whole"):
        whole = clip.read_bytes()
        for damage in DAMAGES:
            for number in range(ROUNDS):
                path = tmp_path / f"{clip.stem}-{damage.__name__}-{number}{clip.suffix}"
                path.write_bytes(damage(rng, whole))
                ends[end_of(path)] += 1
                path.unlink()
    assert ends.total() == 9 * 7 * ROUNDS
    assert all(ends[end] > ends.total() / 20 for end in ("refused", "error", "frames")), ends


def test_clips_under_the_names_of_other_types(tmp_path: Path) -> None:
    """What a file is stands in it: its name helps to find it, and for no more."""
    for clip in make_clips(tmp_path / "whole"):
        for suffix in (".mp4", ".webm", ".gif", ".AVI"):
            path = tmp_path / f"{clip.stem}-renamed{suffix}"
            shutil.copy(clip, path)
            assert end_of(path) == "frames", path
            path.unlink()


def test_files_that_are_no_clips(tmp_path: Path) -> None:
    rng = random.Random(17)
    contents = [
        b"",
        b"\0",
        b"\0\0\0\x18ftyp",
        b"\0\0\0\x01ftyp" + b"\xff" * 8,
        b"\0\0\0\0moov",
        b"GIF89a",
        b"RIFF\xff\xff\xff\xffAVI ",
        b"\x1aE\xdf\xa3" + b"\xff" * 100,
        b"<html>" * 100,
        b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        *(rng.randbytes(rng.randrange(3000)) for _ in range(60)),
        *(b"\0\0\0\x08ftyp" + rng.randbytes(200) for _ in range(20)),
        *(b"\0\0\0\x08ftyp\0\0\x01\x08moov" + rng.randbytes(256) for _ in range(40)),
    ]
    for number, content in enumerate(contents):
        path = tmp_path / f"{number}.mp4"
        path.write_bytes(content)
        assert end_of(path) in ("refused", "error"), content[:60]


def test_a_header_that_promises_giants_costs_no_memory(tmp_path: Path) -> None:
    """60,000 x 60,000 pixels: ten gigabytes for one frame."""
    giant = (60_000).to_bytes(4, "little")
    clip = film(tmp_path / "raw.avi", 4, codec="rawvideo")
    whole = clip.read_bytes()
    at = whole.index(b"strf") + 8
    clip.write_bytes(whole[: at + 4] + giant + giant + whole[at + 12 :])
    assert end_of(clip) in ("refused", "error")


@pytest.mark.parametrize(
    "box", [b"tkhd", b"mvhd", b"mdhd", b"elst", b"stts", b"ctts", b"stsz", b"stsc", b"stco", b"avcC"]
)
def test_boxes_full_of_extremes(tmp_path: Path, box: bytes) -> None:
    clip = film(tmp_path / "a.mp4", 12)
    whole = clip.read_bytes()
    for at in range(0, 40, 4):
        for content in (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", bytes(4)):
            end_of(patch(clip, box, at, content))
            clip.write_bytes(whole)


def test_a_bare_file_without_a_hash_is_decoded_too(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", 12)
    assert decode(Clip("a", clip), Sampling()).total == 12
