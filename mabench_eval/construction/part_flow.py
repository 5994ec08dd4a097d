"""Optical flow inside the body parts, by OpenCV: when and how far each part moves, as its own pixels say.

A second witness beside any skeleton: joints say where a part is, and flow errs in another way than they do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mabench_eval.construction.anatomy import NOBODY, bones, head_angles, parts_at, sum_by_part
from mabench_eval.construction.kinematics import Floats
from mabench_eval.construction.parts import PARTS
from mabench_eval.construction.sides import Sides
from mabench_eval.construction.tracking.trackers import ClipToTrack
from mabench_eval.construction.tracks import Evidence, TrackedClip, Tracks, bridged, tracks_of_joints
from mabench_eval.errors import ClipError

FLOW_ROWS = 360
"""Height of the picture that flow is measured in; its width goes with it."""
GRID = 4
"""Pixels between two points of the grid."""
ON_BODY = 0.5
"""Of a mask, 0-1, from which on a point counts as the person's."""
FLAT, AROUND = 8, 5
"""Grey levels that a flat neighbourhood of that many pixels square differs by at most."""
JUMP = 4
"""Grey levels that something flat jumps by, from one picture to the next, at least."""
BACKGROUND = 30
"""Points of the grid off the person, at least, that tell how the camera moves."""
ENOUGH = 4
"""Points on a part from which on its motion counts as seen."""
COVERED = 0.015
"""Share of a head's flat points that jump, mean over the pictures: beyond it a mosaic covers the face. On clips with
one it was 0.03 to 0.22, on clips without at most 0.006 ..."""
BEYOND = 3
"""... and times the share of the other parts, at least: light that flickers is on all of them."""
HEAD = PARTS.index("head")
SHOWN = 10
"""Frames a second, at most, whose joints and mask are kept for people to look at: a third of a file of tracks."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One picture."""

    grey: NDArray[np.uint8]
    flat: NDArray[np.bool_]
    """(H, W): pixels in a flat neighbourhood."""
    body: NDArray[np.bool_]
    """(h, w): the points of the grid that lie on the person."""


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """From one picture to the next, on the grid."""

    body: NDArray[np.bool_]
    """(h, w), in the first of them."""
    flow: NDArray[np.float32]
    """(h, w, 2): pixels."""
    camera: Floats
    """(2,): how far the background moves, pixels."""
    flat: NDArray[np.bool_]
    """(h, w): points in a flat neighbourhood in both pictures."""
    jumped: NDArray[np.bool_]
    """(h, w): those of them whose grey jumps meanwhile. What moves does not do so; a mosaic that flickers does."""


