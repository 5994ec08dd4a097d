"""A picture of one to eight finished runs, for a paper.

Safe for the colour-blind, readable in grey, the same bytes from the same runs. It needs matplotlib: pip install
'.[plots]', in the clone. What a caption must say goes to stderr.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from mabench_eval.cli.console import print_line
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.outputs import output_file
from mabench_eval.cli.shared_options import EARLY_RUN, Option

OPTIONS = (
    Option("runs RUN", "folders of finished runs", type=Path, nargs="+"),
    Option(
        "--kind",
        "bars: accuracy of the closed tasks and levels of the open ones, with 95%% intervals; radar: the 12 sub-scores "
        "on 0-100; confusion: body parts taken for one another (CMAR); frames: scores of one model against its number "
        "of frames (the paper's Table 3)",
        choices=("bars", "radar", "confusion", "frames"),
        required=True,
    ),
    Option(
        "-o --output FILE",
        "FILE.svg or FILE.pdf (vector, fonts inside), or FILE.png (300 dpi)",
        type=output_file,
        required=True,
    ),
    Option("--width INCHES", "width (default: one or two columns of a paper, by kind)", type=float),
    *EARLY_RUN,
)


def run(options: Namespace) -> int:
    """Draw the runs into a file; 0 unless something is wrong with them."""
    from mabench_eval.plots import plot

    for line in plot(
        options.runs,
        options.kind,
        options.output,
        width=options.width,
        data=options.data,
        include=options.include,
    ):
        print_line(f"caption: {line}")
    print_line(f"picture: {options.output}")
    return DONE
