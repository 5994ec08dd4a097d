"""Who is followed, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Person(NamedTuple):
    """The one that is followed, in one picture."""

    joints: Floats
    """(joints, 2), shares of width and height; NaN where nobody is found."""
    scores: Floats
    """(joints,) confidence, 0-1."""
    persons: int
    """In the picture."""


def persons(people: Sequence[Person]) -> int | None:
    """1, or 2 where most pictures that show somebody show somebody else too; None where none does."""
    counts = [person.persons for person in people if person.persons]
    return 1 + (sum(count > 1 for count in counts) > len(counts) / 2) if counts else None
