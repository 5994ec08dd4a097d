"""A request as a conversation, in the words of a checkpoint's own chat template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mabench_eval.types import Request

Render = Callable[[list[dict[str, Any]]], str]
"""A chat template: messages to the prompt's text, with the placeholders of the media and the opening of the answer."""


def prompt_text(request: Request, media: Sequence[str], render: Render) -> str:
    """The prompt of a request: system message, examples as text, then the media, then the question.

    ``media``: the type of each, ``video`` or ``image``, in order. A template that knows no system role, or that leaves
    its words out, gets them at the head of the user message, before the media, where they precede them in every case.
    """
    if request.system_prompt:
        try:
            text = render(_messages(request, media, system=True))
        except Exception:  # noqa: BLE001 - templates raise what they like for a role they do not know
            text = ""
        if request.system_prompt in text:
            return text
    return render(_messages(request, media, system=False))


def _messages(request: Request, media: Sequence[str], *, system: bool) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    head = request.system_prompt
    if system:
        messages.append({"role": "system", "content": [_text(head)]})
        head = ""
    for shot in request.shots:
        messages.append({"role": "user", "content": [_text(shot.question)]})
        messages.append({"role": "assistant", "content": [_text(shot.answer)]})
    opening = [_text(f"{head}\n")] if head else []
    content = [*opening, *({"type": kind} for kind in media), _text(request.user_prompt)]
    return [*messages, {"role": "user", "content": content}]


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}
