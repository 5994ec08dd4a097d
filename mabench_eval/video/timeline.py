"""When the frames of a clip are on screen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Timeline:
    """The frames of a clip in the order in which they are shown, each from its start to that of the next."""

    starts: Sequence[int]
    """When each frame comes on screen, in ticks from the first: ascending from 0. At least one."""
    end: int
    """When the last one leaves it, in ticks: after the last start."""
    tick: Fraction
    """Seconds, more than 0."""

    @classmethod
    def constant(cls, total: int, rate: Fraction) -> Timeline:
        """``total`` (at least 1) frames, ``rate`` (more than 0) a second: a tick is a frame."""
        return cls(range(total), total, 1 / rate)

    @property
    def total(self) -> int:
        """Frames of the clip."""
        return len(self.starts)

    @property
    def fps(self) -> float:
        """Frames a second, on average: all frames by the time from the first one's start to the last one's end."""
        return float(self.total / (self.end * self.tick))

    def seconds(self, number: int) -> float:
        """When a frame comes on screen, in seconds from the first."""
        return float(self.starts[number] * self.tick)

    def shown_at(self, time: int) -> int:
        """The number of the frame that is on screen ``time`` (0 or more) ticks after the first came."""
        return bisect_right(self.starts, time) - 1

    def nearest(self, time: Fraction) -> int:
        """The number of the frame that comes on screen nearest to a time in ticks; of two as near, the later."""
        number = self.shown_at(int(time))
        following = number + 1
        if following < self.total and self.starts[following] - time <= time - self.starts[number]:
            return following
        return number


def make_timeline(
    times: Sequence[int | None], tick: Fraction, last: int | None, rate: Fraction | None
) -> Timeline | None:
    """The timeline of frames with these timestamps; None where there is none.

    Containers round timestamps, those of WebM to milliseconds: frames that come at a constant rate to within one tick
    come at that rate exactly. Where timestamps are missing or do not ascend, the rate that the stream states is all
    there is to go by.

    Args:
        times: In the order in which the frames are shown.
        tick: Seconds.
        last: Ticks that the last frame is shown, where the stream says so.
        rate: Frames a second, as the stream states it; it need not be true.
    """
    rate = rate if rate and rate > 0 else None
    known = [time for time in times if time is not None]
    if len(known) < len(times) or any(later <= earlier for earlier, later in pairwise(known)):
        return Timeline.constant(len(times), rate) if times and rate else None
    if not known:
        return None

    starts = [time - known[0] for time in known]
    measured = [(len(starts) - 1) / (starts[-1] * tick)] if len(starts) > 1 else []
    of_last = [1 / (last * tick)] if len(starts) == 1 and last and last > 0 else []
    for constant in _some(rate, *measured, *of_last):
        if all(abs(start * tick * constant - number) < tick * constant for number, start in enumerate(starts)):
            return Timeline.constant(len(starts), constant)
    if len(starts) == 1:
        return None
    mean = max(1, round(starts[-1] / (len(starts) - 1)))
    return Timeline(starts, starts[-1] + (last if last and last > 0 else mean), tick)


def _some(*rates: Fraction | None) -> Iterable[Fraction]:
    return (rate for rate in rates if rate)
