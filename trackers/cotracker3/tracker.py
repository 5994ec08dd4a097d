"""From pictures, masks and skeletons to two sources of tracks: the skeleton, and points that CoTracker3 follows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mabench_eval import (
    NOBODY,
    PARTS,
    ClipError,
    ClipToTrack,
    Json,
    PartFlow,
    TrackedClip,
    Tracks,
    bones,
    joints_and_flow,
    parts_at,
    register_tracker,
)

from .motion import grid_inside, point_tracks
from .skeletons import FILES, RTMPOSE, most_persons, open_skeletons, skeleton_identity, skeleton_problems
from .weights import weight_digests, weight_files, weight_problems

SEEN = 0.5
"""Confidence of a joint that is seen."""
HEAD = PARTS.index("head")
DEVICES = ("cpu", "cuda")


@register_tracker("cotracker3", depends=[FILES, RTMPOSE])
class CoTracker3:
    """CoTracker3 on a grid of points inside the person's mask, beside a skeleton."""

    def __init__(self, settings: Json) -> None:
        """Load all networks. Raises ModelError for files that hold something else, InputError for skeletons."""
        from .masks import Segmenter  # whose packages are in the environment
        from .points import PointTracker

        files, device = weight_files(settings), str(settings["device"])
        self._grid = int(settings["grid"])
        self._skeletons = open_skeletons(settings)
        self._segmenter = Segmenter(files["segmenter"], device)
        self._points = PointTracker(files["weights"], device)

    @staticmethod
    def problems(settings: Json) -> list[str]:
        """Settings that are none, packages and files that are missing."""
        found = [*weight_problems(settings), *skeleton_problems(settings)]
        grid = settings["grid"]
        if not isinstance(grid, int) or not 2 <= grid <= 50:
            found.append(f"the grid has 2 to 50 points a torso length, not {grid}: --set grid=12")
        if settings["device"] not in DEVICES:
            found.append(f"the device is {' or '.join(DEVICES)}, not {settings['device']}: --set device=cpu")
        return list(dict.fromkeys(found))

    @staticmethod
    def identity(settings: Json) -> Json:
        """What is in the files, wherever they lie."""
        own = {"grid": settings["grid"], "device": settings["device"]}
        return {**own, **weight_digests(settings), "skeleton": skeleton_identity(settings)}

    def track(self, clip: ClipToTrack) -> TrackedClip:
        """Raises ClipError for a clip of one picture, and for one without a person or without a mask of one."""
        seconds, pictures, flow = [], [], PartFlow()
        people: list[Any] = []
        skeletons, layout = self._skeletons, self._skeletons.layout
        masks = None
        skeletons.begin(clip.name)
        for time, picture in clip.pictures():
            person = skeletons.see(picture)
            flow.add(picture, flow.body_of(picture, person.joints, layout))
            if masks is None and np.isfinite(person.joints).all():
                masks = _masks_around(self._segmenter.masks(picture), person.joints[person.scores >= SEEN])
                begin = len(people)
            seconds.append(time)
            people.append(person)
            pictures.append(flow.scaled(picture, flow.size[1]))
        skeletons.end(len(people))

        joints = np.array([person.joints for person in people])
        scores = np.array([person.scores for person in people])
        tracked = joints_and_flow(clip, seconds, skeletons.source, joints, scores, layout, flow)
        if masks is None:
            raise ClipError(f"clip {clip.name}: the segmenter finds nobody where the skeleton is")

        # Points are on the person where both first are seen, and go with the part that they lie on there.
        points = grid_inside(masks[0], flow.size, tracked.torso / self._grid)
        owners = parts_at(points, bones(joints[begin] * flow.size, layout, clip.sides), tracked.torso)
        points, owners = points[owners != NOBODY], owners[owners != NOBODY]
        if not len(points):
            raise ClipError(f"clip {clip.name}: the person's mask does not lie on the skeleton")
        places, visible = self._points.follow(np.stack(pictures), begin, points)
        steady = places - flow.camera[:, None]
        skeleton, by_flow = tracked.sources
        moved = point_tracks(steady, visible, owners, tracked.torso, skeleton.positions[0])
        if not by_flow.visible[:, HEAD].any():  # under a mosaic points follow the mosaic
            moved = _without(moved, HEAD)
        return replace(tracked, sources=(skeleton, moved), persons=most_persons(people, len(masks)))


def _masks_around(masks: NDArray[np.bool_], joints: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    """The masks, that with most of the joints first; None where none has any.

    ``masks``: (persons, H, W). ``joints``: (N, 2), shares of width and height.
    """
    height, width = masks.shape[1:]
    across, down = (np.clip(joints, 0, 1 - 1e-9) * (width, height)).astype(int).T
    inside = masks[:, down, across].sum(axis=1)
    return masks[np.argsort(-inside, kind="stable")] if inside.any() else None


def _without(tracks: Tracks, part: int) -> Tracks:
    """The tracks, in which one part rests and is not seen."""
    positions, visible = tracks.positions.copy(), tracks.visible.copy()
    positions[:, part], visible[:, part] = positions[0, part], 0
    return replace(tracks, positions=positions, visible=visible)
