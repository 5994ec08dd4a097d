"""What one source says of body parts, as arrays: rules are worked out for all statements of a family at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mabench_eval.construction.descriptors import Measure
from mabench_eval.construction.questions.statements import DIRECTIONS, direction_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
NOWHERE = -1
"""In place of a direction: none is clear."""


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """P parts by one source. Lengths are torso lengths; a moment that there is not is NaN, which exceeds nothing."""

    seconds: float
    """Of the clip."""
    amplitude: Floats
    """(P,)"""
    onset: Floats
    """(P,) seconds, as is the next."""
    settle: Floats
    reversals: Ints
    """(P,)"""
    begins: Floats
    """(P, 3, 2): where a part is when each phase begins, and ..."""
    ends: Floats
    """... when it ends."""
    four: Floats
    """(P, 3, 4): the way up, down, left and right in each phase."""
    speed: Floats
    """(P, 3)"""
    ways: Ints
    """(P, 3): place in ``DIRECTIONS`` of the main direction of each phase, or ``NOWHERE``."""
    way: Ints
    """(P,): the same of the whole clip."""

    def moves(self) -> Floats:
        """(P, 3, 2): from where to where each phase leads."""
        return self.ends - self.begins


def figures_of(measures: Sequence[Measure], seconds: float) -> Figures:
    """Of these parts, in this order."""
    begins = np.array([[phase.begins for phase in part.phases] for part in measures], np.float64)
    ends = np.array([[phase.ends for phase in part.phases] for part in measures], np.float64)
    return Figures(
        seconds,
        np.array([part.amplitude for part in measures], np.float64),
        np.array([part.onset for part in measures], np.float64),
        np.array([part.settle for part in measures], np.float64),
        np.array([part.reversals for part in measures], np.int64),
        begins,
        ends,
        np.array([[phase.four for phase in part.phases] for part in measures], np.float64),
        np.array([[phase.speed for phase in part.phases] for part in measures], np.float64),
        np.array([[_way(*move) for move in part] for part in (ends - begins).tolist()], np.int64),
        np.array([_way(*move) for move in (ends[:, -1] - begins[:, 0]).tolist()], np.int64),
    )


def _way(right: float, down: float) -> int:
    found = direction_of((right, down))
    return NOWHERE if found is None else DIRECTIONS.index(found)
