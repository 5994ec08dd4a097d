"""A benchmark built from labelled clips: tracks of body parts, and the motion descriptors that they give."""

from mabench_eval.construction import kinematics
from mabench_eval.construction.captions import Caption, Sentence, Structure
from mabench_eval.construction.decisions import FinalQuestions, final_questions
from mabench_eval.construction.descriptors import Descriptor, Measure, Part, Phase, describe
from mabench_eval.construction.folder import (
    BuildFolder,
    BuildSettings,
    ClipRow,
    LeftOut,
    absolute,
    is_build,
    open_build,
    write_settings,
)
from mabench_eval.construction.intake import Intake, init_build
from mabench_eval.construction.layouts import LAYOUTS
from mabench_eval.construction.parts import PARTS, limb
from mabench_eval.construction.pool import Pool, cores
from mabench_eval.construction.questions import Statement, statements, truth
from mabench_eval.construction.questions.stems import STEMS
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
from mabench_eval.construction.tracks import TrackedClip, Tracks, tracks_of_joints

__all__ = [
    "LAYOUTS",
    "PARTS",
    "SIDES",
    "STEMS",
    "BuildFolder",
    "BuildSettings",
    "Caption",
    "ClipRow",
    "ClipToTrack",
    "Descriptor",
    "FinalQuestions",
    "Intake",
    "LeftOut",
    "Measure",
    "OpenTracker",
    "Part",
    "Phase",
    "Picture",
    "Pool",
    "Sentence",
    "Sides",
    "Statement",
    "Structure",
    "TrackReport",
    "TrackedClip",
    "Tracker",
    "Tracks",
    "absolute",
    "cores",
    "describe",
    "final_questions",
    "folder_tracker",
    "forecast_tracking",
    "init_build",
    "is_build",
    "kinematics",
    "limb",
    "open_build",
    "open_tracker",
    "read_tracks",
    "statements",
    "track_clips",
    "tracks_of_joints",
    "truth",
    "write_settings",
]
