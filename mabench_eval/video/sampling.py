"""Frame sampling: which frames of a clip a model sees. One rule for every model, and rules speak of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any, ClassVar

from mabench_eval.errors import InputError, did_you_mean
from mabench_eval.video.timeline import Timeline


def uniform(clip: Timeline, count: int) -> tuple[int, ...]:
    """The frame on screen in the middle of each of ``count`` equal spans of time.

    At a constant rate: floor((i + 1/2) * total / count), i = 0..count-1.
    """
    return tuple(clip.shown_at((2 * i + 1) * clip.end // (2 * count)) for i in range(count))


def endpoints(clip: Timeline, count: int) -> tuple[int, ...]:
    """``count`` frames from the first to the last, both included: those nearest to times at equal distances.

    When ``count`` is 1 the one on screen halfway. At a constant rate the i-th is i * (total - 1) / (count - 1), rounded
    half up, and the one (total - 1) / 2, rounded down.
    """
    last = clip.starts[-1]
    if count == 1:
        return (clip.shown_at(last // 2),)
    return tuple(clip.nearest(Fraction(i * last, count - 1)) for i in range(count))


def starter_kit(clip: Timeline, count: int) -> tuple[int, ...]:
    """The rule of the challenge's official runner: the frames on screen at times 0, s, 2s, ..., at most ``count``.

    s = max(1, min(round(fps / 3), total // count)) frames of average length; at a constant rate the frames 0, s, 2s,
    ... It leaves out the end of most clips (at 30 fps s is at most 10), and gives fewer than ``count`` frames only when
    the clip has fewer.
    """
    step = max(1, min(round(clip.fps / 3), clip.total // count))
    numbers = range(0, clip.total, step)[:count]
    return tuple(clip.shown_at(number * clip.end // clip.total) for number in numbers)


def llamafactory(clip: Timeline, count: int) -> tuple[int, ...]:
    """The rule of LLaMA-Factory, which an adapter was trained by on clips (``export-train --video clips``).

    n = min(total, count) frames, the i-th floor(i * (total - 1) / (n - 1)), by number and not by time; the division is
    in floating point, as numpy.linspace has it. A clip with fewer frames gives fewer. (LLaMA-Factory 0.9.5,
    ``data/mm_plugin.py``, with a ``video_fps`` that does not bind.)
    """
    frames = min(clip.total, count)
    if frames == 1:
        return (0,)
    step = (clip.total - 1) / (frames - 1)
    return (*(int(i * step) for i in range(frames - 1)), clip.total - 1)


RULES: Mapping[str, Callable[[Timeline, int], tuple[int, ...]]] = MappingProxyType(
    {"uniform": uniform, "endpoints": endpoints, "starter-kit": starter_kit, "llamafactory": llamafactory}
)
"""Name -> rule(when the clip's frames are on screen, frames wanted) -> ascending frame numbers from 0.

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

    def indices(self, clip: Timeline) -> tuple[int, ...]:
        """The numbers of a clip's frames that are shown, ascending."""
        return RULES[self.rule](clip, self.count)

    @property
    def media(self) -> int:
        """Pieces of media that a question on a clip holds."""
        return self.count

    def identity(self) -> dict[str, Any]:
        """What of it an answer depends on."""
        return {"rule": self.rule, "frames": self.count}


@dataclass(frozen=True, slots=True)
class WholeClip:
    """In place of a sampling: the clip's own file is sent, and its receiver takes frames by a rule of its own."""

    rule: ClassVar[str] = "whole-clip"
    count: ClassVar[None] = None
    """Frames that the model sees are not known."""
    media: ClassVar[int] = 1

    def identity(self) -> dict[str, Any]:
        """As of a sampling."""
        return {"rule": self.rule}
