"""MediaPipe's pose, quietly."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mediapipe
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Pose:
    """Finds one person's joints and mask. The same pictures give the same numbers, in every process."""

    def __init__(self, *, follow: bool) -> None:
        """``follow``: from picture to picture of one clip; else each picture is taken for itself."""
        self._follow = follow
        self._pose: Any = None

    def process(self, picture: NDArray[np.uint8]) -> Any:
        """MediaPipe's result for an RGB picture: ``pose_landmarks``, None without a person, and the mask."""
        if self._pose is not None:
            return self._pose.process(picture)
        with _hushed():  # it tells of its insides on the first picture
            self._pose = mediapipe.solutions.pose.Pose(
                static_image_mode=not self._follow, model_complexity=1, enable_segmentation=self._follow
            )
            return self._pose.process(picture)

    def close(self) -> None:
        """Let go of the models."""
        if self._pose is not None:
            self._pose.close()


@contextmanager
def _hushed() -> Iterator[None]:
    """Nothing comes to the terminal of what the C++ prints, which no setting stops."""
    sys.stderr.flush()
    terminal = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
