"""From what is seen of the pictures to the tracks of body parts, one by the pose and one by the flow."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from mabench_eval import (
    ClipError,
    ClipToTrack,
    Json,
    PartFlow,
    TrackedClip,
    bridged,
    head_angles,
    register_tracker,
    tracks_of_joints,
)

if TYPE_CHECKING:
    from .sight import Sight

LAYOUT = "mediapipe33"
POSE_ROWS = 720
"""Height of the picture that the pose is looked for in: more shows it nothing, since it shrinks the person to 256."""


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
        from .sight import Eye

        seconds, sights, flow = [], [], PartFlow()
        with closing(Eye()) as eye:
            for time, picture in clip.pictures():
                large = picture if len(picture) <= POSE_ROWS else flow.scaled(picture, POSE_ROWS)
                sight = eye.see(time, np.ascontiguousarray(large))
                flow.add(large, sight.mask)
                seconds.append(time)
                sights.append(replace(sight, mask=None))  # a whole picture large

        if len(sights) < 2:
            raise ClipError(f"clip {clip.name} has {len(sights)} picture{'s'[: len(sights) != 1]}: motion needs two")
        joints = np.array([sight.joints for sight in sights]) * flow.size
        seen = np.asarray(np.isfinite(joints).all(axis=2))
        if not seen.any():
            raise ClipError(f"clip {clip.name}: no person is found in any of its {len(sights)} pictures")

        joints = bridged(joints, seen)
        scores = np.array([sight.scores for sight in sights])
        steady = joints - flow.camera[:, None]
        pose, torso = tracks_of_joints("pose", steady, scores, LAYOUT, clip.sides, guessed=True)
        moved = flow.tracks("flow", joints, LAYOUT, clip.sides, torso, pose.positions[0])
        return TrackedClip(
            np.array(seconds) - seconds[0],
            clip.sides,
            torso,
            float(seen.mean()),
            (replace(pose, rotation=head_angles(steady, LAYOUT)), moved),
            persons=_persons(sights),
            camera=float(np.hypot(*np.ptp(flow.camera, axis=0)) / torso),
            size=flow.size,
        )


def _persons(sights: Sequence[Sight]) -> int | None:
    """1, or 2 where most looks around found somebody else; None where there was none."""
    looks = [sight.others for sight in sights if sight.others is not None]
    return 1 + (sum(looks) > len(looks) / 2) if looks else None
