"""A benchmark built from labelled clips: tracks of body parts, and the motion descriptors that they give."""

from mabench_eval.construction.descriptors import Descriptor, Measure, Part, Phase, describe
from mabench_eval.construction.layouts import LAYOUTS
from mabench_eval.construction.open_tracker import OpenTracker, open_tracker
from mabench_eval.construction.parts import PARTS, limb
from mabench_eval.construction.statements import Statement, statements, truth
from mabench_eval.construction.trackers import ClipToTrack, Picture, Tracker
from mabench_eval.construction.tracks import TrackedClip, Tracks, tracks_of_joints

__all__ = [
    "LAYOUTS",
    "PARTS",
    "ClipToTrack",
    "Descriptor",
    "Measure",
    "OpenTracker",
    "Part",
    "Phase",
    "Picture",
    "Statement",
    "TrackedClip",
    "Tracker",
    "Tracks",
    "describe",
    "limb",
    "open_tracker",
    "statements",
    "tracks_of_joints",
    "truth",
]
