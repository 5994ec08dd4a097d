"""MA-Bench, the benchmark of fine-grained micro-action understanding: evaluated, and built.

>>> from mabench_eval import evaluate, register_model
>>> result = evaluate(model="motion", tasks="all", data="demo")
>>> result.scores.closed_avg

Models, judges, trackers and adapters import from here alone: their files are part of the keys of answers and of
tracks, so no change of the package's insides may touch them.
"""

from __future__ import annotations

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mabench_eval._version import __version__

if TYPE_CHECKING:
    from mabench_eval.answers import Labels, read_choice, read_labels, read_yes_no, without_labels
    from mabench_eval.api import Result, compare, evaluate
    from mabench_eval.auditing import INSTALL, TextProbe, audit
    from mabench_eval.benchmark import Benchmark, load_benchmark
    from mabench_eval.catalogue import import_file, load_catalogue, register_judge, register_model, register_tracker
    from mabench_eval.construction import (
        LAYOUTS,
        NOBODY,
        PARTS,
        SIDES,
        ClipToTrack,
        Evidence,
        PartFlow,
        Picture,
        Sides,
        TrackedClip,
        Tracker,
        Tracks,
        bones,
        head_angles,
        joints_and_flow,
        kinematics,
        parts_at,
        sum_by_part,
        tracks_of_joints,
    )
    from mabench_eval.engines import answer_each, user_message
    from mabench_eval.engines.adapter import Checkpoint, normalised, picture_files, pictures
    from mabench_eval.errors import ClipError, InputError, MabenchError, ModelError
    from mabench_eval.journal import file_digest
    from mabench_eval.planning import RunConfig
    from mabench_eval.plots import plot
    from mabench_eval.taxonomy import MICRO_ACTIONS, body_part, label
    from mabench_eval.types import (
        AnswerKind,
        Clip,
        ClipWork,
        Frames,
        Json,
        JudgeRequest,
        Judgment,
        Question,
        Request,
        Response,
        one_text,
    )

_ROOMS = MappingProxyType(
    {
        "api": ("Result", "compare", "evaluate"),
        "answers": ("Labels", "read_choice", "read_labels", "read_yes_no", "without_labels"),
        "auditing": ("INSTALL", "TextProbe", "audit"),
        "benchmark": ("Benchmark", "load_benchmark"),
        "catalogue": ("import_file", "load_catalogue", "register_judge", "register_model", "register_tracker"),
        "construction": (
            "LAYOUTS",
            "NOBODY",
            "PARTS",
            "SIDES",
            "ClipToTrack",
            "Evidence",
            "PartFlow",
            "Picture",
            "Sides",
            "TrackedClip",
            "Tracker",
            "Tracks",
            "bones",
            "head_angles",
            "joints_and_flow",
            "kinematics",
            "parts_at",
            "sum_by_part",
            "tracks_of_joints",
        ),
        "engines": ("answer_each", "user_message"),
        "engines.adapter": ("Checkpoint", "normalised", "picture_files", "pictures"),
        "errors": ("ClipError", "InputError", "MabenchError", "ModelError"),
        "journal": ("file_digest",),
        "plots": ("plot",),
        "planning": ("RunConfig",),
        "taxonomy": ("MICRO_ACTIONS", "body_part", "label"),
        "types": (
            "AnswerKind",
            "Clip",
            "ClipWork",
            "Frames",
            "Json",
            "JudgeRequest",
            "Judgment",
            "Question",
            "Request",
            "Response",
            "one_text",
        ),
    }
)
"""Room -> the public names it holds."""

_HOMES = MappingProxyType({name: room for room, names in _ROOMS.items() for name in names})

__all__ = [
    "INSTALL",
    "LAYOUTS",
    "MICRO_ACTIONS",
    "NOBODY",
    "PARTS",
    "SIDES",
    "AnswerKind",
    "Benchmark",
    "Checkpoint",
    "Clip",
    "ClipError",
    "ClipToTrack",
    "ClipWork",
    "Evidence",
    "Frames",
    "InputError",
    "Json",
    "JudgeRequest",
    "Judgment",
    "Labels",
    "MabenchError",
    "ModelError",
    "PartFlow",
    "Picture",
    "Question",
    "Request",
    "Response",
    "Result",
    "RunConfig",
    "Sides",
    "TextProbe",
    "TrackedClip",
    "Tracker",
    "Tracks",
    "__version__",
    "answer_each",
    "audit",
    "body_part",
    "bones",
    "compare",
    "evaluate",
    "file_digest",
    "head_angles",
    "import_file",
    "joints_and_flow",
    "kinematics",
    "label",
    "load_benchmark",
    "load_catalogue",
    "normalised",
    "one_text",
    "parts_at",
    "picture_files",
    "pictures",
    "plot",
    "read_choice",
    "read_labels",
    "read_yes_no",
    "register_judge",
    "register_model",
    "register_tracker",
    "sum_by_part",
    "tracks_of_joints",
    "user_message",
    "without_labels",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: ``import mabench_eval`` alone costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
