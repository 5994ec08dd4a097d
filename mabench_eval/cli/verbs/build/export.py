"""``build DIR export``: a finished benchmark in the official form."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from mabench_eval.cli.console import print_json, print_line, print_out
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.outputs import output_folder
from mabench_eval.cli.shared_options import JSON, Action, Option

EXAMPLES = """\
examples:
  mabench-eval build mine export                 to mine/export: --data mine
  mabench-eval build mine export -o release --clips copy      to be passed on
  mabench-eval build mine export -o public --without-answers --clips none
  mabench-eval build mine export --datasets      datasets.load_dataset opens it

  mabench-eval --model motion --data mine        evaluate a model on it

Questions come as questions.json, in the form of the full benchmark, and as
labelled.json, with answers; sidecar.jsonl says where each comes from,
DATASHEET.md what a user should know. The gate (`audit`) must have passed the
very questions that are exported.
"""
STEP = Action(
    "export",
    "write the benchmark in the official form, with clips, provenance, data sheet",
    Option(
        "-o --output OUT", "folder to write, in place of an export before (default: DIR/export)", type=output_folder
    ),
    Option(
        "--clips",
        "link: hard links, or symbolic ones where the file systems differ (default); copy; none: no clips",
        choices=("link", "copy", "none"),
        default="link",
    ),
    Option("--ungated", "export although the gate has not passed; data sheet and sidecar say so"),
    Option("--without-answers", "no answers, and nothing in the sidecar that tells them"),
    Option("--datasets", "also a Parquet table and a card, so that datasets.load_dataset opens OUT; needs pyarrow"),
    Option(
        "--figures",
        "form of the figures (default: png); needs matplotlib, and does without it",
        choices=("png", "svg", "pdf", "none"),
        default="png",
    ),
    Option("--clips-licence TEXT", "licence of the clips, for the data sheet (default: not stated)"),
    Option("--date TEXT", "date for the data sheet (default: none, so that the same questions give the same bytes)"),
    JSON,
    epilog=EXAMPLES,
)


def run(options: Namespace) -> int:
    """Export, or raise InputError that says what is in the way."""
    from dataclasses import asdict

    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.cli.progress import make_progress
    from mabench_eval.construction import ExportChoices, export_build, open_build

    folder = open_build(options.dir)
    catalogue = load_catalogue([Path(path) for path in folder.settings.include]).check()
    choices = ExportChoices(
        clips=options.clips,
        answers=not options.without_answers,
        ungated=options.ungated,
        datasets=options.datasets,
        figures=None if options.figures == "none" else options.figures,
        licence=options.clips_licence,
        date=options.date,
    )
    with make_progress() as progress:
        report = export_build(folder, catalogue, options.output, choices, progress)

    for note in report.notes:
        print_line(note)
    if options.json:
        print_json({**asdict(report), "out": str(report.out)})
    else:
        answers = "with answers" if report.answers else "without answers"
        print_out(f"{report.out}: {report.questions:,} questions on {report.clips:,} clips, {answers}")
    data = options.dir if options.output is None else options.output
    print_line(f"next: mabench-eval --model NAME --data {data}")
    return DONE
