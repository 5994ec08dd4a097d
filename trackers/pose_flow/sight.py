"""What MediaPipe sees in the pictures of a clip, one after the other: the person's joints and mask, and others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .others import others_seen
from .pose import Floats, Pose

LOOK_AROUND = 1.0
"""Seconds between two looks for other persons."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """One picture."""

    joints: Floats
    """(33, 2), shares of width and height; NaN where no person is found."""
    scores: Floats
    """(33,), 0-1."""
    mask: NDArray[np.float32] | None
    """(H, W), 0-1; None where no person is found."""
    others: bool | None
    """Whether somebody else is there; None in pictures in which nobody was looked for."""


class Eye:
    """MediaPipe's pose, which follows the person from picture to picture of one clip."""

    def __init__(self) -> None:
        self._pose = Pose(follow=True)
        self._look_around = 0.0  # when to do so next

    def see(self, seconds: float, picture: NDArray[np.uint8]) -> Sight:
        """The next picture. The same pictures give the same bytes, in every process."""
        found = self._pose.process(picture)
        if found.pose_landmarks is None:
            return Sight(np.full((33, 2), np.nan), np.zeros(33), None, None)

        landmarks = found.pose_landmarks.landmark
        joints = np.array([(each.x, each.y) for each in landmarks])
        scores = np.array([each.visibility for each in landmarks])
        others = None
        if seconds >= self._look_around:
            others = others_seen(picture, joints, found.segmentation_mask)
            self._look_around = seconds + LOOK_AROUND
        return Sight(joints, scores, found.segmentation_mask, others)

    def close(self) -> None:
        """Let go of the models."""
        self._pose.close()
