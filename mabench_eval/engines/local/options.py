"""Closed questions whose answer is chosen, not written: their options, and the tokens that tell them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.errors import ModelError
from mabench_eval.types import AnswerKind, Request

YES_NO = ("Yes", "No")


def is_free(settings: LocalSettings, request: Request) -> bool:
    """Whether the answer is generated freely: always for open questions."""
    return settings.answers == "generate" or request.kind is AnswerKind.TEXT


def options_of(request: Request) -> tuple[str, ...]:
    """What a closed question may be answered with."""
    return YES_NO if request.kind is AnswerKind.YES_NO else tuple(request.options)


def first_tokens(request: Request, ids: Callable[[str], Sequence[int]]) -> dict[str, int]:
    """Option -> the token it begins with; ``ids`` tokenizes. Raises ModelError where two begin alike."""
    first = {option: ids(option)[0] for option in options_of(request)}
    if len(set(first.values())) < len(first):
        raise ModelError(
            f"the tokens of {', '.join(first)} do not tell them apart", hint="Take --answers constrained or generate."
        )
    return first
