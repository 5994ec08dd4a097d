"""Whether somebody else is in the picture: the pose is looked for again where the person is painted over."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .pose import Floats, Pose

AROUND = 0.1
"""Of the height from the uppermost to the lowest joint: so much around all joints is painted over too."""
ON_BODY = 0.3
"""Of the mask, 0-1: less than a point of the body has, since nothing of the person may be left."""


def others_seen(picture: NDArray[np.uint8], joints: Floats, mask: NDArray[np.float32]) -> bool:
    """Whether a second person is in an RGB picture.

    ``joints``: (33, 2) of the first one, shares of width and height; ``mask``: of the picture's size.
    """
    size = np.array(picture.shape[1::-1])
    low, high = joints.min(axis=0) * size, joints.max(axis=0) * size
    margin = AROUND * float(np.ptp(joints[:, 1])) * size[1]
    left, top = np.maximum(low - margin, 0).astype(int)
    right, bottom = np.maximum(high + margin, 0).astype(int)

    covered = mask > ON_BODY
    covered[top:bottom, left:right] = True
    if covered.all():
        return False
    rest = picture.copy()
    rest[covered] = np.median(picture[~covered][::16], axis=0).astype(np.uint8)
    return _pose().process(rest).pose_landmarks is not None


@lru_cache(maxsize=1)
def _pose() -> Pose:
    """One a process: it keeps nothing of a picture."""
    return Pose(follow=False)
