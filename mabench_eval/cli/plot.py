"""``mabench-eval plot``: pictures of runs for papers."""

from __future__ import annotations

from argparse import Namespace

from mabench_eval.cli.console import print_line
from mabench_eval.plots import plot


def draw(options: Namespace) -> int:
    """Draw the runs into a file; 0 unless something is wrong with them."""
    for line in plot(options.runs, options.kind, options.output, width=options.width):
        print_line(f"caption: {line}")
    print_line(f"picture: {options.output}")
    return 0
