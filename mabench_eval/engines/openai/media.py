"""How a clip stands in a request: its frames one by one, its frames as one video, or its own file.

Frames as one video are what vLLM's server takes as ``data:video/jpeg;base64,`` with their JPEGs after it, a comma
between; their times go beside the messages, as ``media_io_kwargs`` (vLLM 0.32, ``multimodal/media/video.py``).
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from PIL import Image

from mabench_eval.engines.openai.settings import ApiSettings
from mabench_eval.types import Clip, Frames, Json

FEWEST_FRAMES = 2
"""Frames of a video: a single one is sent twice, as the engine vllm gives it to Qwen's models, which take no fewer."""
MOST_FRAMES = 32
"""Frames of a video that vLLM's server reads where the request does not say how many there are."""
CLOCK = 1000
"""Frames a second of the clock that times are told by where they are not those of whole frames: milliseconds."""
MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {".webm": "webm", ".mov": "quicktime", ".avi": "x-msvideo", ".mkv": "x-matroska", ".mpeg": "mpeg", ".mpg": "mpeg"}
)
"""Extension of a clip -> its media type below ``video/``; of all others ``mp4``."""


@dataclass(frozen=True, slots=True)
class EncodedFrames:
    """A clip as it stands in a request."""

    json: bytes = b""
    """Content parts, each followed by a comma; empty where nothing is shown."""
    count: int = 0
    """Pieces of media: the frames; 1 for a clip's own file."""
    media_bytes: int = 0
    """Of ``json``, those that the media take; the rest is text."""
    fields: Json = field(default_factory=dict)
    """Further fields of the request: the times of a video's frames."""


NO_IMAGES = EncodedFrames()


def encode_frames(frames: Frames | None, settings: ApiSettings) -> EncodedFrames:
    """The frames as content parts in JSON, as images or as one video; none without frames."""
    if frames is None:
        return NO_IMAGES
    jpegs = [_jpeg(Image.fromarray(pixels), settings) for pixels in frames.pixels]
    if settings.send == "frames":
        return _as_video(jpegs, frames, settings)
    images = [_part("image_url", b"image/jpeg", [jpeg]) for jpeg in jpegs]
    times = [_time(seconds) for seconds in frames.timestamps] if settings.tells_times else [b""] * len(images)
    parts = [time + image for time, image in zip(times, images, strict=True)]
    return EncodedFrames(b"".join(parts), len(images), sum(map(len, images)))


def encode_clip(clip: Clip, content: bytes) -> EncodedFrames:
    """A clip's own file as one content part."""
    kind = MEDIA_TYPES.get(clip.path.suffix.lower() if clip.path else "", "mp4")
    part = _part("video_url", f"video/{kind}".encode(), [base64.b64encode(content)])
    return EncodedFrames(part, 1, len(part))


def _as_video(jpegs: list[bytes], frames: Frames, settings: ApiSettings) -> EncodedFrames:
    more = max(0, FEWEST_FRAMES - len(jpegs))
    part = _part("video_url", b"video/jpeg", [*jpegs, *jpegs[-1:] * more])
    fields = {"media_io_kwargs": {"video": video_times(frames, more)}} if settings.tells_times else {}
    return EncodedFrames(part, len(jpegs) + more, len(part), fields)


def video_times(frames: Frames, more: int = 0) -> dict[str, Any]:
    """Where the frames stand in their clip, as vLLM's server takes it: a frame's time is its number by ``fps``.

    ``more``: how often the last one is repeated. The numbers have to be whole. Where a clip's frames do not come at a
    constant rate they count milliseconds.
    """
    fps, total, places = frames.fps, frames.total, list(frames.places)
    if not all(isinstance(place, int) for place in places):
        fps, total = float(CLOCK), round(frames.total / frames.fps * CLOCK)
        places = [round(seconds * CLOCK) for seconds in frames.timestamps]
    places += places[-1:] * more
    return {
        "fps": fps,
        "frames_indices": places,
        "total_num_frames": max(total, len(places)),  # a clip of fewer frames repeats some, and fewer are refused
        "duration": frames.total / frames.fps,
        "num_frames": len(places),
        "do_sample_frames": False,
    }


def _time(seconds: float) -> bytes:
    """A frame's time as a content part before it."""
    return json.dumps({"type": "text", "text": f"Frame at {seconds:.2f} s:"}, separators=(",", ":")).encode() + b","


def _part(kind: str, media_type: bytes, encoded: Sequence[bytes]) -> bytes:
    """A content part of a medium in base64, and a comma."""
    name = kind.encode()
    url = b"data:" + media_type + b";base64," + b",".join(encoded)
    return b'{"type":"' + name + b'","' + name + b'":{"url":"' + url + b'"}},'


def _jpeg(image: Image.Image, settings: ApiSettings) -> bytes:
    """In base64, scaled down where it is to be."""
    most = settings.max_side
    if most is not None and max(image.size) > most:
        image.thumbnail((most, most), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=settings.jpeg_quality)
    return base64.b64encode(stream.getvalue())
