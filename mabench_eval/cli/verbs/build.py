"""Build a benchmark from labelled clips. DIR holds it while it is in the making; every step can be cut off and goes on.

`build DIR` alone says where it stands, and what comes next.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mabench_eval.cli.console import SHOWN_PROBLEMS, print_json, print_line, print_out
from mabench_eval.cli.exit_codes import DONE, INCOMPLETE, INTERRUPTED
from mabench_eval.cli.shared_options import INCLUDE, JSON, Action, Actions, Option, card_settings
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mabench_eval.construction import BuildFolder, BuildSettings, TrackReport

EXAMPLES = """\
examples:
  mabench-eval build mine init --clips videos/ --labels labels.csv     take clips and labels in
  mabench-eval build mine track --dry-run                              what there is to do, by whom, on what terms
  mabench-eval build mine track --env auto                             clips to motion descriptors
  mabench-eval build mine track --overlay sheets                       and a picture of each: look at some of them
  mabench-eval build mine                                              where it stands, and what comes next

docs/building-a-benchmark.md tells the whole way.
"""
INIT_EXAMPLES = """\
labels are one of:
  labels.csv           a header with a column for the clip (clip, video, file, name) and for the label (label, action,
                       fine, code); body_part and subject may stand beside them:
                         video,action,subject
                         0030_01_0002.mp4,Shaking body,0030
  labels.json          [{"clip": "0030_01_0002", "label": "A1"}] or {"0030_01_0002": "Shaking body"}
  train_list_videos.txt  lines `NAME.mp4 NUMBER` as MA-52 has them, with label_name.txt (`number<TAB>name`) beside it:
                       its numbers are not in the order of the taxonomy's codes

a taxonomy of your own is a table code,action,body_part:
  code,action,body_part
  B1,Nodding,Head

What cannot be used is told, a line each, and stays out (left_out.jsonl); the rest goes on. `init` again takes changes
in; what was made of clips that are the same stays.
"""
TRACK_EXAMPLES = """\
examples:
  mabench-eval build mine track --env auto                  by the tracker pose-flow, in an environment of its own
  mabench-eval build mine track --tracker skeleton --set file=skeletons.pkl --set layout=halpe136
  mabench-eval build mine track --jobs 4 --overlay clips

