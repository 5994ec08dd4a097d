"""How an answer is decoded: generated freely, by a seed of its own, or chosen among the options of its question."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from mabench_eval.engines.local.settings import LocalSettings
from mabench_eval.errors import ModelError
from mabench_eval.types import AnswerKind, Request

YES_NO = ("Yes", "No")


def is_generated(settings: LocalSettings, request: Request) -> bool:
    """Whether the answer is generated freely: always for open questions."""
    return settings.answers == "generate" or request.kind is AnswerKind.TEXT


def request_seed(seed: int, request: Request) -> int:
    """The seed of one sampled answer, 0 to 2^32 - 1, from the run's seed and the request's key.

    So neither the order of the questions nor what was answered before changes an answer; and a repeat, which has a key
    of its own, is sampled anew.
    """
    return int.from_bytes(hashlib.sha256(f"{seed} {request.key}".encode()).digest()[:4], "big")


def options_of(request: Request) -> tuple[str, ...]:
    """The possible answers of a closed question."""
    return YES_NO if request.kind is AnswerKind.YES_NO else tuple(request.options)


def first_tokens(request: Request, token_ids: Callable[[str], Sequence[int]]) -> dict[str, int]:
    """Option -> the token it begins with; ``token_ids`` tokenizes. Raises ModelError where two begin alike."""
    first = {option: token_ids(option)[0] for option in options_of(request)}
    if len(set(first.values())) < len(first):
        raise ModelError(
            f"the tokens of {', '.join(first)} do not tell them apart", hint="Use --answers constrained or generate."
        )
    return first
