"""Points inside the person's mask, and the motion of the body parts that they lie on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mabench_eval import NOBODY, PARTS, Tracks, sum_by_part

Floats = NDArray[np.float64]
ENOUGH = 4
"""Points on a part from which on its motion counts as seen."""


def grid_inside(mask: NDArray[np.bool_], size: tuple[int, int], step: float) -> Floats:
    """(N, 2): points of a grid, ``step`` pixels apart, that lie in a mask.

    ``mask``: (H, W), of any size. ``size``: width and height of the picture that pixels are of.
    """
    width, height = size
    columns, rows = np.arange(step / 2, width, step), np.arange(step / 2, height, step)
    points = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    across, down = (points / size * mask.shape[::-1]).astype(int).T
    return np.asarray(points[mask[down, across]])


def point_tracks(
    places: Floats, visible: NDArray[np.bool_], owners: NDArray[np.intp], torso: float, starts: Floats
) -> Tracks:
    """Each part from ``starts`` on, along the mean motion of its points that are seen.

    Args:
        places: (T, N, 2), pixels, without the camera's motion.
        visible: (T, N).
        owners: (N,): numbers of the parts that the points lie on; a point stays on its part.
        torso: Its length, pixels.
        starts: (14, 2), torso lengths.
    """
    steps = np.zeros((len(places), len(PARTS), 2))
    for frame in range(1, len(places)):
        both = np.where(visible[frame - 1] & visible[frame], owners, NOBODY)
        moved = np.column_stack([np.ones(len(owners)), places[frame] - places[frame - 1]])
        sums = sum_by_part(both, moved)
        steps[frame] = sums[:, 1:] / np.maximum(sums[:, :1], 1) / torso
    seen = np.stack([sum_by_part(owners, now[:, None].astype(np.float64))[:, 0] for now in visible])
    points = sum_by_part(owners, np.ones((len(owners), 1)))[:, 0]
    return Tracks("points", starts + np.cumsum(steps, axis=0), seen / np.maximum(points, ENOUGH))
