"""Decoding a clip, with PyAV. What "frame i of a clip" means stands here.

The frames of a clip are those of its first video stream that is no cover picture, as they are shown: in the order of
presentation, without what an edit list cuts away, turned and mirrored as the file says (pixels that are not square stay
as they are stored). They are counted by decoding, whatever the file's header claims. Times are the stream's, from the
start of the first frame shown. Colours become RGB by the matrix and the range that the stream states (BT.601 and the
limited range where it states none), nothing else is done to them.

A frame that the decoder marks as damaged is an error of its clip: decoders fill what is missing with a guess.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mabench_eval.errors import ClipError, InputError
from mabench_eval.types import Clip, Frames
from mabench_eval.video.sampling import Sampling
from mabench_eval.video.timeline import Timeline, make_timeline

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

Pixels: TypeAlias = NDArray[np.uint8]

MEANING = 2
"""Raised when "frame i of a clip" comes to mean other pixels, for clips that are not plain."""
MAX_PIXELS = 1 << 26
"""Of a frame: twice those of 8K. A damaged header can ask for more than the machine's memory."""
OPTIONS = {"protocol_whitelist": "none"}
"""A clip is one file: playlists and lists of parts, which can be named .mp4 too, may open nothing."""


def check_decoder() -> None:
    """Raise InputError where there is no decoder."""
    if not importlib.util.find_spec("av"):
        raise InputError("PyAV, which decodes the clips, is not installed", hint="pip install 'av>=17'")


@cache
def decoder_name() -> str:
    """The decoder with the versions that pixels depend on."""
    import av

    return f"PyAV {av.__version__} ({_versions()})"


@cache
def frames_identity() -> str:
    """What of the decoder the frames of a clip depend on that is not plain; it is part of the keys of its answers."""
    return f"{MEANING}, {_versions()}"


def decode(clip: Clip, sampling: Sampling) -> Frames:
    """The sampled frames of a clip that ``read_clips`` found; read once, decoded on one thread.

    Raises ClipError: it cannot be read or decoded, or it is no longer the file that was found.
    """
    assert clip.path, "clips that are looked at have a file"
    try:
        content = clip.path.read_bytes()
    except OSError as error:
        raise ClipError(f"{clip.path.name} cannot be read: {error.strerror or error}") from error
    return decode_content(content, clip, sampling)


def decode_content(content: bytes, clip: Clip, sampling: Sampling) -> Frames:
    """The sampled frames of a clip whose file holds these bytes. Raises ClipError, as ``decode`` does."""
    name = clip.path.name if clip.path else clip.name
    if clip.sha256 not in (None, hashlib.sha256(content).hexdigest()):
        raise ClipError(f"{name} was changed after the run began; run the same command again")
    if clip.frames not in (None, frames_identity()):
        raise ClipError(f"{name}: the run began with the decoder {clip.frames}, here it is {frames_identity()}")
    try:
        timeline, pictures = _read(content, sampling, plain=clip.frames is None)
        if not pictures.keys() >= set(sampling.indices(timeline)):  # not as many frames as the file has packets
            timeline, pictures = _read(content, sampling, timeline)
    except _UnusableError as error:
        raise ClipError(f"{name} cannot be decoded: {error}") from error

    indices = sampling.indices(timeline)
    pixels = np.stack([pictures[index] for index in indices])
    pixels.flags.writeable = False  # shared by all questions of the clip: no model may change what the next one sees
    return Frames(pixels, indices, tuple(map(timeline.seconds, indices)), timeline.fps, timeline.total)


def header_problem(stream: BinaryIO) -> str | None:
    """What is wrong with a file that is no MP4 file, as far as its header shows; None where it can be a clip."""
    try:
        with _opened(stream):
            return None
    except _UnusableError as error:
        return str(error)


class _UnusableError(Exception):
    """What is wrong with a file, after its name and a colon."""


