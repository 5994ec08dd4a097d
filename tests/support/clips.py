"""Clips with known content: frame i is a grey level of its own, with a white mark in the top left corner."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from mabench_eval.benchmark import read_clips
from mabench_eval.types import Clip, Frames
from tests.support.paths import ROOT

Write = Callable[[], None]
"""Writes a stream that was added to a container."""
Add = Callable[[Any], Write]
"""Adds a stream to a container."""

DARKEST, STEP = 10, 5
"""Frame i has grey level DARKEST + STEP * i: 40 frames are told apart after any lossy codec."""
MARK = 255


def picture(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Frame ``number``, (height, width, 3): grey, with a white mark over the top left sixteenth."""
    width, height = size
    pixels = np.full((height, width, 3), DARKEST + STEP * number, np.uint8)
    pixels[: height // 4, : width // 4] = MARK
    return pixels


def film(
    path: Path,
    count: int = 20,
    *,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rate: Fraction = Fraction(30),
    times_ms: Sequence[int] | None = None,
    options: Mapping[str, str] | None = None,
    container_options: Mapping[str, str] | None = None,
    before: Add | None = None,
    after: Add | None = None,
) -> Path:
    """Write a clip of ``count`` frames; ``times_ms``: when each begins, else ``rate``.

    ``before`` and ``after`` add streams to the container before and after that of the film.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options=dict(container_options or {})) as container:
        write_before = before(container) if before else None
        write = add_film(container, count, size, codec, pix_fmt, rate, times_ms, options)
        write_after = after(container) if after else None
        for each in (write_before, write, write_after):  # all streams are there before anything is written
            if each:
                each()
    return path


def av1_film(path: Path) -> Path:
    """Write a clip of 20 frames in AV1.

    In a process of its own: SVT-AV1 makes whoever encodes as root a real-time process (SCHED_FIFO), for good, and
    before such a one everything else on the machine stands still.
    """
    code = (
        "import sys; from pathlib import Path; from tests.support.clips import film; "
        "film(Path(sys.argv[1]), codec='libsvtav1', size=(128, 96))"
    )
    environment = {**os.environ, "SVT_LOG": "-1"}
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, cwd=ROOT, env=environment)
    return path


def add_film(
    container: Any,
    count: int,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rate: Fraction = Fraction(30),
    times_ms: Sequence[int] | None = None,
    options: Mapping[str, str] | None = None,
    first: int = 0,
) -> Write:
    """Add a stream with a film to a container; its frames are numbered from ``first``."""
    stream = container.add_stream(codec, rate=rate)
    stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
    stream.options = dict(options or {})
    if times_ms:
        stream.codec_context.time_base = Fraction(1, 1000)

    def write() -> None:
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(picture(first + number, size), format="rgb24")
            if times_ms:
                frame.pts, frame.time_base = times_ms[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())

    return write


def add_sound(container: Any) -> Write:
    """Add a stream of a second of silence."""
    stream = container.add_stream("aac", rate=44100)

    def write() -> None:
        for number in range(44):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44100, number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode())

    return write


def add_cover(container: Any) -> Write:
    """Add a picture as files of music have it."""
    stream = container.add_stream("png", rate=1)
    stream.width, stream.height, stream.pix_fmt = 16, 16, "rgb24"
    stream.disposition = av.stream.Disposition.attached_pic

    def write() -> None:
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")))

    return write


def place(path: Path) -> Clip:
    """The clip of a file, found, checked and hashed as a run does it. Raises InputError."""
    return read_clips([path.name.removesuffix(".mp4")], path.parent)[path.name.removesuffix(".mp4")]


def numbers(frames: Frames) -> tuple[int, ...]:
    """The numbers of the frames that these are pictures of, read from their grey levels."""
    _, height, width, _ = frames.pixels.shape
    middles = frames.pixels[:, height // 3 : -height // 3, width // 3 : -width // 3].mean((1, 2, 3))
    return tuple(round((float(level) - DARKEST) / STEP) for level in middles)


def corner_of_mark(frames: Frames) -> str:
    """Where the mark is in the first picture: ``top left``, ``bottom right``, ..."""
    pixels = frames.pixels[0].astype(int)
    near, far = slice(1, 5), slice(-5, -1)
    corners = {
        "top left": pixels[near, near],
        "top right": pixels[near, far],
        "bottom left": pixels[far, near],
        "bottom right": pixels[far, far],
    }
    return max(corners, key=lambda corner: float(corners[corner].mean()))


def turn(path: Path, matrix: tuple[float, float, float, float]) -> Path:
    """Write a display matrix (a, b, c, d) into the track header: (x, y) is shown at (a x + c y, b x + d y)."""
    a, b, c, d = (round(value * 65536) for value in matrix)
    return patch(path, b"tkhd", 40, struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30))


def cut(path: Path, start_ticks: int, length_ms: int) -> Path:
    """Have the edit list show the film from ``start_ticks`` of its own clock on, for ``length_ms`` milliseconds."""
    return patch(path, b"elst", 8, struct.pack(">ii", length_ms, start_ticks))


def patch(path: Path, box: bytes, at: int, content: bytes) -> Path:
    """Overwrite bytes of the first box of a kind, from its ``at``-th byte after the kind on."""
    whole = path.read_bytes()
    start = whole.index(box, whole.index(b"moov")) + 4 + at
    path.write_bytes(whole[:start] + content + whole[start + len(content) :])
    return path
