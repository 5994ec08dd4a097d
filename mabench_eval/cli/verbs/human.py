"""Let a person answer the questions of a benchmark: the human baseline, a run like any other.

A page on this machine shows one question after the other with its clip, looped and as slow as one likes, and nothing
else. Every answer is on disk at once; Ctrl-C ends it and writes the run, the same command goes on. The run is
reported, compared with models, and put on the leaderboard under a heading of its own.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mabench_eval.cli.console import print_line
from mabench_eval.cli.exit_codes import DONE, INCOMPLETE
from mabench_eval.cli.outputs import output_folder
from mabench_eval.cli.question_file import read_questions
from mabench_eval.cli.shared_options import DATA, FLAGS, INCLUDE, JSON, JUDGE, Option, judge_settings
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from mabench_eval.benchmark import Benchmark
    from mabench_eval.catalogue import Catalogue
    from mabench_eval.runs import GivenRun

EXAMPLES = """\
examples:
  mabench-eval human --data demo --name anna           prints an address; Ctrl-C
  mabench-eval human --data demo --name anna --tasks SAD,PPR --limit 50
  mabench-eval human --data demo --name anna --finish  write what is answered
  mabench-eval human --from mine --name anna           a reviewer's answers

What is not answered is missing, and lowers coverage; "I cannot tell" is an
answer, and a wrong one.
"""
ANSWERS = "answers"
"""Folder of a person's answers, beside the runs that are made of them."""
OPTIONS = (
    Option("--name NAME", "who answers: letters, digits, dashes and underscores", required=True),
    Option("--data DATA", f"{DATA[0].settings['help'].split(' (default')[0]} (default: demo, or what --from exported)"),
    DATA[1],
    Option("--tasks TASKS", "all, closed, open, a tier, or task names with commas (default: all)", default="all"),
    Option("--limit N", "the first N clips only", type=int),
    Option(
        "--from DIR",
        "collect nothing: take the blind answers that reviewer NAME gave in this build, to the questions as exported",
        type=Path,
        dest="build",
    ),
    Option("--finish", "collect nothing: write the run of what is answered so far, also while the page is open"),
    Option("--port P", "of 127.0.0.1 (default: one that is free)", type=int, default=0),
    Option("--no-browser", "open no browser"),
    *JUDGE,
    FLAGS,
    Option(
        "-o --output DIR",
        "results go to DIR/human-NAME/ (default: results)",
        type=output_folder,
        default="results",
    ),
    INCLUDE,
    JSON,
)


def run(options: Namespace) -> int:
    """Collect answers, unless told otherwise, and write the run of all there are; 3 when some are missing."""
    from mabench_eval.catalogue import HUMAN_MODEL, load_catalogue
    from mabench_eval.cli.progress import make_progress
    from mabench_eval.cli.scores import print_result
    from mabench_eval.construction.decisions import check_name
    from mabench_eval.planning import RunConfig, folder_name
    from mabench_eval.reviewing import CANNOT_TELL, blind_answers
    from mabench_eval.runs import GivenRun, human_answers

    catalogue = load_catalogue(options.include).check()
    data = options.data or (str(options.build) if options.build else "demo")
    config = RunConfig(
        HUMAN_MODEL + check_name(options.name),
        options.tasks,
        data,
        clips=options.clips,
        judge=options.judge,
        judge_settings=judge_settings(options),
        flags=options.flags,
        limit=options.limit,
        output=options.output,
        include=options.include,
    )
    benchmark = read_questions(data, catalogue.tasks, options.clips)
    empty = GivenRun(human_answers({}, catalogue.tasks), config, benchmark, catalogue)  # what is wrong is told first
    answers = _reviewer_folder(options) if options.build else config.output / folder_name(config.model) / ANSWERS
    if not (options.build or options.finish):
        _collect(options, empty, benchmark, catalogue, answers)

    texts = blind_answers(answers, empty.questions) if answers.is_dir() else {}
    if not texts:
        raise InputError(
            f"{options.name} has answered none of these questions yet; no run was written",
            hint="The same command opens the page again.",
        )
    given = GivenRun(human_answers(texts, catalogue.tasks), config, benchmark, catalogue)
    with make_progress() as progress:
        result = given.write(given.folder, progress)
    print_result(result, as_json=options.json)
    unsure = sum(text == CANNOT_TELL for text in texts.values())
    told = f"; could not tell in {unsure:,} of them" if unsure else ""
    print_line(f"answered {len(texts):,} of {len(empty.questions):,} questions{told}")
    print_line(f"run: {result.folder}")
    return DONE if result.complete else INCOMPLETE


def _collect(options: Namespace, run: GivenRun, benchmark: Benchmark, catalogue: Catalogue, answers: Path) -> None:
    """Serve the page until Ctrl-C."""
    from dataclasses import replace

    from mabench_eval.cli.verbs.review import print_addresses
    from mabench_eval.reviewing import collect_answers

    def ready(address: str) -> None:
        port = int(urlsplit(address).port or 0)
        print_addresses({options.name: address}, port, open_browser=not options.no_browser)

    asked = replace(benchmark, questions=run.questions)
    collect_answers(asked, catalogue.tasks, options.name, answers, port=options.port, ready=ready)
    print_line()


def _reviewer_folder(options: Namespace) -> Path:
    """Where a reviewer's answers are. Raises InputError for a build without that reviewer."""
    from mabench_eval.construction import open_build
    from mabench_eval.construction.decisions import read_reviews, reviewer_folder

    folder = open_build(options.build).path
    place = reviewer_folder(folder, options.name)
    if not place.is_dir():
        names = ", ".join(read_reviews(folder).reviewers) or "nobody"
        raise InputError(f"{options.name} has not reviewed {options.build}; its reviewers: {names}")
    return place
