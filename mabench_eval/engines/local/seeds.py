"""Seeds of sampled answers."""

from __future__ import annotations

import hashlib

from mabench_eval.types import Request


def own_seed(seed: int, request: Request) -> int:
    """The seed of one answer, 0 to 2^32 - 1, by the run's and the request's key.

    So neither the order of the questions nor what was answered before changes an answer; and a repeat, which has a key
    of its own, draws anew.
    """
    return int.from_bytes(hashlib.sha256(f"{seed} {request.key}".encode()).digest()[:4], "big")
