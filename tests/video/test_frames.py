"""What "frame i of a clip" is, in every kind of clip: which picture comes back under which number and time."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mabench_eval.errors import ClipError, InputError
from mabench_eval.types import Frames
from mabench_eval.video import Sampling, decode, frames_identity
from tests.support.benchmarks import write_clip
from tests.support.clips import (
    add_cover,
    add_film,
    add_sound,
    av1_film,
    corner_of_mark,
    cut,
    film,
    numbers,
    patch,
    place,
    turn,
)
from tests.support.paths import SHARED

ALL = 40
"""More than any clip here has frames: the rule ``starter-kit`` then gives each of them once."""


def all_frames(path: Path) -> Frames:
    return decode(place(path), Sampling("starter-kit", ALL))


def writes(codec: str) -> bool:
    try:
        av.Codec(codec, "w")
    except ValueError:
        return False
    return True


needs_hevc = pytest.mark.skipif(not writes("libx265"), reason="this PyAV cannot write HEVC")
needs_av1 = pytest.mark.skipif(not writes("libsvtav1"), reason="this PyAV cannot write AV1")


@pytest.mark.parametrize(
    ("matrix", "size", "corner"),
    [
        ((1, 0, 0, 1), (64, 48), "top left"),
        ((0, 1, -1, 0), (48, 64), "top right"),  # a quarter turn clockwise
        ((-1, 0, 0, -1), (64, 48), "bottom right"),
        ((0, -1, 1, 0), (48, 64), "bottom left"),
        ((-1, 0, 0, 1), (64, 48), "top right"),  # mirrored
        ((1, 0, 0, -1), (64, 48), "bottom left"),  # upside down in a mirror
        ((0, 1, 1, 0), (48, 64), "top left"),  # mirrored over the diagonal
        ((0, -1, -1, 0), (48, 64), "bottom right"),
        ((2, 0, 0, 2), (64, 48), "top left"),  # magnified: shown upright, at its own size
        ((0, 0, 0, 0), (64, 48), "top left"),  # says nothing
    ],
)
def test_a_clip_is_shown_turned_as_its_file_says(
    tmp_path: Path, matrix: tuple[float, float, float, float], size: tuple[int, int], corner: str
) -> None:
    frames = all_frames(turn(film(tmp_path / "a.mp4", 5), matrix))
    width, height = size
    assert frames.pixels.shape == (5, height, width, 3)
    assert (corner_of_mark(frames), numbers(frames)) == (corner, (0, 1, 2, 3, 4))
    assert frames.pixels.flags.c_contiguous


def test_a_turn_by_another_angle_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="askew"):
        all_frames(turn(film(tmp_path / "a.mp4", 5), (0.8, 0.6, -0.6, 0.8)))


FILMS: dict[str, Callable[[Path], Path]] = {
    "H.264": lambda folder: film(folder / "a.mp4"),
    "H.264, B-frames and an offset": lambda folder: film(folder / "a.mp4", options={"bf": "3", "b_strategy": "0"}),
    "H.264 without an edit list": lambda folder: film(folder / "a.mp4", container_options={"use_editlist": "0"}),
    "H.264, one keyframe a frame": lambda folder: film(folder / "a.mp4", options={"g": "1"}),
    "fragmented": lambda folder: film(
        folder / "a.mp4", container_options={"movflags": "frag_keyframe+empty_moov"}, options={"g": "5"}
    ),
    "10 bit": lambda folder: film(folder / "a.mp4", pix_fmt="yuv420p10le"),
    "4:4:4": lambda folder: film(folder / "a.mp4", pix_fmt="yuv444p"),
    "odd sizes": lambda folder: film(folder / "a.mp4", pix_fmt="yuv444p", size=(63, 47)),
    "odd sizes, 4:2:0": lambda folder: film(folder / "a.webm", codec="libvpx-vp9", size=(63, 47)),
    "MPEG-4 part 2": lambda folder: film(folder / "a.mp4", codec="mpeg4", options={"b": "4M"}),
    "QuickTime": lambda folder: film(folder / "a.mov"),
    "Matroska": lambda folder: film(folder / "a.mkv"),
    "WebM, VP8": lambda folder: film(folder / "a.webm", codec="libvpx"),
    "WebM, VP8 with hidden frames": lambda folder: film(
        folder / "a.webm", codec="libvpx", options={"auto-alt-ref": "1", "lag-in-frames": "16"}
    ),
    "AVI": lambda folder: film(folder / "a.avi", codec="mpeg4", options={"b": "4M"}),
    "AVI, H.264 with B-frames": lambda folder: film(folder / "a.avi"),
    "AVI, JPEG": lambda folder: film(folder / "a.avi", codec="mjpeg", pix_fmt="yuvj420p"),
    "transport stream": lambda folder: film(folder / "a.ts"),
    "Flash": lambda folder: film(folder / "a.flv"),
    "lossless RGB": lambda folder: film(folder / "a.mkv", codec="libx264rgb", pix_fmt="rgb24"),
    "with sound": lambda folder: film(folder / "a.mp4", before=add_sound),
    "two films: the first counts": lambda folder: film(
        folder / "a.mp4", after=lambda container: add_film(container, 15, first=20)
    ),
}


@pytest.mark.parametrize("kind", FILMS)
def test_frames_are_counted_as_they_are_shown(tmp_path: Path, kind: str) -> None:
    frames = all_frames(FILMS[kind](tmp_path))
    assert numbers(frames) == frames.indices == tuple(range(20))
    assert (frames.total, frames.fps) == (20, 30.0)
    assert frames.timestamps == tuple(index / 30 for index in range(20))
    assert corner_of_mark(frames) == "top left"


@needs_hevc
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le"])
def test_hevc(tmp_path: Path, pix_fmt: str) -> None:
    clip = film(tmp_path / "a.mp4", codec="libx265", pix_fmt=pix_fmt, options={"x265-params": "log-level=none"})
    assert numbers(all_frames(clip)) == tuple(range(20))


@needs_av1
def test_av1(tmp_path: Path) -> None:
    assert numbers(all_frames(av1_film(tmp_path / "a.mp4"))) == tuple(range(20))
    if hasattr(os, "sched_getscheduler"):
        assert os.sched_getscheduler(0) == os.SCHED_OTHER  # nothing that writes or reads made us a real-time process


def test_gif(tmp_path: Path) -> None:
    """Its clock ticks a hundred times a second: 25 frames a second are every fourth tick."""
    frames = all_frames(film(tmp_path / "a.gif", codec="gif", pix_fmt="rgb8", rate=Fraction(25)))
    assert (frames.total, frames.fps) == (20, 25.0)
    assert frames.timestamps == tuple(index / 25 for index in range(20))


@pytest.mark.parametrize("count", [1, 3])
def test_the_shortest_clips(tmp_path: Path, count: int) -> None:
    for suffix in ("mp4", "mkv"):
        clip = film(tmp_path / suffix / f"a.{suffix}", count)
        assert numbers(all_frames(clip)) == tuple(range(count))
        eight = decode(place(clip), Sampling("uniform", 8))
        assert numbers(eight) == eight.indices == tuple((2 * i + 1) * count // 16 for i in range(8))


def test_what_an_edit_list_cuts_away_is_no_frame(tmp_path: Path) -> None:
    """512 ticks a frame; the film begins at its fifth frame's tick and is shown for a third of a second: 10 frames.

    In front of the cut are two frames of B-frame delay, so frame 5 comes at tick (5 + 2) * 512.
    """
    clip = film(tmp_path / "a.mp4", options={"g": "1000"})
    whole = all_frames(clip)
    assert whole.total == 20
    frames = all_frames(cut(clip, (5 + 2) * 512, 333))
    assert numbers(frames) == tuple(range(5, 15))
    assert (frames.total, frames.indices) == (10, tuple(range(10)))
    assert frames.timestamps == tuple(index / 30 for index in range(10))  # from the first frame that is shown
    assert frames.fps == 30.0


TIMES_MS = (0, 40, 80, 500, 520, 540, 900, 1000)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_at_a_variable_rate_frames_are_taken_by_their_time(tmp_path: Path, suffix: str) -> None:
    """Eight frames; the last one leaves the screen at 1.1 s or so. Middles of four spans of time are near 0.14, 0.41,
    0.69 and 0.96 s: on screen then are frames 2 (80 to 500 ms), 2, 5 (540 to 900) and 6 (900 to 1000)."""
    clip = film(tmp_path / f"a.{suffix}", len(TIMES_MS), times_ms=TIMES_MS)
    frames = decode(place(clip), Sampling("uniform", 4))
    assert numbers(frames) == frames.indices == (2, 2, 5, 6)
    assert frames.timestamps == (0.08, 0.08, 0.54, 0.9)
    assert 8 / 1.3 < frames.fps < 8 / 1.0
    # nearest to 0, 333, 667 and 1000 ms: 0, 500 (167 off; 80 is 253 off), 540 (127 off), 1000
    ends = decode(place(clip), Sampling("endpoints", 4))
    assert (ends.indices, ends.timestamps) == ((0, 3, 5, 7), (0.0, 0.5, 0.54, 1.0))


def test_times_count_from_the_first_frame_shown(tmp_path: Path) -> None:
    """A film that begins two seconds after its sound."""
    late = [2000 + 100 * number for number in range(6)]
    frames = all_frames(film(tmp_path / "a.mkv", 6, times_ms=late, before=add_sound))
    assert frames.timestamps == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)


def test_a_cover_picture_is_no_film(tmp_path: Path) -> None:
    frames = all_frames(film(tmp_path / "a.mp4", before=add_cover))
    assert numbers(frames) == tuple(range(20))


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_file_without_a_film_is_found_before_the_run(tmp_path: Path, suffix: str) -> None:
    with av.open(str(tmp_path / f"a.{suffix}"), "w") as container:
        add_sound(container)()
    with pytest.raises(InputError) as caught:
        place(tmp_path / f"a.{suffix}")
    assert "it has no video" in caught.value.problems[0]


# Colours


COLOURS = {(1, 1): 0.2126, (1, 5): 0.299, (1, 2): 0.299, (1, 9): 0.2627, (2, 1): 0.2126}
"""(range, matrix) by their numbers in H.264 -> red's share of the luma; 2 as matrix: not stated."""