Each clip is a unit of work in the journal. The same command again goes on where it stopped, tries failed clips again
and leaves the rest alone. Another tracker or setting makes tracks and descriptors anew, and nothing else.
"""

ENVIRONMENT = Option(
    "--env NAME",
    "where to track: current: with the packages that are installed (default); auto: in the environment that the "
    "tracker's card names, created at the first use (see `env list`); NAME: in that one",
    default="current",
)
OPTIONS = (
    Option("dir DIR", "folder of the benchmark; `init` makes it", type=Path),
    Actions(
        "what",
        Action(
            "init",
            "take clips and labels in; what does not fit is told and stays out",
            Option("--clips DIR", "folder of the clips (.mp4)", type=Path),
            Option("--labels FILE", "their labels: CSV, JSON, or a list of MA-52 (below)", type=Path),
            Option("--label-names FILE", "which action a number is (default: label_name.txt beside)", type=Path),
            Option(
                "--taxonomy FILE", "the actions: CSV with code,action,body_part (default: the 52 of MA-52)", type=Path
            ),
            Option(
                "--sides SIDES",
                "whose left and right name body parts: viewer, as in the official questions (default), or person",
                choices=("viewer", "person"),
            ),
            Option(
                "--subjects REGEX", r"finds the person in a clip's name, e.g. '^\d+'; its first group, or all of it"
            ),
            JSON,
            epilog=INIT_EXAMPLES,
        ),
        Action(
            "track",
            "follow the body parts through every clip, and describe how each moves",
            Option("--tracker NAME", "see `list trackers` (default: as before, at first pose-flow)"),
            Option(
                "--set NAME=VALUE",
                "a setting of the tracker's card; may be given again",
                action="append",
                default=[],
            ),
            Option("--jobs N", "processes, or auto: one a core (default)", default="auto"),
            ENVIRONMENT,
            Option(
                "--overlay FORM",
                "pictures of what was found, in DIR/overlays: sheets (a PNG a clip), clips (an MP4 a clip), or none "
                "(default)",
                choices=("sheets", "clips", "none"),
                default="none",
            ),
            Option("--dry-run", "say what there is to do, and do nothing"),
            INCLUDE,
            JSON,
            epilog=TRACK_EXAMPLES,
        ),
    ),
    JSON,
)


def run(options: Namespace) -> int:
    """Do one step, or say where the build stands."""
    return {"init": _init, "track": _track, None: _state}[options.what](options)


def _init(options: Namespace) -> int:
    """Take clips and labels in; options that are not given are as they were."""
    from dataclasses import replace

    from mabench_eval.cli.progress import make_progress
    from mabench_eval.construction import absolute, init_build

    given = {name: getattr(options, name) for name in ("clips", "labels", "label_names", "taxonomy")}
    changes: dict[str, Any] = {name: absolute(path) for name, path in given.items() if path is not None}
    changes |= {name: value for name in ("sides", "subjects") if (value := getattr(options, name)) is not None}
    settings = replace(_settings_before(options.dir, changes), **changes)
    with make_progress() as progress:
        intake = init_build(options.dir, settings, progress)

    for note in intake.notes[:SHOWN_PROBLEMS]:
        print_line(note)
    _print_problems([each.problem for each in intake.left_out], f"all of them in {options.dir / 'left_out.jsonl'}")
    actions = len({row.fine for row in intake.clips})
    if options.json:
        print_json({"clips": len(intake.clips), "actions": actions, "left_out": len(intake.left_out)})
    else:
        out = f", {len(intake.left_out)} left out" if intake.left_out else ""
        print_out(f"{len(intake.clips)} clips of {actions} actions are in{out}; sides: the {settings.sides}'s")
    print_line(f"next: {_command(options.dir)} track")
    return DONE


def _settings_before(folder: Path, changes: dict[str, Any]) -> BuildSettings:
    """The settings that ``init`` begins with: those of the folder, where it was begun before. Raises InputError."""
    from mabench_eval.construction import BuildSettings, is_build, open_build

    if is_build(folder):
        return open_build(folder).settings
    for name in ("clips", "labels"):
        if name not in changes:
            raise InputError(f"init: --{name} is missing", hint=f"{_command(folder)} init --clips DIR --labels FILE")
    return BuildSettings(1, changes["clips"], changes["labels"])


def _track(options: Namespace) -> int:
    """Track what is open; 3 when clips are left."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.cli.progress import make_progress
    from mabench_eval.construction import forecast_tracking, track_clips

    folder = chosen_folder(options)
    jobs = _jobs(options.jobs)
    catalogue = load_catalogue([Path(path) for path in folder.settings.include]).check()
    if options.dry_run:
        return _print_forecast(forecast_tracking(folder, catalogue, jobs, options.overlay), options)

    progress = make_progress()
    try:
        with progress:
            report = track_clips(folder, catalogue, jobs, options.overlay, progress)
    except KeyboardInterrupt:
        done = ", ".join(f"{stage.done} of {stage.total} ({name})" for name, stage in progress.stages.items())
        print_line(f"\nInterrupted; in the journal: {done or 'nothing yet'}.")
        print_line(f"Continue with: {_command(options.dir)} track{_same(options)}")
        return INTERRUPTED

    errors = {
        **report.tracks.errors,
        **report.descriptors.errors,
        **(report.overlays.errors if report.overlays else {}),
    }
    _print_problems([f"{clip}: {error}" for clip, error in errors.items()], "they are tried again by the same command")
    if options.json:
        print_json(_as_json(report))
    else:
        for line in _lines(report, folder):
            print_out(line)
    if not report.complete:
        print_line(f"next: {_command(options.dir)} track{_same(options)} tries the rest again, or goes on without it")
    return DONE if report.complete else INCOMPLETE


