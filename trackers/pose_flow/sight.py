"""What is seen of a clip, one picture after the other: joints and mask by MediaPipe, flow by OpenCV.

Of a picture only joints and a coarse grid are kept, about 60 KB; the picture itself is let go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mabench_eval import Picture

from .body import Floats
from .others import others_seen
from .pose import Pose

POSE_ROWS = 720
"""Height of the picture that the pose is looked for in: more shows it nothing, since it shrinks the person to 256."""
FLOW_ROWS = 360
"""Height of the picture that flow is measured in; joints and flow are in its pixels."""
GRID = 4
"""Pixels between two points of the grid."""
ON_BODY = 0.5
"""Of the mask, 0-1, from which on a point counts as the person's."""
FLAT, AROUND = 8, 5
"""Grey levels that a flat neighbourhood of that many pixels square differs by at most."""
BACKGROUND = 30
"""Points of the grid off the person, at least, that tell how the camera moves."""
LOOK_AROUND = 1.0
"""Seconds between two looks for other persons."""
JUMP = 4
"""Grey levels that something flat jumps by, from one picture to the next, at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """One picture, and what changes until the next."""

    seconds: float
    joints: Floats
    """(33, 2), pixels; NaN where no person is found."""
    scores: Floats
    """(33,), 0-1."""
    body: NDArray[np.bool_]
    """(h, w): the points of the grid that lie on the person."""
    others: bool | None
    """Whether somebody else is there; None in pictures in which nobody was looked for."""
    flow: NDArray[np.float32] | None
    """(h, w, 2): pixels until the next picture; None for the last one, after which nothing is."""
    camera: Floats
    """(2,): how far the background moves until the next picture, pixels."""
    flat: NDArray[np.bool_]
    """(h, w): points in a flat neighbourhood, here and in the next picture."""
    jumped: NDArray[np.bool_]
    """(h, w): those of them whose grey jumps meanwhile. What moves does not do so; a mosaic that flickers does."""


def grid_points(shape: tuple[int, ...]) -> Floats:
    """(h * w, 2): the middle of each cell of the grid, pixels."""
    rows, columns = np.indices(shape[:2], dtype=np.float64).reshape(2, -1)
    return np.stack([columns, rows], axis=1) * GRID + (GRID - 1) / 2


def look(pictures: Iterable[Picture]) -> Iterator[Sight]:
    """See one picture after the other. The same pictures give the same bytes, in every process."""
    cv2.setNumThreads(1)
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    with closing(_Eye()) as eye:
        before: _Seen | None = None
        for seconds, picture in pictures:
            seen = eye.see(seconds, picture)
            if before is not None:
                yield _sight(before, seen, flow)
            before = seen
        if before is not None:
            yield _sight(before, None, flow)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One picture for itself, as in ``Sight``; ``flat`` in all its pixels, as ``grey`` has them."""

    seconds: float
    joints: Floats
    scores: Floats
    body: NDArray[np.bool_]
    others: bool | None
    grey: NDArray[np.uint8]
    flat: NDArray[np.bool_]


class _Eye:
    """MediaPipe's pose, which follows the person from picture to picture of one clip."""

    def __init__(self) -> None:
        self._pose = Pose(follow=True)
        self._look_around = 0.0  # when to do so next

    def see(self, seconds: float, picture: NDArray[np.uint8]) -> _Seen:
        large = np.ascontiguousarray(picture if len(picture) <= POSE_ROWS else _scaled(picture, POSE_ROWS))
        grey = cv2.cvtColor(_scaled(large, FLOW_ROWS), cv2.COLOR_RGB2GRAY)  # from the large one: quicker
        square = np.ones((AROUND, AROUND), np.uint8)
        flat = cv2.dilate(grey, square) - cv2.erode(grey, square) <= FLAT

        height, width = grey.shape
        grid = width // GRID, height // GRID  # as OpenCV has sizes
        found = self._pose.process(large)
        if found.pose_landmarks is None:
            nobody = np.zeros(grid[::-1], bool)
            return _Seen(seconds, np.full((33, 2), np.nan), np.zeros(33), nobody, None, grey, flat)

        landmarks = found.pose_landmarks.landmark
        joints = np.array([(each.x, each.y) for each in landmarks])
        scores = np.array([each.visibility for each in landmarks])
        body = cv2.resize(found.segmentation_mask, grid, interpolation=cv2.INTER_AREA) > ON_BODY
        others = None
        if seconds >= self._look_around:
            others = others_seen(large, joints, found.segmentation_mask)
            self._look_around = seconds + LOOK_AROUND
        return _Seen(seconds, joints * (width, height), scores, body, others, grey, flat)

    def close(self) -> None:
        self._pose.close()


def _sight(seen: _Seen, following: _Seen | None, flow: Any) -> Sight:
    of_picture = seen.seconds, seen.joints, seen.scores, seen.body, seen.others
    if following is None:
        nowhere = np.zeros_like(seen.body)
        return Sight(*of_picture, None, np.zeros(2), nowhere, nowhere)
    if following.grey.shape != seen.grey.shape:
        raise ValueError(f"pictures of {seen.grey.shape} and {following.grey.shape} pixels follow each other")
    moved = flow.calc(seen.grey, following.grey, None)
    moved = cv2.resize(moved, seen.body.shape[::-1], interpolation=cv2.INTER_AREA)
    flat = _on_grid(seen.flat & following.flat, seen.body.shape)
    jumps = _on_grid(cv2.absdiff(seen.grey, following.grey), seen.body.shape) > JUMP
    return Sight(*of_picture, moved, _camera(moved, seen.body), flat, flat & jumps)


def _camera(flow: NDArray[np.float32], body: NDArray[np.bool_]) -> Floats:
    """(2,): the median of the flow off the person; with a margin, since flow bleeds over edges."""
    wide = cv2.dilate(body.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    background = flow[~wide]
    return np.median(background, axis=0).astype(np.float64) if len(background) >= BACKGROUND else np.zeros(2)


def _scaled(picture: NDArray[np.uint8], rows: int) -> NDArray[np.uint8]:
    """The picture with that many rows."""
    size = round(picture.shape[1] * rows / len(picture)), rows
    smooth = cv2.INTER_AREA if len(picture) >= 2 * rows else cv2.INTER_LINEAR  # which leaves out nothing below that
    return np.asarray(cv2.resize(picture, size, interpolation=smooth))


def _on_grid(pixels: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The pixel in the middle of each cell of the grid."""
    middle = slice(GRID // 2, None, GRID)
    return pixels[middle, middle][: shape[0], : shape[1]]