class PartFlow:
    """The flow of one clip, picture after picture. Of each a coarse grid is kept, about 60 KB; the picture is let go.

    The same pictures give the same bytes, in every process on one kind of machine.
    """

    def __init__(self) -> None:
        """Raises ImportError where OpenCV is not installed."""
        import cv2

        cv2.setNumThreads(1)
        self._cv2: Any = cv2
        self._flow: Any = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._changes: list[_Change] = []
        self._last: _Seen | None = None

    @property
    def pictures(self) -> int:
        """How many were added."""
        return len(self._changes) + (self._last is not None)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture that flow is measured in. Raises ValueError before there is one."""
        height, width = self._seen().grey.shape
        return width, height

    @property
    def bodies(self) -> list[NDArray[np.bool_]]:
        """(h, w) each: the points of the grid that lie on the person, of every picture."""
        return [*(change.body for change in self._changes), self._seen().body]

    @property
    def camera(self) -> Floats:
        """(T, 2): how far the background has moved since the first picture, pixels of the measured one."""
        return np.cumsum([np.zeros(2), *(change.camera for change in self._changes)], axis=0)

    def add(self, picture: NDArray[np.uint8], body: NDArray[Any] | None) -> None:
        """Take in the next picture.

        Args:
            picture: (H, W, 3) RGB.
            body: (h, w) of any size: a mask of the person, 0-1; None where nobody is found.
        """
        cv2 = self._cv2
        grey = cv2.cvtColor(self.scaled(picture, FLOW_ROWS), cv2.COLOR_RGB2GRAY)
        square = np.ones((AROUND, AROUND), np.uint8)
        flat = cv2.dilate(grey, square) - cv2.erode(grey, square) <= FLAT
        height, width = grey.shape
        grid = width // GRID, height // GRID  # as OpenCV has sizes
        if body is None:
            on_grid = np.zeros(grid[::-1], bool)
        else:
            mask = np.ascontiguousarray(body, np.float32)
            on_grid = cv2.resize(mask, grid, interpolation=cv2.INTER_AREA) > ON_BODY

        seen = _Seen(grey, flat, on_grid)
        if self._last is not None:
            self._changes.append(self._change(self._last, seen))
        self._last = seen

    def tracks(self, source: str, joints: Floats, layout: str, sides: Sides, torso: float, starts: Floats) -> Tracks:
        """Each part from ``starts`` on, along the mean flow of its points against the background's.

        Where a mosaic that flickers covers the face, the head does not move and is not visible.

        Args:
            source: Name of the tracks.
            joints: (T, joints, 2), in pixels of the measured picture (``size``), of a ``layout``.
            layout: One of ``LAYOUTS``.
            sides: Whose left and right name the parts.
            torso: Its length, pixels of the measured picture.
            starts: (14, 2), torso lengths.
        """
        steps = np.zeros((self.pictures, len(PARTS), 2))
        counts = np.zeros((self.pictures, len(PARTS)))
        flat, jumped = np.zeros(len(PARTS)), np.zeros(len(PARTS))
        points = self._points()
        for place, change in enumerate(self._changes):
            on_body = change.body.reshape(-1)
            owners = parts_at(points[on_body], bones(joints[place], layout, sides), torso)
            flow = change.flow.reshape(-1, 2)[on_body] - change.camera
            of_points = np.column_stack(
                [np.ones(len(flow)), flow, change.flat[change.body], change.jumped[change.body]]
            )
            sums = sum_by_part(owners, of_points)
            counts[place] = sums[:, 0]
            steps[place + 1] = sums[:, 1:3] / np.maximum(sums[:, :1], 1) / torso
            flat += sums[:, 3]
            jumped += sums[:, 4]
        last = points[self._seen().body.reshape(-1)]
        counts[-1] = sum_by_part(parts_at(last, bones(joints[-1], layout, sides), torso), np.ones((len(last), 1)))[:, 0]

        visible = np.minimum(counts / ENOUGH, 1)
        if is_covered(flat, jumped):
            steps[:, HEAD], visible[:, HEAD] = 0, 0
        return Tracks(source, starts + np.cumsum(steps, axis=0), visible)

    def body_of(self, picture: NDArray[np.uint8], joints: Floats, layout: str) -> NDArray[np.bool_]:
        """(h, w): what of a picture lies around the bones of a skeleton, where no mask is to be had.

        ``joints``: (joints, 2), shares of the picture's width and height; NaN where no person is found.
        """
        size = np.array([round(picture.shape[1] * FLOW_ROWS / len(picture)), FLOW_ROWS])
        width, height = size // GRID
        found = bones(joints * size, layout, "viewer")  # whose sides they are makes no difference
        start, end = found[PARTS.index("torso")]
        owners = parts_at(_grid_points(height, width), found, float(np.hypot(*(end - start))))
        return np.asarray((owners != NOBODY).reshape(height, width))

    def scaled(self, picture: NDArray[np.uint8], rows: int) -> NDArray[np.uint8]:
        """The picture with that many rows."""
        cv2 = self._cv2
        size = round(picture.shape[1] * rows / len(picture)), rows
        smooth = cv2.INTER_AREA if len(picture) >= 2 * rows else cv2.INTER_LINEAR  # which leaves out nothing below that
        return np.asarray(cv2.resize(picture, size, interpolation=smooth))

    def _change(self, seen: _Seen, following: _Seen) -> _Change:
        if following.grey.shape != seen.grey.shape:
            raise ValueError(f"pictures of {seen.grey.shape} and {following.grey.shape} pixels follow each other")
        cv2, grid = self._cv2, seen.body.shape
        moved = self._flow.calc(seen.grey, following.grey, None)
        moved = cv2.resize(moved, grid[::-1], interpolation=cv2.INTER_AREA)
        flat = _on_grid(seen.flat & following.flat, grid)
        jumps = _on_grid(cv2.absdiff(seen.grey, following.grey), grid) > JUMP

        # the camera: the median of the flow off the person; with a margin, since flow bleeds over edges
        wide = cv2.dilate(seen.body.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
        background = moved[~wide]
        many = len(background) >= BACKGROUND
        camera = np.median(background, axis=0).astype(np.float64) if many else np.zeros(2)
        return _Change(seen.body, moved, camera, flat, flat & jumps)

    def _points(self) -> Floats:
        return _grid_points(*self._seen().body.shape)

    def _seen(self) -> _Seen:
        if self._last is None:
            raise ValueError("no picture was added")
        return self._last


def joints_and_flow(
    clip: ClipToTrack,
    seconds: Sequence[float],
    source: str,
    joints: Floats,
    scores: Floats,
    layout: str,
    flow: PartFlow,
    *,
    guessed: bool = False,
) -> TrackedClip:
    """A clip by two sources: ``source``, the joints, with the turns of the head; and ``flow``.

    The camera's motion is taken off both. How many persons there are is left to the caller.

    Args:
        clip: Whose pictures ``flow`` has seen.
        seconds: (T,), of the pictures.
        source: Name of the joints' tracks.
        joints: (T, joints, 2), shares of the picture's width and height; NaN where no person is found.
        scores: (T, joints) confidence, 0-1.
        layout: One of ``LAYOUTS``.
        flow: Has seen all pictures.
        guessed: As ``tracks_of_joints`` has it.

    Raises:
        ClipError: Fewer than two pictures, or no person in any of them.
        InputError: A torso that is never seen.
    """
    count = len(seconds)
    if count < 2:
        raise ClipError(f"clip {clip.name} has {count} picture{'s'[: count != 1]}: motion needs two")
    seen = np.asarray(np.isfinite(joints).all(axis=2))
    if not seen.any():
        raise ClipError(f"clip {clip.name}: no person is found in any of its {count} pictures")

    filled = bridged(joints * flow.size, seen)
    camera = flow.camera
    steady = filled - camera[:, None]
    tracks, torso = tracks_of_joints(source, steady, scores, layout, clip.sides, guessed=guessed)
    return TrackedClip(
        np.array(seconds) - seconds[0],
        clip.sides,
        torso,
        float(seen.all(axis=1).mean()),
        (
            replace(tracks, rotation=head_angles(steady, layout)),
            flow.tracks("flow", filled, layout, clip.sides, torso, tracks.positions[0]),
        ),
        camera=float(np.hypot(*np.ptp(camera, axis=0)) / torso),
        size=flow.size,
        evidence=_evidence(seconds, joints * flow.size, flow.bodies),
    )


def _evidence(seconds: Sequence[float], joints: Floats, bodies: Sequence[NDArray[np.bool_]]) -> Evidence:
    """Joints and mask at a few frames a second, the mask half as fine as the grid."""
    frames = [0]
    for frame, second in enumerate(seconds):
        if second >= seconds[frames[-1]] + 1 / SHOWN - 1e-6:
            frames.append(frame)
    masks = np.array([bodies[frame][::2, ::2] for frame in frames])
    return Evidence(np.array(frames), joints[frames], masks)


def is_covered(flat: Floats, jumped: Floats) -> bool:
    """Whether a mosaic that flickers covers the face, by each part's (14,) flat points and those of them that jump."""
    others = np.arange(len(flat)) != HEAD
    of_head = jumped[HEAD] / max(flat[HEAD], 1)
    of_others = jumped[others].sum() / max(flat[others].sum(), 1)
    return bool(of_head > max(COVERED, BEYOND * of_others))


def _grid_points(height: int, width: int) -> Floats:
    """(h * w, 2): the middle of each cell of the grid, pixels."""
    rows, columns = np.indices((height, width), dtype=np.float64).reshape(2, -1)
    return np.stack([columns, rows], axis=1) * GRID + (GRID - 1) / 2


def _on_grid(pixels: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The pixel in the middle of each cell of the grid."""
    middle = slice(GRID // 2, None, GRID)
    return pixels[middle, middle][: shape[0], : shape[1]]