@pytest.mark.parametrize(("colour_range", "matrix"), COLOURS)
def test_colours_by_the_matrix_and_range_that_the_stream_states(tmp_path: Path, colour_range: int, matrix: int) -> None:
    """Luma Y with Cb and Cr of 128 and 160 is red by R = Y + 2 (1 - red's share) (Cr - 128); the limited range has 219
    and 224 steps for them."""
    clip = tmp_path / "a.mp4"
    luma, cr = 100, 160
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.color_range, stream.codec_context.colorspace = colour_range, matrix
        planes = np.full((72, 64), 128, np.uint8)
        planes[:48] = luma
        planes[60:] = cr
        for _ in range(4):
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.color_range, frame.colorspace = colour_range, matrix
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    frames = all_frames(clip)
    scale, wide, base = (255 / 219, 255 / 224, 16) if colour_range == 1 else (1.0, 1.0, 0)
    red = scale * (luma - base) + 2 * (1 - COLOURS[colour_range, matrix]) * wide * (cr - 128)
    assert frames.pixels[0, 20, 20, 0] == pytest.approx(red, abs=2.5)


# Damage


def test_a_damaged_frame_is_an_error_of_its_clip(tmp_path: Path) -> None:
    """The bytes in the middle of the film's data are zero: the frames there are not what was filmed."""
    clip = write_clip(tmp_path / "a.mp4", 40)
    whole = clip.read_bytes()
    middle = (whole.index(b"mdat") + whole.index(b"moov")) // 2
    clip.write_bytes(whole[:middle] + bytes(120) + whole[middle + 120 :])
    with pytest.raises(ClipError, match=r"^a\.mp4 cannot be decoded: "):
        all_frames(clip)


