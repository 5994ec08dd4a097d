"""``mabench-eval compare``: runs against each other, with error bars."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from mabench_eval.cli.console import print_json, print_line, print_table
from mabench_eval.errors import InputError
from mabench_eval.journal import write_text
from mabench_eval.pages import comparison_page
from mabench_eval.runs import DIFFERENCE_HEADER, Pair, compare, difference_cells
from mabench_eval.tables import escape_markdown, markdown_table

LEGEND = (
    "difference: second - first, with its 95 % interval by clips; p: of no difference, adjusted for all\n"
    "rows (Holm); better, worse: questions; finds: the true difference that so many clips show with a\n"
    "power of 80 %."
)


def comparison(options: Namespace) -> int:
    """Compare every pair of the runs; 0 unless something is wrong with them."""
    if options.html and len(options.runs) > 2:
        raise InputError(
            f"--html shows two runs side by side, {len(options.runs)} were given",
            hint="A page a pair: mabench-eval compare RUN RUN --html FILE",
        )
    pairs = compare(options.runs)
    if options.json:
        print_json([asdict(pair) for pair in pairs])
    else:
        for pair in pairs:
            _show(pair, as_markdown=options.markdown)
        if not options.markdown:
            print(LEGEND)
    if options.html:
        _write_page(options.runs, options.html)
    return 0


def _show(pair: Pair, *, as_markdown: bool) -> None:
    if as_markdown:
        print(markdown(pair))
        return
    print(f"first: {pair.first}    second: {pair.second}")
    print_table(DIFFERENCE_HEADER, [difference_cells(row) for row in pair.differences])
    if pair.gain:
        print(pair.gain)
    for line in pair.warnings:
        print_line(f"warning: {line}")


def _write_page(runs: Sequence[Path], file: Path) -> None:
    first, second = runs
    try:
        write_text(file, comparison_page(first, second))
    except OSError as error:
        raise InputError(f"cannot write {file}: {error.strerror or error}") from error
    print_line(f"page: {file}")


def markdown(pair: Pair) -> str:
    """A pair as a section of a document."""
    rows = [difference_cells(row) for row in pair.differences]
    warnings = [f"- {escape_markdown(line)}" for line in (*([pair.gain] if pair.gain else []), *pair.warnings)]
    return "\n".join(
        [
            f"### {escape_markdown(pair.first)} - {escape_markdown(pair.second)}",
            "",
            markdown_table(DIFFERENCE_HEADER, rows),
            *warnings,
            "",
        ]
    )
