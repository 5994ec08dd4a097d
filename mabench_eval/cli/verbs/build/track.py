"""``build DIR track``: clips to motion descriptors."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mabench_eval.cli.console import print_json, print_line, print_out, print_problems
from mabench_eval.cli.exit_codes import DONE, INCOMPLETE, INTERRUPTED
from mabench_eval.cli.shared_options import CLUSTER, INCLUDE, JSON, Action, Group, Option, card_settings, worker_count
from mabench_eval.cli.verbs.build.shared import cluster_of, command, jobs, print_said, watched

if TYPE_CHECKING:
    from mabench_eval.construction import BuildFolder, TrackReport

EXAMPLES = """\
examples:
  mabench-eval build mine track --env auto       pose-flow, in its environment
  mabench-eval build mine track --tracker skeleton --set file=skeletons.pkl \\
      --set layout=halpe136
  mabench-eval build mine track --jobs 4 --overlay clips
  mabench-eval build mine track --ray HOST:6379  by a cluster (docs/scaling.md)

Each clip is a unit of work in the journal. The same command again goes on where it stopped, tries failed clips again
and leaves the rest alone. Another tracker or setting makes tracks and descriptors anew, and nothing else.
"""

ENVIRONMENT = Option(
    "--env NAME",
    "where to track: current: with the packages that are installed (default); auto: in the environment that the "
    "tracker's card names, created at the first use (see `env list`); NAME: in that one",
    default="current",
)
STEP = Action(
    "track",
    "follow the body parts through every clip, and describe how each moves",
    Option("--tracker NAME", "see `list trackers` (default: as before, at first pose-flow)"),
    Option(
        "--set NAME=VALUE",
        "a setting of the tracker's card; may be given again",
        action="append",
        default=[],
    ),
    Option("--jobs N", "processes of this machine, or auto: one a core (default)", default="auto"),
    ENVIRONMENT,
    Option(
        "--overlay FORM",
        "pictures of what was found, in DIR/overlays: sheets (a PNG a clip), clips (an MP4 a clip), or none (default)",
        choices=("sheets", "clips", "none"),
        default="none",
    ),
    Option("--dry-run", "say what there is to do, and do nothing"),
    Option("--one-of-many", "the whole build goes on by itself: no command is named").hidden(),
    INCLUDE,
    Group(
        "more than one machine, on Ray (pip install '.[ray]')",
        Option(
            "--workers N",
            "processes that hold the tracker, in place of --jobs; auto: one a core of the cluster",
            type=worker_count,
        ),
        *CLUSTER,
    ),
    JSON,
    epilog=EXAMPLES,
)


def run(options: Namespace) -> int:
    """Track what is open; 3 when clips are left."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.construction import folder_tracker, forecast_tracking, track_clips

    folder = chosen_folder(options)
    processes = jobs(options.jobs)
    catalogue = load_catalogue([Path(path) for path in folder.settings.include]).check()
    cluster = cluster_of(options, folder_tracker(folder, catalogue), catalogue)
    if options.dry_run:
        return _print_forecast(forecast_tracking(folder, catalogue, processes, options.overlay, cluster), options)

    again = f"{command(options.dir)} track{_same(options)}"
    report = watched(
        lambda progress: track_clips(folder, catalogue, processes, options.overlay, progress, cluster), again
    )
    if report is None:
        return INTERRUPTED

    errors = {
        **report.tracks.errors,
        **report.descriptors.errors,
        **(report.overlays.errors if report.overlays else {}),
    }
    print_problems([f"{clip}: {error}" for clip, error in errors.items()], "they are tried again by the same command")
    if options.json:
        print_json(as_json(report))
    else:
        for line in lines(report, folder):
            print_said(line)
    if not report.complete:
        print_line(f"next: {again} tries the rest again, or goes on without it")
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


def _print_forecast(report: TrackReport, options: Namespace) -> int:
    """What ``--dry-run`` shows."""
    if options.json:
        print_json(as_json(report))
        return DONE
    tracks, tracker = report.tracks, report.tracker
    print_out(f"{tracks.total} clips, {tracks.done} already tracked, {tracks.left} to track")
    where = "on all cores of the cluster" if report.jobs is None else f"in {report.jobs} processes"
    print_out(f"by {tracker['name']} {tracker['version']}, licence {tracker['licence']}, {where}")
    if tracks.seconds is not None and report.jobs is not None:
        print_out(f"about {tracks.seconds * tracks.left / report.jobs / 60:.0f} min, as those before took")
    print_out(f"{report.descriptors.left} clips to describe")
    return DONE


def lines(report: TrackReport, folder: BuildFolder) -> list[str]:
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


def as_json(report: TrackReport) -> dict[str, Any]:
    """The report as a JSON object."""
    from dataclasses import asdict

    return {**asdict(report), "tracker": dict(report.tracker), "complete": report.complete}


def _same(options: Namespace) -> str:
    """The options that the folder does not keep."""
    kept = {
        "--jobs": ("auto", options.jobs),
        "--env": ("current", options.env),
        "--overlay": ("none", options.overlay),
        "--workers": (None, options.workers),
        "--ray": (None, options.ray),
    }
    words = "".join(f" {name} {value}" for name, (default, value) in kept.items() if value != default)
    return f"{words} --ship-clips" if options.ship_clips else words
