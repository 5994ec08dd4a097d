"""``build DIR init``: clips and labels taken in."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mabench_eval.cli.console import SHOWN_PROBLEMS, print_json, print_line, print_out, print_problems
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.outputs import output_folder
from mabench_eval.cli.shared_options import JSON, Action, Option
from mabench_eval.cli.verbs.build.shared import command
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from mabench_eval.construction import BuildSettings

EXAMPLES = """\
labels are one of:
  labels.csv   a header with a column for the clip (clip, video, file, name) and
               for the label (label, action, fine, code); body_part and subject
               may stand beside them:
                 video,action,subject
                 0030_01_0002.mp4,Shaking body,0030
  labels.json  [{"clip": "0030_01_0002", "label": "A1"}]
               or {"0030_01_0002": "Shaking body"}
  train_list_videos.txt
               lines `NAME.mp4 NUMBER` as MA-52 has them, with label_name.txt
               (`number<TAB>name`) beside it: its numbers are not in the order
               of the taxonomy's codes

a taxonomy of your own is a table code,action,body_part:
  code,action,body_part
  B1,Nodding,Head

What cannot be used is told, a line each, and stays out (left_out.jsonl); the rest goes on. `init` again takes changes
in; what was made of clips that are the same stays.
"""
STEP = Action(
    "init",
    "take clips and labels in; what does not fit is told and stays out",
    Option("--clips DIR", "folder of the clips (.mp4)", type=Path),
    Option("--labels FILE", "their labels: CSV, JSON, or a list of MA-52 (below)", type=Path),
    Option("--label-names FILE", "which action a number is (default: label_name.txt beside)", type=Path),
    Option("--taxonomy FILE", "the actions: CSV with code,action,body_part (default: the 52 of MA-52)", type=Path),
    Option(
        "--sides SIDES",
        "whose left and right name body parts: viewer, as in the official questions (default), or person",
        choices=("viewer", "person"),
    ),
    Option("--subjects REGEX", r"finds the person in a clip's name, e.g. '^\d+'; its first group, or all of it"),
    JSON,
    epilog=EXAMPLES,
)


def run(options: Namespace) -> int:
    """Take clips and labels in; options that are not given are as they were."""
    from dataclasses import replace

    from mabench_eval.cli.progress import make_progress
    from mabench_eval.construction import absolute, init_build

    output_folder(str(options.dir))  # the other verbs of a build read it first, and need not write into it
    given = {name: getattr(options, name) for name in ("clips", "labels", "label_names", "taxonomy")}
    changes: dict[str, Any] = {name: absolute(path) for name, path in given.items() if path is not None}
    changes |= {name: value for name in ("sides", "subjects") if (value := getattr(options, name)) is not None}
    settings = replace(_settings_before(options.dir, changes), **changes)
    with make_progress() as progress:
        intake = init_build(options.dir, settings, progress)

    for note in intake.notes[:SHOWN_PROBLEMS]:
        print_line(note)
    print_problems([each.problem for each in intake.left_out], f"all of them in {options.dir / 'left_out.jsonl'}")
    actions = len({row.fine for row in intake.clips})
    if options.json:
        print_json({"clips": len(intake.clips), "actions": actions, "left_out": len(intake.left_out)})
    else:
        out = f", {len(intake.left_out)} left out" if intake.left_out else ""
        print_out(f"{len(intake.clips)} clips of {actions} actions are in{out}; sides: the {settings.sides}'s")
    return DONE


def _settings_before(folder: Path, changes: dict[str, Any]) -> BuildSettings:
    """The settings that ``init`` begins with: those of the folder, where it was begun before. Raises InputError."""
    from mabench_eval.construction import BuildSettings, is_build, open_build

    if is_build(folder):
        return open_build(folder).settings
    for name in ("clips", "labels"):
        if name not in changes:
            raise InputError(f"init: --{name} is missing", hint=f"{command(folder)} init --clips DIR --labels FILE")
    return BuildSettings(1, changes["clips"], changes["labels"])
