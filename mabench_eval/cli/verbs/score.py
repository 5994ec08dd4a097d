"""Score an official prediction file against a question file with answers; with --output make a run of it.

A run is reported, compared, judged again and put on the leaderboard, as any other.
"""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.cli.console import print_json, print_line
from mabench_eval.cli.exit_codes import DONE, INCOMPLETE
from mabench_eval.cli.outputs import output_folder
from mabench_eval.cli.question_file import read_questions
from mabench_eval.cli.shared_options import (
    FLAGS,
    INCLUDE,
    JSON,
    JUDGE,
    PREDICTIONS,
    REQUIRED_DATA,
    Option,
    judge_settings,
)

OPTIONS = (
    PREDICTIONS,
    *REQUIRED_DATA,
    *JUDGE,
    Option(
        "-o --output DIR",
        "make DIR the folder of a run (default: no run; judgments by a model are kept in <FILE>.judgments, so that the "
        "same command makes no call twice)",
        type=output_folder,
    ),
    Option("--name NAME", "whose answers they are (default: the file's name)"),
    FLAGS,
    INCLUDE,
    JSON,
)


def run(options: Namespace) -> int:
    """Score a prediction file; 3 when it leaves questions unanswered."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.cli.progress import make_progress
    from mabench_eval.cli.scores import print_result, print_scores
    from mabench_eval.judging import open_judges
    from mabench_eval.planning import RunConfig
    from mabench_eval.runs import predictions_run, score_predictions

    catalogue = load_catalogue(options.include).check()
    benchmark = read_questions(options.data, catalogue.tasks, options.clips)
    settings = judge_settings(options)
    if options.output:
        config = RunConfig(
            options.name or options.file.stem,
            data=options.data,
            clips=options.clips,
            judge=options.judge,
            judge_settings=settings,
            flags=options.flags,
            output=options.output,
            include=options.include,
        )
        with make_progress() as progress:
            result = predictions_run(options.file, benchmark, catalogue, config, progress)
        print_result(result, as_json=options.json)
        print_line(f"run: {result.folder}")
        return DONE if result.complete else INCOMPLETE

    # Calls that cost money or GPU time are kept, asked for or not.
    judges = open_judges(options.judge, catalogue, settings)
    costly = any(judge.price or judge.identity["engine"] != "python" for judge in judges)
    folder = options.file.with_name(f"{options.file.name}.judgments") if costly else None

    with make_progress() as progress:
        scores = score_predictions(
            options.file, benchmark, catalogue, options.judge, settings, folder, progress, options.flags, options.name
        )
    print_json(scores.to_json()) if options.json else print_scores(scores)
    return DONE if scores.complete else INCOMPLETE
