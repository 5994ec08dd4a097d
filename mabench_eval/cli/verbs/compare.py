"""Compare every pair of runs, question by question.

Differences come with intervals and p-values that account for questions on the same clip, and with a warning where more
than the model differs.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from mabench_eval.cli.console import print_json, print_line, print_out, print_table, print_text, print_wrapped, writing
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.outputs import output_file
from mabench_eval.cli.shared_options import EARLY_RUN, JSON, Option
from mabench_eval.errors import InputError

if TYPE_CHECKING:
    from mabench_eval.runs import Pair

OPTIONS = (
    Option("runs RUN", "folders of finished runs, two or more", type=Path, nargs="+"),
    Option("--markdown", "tables in Markdown"),
    Option(
        "--html FILE",
        "also write a page of two runs side by side, with the questions that one has right and the other wrong, in one "
        "file that loads nothing",
        type=output_file,
    ),
    *EARLY_RUN,
    JSON,
)
LEGEND = (
    "difference: second - first, with its 95 % interval by clips; p: of no difference, adjusted for all "
    "rows (Holm); better, worse: questions; finds: the true difference that so many clips show with a "
    "power of 80 %."
)


def run(options: Namespace) -> int:
    """Compare every pair of the runs; 0 unless something is wrong with them."""
    from dataclasses import asdict

    from mabench_eval.journal import write_text
    from mabench_eval.pages import comparison_page
    from mabench_eval.runs import compare

    if options.html and len(options.runs) > 2:
        raise InputError(
            f"--html shows two runs side by side, {len(options.runs)} were given",
            hint="A page a pair: mabench-eval compare RUN RUN --html FILE",
        )
    pairs = compare(options.runs)
    if options.json:
        print_json([asdict(pair) for pair in pairs])
    elif options.markdown:
        for pair in pairs:
            print_text(_markdown(pair))
    else:
        for pair in pairs:
            _print(pair)
        print_wrapped(LEGEND, hang="")
    if options.html:
        first, second = options.runs
        with writing(options.html):
            write_text(options.html, comparison_page(first, second, data=options.data, include=options.include))
        print_line(f"page: {options.html}")
    return DONE


def _print(pair: Pair) -> None:
    from mabench_eval.runs import DIFFERENCE_HEADER, difference_cells

    print_out(f"first: {pair.first}    second: {pair.second}")
    print_table(DIFFERENCE_HEADER, [difference_cells(row) for row in pair.differences])
    if pair.gain:
        print_out(pair.gain)
    for line in pair.warnings:
        print_line(f"warning: {line}")


def _markdown(pair: Pair) -> str:
    """A pair as a section of a document."""
    from mabench_eval.runs import DIFFERENCE_HEADER, difference_cells
    from mabench_eval.tables import markdown_heading, markdown_list, markdown_page, markdown_table, one_line

    remarks = [*([pair.gain] if pair.gain else []), *pair.warnings]
    return markdown_page(
        [
            markdown_heading(3, f"{one_line(pair.first)} - {one_line(pair.second)}"),
            markdown_table(DIFFERENCE_HEADER, [difference_cells(row) for row in pair.differences]),
            *([markdown_list(remarks)] if remarks else []),
        ]
    )
