"""All frames of a clip, one at a time, as they are shown; and what its container says of it. With PyAV, on one thread.

Trackers follow every frame, where models see a few: nothing is kept but the frame in hand.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mabench_eval.errors import ClipError
from mabench_eval.video.decoder import Pixels, UnusableError
from mabench_eval.video.with_pyav import opened, shown

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


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
                yield time, shown(frame)
                number += 1
        if number < packets or not number:
            raise ClipError(f"{path.name} cannot be decoded: only {number} of its {packets} frames can be")


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A file's container, and the stream of video that is the clip. Raises ClipError, from within too."""
    try:
        with path.open("rb") as stream, opened(stream) as video:
            yield video
    except OSError as error:
        raise ClipError(f"{path.name} cannot be read: {error.strerror or error}") from error
    except UnusableError as error:
        raise ClipError(f"{path.name} cannot be decoded: {error}") from error
