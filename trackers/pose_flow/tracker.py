"""From what is seen of the pictures to the tracks of body parts, one by the pose and one by the flow."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from mabench_eval import (
    ClipToTrack,
    Json,
    PartFlow,
    TrackedClip,
    joints_and_flow,
    register_tracker,
)

if TYPE_CHECKING:
    from .sight import Sight

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

        joints = np.array([sight.joints for sight in sights])
        scores = np.array([sight.scores for sight in sights])
        tracked = joints_and_flow(clip, seconds, "pose", joints, scores, "mediapipe33", flow, guessed=True)
        return replace(tracked, persons=_persons(sights))


def _persons(sights: Sequence[Sight]) -> int | None:
    """1, or 2 where most looks around found somebody else; None where there was none."""
    looks = [sight.others for sight in sights if sight.others is not None]
    return 1 + (sum(looks) > len(looks) / 2) if looks else None
