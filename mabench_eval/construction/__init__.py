"""A benchmark built from labelled clips: tracks of body parts, and the motion descriptors that they give."""

from mabench_eval.construction import kinematics
from mabench_eval.construction.anatomy import NOBODY, bones, head_angles, parts_at, sum_by_part
from mabench_eval.construction.descriptors import Descriptor, Measure, Part, Phase, describe
from mabench_eval.construction.folder import (
    BuildFolder,
    BuildSettings,
    ClipRow,
    LeftOut,
    absolute,
    open_build,
    write_settings,
)
from mabench_eval.construction.intake import Intake, init_build
from mabench_eval.construction.layouts import LAYOUTS
from mabench_eval.construction.part_flow import PartFlow, joints_and_flow
from mabench_eval.construction.parts import PARTS, limb
from mabench_eval.construction.questions import Statement, statements, truth
from mabench_eval.construction.sides import SIDES, Sides
from mabench_eval.construction.tracking import (
    ClipToTrack,
    OpenTracker,
    Picture,
    Tracker,
    TrackReport,
    folder_tracker,
    forecast_tracking,
    open_tracker,
    read_tracks,
    track_clips,
)
from mabench_eval.construction.tracks import Evidence, TrackedClip, Tracks, tracks_of_joints
from mabench_eval.runfiles import is_build

__all__ = [
    "LAYOUTS",
    "NOBODY",
    "PARTS",
    "SIDES",
    "BuildFolder",
    "BuildSettings",
    "ClipRow",
    "ClipToTrack",
    "Descriptor",
    "Evidence",
    "Intake",
    "LeftOut",
    "Measure",
    "OpenTracker",
    "Part",
    "PartFlow",
    "Phase",
    "Picture",
    "Sides",
    "Statement",
    "TrackReport",
    "TrackedClip",
    "Tracker",
    "Tracks",
    "absolute",
    "bones",
    "describe",
    "folder_tracker",
    "forecast_tracking",
    "head_angles",
    "init_build",
    "is_build",
    "joints_and_flow",
    "kinematics",
    "limb",
    "open_build",
    "open_tracker",
    "parts_at",
    "read_tracks",
    "statements",
    "sum_by_part",
    "track_clips",
    "tracks_of_joints",
    "truth",
    "write_settings",
]
