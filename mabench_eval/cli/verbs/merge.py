"""Join the journals of runs with --shard I/N into the run that one process without --shard would have made.

The same folder name, equal files, nothing asked again. Neither data nor clips nor the model's code are needed.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from mabench_eval.cli.console import print_line
from mabench_eval.cli.outputs import output_folder
from mabench_eval.cli.shared_options import EARLY_RUN, JSON, Option

OPTIONS = (
    Option("runs RUN", "folders of the shards, finished or not", type=Path, nargs="+"),
    Option(
        "-o --output DIR", "results go to DIR/<model>/<run id>/ (default: beside the first shard)", type=output_folder
    ),
    Option("--clips DIR", "clip folder, for shards of an early version: clips are known by their bytes", type=Path),
    *EARLY_RUN,
    JSON,
)


def run(options: Namespace) -> int:
    """Join the runs, print the table; 3 when something is missing."""
    from mabench_eval.cli.scores import print_next_steps, print_result
    from mabench_eval.runs import merge_runs

    result, notes = merge_runs(
        options.runs, output=options.output, data=options.data, clips=options.clips, include=options.include
    )
    print_result(result, as_json=options.json)
    for line in notes:
        print_line(line)
    return print_next_steps(result)
