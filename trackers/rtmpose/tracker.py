"""From joints and flow to the tracks of body parts."""

from __future__ import annotations

from dataclasses import replace
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

from .networks import network_digests, network_files, network_problems
from .person import persons

if TYPE_CHECKING:
    from .people import People


@register_tracker("rtmpose")
class RtmPose:
    """RTMPose's joints, and OpenCV's flow inside the body parts."""

    def __init__(self, settings: Json) -> None:
        """Load both networks. Raises ModelError."""
        self._layout = str(settings["joints"])
        self._people = open_people(settings)

    @staticmethod
    def problems(settings: Json) -> list[str]:
        """Settings that are none, packages and files that are missing."""
        return network_problems(settings, "rtmpose")

    @staticmethod
    def identity(settings: Json) -> Json:
        """What is in the networks, wherever they lie."""
        return {"joints": settings["joints"], **network_digests(settings)}

    def track(self, clip: ClipToTrack) -> TrackedClip:
        """Raises ClipError for a clip of one picture, and for one without a person."""
        seconds, people, flow = [], [], PartFlow()
        self._people.begin()
        for time, picture in clip.pictures():
            person = self._people.see(picture)
            flow.add(picture, flow.body_of(picture, person.joints, self._layout))
            seconds.append(time)
            people.append(person)

        joints = np.array([person.joints for person in people])
        scores = np.array([person.scores for person in people])
        tracked = joints_and_flow(clip, seconds, "rtmpose", joints, scores, self._layout, flow)
        return replace(tracked, persons=persons(people))


def open_people(settings: Json) -> People:
    """What sees people, with both networks loaded. Raises ModelError."""
    from .people import People  # whose packages are in the environment

    return People(**network_files(settings), layout=settings["joints"])
