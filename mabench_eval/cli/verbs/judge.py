"""Judge the open answers of a run; its scores are then those of these judges.

What a judge has scored before is in the run's journal and costs no call. A judge of your own needs its --include here:
what the run's record names is not loaded.
"""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.cli.shared_options import (
    BATCH,
    EARLY_DATA,
    INCLUDE,
    JSON,
    REQUIRED_JUDGE,
    RUN,
    Option,
    judge_settings,
)

OPTIONS = (
    RUN,
    *REQUIRED_JUDGE,
    Option("--max-cost USD", "make no call that could pass this much; prices must be known", type=float),
    BATCH,
    INCLUDE,
    EARLY_DATA,
    JSON,
)


def run(options: Namespace) -> int:
    """Judge a run, print the table; 3 when scores are missing."""
    from mabench_eval.cli.progress import make_progress
    from mabench_eval.cli.scores import print_next_steps, print_result
    from mabench_eval.runs import judge_run

    with make_progress() as progress:
        result = judge_run(
            options.run,
            options.judge,
            judge_settings(options),
            data=options.data,
            include=options.include,
            max_cost=options.max_cost,
            batch=options.batch,
            progress=progress,
        )
    print_result(result, as_json=options.json)
    return print_next_steps(result)
