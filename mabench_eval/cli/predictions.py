"""``mabench-eval score``, ``submit`` and ``validate``: official prediction files."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from mabench_eval.benchmark import Benchmark, load_benchmark
from mabench_eval.catalogue import Catalogue, load_catalogue
from mabench_eval.cli.console import make_progress, print_json, print_line
from mabench_eval.cli.options import judge_settings
from mabench_eval.cli.run import print_scores
from mabench_eval.errors import InputError
from mabench_eval.journal import write_json
from mabench_eval.judging import open_judges
from mabench_eval.runs import fill_unanswered, prediction_problems, read_predictions, read_run, score_predictions


def score(options: Namespace) -> int:
    """Score a prediction file; 3 when it leaves questions unanswered."""
    catalogue, benchmark = _load(options.data, options.clips, options.include)
    judges, settings = options.judge, judge_settings(options)
    paid = any(
        judge.price or judge.identity["engine"] != "python" for judge in open_judges(judges, catalogue, settings)
    )
    folder = options.output or (options.file.with_name(f"{options.file.name}.judgments") if paid else None)
    progress = make_progress()
    try:
        scores = score_predictions(
            options.file, benchmark, catalogue, judges, settings, folder, progress, options.flags
        )
    finally:
        progress.close()
    print_json(scores.to_json()) if options.json else print_scores(scores)
    return 0 if scores.complete else 3


def validate(options: Namespace) -> int:
    """Check a prediction file; bad input when it would not be accepted."""
    catalogue, benchmark = _load(options.data, options.clips, options.include)
    document = read_predictions(options.file)
    problems = prediction_problems(document, benchmark, catalogue.tasks)
    if options.json:
        print_json({"valid": not problems, "answers": len(document["answers"]), "problems": problems})
        return 2 if problems else 0
    if problems:
        raise InputError(f"{options.file} would not be accepted: {len(problems)} problem(s)", problems=problems)
    print(f"{options.file}: valid, {len(document['answers'])} answers to {len(benchmark.questions)} questions")
    return 0


def submit(options: Namespace) -> int:
    """Write the prediction file of a run, checked; nothing is written when it would not be accepted."""
    run = read_run(options.run)
    benchmark, catalogue = run.benchmark, run.catalogue
    document = read_predictions(options.run / "submission.json")
    given = len(document["answers"])
    if options.fill:
        document = fill_unanswered(document, benchmark.questions, catalogue.tasks)
    if problems := prediction_problems(document, benchmark, catalogue.tasks):
        raise InputError(
            f"the predictions of {options.run} would not be accepted: {len(problems)} problem(s); nothing was written",
            problems=problems,
            hint=f"Go on with the run: {run.record.command}\nOr fill what the model left open: --fill",
        )
    write_json(options.output, document)
    filled = len(document["answers"]) - given
    print_line(f"{options.output}: {given} answers of the model" + (f", {filled} filled in" if filled else ""))
    return 0


def _load(data: str, clips: Path | None, include: list[Path]) -> tuple[Catalogue, Benchmark]:
    catalogue = load_catalogue(include).check()
    return catalogue, load_benchmark(data, catalogue.tasks, clips)
