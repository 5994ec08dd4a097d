"""A chat completion as JSON becomes a response: types, ranges and finite numbers checked, or the request has failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mabench_eval.engines.openai.failures import NoAnswerError, UnfitReplyError, status_error
from mabench_eval.runfiles import ModelId, Tokens
from mabench_eval.types import Response, StopReason

BROKEN_OFF = ("error", "abort")
"""Reasons to finish that are no end of an answer: what a router or server says when the model behind it failed."""


class TextPart(msgspec.Struct, tag_field="type", tag="text"):
    """Words of the answer."""

    text: str


class RefusalPart(msgspec.Struct, tag_field="type", tag="refusal"):
    """Words of a refusal."""

    refusal: str


class ThinkingPart(msgspec.Struct, tag_field="type", tag="thinking"):
    """Thoughts before the answer, as Mistral's endpoint has them."""

    thinking: str | list[TextPart]


class Message(msgspec.Struct):
    """What the model said. As a list of parts it is read where each part is of a known kind."""

    content: str | list[TextPart | RefusalPart | ThinkingPart] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class Choice(msgspec.Struct):
    """One answer; only one is asked for."""

    message: Message
    finish_reason: str | None = None
    error: Any = None


class PromptDetails(msgspec.Struct):
    """What the prompt's tokens were."""

    cached_tokens: Tokens | None = None


class Usage(msgspec.Struct):
    """Tokens; each may be untold."""

    prompt_tokens: Tokens | None = None
    completion_tokens: Tokens | None = None
    prompt_tokens_details: PromptDetails | None = None


class Completion(msgspec.Struct):
    """A chat completion. Fields that are not listed here are passed over."""

    choices: list[Choice]
    usage: Usage | None = None
    model: ModelId | None = None


def read_completion(key: str, value: Any, seconds: float | None) -> Response:
    """The response in a chat completion's JSON.

    Raises NoAnswerError where there is no completion in it, StatusError where it tells of an error under status 200,
    UnfitReplyError where there is one of which a field has another type or range than it should.
    """
    if not isinstance(value, Mapping):
        raise NoAnswerError("the JSON is no object")
    if value.get("error"):
        raise status_error(200, value)
    if not value.get("choices"):
        raise NoAnswerError("there are no choices in the JSON")
    try:
        completion = msgspec.convert(value, Completion)
    except (msgspec.ValidationError, ValueError) as error:  # ValueError: half a character in a key
        raise UnfitReplyError(str(error).replace("$.", "")) from error

    choice, usage = completion.choices[0], completion.usage or Usage()
    details = usage.prompt_tokens_details or PromptDetails()
    if choice.error or choice.finish_reason in BROKEN_OFF:
        raise status_error(200, {"error": choice.error or f"the answer ended by {choice.finish_reason!r}"})
    content, refusal, reasoning = _words(choice.message)
    return Response(
        key,
        text=content or refusal,
        stop_reason=_stop_reason(choice.finish_reason, refusal, content),
        reasoning=reasoning or None,
        served_by=completion.model,
        prompt_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        cached_tokens=details.cached_tokens,
        seconds=seconds,
    )


def _words(message: Message) -> tuple[str, str, str]:
    """Answer, refusal and thoughts; each may be empty."""
    parts = [TextPart(message.content or "")] if not isinstance(message.content, list) else message.content
    content = "".join(part.text for part in parts if isinstance(part, TextPart))
    refusal = message.refusal or "".join(part.refusal for part in parts if isinstance(part, RefusalPart))
    thoughts = [part.thinking for part in parts if isinstance(part, ThinkingPart)]
    within = "".join(each if isinstance(each, str) else "".join(text.text for text in each) for each in thoughts)
    return content, refusal, message.reasoning_content or message.reasoning or within


def _stop_reason(finish: str | None, refusal: str, content: str) -> StopReason:
    if refusal:
        return "refusal"
    if finish in ("content_filter", "length"):
        return "content_filter" if finish == "content_filter" else "length"
    return "stop" if content else "empty"
