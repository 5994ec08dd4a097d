"""Frame sampling: which frames of a clip a model sees. One rule for every model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from mabench_eval.errors import InputError, did_you_mean


def uniform(total: int, fps: float, count: int) -> tuple[int, ...]:
    """The middle frame of each of ``count`` equal segments: floor((i + 1/2) * total / count), i = 0..count-1."""
    return tuple((2 * i + 1) * total // (2 * count) for i in range(count))


def endpoints(total: int, fps: float, count: int) -> tuple[int, ...]:
    """``count`` frames evenly from the first to the last, both included; the middle frame when ``count`` is 1.

    The i-th is i * (total - 1) / (count - 1), rounded half up.
    """
    if count == 1:
        return ((total - 1) // 2,)
    return tuple((2 * i * (total - 1) + count - 1) // (2 * (count - 1)) for i in range(count))


def starter_kit(total: int, fps: float, count: int) -> tuple[int, ...]:
    """The rule of the challenge's official runner: frames 0, s, 2s, ..., at most ``count`` of them.

    s = max(1, min(round(fps / 3), total // count)). It leaves out the end of most clips (at 30 fps s is at most 10),
    and gives fewer than ``count`` frames only when the clip has fewer.
    """
    step = max(1, min(round(fps / 3), total // count))
    return tuple(range(0, total, step))[:count]


RULES: Mapping[str, Callable[[int, float, int], tuple[int, ...]]] = MappingProxyType(
    {"uniform": uniform, "endpoints": endpoints, "starter-kit": starter_kit}
)
"""Name -> rule(total frames, frames per second, frames wanted) -> ascending frame numbers from 0.

``uniform`` and ``endpoints`` always give as many as wanted: a clip with fewer frames repeats some.
"""


@dataclass(frozen=True, slots=True)
class Sampling:
    """A rule and a number of frames; part of every answer's key."""

    rule: str = "uniform"
    count: int = 8
    """Frames a clip, at least 1."""

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise InputError(
                f"--sampling: no rule {self.rule!r}{did_you_mean(self.rule, list(RULES))}",
                hint=f"Rules: {', '.join(RULES)}",
            )
        if self.count < 1:
            raise InputError(f"--frames must be at least 1, got {self.count}")

    def indices(self, total: int, fps: float) -> tuple[int, ...]:
        """Frame numbers for a clip of ``total`` (at least 1) frames at ``fps`` frames per second."""
        return RULES[self.rule](total, fps, self.count)

    def identity(self) -> dict[str, Any]:
        """What of it an answer depends on."""
        return {"rule": self.rule, "frames": self.count}
