"""Frames: one clip alone, the official runner's way (seek to each frame, once a question), and a run's decoding ahead.

Run: python -m benchmarks.decoding [CLIP.mp4 ...]

Without arguments clips of the real size are rendered: 1080x1296, 30 fps, 64 frames, one keyframe at the start.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mabench_eval.types import Clip, Frames
from mabench_eval.video import Sampling, Timeline, decode, prepare_ahead

CLIPS = 60
RUNS = 5


def render(file: Path, frames: int = 64) -> Path:
    """A clip of the real size: smooth shapes that move, with film grain."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:1296, 0:1080].astype(np.float32)
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(30))
        stream.width, stream.height, stream.pix_fmt = 1080, 1296, "yuv420p"
        stream.options = {"crf": "20", "g": "1000"}
        for number in range(frames):
            wave = 110 + 60 * np.sin(x / 90 + number / 9) + 40 * np.cos(y / 70 - number / 7)
            grain = rng.normal(0, 4, (1296, 1080, 1))
            picture = np.clip(wave[..., None] + grain, 0, 255).astype(np.uint8).repeat(3, axis=2)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return file


def by_seeking(clip: Path, sampling: Sampling) -> None:
    """Decode each sampled frame on its own, from the last keyframe on, as seeking readers do."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        for index in sampling.indices(Timeline.constant(stream.frames, stream.average_rate or Fraction(30))):
            container.seek(0, stream=stream)
            for number, frame in enumerate(container.decode(stream)):
                if number == index:
                    frame.to_ndarray(format="rgb24")
                    break


def read_through(clip: Path, sampling: Sampling) -> None:
    """Decode all frames with bare PyAV, and make pictures of none."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        for _ in container.decode(stream):
            pass


def by_decord(clip: Path, sampling: Sampling) -> None:
    """Decode the sampled frames as earlier versions did."""
    import decord

    reader = decord.VideoReader(str(clip), num_threads=1)
    rate = Fraction(reader.get_avg_fps()).limit_denominator(1001)
    reader.get_batch(list(sampling.indices(Timeline.constant(len(reader), rate)))).asnumpy()


def frames_of(clip: Path, sampling: Sampling) -> Frames:
    """The sampled frames as a run decodes them: read, hashed, decoded."""
    return decode(Clip(clip.stem, clip, sha256=hashlib.sha256(clip.read_bytes()).hexdigest()), sampling)


def decode_all(clips: list[Path], sampling: Sampling) -> None:
    """Decode all clips as a run does."""
    for _, get in prepare_ahead(clips, lambda clip: frames_of(clip, sampling)):
        get()


def a_clip(clips: list[Path], work: Callable[[Path, Sampling], object], sampling: Sampling) -> float:
    """Milliseconds of processor time a clip: the mean over the clips of the median of several runs."""

    def processor_time(clip: Path) -> float:
        start = time.process_time()
        work(clip, sampling)
        return time.process_time() - start

    medians = [statistics.median(processor_time(clip) for _ in range(RUNS)) for clip in clips]
    return 1e3 * statistics.mean(medians)


def timed(work: Callable[..., object], *arguments: object) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        clips = [Path(name) for name in sys.argv[1:]] or [render(Path(folder) / "clip.mp4")]
        sampling, cores = Sampling(), os.cpu_count() or 1
        print(f"{len(clips)} clip(s), 8 frames each, {cores} cores")
        seek = a_clip(clips, by_seeking, sampling)
        print(f"{'seeking to each frame':34} {seek:8.0f} ms a clip")
        print(f"{'reading through, nothing else':34} {a_clip(clips, read_through, sampling):8.0f} ms a clip")
        alone = a_clip(clips, frames_of, sampling)
        many = [clips[number % len(clips)] for number in range(CLIPS)]
        ahead = 1e3 * timed(decode_all, many, sampling) / CLIPS
        share = alone / cores / ahead
        print(f"{'one clip alone':34} {alone:8.0f} ms a clip   {seek / alone:.1f} x faster than seeking")
        print(
            f"{'decoding ahead in a run':34} {ahead:8.0f} ms a clip   "
            f"{100 * share:.0f} % of (cores / one clip alone); target 85 %"
        )
        if importlib.util.find_spec("decord"):
            alone = a_clip(clips, by_decord, sampling)
            print(f"{'decord, one clip alone':34} {alone:8.0f} ms a clip")


if __name__ == "__main__":
    main()
