"""Score an official prediction file against a question file with answers."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from mabench_eval.cli.console import print_json
from mabench_eval.cli.exit_codes import DONE, INCOMPLETE
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
        "--output DIR",
        "keep judgments in DIR, so that the same command makes no call twice (default: <FILE>.judgments when a judge "
        "is a model)",
        type=Path,
    ),
    FLAGS,
    INCLUDE,
    JSON,
)


def run(options: Namespace) -> int:
    """Score a prediction file; 3 when it leaves questions unanswered."""
    from mabench_eval.benchmark import load_benchmark
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.cli.progress import make_progress
    from mabench_eval.cli.scores import print_scores
    from mabench_eval.judging import open_judges
    from mabench_eval.runs import score_predictions

    catalogue = load_catalogue(options.include).check()
    benchmark = load_benchmark(options.data, catalogue.tasks, options.clips)
    settings = judge_settings(options)

    # Calls that cost money or GPU time are kept, asked for or not.
    judges = open_judges(options.judge, catalogue, settings)
    costly = any(judge.price or judge.identity["engine"] != "python" for judge in judges)
    folder = options.output or (options.file.with_name(f"{options.file.name}.judgments") if costly else None)

    with make_progress() as progress:
        scores = score_predictions(
            options.file, benchmark, catalogue, options.judge, settings, folder, progress, options.flags
        )
    print_json(scores.to_json()) if options.json else print_scores(scores)
    return DONE if scores.complete else INCOMPLETE
