"""Strict reading of a judge's verdict: one JSON object of the asked shape, or no score."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mabench_eval.answers import json_reply
from mabench_eval.judging.base import HIGHEST
from mabench_eval.parsing import ContentError

LONGEST_REASON = 500
"""Characters kept of a reason."""


class UnreadableError(Exception):
    """The reply is no verdict; the text says why."""


def read_verdict(reply: str, levels: Sequence[str]) -> tuple[dict[str, int], dict[str, str]]:
    """Level -> score, and level -> reason, of a judge's reply.

    A reasoning block before the verdict and one code fence around it are taken off. The rest must be one JSON object
    with just the levels asked for, each with an integer 0-5 and a reason: a verdict is never searched for in prose,
    where it could be the answer's own. Raises UnreadableError.
    """
    try:
        verdict = json_reply(reply)
    except ContentError as error:
        raise UnreadableError(f"it is not one JSON object ({error})") from error
    if not isinstance(verdict, dict) or set(verdict) != set(levels):
        raise UnreadableError(f"expected an object with just {', '.join(levels)}")
    return {level: _score(verdict[level], level) for level in levels}, {
        level: " ".join(verdict[level]["reason"].split())[:LONGEST_REASON] for level in levels
    }


def _score(given: Any, level: str) -> int:
    if not isinstance(given, dict) or set(given) != {"reason", "score"} or not isinstance(given["reason"], str):
        raise UnreadableError(f"{level}: expected an object with reason and score")
    score = given["score"]
    if type(score) is not int or not 0 <= score <= HIGHEST:  # no bool, no "4", no 4.0
        raise UnreadableError(f"{level}: expected an integer from 0 to {HIGHEST}, got {json.dumps(score)[:40]}")
    return score
