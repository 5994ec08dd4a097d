"""What a path in the plane does: how far, in which direction and when it goes, and how often it turns back.

Paths are (T, 2), x rightward and y downward as seen; times (T,) seconds, rising. Lengths are in the path's unit.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PHASES = ("early", "middle", "late")
"""Thirds of a clip's time."""
WINDOW = 0.1
"""Seconds that smoothing averages over: three frames at 30 a second."""
BEGUN = 0.2
"""Share of the way to the farthest point after which a movement has begun, and before which it has settled."""


def smooth(path: Floats, times: Floats, window: float = WINDOW) -> Floats:
    """(T, ...) means over the frames within half a window of each; ends are means of what is there."""
    low = np.searchsorted(times, times - window / 2 - 1e-9)
    high = np.searchsorted(times, times + window / 2 + 1e-9, side="right")
    sums = np.concatenate([np.zeros((1, *path.shape[1:])), np.cumsum(path, axis=0)])
    counts = (high - low).reshape(-1, *[1] * (path.ndim - 1))
    return np.asarray((sums[high] - sums[low]) / counts)


def phase_bounds(times: Floats) -> tuple[tuple[int, int], ...]:
    """First and last frame of each third of the time; a phase begins on the frame on which the one before it ends."""
    edges = times[0] + (times[-1] - times[0]) * np.arange(4) / 3
    frames = [int(np.abs(times - edge).argmin()) for edge in edges]
    return tuple(pairwise(frames))


def amplitude(path: Floats) -> float:
    """Diagonal of the box that the path fits into."""
    return float(np.hypot(*np.ptp(path, axis=0)))


def length(path: Floats) -> float:
    """Of the way along the path."""
    return float(np.hypot(*np.diff(path, axis=0).T).sum())


def directional(path: Floats) -> tuple[float, float, float, float]:
    """How far it goes up, down, left and right, there and back counted each."""
    steps = np.diff(path, axis=0)
    right, down = np.maximum(steps, 0).sum(axis=0)
    left, up = np.maximum(-steps, 0).sum(axis=0)
    return float(up), float(down), float(left), float(right)


def onset(path: Floats, times: Floats, floor: float) -> float | None:
    """When it has gone a fifth of its way from where it rests, seconds; None where it never goes beyond ``floor``."""
    gone = np.hypot(*(path - path[0]).T)
    beyond = gone > max(floor, BEGUN * float(gone.max()))
    return float(times[int(beyond.argmax())]) if beyond.any() else None


def settle(path: Floats, times: Floats, floor: float) -> float | None:
    """From when on it stays within a fifth of its way of where it ends, seconds; None where it never left there."""
    apart = np.hypot(*(path - path[-1]).T)
    beyond = np.flatnonzero(apart > max(floor, BEGUN * float(apart.max())))
    return float(times[min(int(beyond[-1]) + 1, len(times) - 1)]) if len(beyond) else None


def peak(path: Floats, times: Floats) -> float:
    """When it is farthest from where it rests, seconds."""
    return float(times[int(np.hypot(*(path - path[0]).T).argmax())])


def reversals(values: Floats, floor: float) -> int:
    """How often (T,) values turn back by more than a quarter of their range, or than ``floor``."""
    margin = max(float(np.ptp(values)) / 4, floor)
    count, sign, edge = 0, 0, float(values[0])
    for value in map(float, values[1:]):
        if (sign >= 0 and value < edge - margin) or (sign <= 0 and value > edge + margin):
            count += sign != 0
            sign = 1 if value > edge else -1
            edge = value
        elif (value - edge) * sign > 0:
            edge = value
    return count


def approach(one: Floats, other: Floats, first: int, last: int) -> float:
    """By how much two paths come closer between two frames; negative when they move apart."""
    apart = np.hypot(*(one - other).T)
    return float(apart[first] - apart[last])
