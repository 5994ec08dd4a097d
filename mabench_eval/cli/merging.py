"""``mabench-eval merge``: shards joined into one run."""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.cli.console import print_json, print_line
from mabench_eval.cli.run import ending, print_scores, result_json
from mabench_eval.runs import merge_runs


def merge(options: Namespace) -> int:
    """Join the runs, print the table; 3 when something is missing."""
    result, notes = merge_runs(
        options.runs, output=options.output, data=options.data, clips=options.clips, include=options.include
    )
    print_json(result_json(result)) if options.json else print_scores(result.scores)
    for line in notes:
        print_line(line)
    return ending(result)