def _read(
    content: bytes, sampling: Sampling, known: Timeline | None = None, *, plain: bool = False
) -> tuple[Timeline, dict[int, Pixels]]:
    """Decode a clip to its end: its timeline, and the pictures of those frames that are sampled on the known one.

    Where none is known, the packets say when frames are to be expected. ``plain``: a packet without a frame is damage.
    Raises _UnusableError.
    """
    with _opened(io.BytesIO(content)) as (container, stream):
        packets = list(container.demux(stream))
        times = [packet.pts for packet in packets if packet.size and not packet.is_discard]
        times.sort(key=lambda time: (time is None, time))  # packets come in the order of decoding
        expected = known or _timeline(stream, times, None)
        wanted = set(sampling.indices(expected)) if expected else set()
        shown, last, pictures = _pictures((frame for packet in packets for frame in packet.decode()), wanted)
        timeline = _timeline(stream, shown, last)
    if not shown:
        raise _UnusableError("none of its frames can be decoded")
    if plain and len(shown) < len(times):
        raise _UnusableError(f"only {len(shown)} of its {len(times)} frames can be decoded")
    if timeline is None:
        raise _UnusableError(f"it has {len(shown)} frame(s) and says nothing of their times")
    return timeline, pictures


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
            raise _UnusableError(f"frame {number} is damaged")
        if (frame.width, frame.height) != (size or (frame.width, frame.height)):
            raise _UnusableError(f"from frame {number} on its frames have another size")
        size = (frame.width, frame.height)
        _check_size(*size)
        times.append(frame.pts)
        last = frame.duration
        if number in wanted:
            picture = frame.to_ndarray(format="rgb24", threads=1)
            pictures[number] = _upright(picture.astype(np.uint8, copy=False), _matrix(frame))
    return times, last, pictures


@contextmanager
def _opened(stream: BinaryIO) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A file's container, and the stream of video that is the clip. Raises _UnusableError."""
    import av
    from av.stream import Disposition

    try:
        with av.open(stream, "r", options=OPTIONS, metadata_errors="replace") as container:
            streams = [video for video in container.streams.video if not video.disposition & Disposition.attached_pic]
            if not streams:
                raise _UnusableError("it has no video")
            video = streams[0]
            if video.codec_context is None:
                raise _UnusableError("FFmpeg does not know its codec")
            _check_size(video.codec_context.width, video.codec_context.height)
            video.codec_context.thread_type = "NONE"  # many clips at once use the cores better
            video.codec_context.thread_count = 1
            yield container, video
    except _UnusableError:
        raise
    except Exception as error:  # a damaged file makes PyAV raise whatever it likes
        raise _UnusableError(_reason(error)) from error


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _UnusableError(f"its frames of {width}x{height} pixels are too large")


def _timeline(stream: VideoStream, times: Sequence[int | None], last: int | None) -> Timeline | None:
    return make_timeline(times, stream.time_base or Fraction(1), last, stream.average_rate)


def _matrix(frame: VideoFrame) -> NDArray[np.int32] | None:
    """How a frame's pixels are placed on the screen: the display matrix (3, 3) of its file; None for as they are."""
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    return None if data is None else np.frombuffer(bytes(data), np.int32)[:9].reshape(3, 3)


def _upright(picture: Pixels, matrix: NDArray[np.int32] | None) -> Pixels:
    """A picture (H, W, 3) as it is shown. Raises _UnusableError where it is shown askew.

    A pixel at (x, y) is shown at (a x + c y, b x + d y), where the matrix begins with the rows (a, b) and (c, d); y
    runs downward.
    """
    if matrix is None or not matrix[:2, :2].any():
        return picture
    (a, b), (c, d) = matrix[:2, :2].tolist()
    if abs(a) < abs(b):
        picture, a, b, c, d = picture.swapaxes(0, 1), c, d, a, b  # the matrix of what was turned over its diagonal
    if not (abs(b) * 100 <= abs(a) and abs(c) * 100 <= abs(d)):
        raise _UnusableError("it is to be shown askew, at an angle that is not a right one")
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
