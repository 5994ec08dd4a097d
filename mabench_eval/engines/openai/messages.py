"""The body of a request: a system message, then examples if any, then the frames, then the question.

The frames of a clip become JSON bytes once, and these very bytes are sent with each of its requests: a body is an
iterator over three pieces, of which only the first and the last are its own.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

from mabench_eval.engines.openai.settings import ApiSettings
from mabench_eval.types import Frames, Request


@dataclass(frozen=True, slots=True)
class Body:
    """The JSON of a request in pieces; can be sent again and again."""

    pieces: tuple[bytes, ...]

    @property
    def headers(self) -> dict[str, str]:
        """Type and length, so that the body need not be chunked."""
        return {"Content-Type": "application/json", "Content-Length": str(sum(map(len, self.pieces)))}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces in order."""
        for piece in self.pieces:
            yield piece


def encode_frames(frames: Frames | None, quality: int, max_side: int | None) -> bytes:
    """The frames as JPEG content parts in JSON, each followed by a comma; empty without frames."""
    if frames is None:
        return b""
    parts = (_image_part(Image.fromarray(pixels), quality, max_side) for pixels in frames.pixels)
    return b"".join(part + b"," for part in parts)


def request_body(request: Request, images: bytes, settings: ApiSettings, seed: int) -> Body:
    """The body of a request: media first, question last, so that providers' prefix caches hit."""
    before = [{"role": "system", "content": request.system_prompt}] if request.system_prompt else []
    for shot in request.shots:
        before += [{"role": "user", "content": shot.question}, {"role": "assistant", "content": shot.answer}]
    start = b"".join(_json(message) + b"," for message in before)
    options = _json(_options(request, settings, seed))
    head = options[:-1] + b',"messages":[' + start + b'{"role":"user","content":['
    question = _json({"type": "text", "text": request.user_prompt})
    return Body((head, images, question + b"]}]}"))


def _options(request: Request, settings: ApiSettings, seed: int) -> Mapping[str, Any]:
    options: dict[str, Any] = {"model": settings.model_id, settings.token_limit: request.max_tokens}
    if settings.temperature is not None:
        options["temperature"] = settings.temperature
    if settings.send_seed:
        options["seed"] = seed
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
