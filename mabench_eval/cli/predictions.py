"""``mabench-eval score``, ``submit`` and ``validate``: official prediction files."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from mabench_eval.benchmark import Benchmark, load_benchmark
from mabench_eval.catalogue import Catalogue, load_catalogue
from mabench_eval.cli.console import print_json, print_line
from mabench_eval.cli.run import print_scores
from mabench_eval.errors import InputError
from mabench_eval.files import write_json
from mabench_eval.predictions import score_predictions
from mabench_eval.submission import fill, find_problems, read_predictions


def score(options: Namespace) -> int:
    """Score a prediction file; 3 when it leaves questions unanswered."""
    catalogue, benchmark = _load(options.data, options.clips, options.include)
    scores = score_predictions(options.file, benchmark, catalogue, options.judge)
    print_json(scores) if options.json else print_scores(scores)
    return 0 if scores["complete"] else 3


def validate(options: Namespace) -> int:
    """Check a prediction file; bad input when it would not be accepted."""
    catalogue, benchmark = _load(options.data, options.clips, options.include)
    document = read_predictions(options.file)
    problems = find_problems(document, benchmark, catalogue.tasks)
    if options.json:
        print_json({"valid": not problems, "answers": len(document["answers"]), "problems": problems})
        return 2 if problems else 0
    if problems:
        raise InputError(f"{options.file} would not be accepted: {len(problems)} problem(s)", problems=problems)
    print(f"{options.file}: valid, {len(document['answers'])} answers to {len(benchmark.questions)} questions")
    return 0


def submit(options: Namespace) -> int:
    """Write the prediction file of a run, checked; nothing is written when it would not be accepted."""
    record = _run_record(options.run)
    config = record["config"]
    include = [Path(path) for path in config["include"]]
    catalogue, benchmark = _load(config["data"], config["clips"] and Path(config["clips"]), include)
    if benchmark.sha256 != record["benchmark"]["sha256"]:
        raise InputError(f"{benchmark.file} has changed since the run {options.run}; run it again first")
    document = read_predictions(options.run / "submission.json")
    given = len(document["answers"])
    if options.fill:
        document = fill(document, benchmark.questions, catalogue.tasks)
    if problems := find_problems(document, benchmark, catalogue.tasks):
        raise InputError(
            f"the predictions of {options.run} would not be accepted: {len(problems)} problem(s); nothing was written",
            problems=problems,
            hint=f"Go on with the run: {record['command']}\nOr fill what the model left open: --fill",
        )
    write_json(options.output, document)
    filled = len(document["answers"]) - given
    print_line(f"{options.output}: {given} answers of the model" + (f", {filled} filled in" if filled else ""))
    return 0


def _load(data: str, clips: Path | None, include: list[Path]) -> tuple[Catalogue, Benchmark]:
    catalogue = load_catalogue(include).check()
    return catalogue, load_benchmark(data, catalogue.tasks, clips)


def _run_record(folder: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder} is no folder of a finished run: {error}") from error
    return record
