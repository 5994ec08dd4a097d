"""A benchmark built from labelled clips: tracks of body parts, and the motion descriptors that they give."""

from mabench_eval.construction import kinematics
from mabench_eval.construction.asking import ROLES, Role, RoleCost, choose_model, role_costs
from mabench_eval.construction.descriptors import Descriptor, Measure, Part, Phase, describe
from mabench_eval.construction.export import ExportChoices, ExportReport, ExportState, export_build, export_state
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
from mabench_eval.construction.gate import (
    Coverage,
    GateRecord,
    GateState,
    Telling,
    audit_build,
    gate_state,
    read_gate,
)
from mabench_eval.construction.intake import Intake, init_build
from mabench_eval.construction.layouts import LAYOUTS
from mabench_eval.construction.parts import PARTS, limb
from mabench_eval.construction.questions import (
    BuiltQuestion,
    Statement,
    read_question,
    statement_of,
    statements,
    truth,
    truths,
)
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
    "ROLES",
    "SIDES",
    "BuildFolder",
    "BuildSettings",
    "BuiltQuestion",
    "ClipRow",
    "ClipToTrack",
    "Coverage",
    "Descriptor",
    "ExportChoices",
    "ExportReport",
    "ExportState",
    "GateRecord",
    "GateState",
    "Intake",
    "LeftOut",
    "Measure",
    "OpenTracker",
    "Part",
    "Phase",
    "Picture",
    "Role",
    "RoleCost",
    "Sides",
    "Statement",
    "Telling",
    "TrackReport",
    "TrackedClip",
    "Tracker",
    "Tracks",
    "absolute",
    "audit_build",
    "choose_model",
    "describe",
    "export_build",
    "export_state",
    "folder_tracker",
    "forecast_tracking",
    "gate_state",
    "init_build",
    "is_build",
    "kinematics",
    "limb",
    "open_build",
    "open_tracker",
    "read_gate",
    "read_question",
    "read_tracks",
    "role_costs",
    "statement_of",
    "statements",
    "track_clips",
    "tracks_of_joints",
    "truth",
    "truths",
    "write_settings",
]
