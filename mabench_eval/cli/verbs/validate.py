"""Check an official prediction file against a question file."""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.cli.console import print_json, print_out
from mabench_eval.cli.exit_codes import BAD_INPUT, DONE
from mabench_eval.cli.question_file import read_questions
from mabench_eval.cli.shared_options import INCLUDE, JSON, PREDICTIONS, REQUIRED_DATA
from mabench_eval.errors import InputError

OPTIONS = (PREDICTIONS, *REQUIRED_DATA, INCLUDE, JSON)


def run(options: Namespace) -> int:
    """Check a prediction file; bad input when it would not be accepted."""
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.runs import prediction_problems, read_predictions

    catalogue = load_catalogue(options.include).check()
    benchmark = read_questions(options.data, catalogue.tasks, options.clips)
    document = read_predictions(options.file)
    problems = prediction_problems(document, benchmark, catalogue.tasks)

    if options.json:
        print_json({"valid": not problems, "answers": len(document["answers"]), "problems": problems})
        return BAD_INPUT if problems else DONE
    if problems:
        raise InputError(f"{options.file} would not be accepted: {len(problems)} problem(s)", problems=problems)
    print_out(f"{options.file}: valid, {len(document['answers'])} answers to {len(benchmark.questions)} questions")
    return DONE
