"""The tracker that needs no package: the measurement of the baseline ``motion``, on all frames of a clip.

Parts are where they rest on a seated body; a part that goes elsewhere takes its pixels out of its place. It is one
source, which nothing confirms: a draft.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mabench_eval import PARTS, ClipError, ClipToTrack, TrackedClip, Tracks, import_file, register_tracker

BASELINE = "../models/motion"
TORSO = 0.31
"""Body heights from the middle of the shoulders to that of the hips, of a seated adult."""


@register_tracker("motion", depends=[BASELINE])
def motion(clip: ClipToTrack) -> TrackedClip:
    """Raises ClipError for a clip of one picture, and for one in which nobody stands out from the background."""
    baseline = import_file(Path(__file__).parent / BASELINE)
    times, shrunk = [], []
    for seconds, picture in clip.pictures():
        times.append(seconds)
        shrunk.append(baseline.shrink(picture[None]))  # 120 rows of it are all that is kept
    if len(times) < 2:
        raise ClipError(f"clip {clip.name} has {len(times)} picture{'s'[: len(times) != 1]}: motion needs two")

    body = baseline.body_motion_of(np.concatenate(shrunk), times, times[-1], clip.sides)
    if not body.motion.box.found:
        raise ClipError(f"clip {clip.name}: nobody stands out from a plain background")
    positions = np.stack([body.positions(part) for part in PARTS], axis=1).astype(np.float64) / TORSO
    pixels = TORSO * body.motion.box.height * len(picture) / shrunk[0].shape[1]
    tracks = Tracks("motion", positions, np.ones(positions.shape[:2]))
    return TrackedClip(np.array(times), clip.sides, pixels, 1.0, (tracks,))
