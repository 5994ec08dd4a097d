"""Compare every pair of runs, question by question.

Differences come with intervals and p-values that account for questions on the same clip, and with remarks where more
than the model differs: which settings, and which sentences of which tasks' prompts. Of three runs and more one table
shows the averages and every difference in the last of them; --markdown and --json have all figures of all pairs.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mabench_eval.cli.console import print_json, print_line, print_out, print_table, print_text, print_wrapped, writing
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.outputs import output_file
from mabench_eval.cli.shared_options import EARLY_RUN, JSON, Option
from mabench_eval.errors import InputError
from mabench_eval.text import decimals

if TYPE_CHECKING:
    from mabench_eval.runs import Comparison, ScoredRun, ShownDifference

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
ALL_LEGEND = (
    "last columns: {figure}, a row less the run of that number; * p (Holm, over all figures of all pairs) below 0.05. "
    "Every figure with its interval: two runs at a time, or --markdown."
)
SIGNIFICANT = 0.05
MOST_FIGURES = 4
"""Figures in the table of many runs, where they have no averages."""


def run(options: Namespace) -> int:
    """Compare every pair of the runs; 0 unless something is wrong with them."""
    from dataclasses import asdict

    from mabench_eval.journal import write_text
    from mabench_eval.pages import comparison_page
    from mabench_eval.runs import compare_all

    if options.html and len(options.runs) > 2:
        raise InputError(
            f"--html shows two runs side by side, {len(options.runs)} were given",
            hint="A page a pair: mabench-eval compare RUN RUN --html FILE",
        )
    compared = compare_all(options.runs)
    if options.json:
        print_json([asdict(pair) for pair in compared.pairs])
    elif options.markdown:
        print_text(_markdown(compared))
    elif len(compared.runs) == 2:
        _print_pair(compared)
    else:
        _print_all(compared)
    if options.html:
        first, second = options.runs
        with writing(options.html):
            write_text(options.html, comparison_page(first, second, data=options.data, include=options.include))
        print_line(f"page: {options.html}")
    return DONE


def _print_pair(compared: Comparison) -> None:
    """Two runs: every figure, and what must be known of it."""
    from mabench_eval.runs import DIFFERENCE_HEADER, difference_cells, shown_differences

    (pair,) = compared.pairs
    print_out(f"first: {pair.first}    second: {pair.second}")
    print_table(DIFFERENCE_HEADER, [difference_cells(row) for row in pair.differences])
    if pair.gain:
        print_out(pair.gain)
    for line in pair.warnings:
        print_line(f"warning: {line}")
    _print_differences(shown_differences(compared))
    print_wrapped(LEGEND, hang="")


def _print_all(compared: Comparison) -> None:
    """Three runs or more: one table of all, and one block of remarks."""
    from mabench_eval.runs import remarks_on, shown_differences

    header, rows, last = _table(compared)
    print_table(header, rows, keys=1, breaks=(1 + len(compared.figures),))
    print_wrapped(ALL_LEGEND.format(figure=last), hang="")
    if lines := remarks_on(compared):
        print_out("The runs differ in more than the model (numbers of runs in brackets):")
    for line in lines:
        print_wrapped(line, first="- ")
    _print_differences(shown_differences(compared))


def _table(compared: Comparison) -> tuple[list[str], list[list[str]], str]:
    """Header and rows: the runs, numbered; their averages; the last of these, less that of each run before.

    And the name of that last figure.
    """
    runs, figures = compared.runs, compared.figures[-MOST_FIGURES:]
    rows = []
    for number, run in enumerate(runs):
        values = [decimals(compared.value(run, figure)) for figure in figures]
        differences = [_difference(compared, before, run, figures[-1]) for before in runs[:number]]
        differences += [""] * (len(runs) - 1 - number)
        rows.append([f"{number + 1} {run.name}", *values, *differences])
    return ["Run", *figures, *(f"- {number}" for number in range(1, len(runs)))], rows, figures[-1]


def _difference(compared: Comparison, first: ScoredRun, second: ScoredRun, figure: str) -> str:
    """Second less first, with a star where that is hardly chance."""
    row = compared.difference(first, second, figure)
    star = "*" if row.p_holm is not None and row.p_holm < SIGNIFICANT else ""
    return decimals(row.difference, signed=True) + star


def _print_differences(differences: Sequence[ShownDifference]) -> None:
    for shown in differences:
        print_wrapped(shown.title)
        for line in shown.lines:
            print_wrapped(line, first="  ", hang="      ")


def _markdown(compared: Comparison) -> str:
    """A section a pair, with every figure; for more than two runs a table of all before, and one block of remarks."""
    from mabench_eval.runs import DIFFERENCE_HEADER, difference_cells, remarks_on, shown_differences
    from mabench_eval.tables import markdown_heading, markdown_list, markdown_page, markdown_table, one_line

    are_two = len(compared.runs) == 2
    parts = []
    if not are_two:
        header, rows, last = _table(compared)
        parts += [markdown_table(header, rows, text_columns=1), one_line(ALL_LEGEND.format(figure=last))]
    for pair in compared.pairs:
        said = [*([pair.gain] if pair.gain else []), *(pair.warnings if are_two else ())]
        parts += [
            markdown_heading(3, f"{one_line(pair.first)} - {one_line(pair.second)}"),
            markdown_table(DIFFERENCE_HEADER, [difference_cells(row) for row in pair.differences]),
            *([markdown_list(said)] if said else []),
        ]
    lines, differences = [] if are_two else remarks_on(compared), shown_differences(compared)
    if lines or differences:
        parts.append(markdown_heading(3, "Remarks"))
    parts += [markdown_list(lines)] if lines else []
    for shown in differences:
        parts += [shown.title, *([markdown_list(shown.lines)] if shown.lines else [])]
    return markdown_page(parts)
