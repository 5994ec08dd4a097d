"""What a tracker is given, and what it must give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mabench_eval.construction.sides import Sides
from mabench_eval.construction.tracks import TrackedClip

Picture = tuple[float, NDArray[np.uint8]]
"""Seconds from the first frame on; and the frame, (H, W, 3) RGB."""


@dataclass(frozen=True, slots=True)
class ClipToTrack:
    """A clip, and how to see it."""

    name: str
    path: Path
    pictures: Callable[[], Iterator[Picture]]
    """Decodes all frames, one at a time, as displayed. Raises ClipError."""
    sides: Sides
    """Whose left and right name the parts."""


class Tracker(Protocol):
    """Follows the body parts of the person in a clip."""

    def track(self, clip: ClipToTrack) -> TrackedClip:
        """Raises InputError or ClipError, which name the clip, where it cannot be tracked: the others go on."""
