"""All frames of a clip, one at a time, as they are shown; and what its container says of it. With PyAV, on one thread.

Trackers follow every frame, where models see a few: nothing is kept but the frame in hand.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mabench_eval.errors import ClipError

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What is known of a clip without decoding it."""

    frames: int
    seconds: float
    """From the first frame's start to the last one's end."""
    fps: float
    """Frames a second, on average."""
    width: int
    """Pixels, as shown: after any turn that the file asks for."""
    height: int


def clip_facts(path: Path) -> ClipFacts:
    """Count a clip's frames by its packets, and decode the first one for its size. Raises ClipError."""
    with _opened(path) as (container, stream):
        times = [packet.pts for packet in container.demux(stream) if packet.size and not packet.is_discard]
        known = [time for time in times if time is not None]
        rate = float(stream.average_rate or 0)
        if len(known) == len(times) > 1 and max(known) > min(known):
            rate = (len(known) - 1) / float((max(known) - min(known)) * (stream.time_base or 0))
    if not times or rate <= 0:
        raise ClipError(f"{path.name} cannot be decoded: it has {len(times)} frames at {rate:g} frames per second")

    with closing(each_frame(path)) as frames:
        _, first = next(frames)
    height, width = first.shape[:2]
    return ClipFacts(len(times), round(len(times) / rate, 4), round(rate, 4), width, height)


def each_frame(path: Path) -> Generator[tuple[float, Pixels]]:
    """Seconds from the first frame on, and the frame, (H, W, 3) RGB; in the order in which they are shown.

    Raises ClipError: the file cannot be decoded, a frame is damaged, or some are missing.
    """
    with _opened(path) as (container, stream):
        tick, rate = float(stream.time_base or 0), float(stream.average_rate or 0)
        start: int | None = None
        packets = number = 0
        for packet in container.demux(stream):
            packets += bool(packet.size) and not packet.is_discard
            for frame in packet.decode():
                if frame.is_corrupt:
                    raise ClipError(f"{path.name} cannot be decoded: frame {number} is damaged")
                time = number / (rate or 1.0)
                if frame.pts is not None:
                    start = frame.pts if start is None else start
                    time = (frame.pts - start) * tick
                yield time, _upright(path, frame)
                number += 1
        if number < packets or not number:
            raise ClipError(f"{path.name} cannot be decoded: only {number} of its {packets} frames can be")


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A file's container, and its first stream of video that is no cover picture. Raises ClipError."""
    import av
    from av.stream import Disposition

    try:
        with av.open(str(path), "r", options={"protocol_whitelist": "file"}, metadata_errors="replace") as container:
            videos = [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]
            if not videos or videos[0].codec_context is None:
                raise ClipError(f"{path.name} cannot be decoded: it has no video, or one of an unknown codec")
            videos[0].thread_type = "NONE"  # many clips at once use the cores better
            videos[0].codec_context.thread_count = 1
            yield container, videos[0]
    except (av.FFmpegError, OSError) as error:
        raise ClipError(f"{path.name} cannot be decoded: {error.strerror or error}") from error


def _upright(path: Path, frame: VideoFrame) -> Pixels:
    """The frame's pixels, turned and mirrored as its file's display matrix says."""
    picture = frame.to_ndarray(format="rgb24", threads=1).astype(np.uint8, copy=False)
    matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return picture
    # A pixel at (x, y) is shown at (a x + c y, b x + d y).
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
    if abs(a) < abs(b):
        picture, a, b, c, d = picture.swapaxes(0, 1), c, d, a, b
    if not a or not d or abs(b) * 100 > abs(a) or abs(c) * 100 > abs(d):
        raise ClipError(f"{path.name} is to be shown askew, at an angle that is not a right one")
    return np.ascontiguousarray(picture[:: 1 if d > 0 else -1, :: 1 if a > 0 else -1])
