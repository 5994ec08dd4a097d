"""Write the official prediction file of a run, checked as `validate` checks it."""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.cli.console import print_line, writing
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.outputs import output_file
from mabench_eval.cli.shared_options import EARLY_RUN, RUN, Option
from mabench_eval.errors import InputError

OPTIONS = (
    RUN,
    Option("-o --output FILE", "prediction file to write", type=output_file, required=True),
    Option(
        "--fill", "fill in missing answers with the first option (the official format wants every question answered)"
    ),
    *EARLY_RUN,
)


def run(options: Namespace) -> int:
    """Write the prediction file of a run; nothing is written when it would not be accepted."""
    from mabench_eval.journal import write_json
    from mabench_eval.runs import fill_unanswered, missing_answers, prediction_problems, read_own_predictions, read_run

    finished = read_run(options.run, data=options.data, include=options.include)
    tasks = finished.material.tasks
    document = read_own_predictions(options.run)
    given = len(document["answers"])
    if options.fill:
        document = fill_unanswered(document, finished.benchmark.questions, tasks)

    if problems := prediction_problems(document, finished.benchmark, tasks):
        raise InputError(
            f"the predictions of {options.run} would not be accepted: {len(problems)} problem(s); nothing was written",
            problems=problems,
            hint="\n".join(missing_answers(finished, document)),
        )
    with writing(options.output):
        write_json(options.output, document)
    filled = len(document["answers"]) - given
    print_line(f"{options.output}: {given} answers of the model" + (f", {filled} filled in" if filled else ""))
    return DONE
