"""The commands: a file a verb, with its options and what it runs.

A verb's file has a docstring, which is the description in ``--help``; ``OPTIONS``; and ``run``, which does the work and
returns the exit code. It imports rooms above the ground floor inside its functions, so that ``--help`` stays instant.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType, ModuleType

VERBS: Mapping[str, str] = MappingProxyType(
    {
        "run": "evaluate a model (implied when no command is given)",
        "build": "build a benchmark from labelled clips: motion descriptors, and what follows from them",
        "review": "review the questions of a build in a browser: blind answers, then decisions",
        "export-train": "write a training corpus from a built benchmark or a labelled question file, with LoRA recipes",
        "split": "split a labelled question file in two, no person on both sides",
        "list": "list models, tasks, judges, trackers, or the runs below a folder",
        "show": "show a task's real prompt, or a model's card",
        "status": "show how far runs are, from their journals: from any terminal",
        "merge": "join the shards of a run",
        "score": "score an official prediction file against a question file with answers",
        "human": "let a person answer the questions: the human baseline, a run like any other",
        "judge": "judge the open answers of a finished run, again or for the first time",
        "check-judge": "measure a judge by references with controlled damage",
        "submit": "write the official prediction file of a run",
        "validate": "check an official prediction file against a question file",
        "audit": "check the benchmark itself, and how far one gets without the video",
        "compare": "compare runs, paired by question, with errors clustered by clip",
        "report": "write a finished run as one HTML file, every question in it",
        "plot": "draw figures of runs for papers: bars, radar, confusion, frames",
        "leaderboard": "write the leaderboard: the paper's rows and your runs",
        "doctor": "check whether a model or tracker can run here, and how to fix what is missing",
        "env": "list or create environments: the sets of packages that models and trackers need",
        "docs": "read the documentation here",
        "completion": "make bash, zsh or fish complete commands, options and models",
    }
)
"""Command -> its line in ``--help``."""


def verb_module(verb: str) -> ModuleType:
    """The file of a command, ``check_judge.py`` of ``check-judge``."""
    return importlib.import_module(f"{__name__}.{verb.replace('-', '_')}")
