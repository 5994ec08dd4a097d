"""Decoding with PyAV. What "frame i of a clip" means stands here.

The frames of a clip are those of its first video stream that is no cover picture, as they are shown: in the order of
presentation, without what an edit list cuts away, turned and mirrored as the file says (pixels that are not square stay
as they are stored). They are counted by decoding, whatever the file's header claims. Times are the stream's, from the
start of the first frame shown. Colours become RGB by the matrix and the range that the stream states (BT.601 and the
limited range where it states none), nothing else is done to them.

A frame that the decoder marks as damaged is an error of its clip: decoders fill what is missing with a guess.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mabench_eval.video.decoder import Decoded, Pixels, UnusableError
from mabench_eval.video.sampling import Sampling
from mabench_eval.video.timeline import Timeline, make_timeline

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

MEANING = 2
"""Raised when "frame i of a clip" comes to mean other pixels, for clips that are not plain."""
MAX_PIXELS = 1 << 26
"""Of a frame: twice those of 8K. A damaged header can ask for more than the machine's memory."""
OPTIONS = {"protocol_whitelist": "none"}
"""A clip is one file: playlists and lists of parts, which can be named .mp4 too, may open nothing."""


@cache
def decoder_name() -> str:
    """The decoder with the versions that pixels depend on."""
    import av

    return f"PyAV {av.__version__} ({_versions()})"


@cache
def frames_identity() -> str:
    """What of the decoder the frames of a clip depend on that is not plain; it is part of the keys of its answers."""
    return f"{MEANING}, {_versions()}"


def read(content: bytes, sampling: Sampling, *, plain: bool) -> Decoded:
    """As a :class:`Decoder`."""
    timeline, pictures = _read(content, sampling, plain=plain)
    if not pictures.keys() >= set(sampling.indices(timeline)):  # not as many frames as the file has packets
        timeline, pictures = _read(content, sampling, timeline)
    return Decoded(timeline, pictures)


def expected_timeline(content: bytes) -> Timeline | None:
    """When the frames of a clip are to be expected, by its packets; nothing is decoded. Raises UnusableError."""
    with opened(io.BytesIO(content)) as (container, stream):
        return _timeline(stream, _times(container.demux(stream)), None)


def header_problem(stream: BinaryIO) -> str | None:
    """What is wrong with a file that is no MP4 file, as far as its header shows; None where it can be a clip."""
    try:
        with opened(stream):
            return None
    except UnusableError as error:
        return str(error)


def _read(
    content: bytes, sampling: Sampling, known: Timeline | None = None, *, plain: bool = False
) -> tuple[Timeline, dict[int, Pixels]]:
    """Decode a clip to its end: its timeline, and the pictures of those frames that are sampled on the known one.

    Where none is known, the packets say when frames are to be expected. ``plain``: a packet without a frame is damage.
    Raises UnusableError.
    """
    with opened(io.BytesIO(content)) as (container, stream):
        packets = list(container.demux(stream))
        times = _times(packets)
        expected = known or _timeline(stream, times, None)
        wanted = set(sampling.indices(expected)) if expected else set()
        shown, last, pictures = _pictures((frame for packet in packets for frame in packet.decode()), wanted)
        timeline = _timeline(stream, shown, last)
    if not shown:
        raise UnusableError("none of its frames can be decoded")
    if plain and len(shown) < len(times):
        raise UnusableError(f"only {len(shown)} of its {len(times)} frames can be decoded")
    if timeline is None:
        raise UnusableError(f"it has {len(shown)} frame(s) and says nothing of their times")
    return timeline, pictures


def _times(packets: Iterable[Packet[VideoStream]]) -> list[int | None]:
    """The timestamps of the frames that packets promise, in the order in which they are shown."""
    times = [packet.pts for packet in packets if packet.size and not packet.is_discard]
    return sorted(times, key=lambda time: (time is None, time))  # packets come in the order of decoding


