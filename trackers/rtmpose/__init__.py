"""RTMPose by rtmlib, with optical flow beside it."""

from .networks import network_digests, network_problems
from .person import Person, persons
from .tracker import RtmPose, open_people

__all__ = ["Person", "RtmPose", "network_digests", "network_problems", "open_people", "persons"]
