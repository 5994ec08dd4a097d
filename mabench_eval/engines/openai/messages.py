"""The body of a request: a system message, then examples if any, then the clip (media.py), then the question.

The frames of a clip are encoded as JSON once, and these bytes are sent with each of its requests: a body is a sequence
of pieces, of which those that hold frames are shared.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mabench_eval.engines.openai.media import NO_IMAGES, EncodedFrames, encode_clip, encode_frames
from mabench_eval.engines.openai.settings import ApiSettings
from mabench_eval.types import Clip, ClipWork, Frames, Request


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

    ``images``: the clip as it is sent; ``examples``: those of the few-shot examples' clips, by name. ``schema``:
    whether the endpoint is asked to keep the answer to the request's JSON schema, where it has one.
    """
    options = _json(_options(request, images, settings, seed, schema=schema))
    pieces = [options[:-1] + b',"messages":[']
    if request.system_prompt:
        pieces.append(_system(request.system_prompt) + b",")
    shown = [images]
    for shot in request.shots:
        shown.append(examples[shot.clip.name] if shot.clip else NO_IMAGES)
        pieces += _user(shown[-1], shot.question)
        pieces.append(b"," + _json({"role": "assistant", "content": shot.answer}) + b",")
    pieces += _user(images, request.user_prompt)
    return Body((*pieces, b"]}"), sum(each.count for each in shown), sum(each.media_bytes for each in shown))


class Bodies:
    """The bodies of one model's requests, however they are sent: one by one, or as lines of a batch.

    The frames of a clip are encoded once, those of few-shot examples once a run. Any thread may call.
    """

    def __init__(self, settings: ApiSettings, seed: int, decode: Callable[[Clip], Frames]) -> None:
        """``decode`` gives the frames of an example's clip."""
        self._settings, self._seed, self._decode = settings, seed, decode
        self._examples: dict[str, EncodedFrames] = {}
        """Clip of a few-shot example -> its frames."""

    def encode(self, work: ClipWork) -> EncodedFrames:
        """The frames of a clip, and beforehand those of its examples; the pixels can then go."""
        for clip in {shot.clip.name: shot.clip for r in work.requests for shot in r.shots if shot.clip}.values():
            if clip.name not in self._examples:
                self._examples[clip.name] = encode_frames(self._decode(clip), self._settings)
        if work.content is not None:
            return encode_clip(work.clip, work.content)
        return encode_frames(work.frames, self._settings)

    def body(self, request: Request, images: EncodedFrames, *, schema: bool) -> Body:
        """The body of a request of a clip whose frames were encoded; ``schema`` as in ``request_body``."""
        return request_body(request, images, self._examples, self._settings, self._seed, schema=schema)


@lru_cache(maxsize=64)
def _system(prompt: str) -> bytes:
    """A system message; cached, since it is the same for every question of a task, and long where it is a rubric."""
    return _json({"role": "system", "content": prompt})


def _user(images: EncodedFrames, text: str) -> list[bytes]:
    """A user message in pieces: its encoded frames, then its text."""
    return [b'{"role":"user","content":[', images.json, _json({"type": "text", "text": text}) + b"]}"]


def _options(
    request: Request, images: EncodedFrames, settings: ApiSettings, seed: int, *, schema: bool
) -> Mapping[str, Any]:
    options: dict[str, Any] = {"model": settings.model_id, settings.token_limit: request.max_tokens}
    if settings.temperature is not None:
        options["temperature"] = settings.temperature
    if settings.send_seed:
        options["seed"] = seed + request.repeat
    if schema and request.schema:
        json_schema = {"name": "answer", "schema": request.schema, "strict": True}
        options["response_format"] = {"type": "json_schema", "json_schema": json_schema}
    return {**options, **images.fields, **settings.extra_body}


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")