def test_frames_that_are_not_there_are_missed(tmp_path: Path) -> None:
    """The header of a plain clip lists 20 frames: where fewer come out, an earlier version counted others."""
    clip = film(tmp_path / "a.mp4", options={"g": "1"})
    whole = clip.read_bytes()
    at = whole.index(b"stsz") + 4
    last = int.from_bytes(whole[at + 8 + 4 * 19 : at + 12 + 4 * 19], "big")
    end = whole.index(b"moov") - 4
    assert last > 20
    clip.write_bytes(whole[: end - last] + bytes(last) + whole[end:])
    with pytest.raises(ClipError, match=r"a\.mp4 cannot be decoded: "):
        all_frames(clip)


def test_a_size_that_changes_is_an_error(tmp_path: Path) -> None:
    small, large = (film(tmp_path / f"{width}.ts", 5, size=(width, 48)) for width in (64, 96))
    clip = tmp_path / "a.ts"
    clip.write_bytes(small.read_bytes() + large.read_bytes())
    with pytest.raises(ClipError, match="from frame 5 on its frames have another size"):
        all_frames(clip)


def test_a_list_of_other_files_is_no_clip(tmp_path: Path) -> None:
    """A playlist, or a list of parts, can be named .mp4 too, and would have files of anywhere opened."""
    film(tmp_path / "elsewhere" / "secret.mp4")
    film(tmp_path / "elsewhere" / "secret.ts")
    lists = {
        "parts.mp4": f"ffconcat version 1.0\nfile {tmp_path}/elsewhere/secret.mp4\n",
        "near.mp4": "ffconcat version 1.0\nfile elsewhere/secret.mp4\n",
        "playlist.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\nelsewhere/secret.ts\n#EXT-X-ENDLIST\n",
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match="cannot be used"):
            place(tmp_path / name)


