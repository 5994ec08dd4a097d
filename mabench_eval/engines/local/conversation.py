"""Requests and frames as checkpoints take them: the conversation in their own chat template, frames as one video."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mabench_eval.types import Frames, Request

Render = Callable[[list[dict[str, Any]]], str]
"""A chat template: messages to the prompt's text, with the placeholders of the media and the start of the answer."""


def prompt_text(request: Request, media: Sequence[str], render: Render) -> str:
    """The prompt of a request: system message, examples as text, then the media, then the question.

    ``media``: the type of each, ``video`` or ``image``, in order. Some templates take the system prompt as parts, some
    as plain text. One that knows no system role, or drops its text, gets it at the start of the user message: it
    precedes the media in every case.
    """
    system = request.system_prompt
    for content in ([_text(system)], system) if system else ():
        try:
            text = render([{"role": "system", "content": content}, *_messages(request, media, "")])
        except Exception:  # noqa: BLE001, S112 - templates may raise anything for what they do not know
            continue
        if system in text:
            return text
    return render(_messages(request, media, system))


def _messages(request: Request, media: Sequence[str], opening: str) -> list[dict[str, Any]]:
    """All but the system message; ``opening``: text at the start of the user message."""
    messages: list[dict[str, Any]] = []
    for shot in request.shots:
        messages.append({"role": "user", "content": [_text(shot.question)]})
        messages.append({"role": "assistant", "content": [_text(shot.answer)]})
    parts = [_text(f"{opening}\n")] if opening else []
    content = [*parts, *({"type": kind} for kind in media), _text(request.user_prompt)]
    return [*messages, {"role": "user", "content": content}]


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def strip_video_marks(text: str, processor: Any) -> str:
    """A prompt of Qwen3-VL without the marks that its template puts around the video.

    Its processor writes a pair of marks around each frame. Up to transformers 4.57 these replaced the template's pair;
    since 5.0 that pair stays around them, and the model has not been trained on that. Other prompts stay as they are.
    """
    marked = "<|vision_start|><|video_pad|><|vision_end|>"
    return text.replace(marked, "<|video_pad|>") if type(processor).__name__.startswith("Qwen3VL") else text


def needs_special_tokens(text: str, tokenizer: Any) -> bool:
    """Whether the tokenizer is to add the token that opens a prompt: not where the template has written it."""
    opening = tokenizer.bos_token
    return not (opening and text.startswith(opening))


def fill_frames(frames: Frames, processor: Any) -> Frames:
    """The frames, the last repeated up to as many as the processor merges into one: Qwen's take no single frame."""
    merged = getattr(getattr(processor, "video_processor", None), "temporal_patch_size", 1)
    missing = merged - len(frames.pixels) if isinstance(merged, int) else 0
    if missing <= 0:
        return frames
    return replace(
        frames,
        pixels=np.concatenate([frames.pixels, np.repeat(frames.pixels[-1:], missing, axis=0)]),
        indices=frames.indices + frames.indices[-1:] * missing,
        timestamps=frames.timestamps + frames.timestamps[-1:] * missing,
    )
