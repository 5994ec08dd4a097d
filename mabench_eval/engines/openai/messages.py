"""The body of a request: a system message, then examples if any, then the frames, then the question.

The frames of a clip are encoded as JSON once, and these bytes are sent with each of its requests: a body is a sequence
of pieces, of which those that hold frames are shared.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from PIL import Image

from mabench_eval.engines.openai.settings import ApiSettings
from mabench_eval.types import Frames, Request


@dataclass(frozen=True, slots=True)
class Body:
    """The JSON of a request in pieces; can be sent repeatedly."""

    pieces: tuple[bytes, ...]
    images: int = 0
    """How many are in it."""
    image_bytes: int = 0
    """Bytes of the JSON that they take."""

    @property
    def length(self) -> int:
        """Bytes."""
        return sum(map(len, self.pieces))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces in order."""
        for piece in self.pieces:
            yield piece


@dataclass(frozen=True, slots=True)
class EncodedFrames:
    """A clip's frames as they stand in a request."""

    json: bytes = b""
    """JPEG content parts, each followed by a comma; empty without frames."""
    count: int = 0


NO_IMAGES = EncodedFrames()


def encode_frames(frames: Frames | None, quality: int, max_side: int | None) -> EncodedFrames:
    """The frames as JPEG content parts in JSON; none without frames."""
    if frames is None:
        return NO_IMAGES
    parts = (_image_part(Image.fromarray(pixels), quality, max_side) for pixels in frames.pixels)
    return EncodedFrames(b"".join(part + b"," for part in parts), len(frames.pixels))


def request_body(
    request: Request,
    images: EncodedFrames,
    examples: Mapping[str, EncodedFrames],
    settings: ApiSettings,
    seed: int,
    *,
    schema: bool = True,
) -> Body:
    """The body of a request: media first, question last, so that providers' prefix caches hit.

    ``images``: the clip's encoded frames; ``examples``: those of the few-shot examples' clips, by name. ``schema``:
    whether the endpoint is asked to keep the answer to the request's JSON schema, where it has one.
    """
    options = _json(_options(request, settings, seed, schema=schema))
    pieces = [options[:-1] + b',"messages":[']
    if request.system_prompt:
        pieces.append(_system(request.system_prompt) + b",")
    shown = [images]
    for shot in request.shots:
        shown.append(examples[shot.clip.name] if shot.clip else NO_IMAGES)
        pieces += _user(shown[-1], shot.question)
        pieces.append(b"," + _json({"role": "assistant", "content": shot.answer}) + b",")
    pieces += _user(images, request.user_prompt)
    return Body((*pieces, b"]}"), sum(each.count for each in shown), sum(len(each.json) for each in shown))


@lru_cache(maxsize=64)
def _system(prompt: str) -> bytes:
    """A system message; cached, since it is the same for every question of a task, and long where it is a rubric."""
    return _json({"role": "system", "content": prompt})


def _user(images: EncodedFrames, text: str) -> list[bytes]:
    """A user message in pieces: its encoded frames, then its text."""
    return [b'{"role":"user","content":[', images.json, _json({"type": "text", "text": text}) + b"]}"]


def _options(request: Request, settings: ApiSettings, seed: int, *, schema: bool) -> Mapping[str, Any]:
    options: dict[str, Any] = {"model": settings.model_id, settings.token_limit: request.max_tokens}
    if settings.temperature is not None:
        options["temperature"] = settings.temperature
    if settings.send_seed:
        options["seed"] = seed + request.repeat
    if schema and request.schema:
        json_schema = {"name": "answer", "schema": request.schema, "strict": True}
        options["response_format"] = {"type": "json_schema", "json_schema": json_schema}
    return {**options, **settings.extra_body}


def _image_part(image: Image.Image, quality: int, max_side: int | None) -> bytes:
    if max_side is not None and max(image.size) > max_side:
        image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    data = base64.b64encode(stream.getvalue())
    return b'{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,' + data + b'"}}'


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")
