"""What a test wants said: replies, faults, and the script that chooses among them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

Transient = Literal["rate_limit", "server_error", "cut", "empty_choices", "html", "slow"]
Kind = Transient | Literal["hang", "bad_key", "unknown_model", "bad_request", "content_filter_400"]
TRANSIENT: tuple[Kind, ...] = get_args(Transient)  # what asking again gets over; so is "hang", after a timeout


@dataclass(frozen=True)
class Reply:
    """A chat completion."""

    text: str | None = "B"  # the message's content
    finish_reason: str = "stop"  # stop, length, content_filter
    refusal: str | None = None  # the message's refusal
    reasoning: str | None = None  # the message's reasoning_content; None leaves it out
    model: str | None = None  # the model id in the answer; None echoes the one asked for
    prompt_tokens: int = 100
    completion_tokens: int = 5
    cached_tokens: int = 0  # of the prompt's


@dataclass(frozen=True)
class Fault:
    """Something other than a chat completion."""

    kind: Kind
    retry_after: float | None = None  # seconds, the Retry-After header of an error; None leaves it out
    seconds: float = 0.0  # how much longer than the server's latency it takes; a hang never ends
    reply: Reply = Reply()  # what a slow answer says after all
    message: str | None = None  # of an error, instead of the usual one


@dataclass(frozen=True)
class Raw:
    """Bytes as they go over the wire, head and body, whatever they are; see ``wire.raw``."""

    data: bytes
    more: bytes = b""  # sent after them every ``seconds``, as long as the client waits
    seconds: float = 0.01
    last: bool = True  # whether the connection then closes


Script = Callable[[dict[str, Any], int], Reply | Fault | Raw]
"""(parsed request body, how often this very body was sent before) -> what to do. Runs in the server's thread."""


def with_faults(
    script: Script | None = None,
    share: float = 0.3,
    seed: int = 0,
    kinds: Sequence[Kind] = TRANSIENT,
    most: int = 3,
    *,
    retry_after: float | None = 0.05,
    seconds: float = 0.2,
) -> Script:
    """``script``, but each attempt fails with probability ``share``, and no body more than ``most`` times.

    Which attempts fail, and how, is a hash of seed, body and attempt: the same in every process and every order.
    ``retry_after`` goes with every rate limit, ``seconds`` is how long a slow answer takes.
    """

    def faulty(body: dict[str, Any], before: int) -> Reply | Fault | Raw:
        answer = Reply() if script is None else script(body, before)
        digest = hashlib.sha256(f"{seed} {before} {json.dumps(body)}".encode()).digest()
        if before >= most or int.from_bytes(digest[:8]) >= share * 2**64 or not isinstance(answer, Reply):
            return answer
        kind = kinds[int.from_bytes(digest[8:16]) % len(kinds)]
        return Fault(kind, retry_after if kind == "rate_limit" else None, seconds if kind == "slow" else 0.0, answer)

    return faulty
