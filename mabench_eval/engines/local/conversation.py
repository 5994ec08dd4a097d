"""A request as a conversation, in the words of a checkpoint's own chat template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mabench_eval.types import Request

Render = Callable[[list[dict[str, Any]]], str]
"""A chat template: messages to the prompt's text, with the placeholders of the media and the opening of the answer."""


def prompt_text(request: Request, media: Sequence[str], render: Render) -> str:
    """The prompt of a request: system message, examples as text, then the media, then the question.

    ``media``: the type of each, ``video`` or ``image``, in order. Some templates take the system's words as parts, some
    as plain text. One that knows no system role, or leaves its words out, gets them at the head of the user message:
    they precede the media in every case.
    """
    system = request.system_prompt
    for content in ([_text(system)], system) if system else ():
        try:
            text = render([{"role": "system", "content": content}, *_messages(request, media, "")])
        except Exception:  # noqa: BLE001, S112 - templates raise what they like for what they do not know
            continue
        if system in text:
            return text
    return render(_messages(request, media, system))


def without_outer_marks(text: str, processor: str) -> str:
    """A prompt of Qwen3-VL without the marks that its template puts around the video.

    Its processor writes a pair of marks around each frame. Up to transformers 4.57 these took the place of the
    template's pair; since 5.0 that pair stays around them, which the model has not been trained on. ``processor``: the
    name of its class.
    """
    marked = "<|vision_start|><|video_pad|><|vision_end|>"
    return text.replace(marked, "<|video_pad|>") if processor.startswith("Qwen3VL") else text


def _messages(request: Request, media: Sequence[str], head: str) -> list[dict[str, Any]]:
    """All but the system message; ``head``: words that open the user message."""
    messages: list[dict[str, Any]] = []
    for shot in request.shots:
        messages.append({"role": "user", "content": [_text(shot.question)]})
        messages.append({"role": "assistant", "content": [_text(shot.answer)]})
    opening = [_text(f"{head}\n")] if head else []
    content = [*opening, *({"type": kind} for kind in media), _text(request.user_prompt)]
    return [*messages, {"role": "user", "content": content}]


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}
