"""``mabench-eval judge``: the open answers of a finished run."""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.cli.console import make_progress, print_json
from mabench_eval.cli.options import judge_settings
from mabench_eval.cli.run import ending, print_scores
from mabench_eval.rejudge import judge_run


def judge(options: Namespace) -> int:
    """Judge a run, print the table; 3 when scores are missing."""
    progress = make_progress()
    try:
        result = judge_run(options.run, options.judge, judge_settings(options), include=options.include,
                           max_cost=options.max_cost, progress=progress)  # fmt: skip
    finally:
        progress.close()
    print_json({"folder": str(result.folder), **result.scores}) if options.json else print_scores(result.scores)
    return ending(result)