# Keys


def test_the_key_of_a_plain_clip_is_its_hash_alone(tmp_path: Path) -> None:
    """So the journals of earlier versions go on. Other clips have the meaning of a frame and the decoder in theirs."""
    plain = ["H.264", "H.264, B-frames and an offset", "H.264 without an edit list", "with sound", "QuickTime"]
    for number, kind in enumerate(FILMS):
        clip = place(FILMS[kind](tmp_path / str(number)))
        if kind in plain or kind == "H.264, one keyframe a frame":
            assert clip.identity == clip.sha256, kind
        else:
            assert clip.identity == {"sha256": clip.sha256, "frames": frames_identity()}, kind


@pytest.mark.parametrize(
    "make",
    [
        lambda clip: turn(clip, (-1, 0, 0, -1)),
        lambda clip: cut(clip, (5 + 2) * 512, 333),
        lambda clip: cut(clip, 2 * 512, 333),  # the end alone
        lambda clip: patch(clip, b"elst", 4, bytes(4)),  # an edit list that shows nothing
        lambda clip: patch(clip, b"mvhd", 36, bytes.fromhex("ffff0000")),  # the whole film mirrored
    ],
)
def test_a_clip_that_is_turned_or_cut_is_not_plain(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    clip = film(tmp_path / "a.mp4")
    assert place(clip).frames is None
    assert place(make(clip)).frames == frames_identity()


def test_a_variable_rate_is_not_plain(tmp_path: Path) -> None:
    assert place(film(tmp_path / "a.mp4", 8, times_ms=TIMES_MS)).frames == frames_identity()


def test_the_clips_that_came_with_the_library_are_plain() -> None:
    folders = [Path(__file__).parents[2] / "demo" / "videos", SHARED / "clips"]
    clips = [clip for folder in folders if folder.is_dir() for clip in folder.glob("*.mp4")]
    assert len(clips) >= 28
    assert {place(clip).frames for clip in clips} == {None}


def test_another_decoder_than_the_run_began_with_is_an_error(tmp_path: Path) -> None:
    """A worker on another machine may have another PyAV."""
    from dataclasses import replace

    clip = place(film(tmp_path / "a.mkv"))
    with pytest.raises(ClipError, match=r"a\.mkv: the run began with the decoder 2, libavformat 1"):
        decode(replace(clip, frames="2, libavformat 1.2"), Sampling())