def chosen_folder(options: Namespace) -> BuildFolder:
    """The folder with the tracker that the options name, which it keeps from now on; nothing is written yet."""
    from dataclasses import replace

    from mabench_eval.construction import BuildFolder, absolute, open_build

    folder = open_build(options.dir)
    settings = folder.settings
    if options.tracker and options.tracker != settings.tracker:
        settings = replace(settings, tracker=options.tracker, tracker_settings={})
    if options.set:
        settings = replace(settings, tracker_settings={**settings.tracker_settings, **card_settings(options.set)})
    if options.include:
        settings = replace(settings, include=tuple(map(absolute, options.include)))
    return BuildFolder(folder.path, settings)


def _jobs(given: str) -> int | None:
    """Raises InputError for what is no number of processes."""
    if given == "auto":
        return None
    if not given.isdecimal() or int(given) < 1:
        raise InputError(f"--jobs {given}: expected a number of processes from 1 on, or auto")
    return int(given)


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
            {"clips": len(clips), "actions": actions, "left_out": out, "sides": settings.sides, **_as_json(report)}
        )
        return DONE

    left_out = f", {out} left out ({folder.path / 'left_out.jsonl'})" if out else ""
    print_out(f"{folder.path}: {len(clips)} clips of {actions} actions{left_out}; sides: the {settings.sides}'s")
    for line in _lines(report, folder):
        print_out(line)
    if is_written(folder.path):
        print_out("at work: another process has it open")
    elif report.complete:
        print_out("next: nothing; questions are made of descriptors.jsonl by a later version")
    else:
        print_out(f"next: {_command(folder.path)} track")
    return DONE


def _print_forecast(report: TrackReport, options: Namespace) -> int:
    """What ``--dry-run`` shows."""
    if options.json:
        print_json(_as_json(report))
        return DONE
    tracks, tracker = report.tracks, report.tracker
    print_out(f"{tracks.total} clips, {tracks.done} already tracked, {tracks.left} to track")
    print_out(f"by {tracker['name']} {tracker['version']}, licence {tracker['licence']}, in {report.jobs} processes")
    if tracks.seconds is not None:
        print_out(f"about {tracks.seconds * tracks.left / report.jobs / 60:.0f} min, as those before took")
    print_out(f"{report.descriptors.left} clips to describe")
    return DONE


def _lines(report: TrackReport, folder: BuildFolder) -> list[str]:
    """Each stage, a line."""
    tracker = report.tracker
    by = f" by {tracker['name']} {tracker['version']} ({tracker['licence']})"
    stages = [("tracks", report.tracks, by), ("descriptors", report.descriptors, "")]
    if report.overlays:
        stages.append(("overlays", report.overlays, f" in {folder.path / 'overlays'}"))
    return [
        f"{name:<12} {tally.done} of {tally.total}{more}{f', {len(tally.errors)} failed' if tally.errors else ''}"
        for name, tally, more in stages
    ]


def _as_json(report: TrackReport) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(report), "tracker": dict(report.tracker), "complete": report.complete}


def _print_problems(problems: Sequence[str], more: str) -> None:
    """A line each, on one screen."""
    for problem in problems[:SHOWN_PROBLEMS]:
        print_line(f"  - {problem}")
    if len(problems) > SHOWN_PROBLEMS:
        print_line(f"  ... and {len(problems) - SHOWN_PROBLEMS} more; {more}")


def _same(options: Namespace) -> str:
    """The options that the folder does not keep."""
    kept = {"--jobs": ("auto", options.jobs), "--env": ("current", options.env), "--overlay": ("none", options.overlay)}
    return "".join(f" {name} {value}" for name, (default, value) in kept.items() if value != default)


def _command(folder: Path) -> str:
    import shlex

    return f"mabench-eval build {shlex.quote(str(folder))}"
