"""From what is seen of the pictures to the tracks of body parts, one by the pose and one by the flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mabench_eval import (
    PARTS,
    ClipError,
    ClipToTrack,
    Json,
    Sides,
    TrackedClip,
    Tracks,
    register_tracker,
    tracks_of_joints,
)

from .body import HEAD, Floats, bones, head_angles, owners

if TYPE_CHECKING:
    from .sight import Sight

ENOUGH = 4
"""Points of the grid on a part from which on its flow counts as seen."""
COVERED = 0.015
"""Share of a head's flat points that jump, mean over the pictures: beyond it a mosaic covers the face. On clips with
one it was 0.03 to 0.22, on clips without at most 0.006 ..."""
BEYOND = 3
"""... and times the share of the other parts, at least: light that flickers is on all of them."""


@register_tracker("pose-flow")
class PoseFlow:
    """MediaPipe's pose and mask, and OpenCV's flow inside the body parts."""

    def __init__(self, settings: Json) -> None:
        """There are no settings."""

    @staticmethod
    def problems(settings: Json) -> list[str]:
        """The packages that are missing here."""
        missing = [name for name in ("mediapipe", "cv2") if find_spec(name) is None]
        return [f"{name} is not installed: --env auto" for name in missing]

    def track(self, clip: ClipToTrack) -> TrackedClip:
        """Raises ClipError for a clip of one picture, and for one without a person."""
        from .sight import FLOW_ROWS, GRID, look

        sights = list(look(clip.pictures()))
        if len(sights) < 2:
            raise ClipError(f"clip {clip.name} has {len(sights)} picture{'s'[: len(sights) != 1]}: motion needs two")
        found = np.array([bool(np.isfinite(sight.joints).all()) for sight in sights])
        if not found.any():
            raise ClipError(f"clip {clip.name}: no person is found in any of its {len(sights)} pictures")

        joints = _filled(np.array([sight.joints for sight in sights]), found)
        scores = np.array([sight.scores for sight in sights])
        moved = np.cumsum([np.zeros(2), *(sight.camera for sight in sights[:-1])], axis=0)
        steady = joints - moved[:, None]
        pose, torso = tracks_of_joints("pose", steady, scores, "mediapipe33", clip.sides, guessed=True)
        times = np.array([sight.seconds for sight in sights])
        return TrackedClip(
            times - times[0],
            clip.sides,
            torso,
            float(found.mean()),
            (
                replace(pose, rotation=head_angles(steady)),
                _flow_tracks(sights, joints, pose.positions[0], torso, clip.sides),
            ),
            persons=_persons(sights),
            camera=float(np.hypot(*np.ptp(moved, axis=0)) / torso),
            size=(sights[0].body.shape[1] * GRID, FLOW_ROWS),
        )


def _filled(joints: Floats, found: NDArray[np.bool_]) -> Floats:
    """(T, 33, 2): in pictures without a person, joints are on a line between those before and after."""
    frames = np.arange(len(joints))
    flat = joints.reshape(len(joints), -1)
    columns = [np.interp(frames, frames[found], column[found]) for column in flat.T]
    return np.stack(columns, axis=1).reshape(joints.shape)


def _persons(sights: Sequence[Sight]) -> int | None:
    """1, or 2 where most looks around found somebody else; None where there was none."""
    looks = [sight.others for sight in sights if sight.others is not None]
    return 1 + (sum(looks) > len(looks) / 2) if looks else None


def _flow_tracks(sights: Sequence[Sight], joints: Floats, starts: Floats, torso: float, sides: Sides) -> Tracks:
    """Each part from where the pose first has it, along the mean flow of its points against the background's."""
    from .sight import grid_points

    points = grid_points(sights[0].body.shape)
    steps = np.zeros((len(sights), len(PARTS), 2))
    counts = np.zeros((len(sights), len(PARTS)))
    flat, jumped = np.zeros(len(PARTS)), np.zeros(len(PARTS))
    for place, sight in enumerate(sights):
        body = sight.body.reshape(-1)
        owner = owners(points[body], bones(joints[place], sides), torso)
        counts[place] = _sums(owner)
        if sight.flow is None:
            break
        flow = sight.flow.reshape(-1, 2)[body] - sight.camera
        for axis in (0, 1):
            steps[place + 1, :, axis] = _sums(owner, flow[:, axis]) / np.maximum(counts[place], 1) / torso
        flat += _sums(owner, sight.flat.reshape(-1)[body])
        jumped += _sums(owner, sight.jumped.reshape(-1)[body])

    visible = np.minimum(counts / ENOUGH, 1)
    if _covered(flat, jumped):
        steps[:, HEAD], visible[:, HEAD] = 0, 0
    return Tracks("flow", starts + np.cumsum(steps, axis=0), visible)


def _sums(owner: NDArray[np.intp], values: NDArray[np.generic] | None = None) -> Floats:
    """(14,): sum of the values, or the number, of the points that belong to each part."""
    inside = owner >= 0
    weights = None if values is None else values[inside]
    return np.bincount(owner[inside], weights, minlength=len(PARTS)).astype(np.float64)


def _covered(flat: Floats, jumped: Floats) -> bool:
    """Whether a mosaic that flickers covers the face: flow there is not the head's."""
    others = np.arange(len(flat)) != HEAD
    of_head = jumped[HEAD] / max(flat[HEAD], 1)
    of_others = jumped[others].sum() / max(flat[others].sum(), 1)
    return bool(of_head > max(COVERED, BEYOND * of_others))
