"""What the steps of ``build`` share: how problems are told, and the command that goes on."""

from __future__ import annotations

import re
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mabench_eval.cli.console import print_line, print_wrapped
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from mabench_eval.catalogue import Catalogue
    from mabench_eval.construction import BuildFolder, OpenTracker, Role
    from mabench_eval.execution import ClusterChoice
    from mabench_eval.journal import Progress

Report = TypeVar("Report")


def print_said(line: str) -> None:
    """What a step says; what goes on stands below the words, not below a step's name."""
    named = re.match(r"(?:\w+ ?\w+ {2,}| {12,})(?=\S)", line)
    print_wrapped(line[len(named[0]) :], first=named[0], hang=" " * len(named[0])) if named else print_wrapped(line)


def watched(work: Callable[[Progress], Report], again: str, kept: str | None = None) -> Report | None:
    """What ``work`` makes, while its progress is shown; None where Ctrl-C ended it, which is told with what goes on.

    Args:
        work: Is given the progress that it is to tell.
        again: The command that goes on.
        kept: What an interrupted one has not lost; None: what the progress has counted, which is in the journal.
    """
    from mabench_eval.cli.progress import make_progress

    progress = make_progress()
    try:
        with progress:
            return work(progress)
    except KeyboardInterrupt:
        done = ", ".join(f"{stage.done} of {stage.total} ({name})" for name, stage in progress.stages.items())
        print_line(f"\nInterrupted; {kept or 'in the journal: ' + (done or 'nothing yet')}.")
        print_line(f"Continue with: {again}")
        return None


def command(folder: Path) -> str:
    """The command that works on a folder, as one would type it."""
    import shlex

    return f"mabench-eval build {shlex.quote(str(folder))}"


def with_include(folder: BuildFolder, options: Namespace) -> BuildFolder:
    """The folder with the code and cards that ``--include`` names, in place of those that it keeps."""
    from dataclasses import replace

    from mabench_eval.construction import BuildFolder, absolute

    if not options.include:
        return folder
    return BuildFolder(folder.path, replace(folder.settings, include=tuple(map(absolute, options.include))))


def with_models(folder: BuildFolder, options: Namespace, *roles: Role) -> BuildFolder:
    """The folder with the models that the options name for these roles; nothing is written yet. Raises InputError."""
    from mabench_eval.cli.shared_options import role_choice
    from mabench_eval.construction import BuildFolder, choose_model

    settings = folder.settings
    for role in roles:
        settings = choose_model(settings, role, *role_choice(options, role))
    return BuildFolder(folder.path, settings)


def cluster_of(options: Namespace, tracker: OpenTracker, catalogue: Catalogue) -> ClusterChoice | None:
    """The workers on Ray that the options ask for; None: processes of this machine do the work.

    Raises InputError for options that contradict each other, and for an environment that Ray cannot make.
    """
    from mabench_eval.environments import made_by_ray
    from mabench_eval.execution import ClusterChoice

    if options.workers is None and options.ray is None and not options.ship_clips:
        return None
    if options.jobs != "auto":
        raise InputError("--jobs N are processes of this machine; with --workers, --ray or --ship-clips leave it out")
    name = tracker.environment if options.env == "auto" else options.env
    environment = None if name in (None, "current") else catalogue.environment(name)
    return ClusterChoice(options.workers or "auto", options.ray, options.ship_clips, made_by_ray(environment))


def jobs(given: str) -> int | None:
    """Raises InputError for what is no number of processes."""
    if given == "auto":
        return None
    if not given.isdecimal() or int(given) < 1:
        raise InputError(f"--jobs {given}: expected a number of processes from 1 on, or auto")
    return int(given)