def _pictures(
    frames: Iterator[VideoFrame], wanted: Collection[int]
) -> tuple[list[int | None], int | None, dict[int, Pixels]]:
    """Each frame's timestamp, the duration of the last one, and the pictures that are wanted by their numbers."""
    times: list[int | None] = []
    last: int | None = None
    pictures: dict[int, Pixels] = {}
    size: tuple[int, int] | None = None
    for number, frame in enumerate(frames):
        if frame.is_corrupt:
            raise UnusableError(f"frame {number} is damaged")
        if (frame.width, frame.height) != (size or (frame.width, frame.height)):
            raise UnusableError(f"from frame {number} on its frames have another size")
        size = (frame.width, frame.height)
        _check_size(*size)
        times.append(frame.pts)
        last = frame.duration
        if number in wanted:
            pictures[number] = shown(frame)
    return times, last, pictures


@contextmanager
def opened(stream: BinaryIO) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A file's container, and the stream of video that is the clip. Raises UnusableError."""
    import av
    from av.stream import Disposition

    try:
        with av.open(stream, "r", options=OPTIONS, metadata_errors="replace") as container:
            streams = [video for video in container.streams.video if not video.disposition & Disposition.attached_pic]
            if not streams:
                raise UnusableError("it has no video")
            video = streams[0]
            if video.codec_context is None:
                raise UnusableError("FFmpeg does not know its codec")
            _check_size(video.codec_context.width, video.codec_context.height)
            video.codec_context.thread_type = "NONE"  # many clips at once use the cores better
            video.codec_context.thread_count = 1
            yield container, video
    except UnusableError:
        raise
    except Exception as error:  # a damaged file makes PyAV raise whatever it likes
        raise UnusableError(_reason(error)) from error


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise UnusableError(f"its frames of {width}x{height} pixels are too large")


def _timeline(stream: VideoStream, times: Sequence[int | None], last: int | None) -> Timeline | None:
    return make_timeline(times, stream.time_base or Fraction(1), last, stream.average_rate)


def shown(frame: VideoFrame) -> Pixels:
    """A frame's pixels, (H, W, 3) RGB, as its file shows them. Raises UnusableError where that is askew."""
    picture = frame.to_ndarray(format="rgb24", threads=1)
    return _upright(picture.astype(np.uint8, copy=False), _matrix(frame))


def _matrix(frame: VideoFrame) -> NDArray[np.int32] | None:
    """How a frame's pixels are placed on the screen: the display matrix (3, 3) of its file; None for as they are."""
    from av.sidedata.sidedata import SideDataContainer

    # Not frame.side_data: it is kept in the frame and refers back to it, so that frames, large as they are, lie about
    # until Python's collector comes, which counts objects and not bytes: gigabytes after 20,000 clips.
    make: Any = SideDataContainer  # whose types say that it takes nothing
    data: Any = make(frame).get("DISPLAYMATRIX")
    return None if data is None else np.frombuffer(bytes(data), np.int32)[:9].reshape(3, 3)


def _upright(picture: Pixels, matrix: NDArray[np.int32] | None) -> Pixels:
    """A picture (H, W, 3) as it is shown. Raises UnusableError where it is shown askew.

    A pixel at (x, y) is shown at (a x + c y, b x + d y), where the matrix begins with the rows (a, b) and (c, d); y
    runs downward.
    """
    if matrix is None or not matrix[:2, :2].any():
        return picture
    (a, b), (c, d) = matrix[:2, :2].tolist()
    if abs(a) < abs(b):
        picture, a, b, c, d = picture.swapaxes(0, 1), c, d, a, b  # the matrix of what was turned over its diagonal
    if not (abs(b) * 100 <= abs(a) and abs(c) * 100 <= abs(d)):
        raise UnusableError("it is to be shown askew, at an angle that is not a right one")
    return np.ascontiguousarray(picture[:: 1 if d > 0 else -1, :: 1 if a > 0 else -1])


def _versions() -> str:
    """The parts of FFmpeg that make the frames; later ones may convert other colour formats otherwise."""
    import av

    names = ("libavformat", "libavcodec", "libswscale")
    return ", ".join("{} {}.{}".format(name, *av.library_versions[name]) for name in names)


def _reason(error: Any) -> str:
    """The error's first line, without number and file name, which are PyAV's."""
    import av

    if isinstance(error, av.FFmpegError) and error.strerror:
        return f"FFmpeg says: {error.strerror}"
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
