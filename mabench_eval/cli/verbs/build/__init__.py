"""Build a benchmark from labelled clips. DIR holds it while it is in the making; every step can be cut off and goes on.

`build DIR` alone says where it stands, and what comes next.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from types import MappingProxyType

from mabench_eval.cli.console import print_json, print_out
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.shared_options import JSON, Actions, Option
from mabench_eval.cli.verbs.build import init, track
from mabench_eval.cli.verbs.build.shared import command

EXAMPLES = """\
examples:
  mabench-eval build mine init --clips videos/ --labels labels.csv     take clips and labels in
  mabench-eval build mine track --dry-run                              what there is to do, by whom, on what terms
  mabench-eval build mine track --env auto                             clips to motion descriptors
  mabench-eval build mine track --overlay sheets                       and a picture of each: look at some of them
  mabench-eval build mine                                              where it stands, and what comes next

docs/building-a-benchmark.md tells the whole way.
"""
STEPS = MappingProxyType({"init": init, "track": track})
"""Step -> its file, in the order in which they follow each other."""
OPTIONS = (
    Option("dir DIR", "folder of the benchmark; `init` makes it", type=Path),
    Actions("what", *(step.STEP for step in STEPS.values())),
    JSON,
)


def run(options: Namespace) -> int:
    """Do one step, or say where the build stands."""
    return STEPS[options.what].run(options) if options.what else _state(options)


def _state(options: Namespace) -> int:
    """Where the build stands, and what comes next."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.construction import forecast_tracking, open_build
    from mabench_eval.journal import is_written

    folder = open_build(options.dir)
    settings, clips, out = folder.settings, folder.clips(), len(folder.left_out())
    catalogue = load_catalogue([Path(path) for path in settings.include]).check()
    report = forecast_tracking(folder, catalogue, None, "none")
    actions = len({row.fine for row in clips})
    if options.json:
        print_json(
            {"clips": len(clips), "actions": actions, "left_out": out, "sides": settings.sides, **track.as_json(report)}
        )
        return DONE

    left_out = f", {out} left out ({folder.path / 'left_out.jsonl'})" if out else ""
    print_out(f"{folder.path}: {len(clips)} clips of {actions} actions{left_out}; sides: the {settings.sides}'s")
    for line in track.lines(report, folder):
        print_out(line)
    if is_written(folder.path):
        print_out("at work: another process has it open")
    elif report.complete:
        print_out("next: nothing; questions are made of descriptors.jsonl by a later version")
    else:
        print_out(f"next: {command(folder.path)} track")
    return DONE
