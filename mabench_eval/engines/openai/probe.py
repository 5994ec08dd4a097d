"""Asking an endpoint, before a run, whether it takes a clip the way in which it will be sent: a tiny request or two."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mabench_eval.engines.openai.media import EncodedFrames, encode_clip, encode_frames
from mabench_eval.engines.openai.messages import Body, request_body
from mabench_eval.engines.openai.settings import ApiSettings
from mabench_eval.types import AnswerKind, Clip, Frames, Request
from mabench_eval.video import read_whole

if TYPE_CHECKING:
    from mabench_eval.engines.openai.endpoint import Endpoint

TIMEOUT_S = 60.0
"""For each answer: a server may be compiling."""
TRIES = 3
SIDE = 64
"""Pixels of a frame."""
REFUSALS = (400, 413, 415, 422, 500, 501)
"""Statuses that say that a request is not taken as it is. 500 is among them: servers break on media they do not expect.
Others are left to the run, which waits or says it better: nobody there, too many requests, no such model or key."""
TRUST = "--trust-request-mm-kwargs"
"""The option that vLLM's server (0.32) has to be started with to take times with a request."""
QUESTION = Request("probe", "probe", "", AnswerKind.TEXT, {}, "", "Answer with one word: what is shown?", 1)


def probe(settings: ApiSettings, key: str | None, seed: int, frames: int, clip: Clip | None) -> list[str]:
    """Why clips cannot be sent as they are to be, a line each; empty where they can, and where that is not known.

    ``frames``: as many as a question will show; ``clip``: one of the run, for an endpoint that is to get it whole.
    """
    with ThreadPoolExecutor(1) as thread:  # asyncio.run has its own loop, and in a notebook there is one already
        return thread.submit(asyncio.run, _probe(settings, key, seed, frames, clip)).result()


async def _probe(settings: ApiSettings, key: str | None, seed: int, frames: int, clip: Clip | None) -> list[str]:
    # aiohttp takes a third of a second to import, and is an extra
    from mabench_eval.engines.openai.endpoint import Endpoint

    encoded = encode_clip(clip, read_whole(clip)) if clip else encode_frames(_grey(frames), settings)
    async with Endpoint(settings.base_url, key, min(TIMEOUT_S, settings.request_timeout)) as endpoint:
        refusal = await _refusal(endpoint, _body(encoded, settings, seed))
        if refusal is not None:
            return [_told(settings, frames, refusal)] if refusal else []
        if not encoded.fields or "media_io_kwargs" in settings.extra_body:
            return []
        if await _refusal(endpoint, _body(_misfit(encoded), settings, seed)) is not None:
            return []
    return [
        f"{settings.base_url} takes frames as one video and passes over their times (it answers where they do not fit, "
        "too): --set frame_times=false sends none, --send images --frame-times tells them as text"
    ]


def _grey(frames: int) -> Frames:
    """Frames of a clip of a frame each tenth of a second, all of one grey."""
    pixels = np.full((frames, SIDE, SIDE, 3), 128, np.uint8)
    return Frames(pixels, tuple(range(frames)), tuple(number / 10 for number in range(frames)), 10.0, frames)


def _misfit(encoded: EncodedFrames) -> EncodedFrames:
    """The same with a time too many: who reads the times refuses it, at no cost."""
    video = dict(encoded.fields["media_io_kwargs"]["video"])
    wrong = {**video, "frames_indices": [*video["frames_indices"], 0]}
    return replace(encoded, fields={"media_io_kwargs": {"video": wrong}})


def _body(encoded: EncodedFrames, settings: ApiSettings, seed: int) -> Body:
    return request_body(QUESTION, encoded, {}, settings, seed)


async def _refusal(endpoint: Endpoint, body: Body) -> str | None:
    """What the endpoint says against a request; None where it answers it, empty where it said nothing to the point.

    A status of 500 may be a hiccup: it has to come twice.
    """
    from mabench_eval.engines.openai.failures import StatusError, classify

    broken = 0
    for _ in range(TRIES):
        try:
            await endpoint.complete(body)
        except StatusError as error:
            broken += error.status == 500
            if error.status != 500 or broken == 2:
                return f"HTTP {error.status}: {error.message}" if error.status in REFUSALS else ""
        except Exception as error:  # `classify` knows the expected ones; any other is raised again
            if classify(error, endpoint.redaction.text) is None:
                raise
        else:
            return None
    return ""


def _told(settings: ApiSettings, frames: int, refusal: str) -> str:
    """The refusal, with what to do."""
    what = "a clip's own file" if settings.send == "clip" else f"{frames} frames as one video"
    others = "--send frames" if settings.send == "clip" else "--send clip"
    fix = f"{others} or --send images"
    if "media_io_kwargs" in refusal:
        own = "media_io_kwargs" in settings.extra_body
        what += "" if own else " with their times"
        without = "leave media_io_kwargs out of extra_body" if own else "send no times: --set frame_times=false"
        fix = f"start vLLM's server with {TRUST}, or {without}"
    return f"{settings.base_url} does not take {what} ({refusal}): {fix}"
